"""What of a profile's text counts for matching: everything people say of themselves, nothing that is there to be found by.

A passage that tricks is left out as a whole, its first words included: were a few of them kept, tricking would still pay.
People see the bio as it is; only encoding, signals and words see what is left of it.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from influencerflow.creators.disguise import disguised_lines, line_around, visible
from influencerflow.lexicon.files import read_data
from influencerflow.lexicon.stop_words import STOP_WORDS
from influencerflow.lexicon.tokens import Token, fold, is_unspaced, tokenize

Span = tuple[int, int]

# What the longest bios of the platforms hold (YouTube); text farther down is seen by nobody. A trick that begins above
# and ends below is still recognised.
MAX_READ, MAX_SEARCHED = 1_000, 3_000
# Keywords in a row: each counts 1, a function word takes away 5. One real bio in 580 exceeds it.
_LONGEST_LIST, _FUNCTION_WORD_COST = 20, 5
_MOST_USES = 6
_LONGEST_PHRASE, _LEAST_REPEATS = 12, 4
_LONGEST_NAME, _LONGEST_NICHE, _LONGEST_HANDLE = 6, 6, 50

HIDDEN = "Profile hides words in invisible or look-alike characters; they were not counted"
LISTED = "Bio is a long list of keywords; the list was not counted"
REPEATED = "Bio repeats the same words; the repetition was not counted"
INSTRUCTING = "Bio addresses the ranking instead of people; those sentences were not counted"
STUFFED_NAME = "Name is stuffed with keywords; they were not counted"
STUFFED_NICHE = "Niche is stuffed with keywords; it was not counted"

_LINK = re.compile(r"https?://\S+|www\.\S+|@\w[\w.]*|\[\w+\]|\b[\w-]+\.(?:com|org|net|tv|me|co|io)\b\S*")
_LINE = re.compile(r"[^\n]+")
_SENTENCE = re.compile(r"[^.!?|•\n]+[.!?]*")
# What joins a passage to its neighbours and means nothing without it.
_JOINTS = " \t\n,;:|/#•·*-–—"


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A bio. `flags`: a sentence for people per trick. `origins`: of each character of `text` its offset in the raw bio."""

    text: str
    flags: tuple[str, ...] = ()
    origins: tuple[int, ...] = ()

    def raw_span(self, start: int, end: int) -> Span:
        """Where [start, end) of `text` stands in the raw bio."""
        return self.origins[start], self.origins[end - 1] + 1


def clean_about(about: str | None) -> Cleaned:
    if not about or not about.strip():
        return Cleaned("")
    text, origins, hides = visible(about)
    text, origins = text[:MAX_SEARCHED], origins[:MAX_SEARCHED]
    links = [match.span() for match in _LINK.finditer(text)]
    tokens = [token for token in tokenize(text) if not _inside(token, links)]
    found = {
        HIDDEN: disguised_lines(tokens, text),
        INSTRUCTING: _instructions(text),
        LISTED: _keyword_lists(text, tokens),
        REPEATED: _repeated_phrases(tokens),
    }
    flags = tuple(flag for flag, spans in found.items() if spans or (flag == HIDDEN and hides))
    dropped = [_with_joints(text, span) for spans in found.values() for span in spans]
    dropped += _overused(token for token in tokens if not _inside(token, dropped))
    return _without(text, origins, [*dropped, (_end_of_reading(text), len(text))], flags)


def _end_of_reading(text: str) -> int:
    """The last line break that is not too far up, so that no line counts by half."""
    if len(text) <= MAX_READ:
        return len(text)
    line_break = text.rfind("\n", MAX_READ // 2, MAX_READ)
    return line_break if line_break >= 0 else MAX_READ


def clean_name(name: str | None, handle: str | None) -> tuple[str, tuple[str, ...]]:
    """The name with its flags. Of a name of many words, those that the handle is made of as well; else its first word."""
    text, flags = _undisguised(name)
    tokens = tokenize(text)
    if not _is_stuffed(tokens, _LONGEST_NAME):
        return text, flags
    kept = _confirmed(tokens, "".join(token.word for token in tokenize(handle))) or tokens[:1]
    dropped = [(token.start, token.end) for token in tokens if token not in kept]
    left = _without(text, range(len(text)), [_with_joints(text, span) for span in dropped], ()).text
    return " ".join(left.split()), (*flags, STUFFED_NAME)


def _confirmed(tokens: Sequence[Token], handle: str) -> list[Token]:
    """The words that the handle is made of, each part of it standing for one word, and the small words before them."""
    kept: list[Token] = []
    small: list[Token] = []
    for token in tokens:
        if len(token.word) <= 2 or token.word in STOP_WORDS:
            small.append(token)
        elif token.word in handle:
            kept += [*small, token]
            small = []
            handle = handle.replace(token.word, " ", 1)
    return kept


def clean_niche(niche: str | None) -> tuple[str, tuple[str, ...]]:
    """The niche with its flags. A niche is named in a few words; one of many is none."""
    text, flags = _undisguised(niche)
    return ("", (STUFFED_NICHE,)) if _is_stuffed(tokenize(text), _LONGEST_NICHE) else (text, flags)


def clean_handle(handle: str | None) -> str | None:
    """None for one longer than any platform allows."""
    return handle if handle and len(handle) <= _LONGEST_HANDLE else None


def _undisguised(value: str | None) -> tuple[str, tuple[str, ...]]:
    text, origins, hides = visible(value or "")
    disguised = disguised_lines(tokenize(text), text)
    return _without(text, origins, disguised, ()).text, (HIDDEN,) if disguised or hides else ()


def _is_stuffed(tokens: Sequence[Token], longest: int) -> bool:
    words = [token.word for token in tokens if len(token.word) > 2 and token.word not in STOP_WORDS]
    return len(words) > longest or max(Counter(words).values(), default=0) > 2


@lru_cache(maxsize=1)
def _addressing() -> re.Pattern[str]:
    patterns = [pattern for of_language in read_data("instructions.toml").values() for pattern in of_language]
    return re.compile("|".join(patterns))


@lru_cache(maxsize=1)
def _function_words() -> frozenset[str]:
    return frozenset(fold(word) for words in read_data("function_words.toml").values() for word in words.split())


def _instructions(text: str) -> list[Span]:
    """From a sentence that instructs to the end of its line: what follows belongs to it."""
    sentences = (match.span() for match in _SENTENCE.finditer(text))
    found = [span for span in sentences if _addressing().search(fold(text[slice(*span)]))]
    return [(start, line_around(text, (start, end))[1]) for start, end in found]


def _keyword_lists(text: str, tokens: Sequence[Token]) -> list[Span]:
    """The maximal scoring runs of content words, each word counting once (Ruzzo & Tompa 1999).

    Lines are looked through one by one before the whole text is, so that a list takes nothing of the line before it along.
    """
    if len({token.word for token in tokens}) <= _LONGEST_LIST:
        return []
    seen: set[str] = set()
    values = []
    for token in tokens:
        values.append((token, 0 if token.word in seen else _keyword_value(token.word)))
        if values[-1][1] > 0:
            seen.add(token.word)
    spans: list[Span] = []
    for start, end in [*(match.span() for match in _LINE.finditer(text)), (0, len(text))]:
        within = [(token, value) for token, value in values if start <= token.start < end]
        while best := _best_run([item for item in within if not _inside(item[0], spans)]):
            spans.append(best)
    return spans


def _keyword_value(word: str) -> int:
    # Words of scripts the function words do not cover are taken for prose.
    if word in _function_words() or not _is_alphabetic(word):
        return -_FUNCTION_WORD_COST
    return 0 if word.isdecimal() or len(word) == 1 else 1


def _is_alphabetic(word: str) -> bool:
    """Whether all of a word is Latin, Greek or Cyrillic: it comes before Armenian, or among the later Latin blocks."""
    return all(char < "\u0530" or "\u1d00" <= char < "\u2000" for char in word)


def _best_run(values: Sequence[tuple[Token, int]]) -> Span | None:
    best, best_score, score = None, _LONGEST_LIST + 1, 0
    start: int | None = None
    for token, value in values:
        start = token.start if start is None else start
        score += value
        if score >= best_score:
            best, best_score = (start, token.end), score
        if score <= 0 and value < 0:
            start, score = None, 0
    return best


def _repeated_phrases(tokens: Sequence[Token]) -> list[Span]:
    """Where up to 12 words in a row come four times or more, one right after another."""
    spans: list[Span] = []
    words = [token.word for token in tokens]
    for length in range(1, min(_LONGEST_PHRASE, len(words) // _LEAST_REPEATS) + 1):
        run = 0
        for index in range(length, len(words) + 1):
            if index < len(words) and words[index] == words[index - length]:
                run += 1
                continue
            if run >= (_LEAST_REPEATS - 1) * length and not words[index - 1].isdecimal():
                spans.append((tokens[index - run - length].start, tokens[index - 1].end))
            run = 0
    return spans


def _overused(tokens: Iterator[Token]) -> list[Span]:
    """Uses of a content word after the sixth."""
    uses: Counter[str] = Counter()
    spans = []
    for token in tokens:
        uses[token.word] += 1
        if uses[token.word] > _MOST_USES and _is_content(token.word):
            spans.append((token.start, token.end))
    return spans


def _is_content(word: str) -> bool:
    return len(word) > 2 and word not in _function_words() and not is_unspaced(word)


def _inside(token: Token, spans: Sequence[Span]) -> bool:
    return any(start < token.end and token.start < end for start, end in spans)


def _with_joints(text: str, span: Span) -> Span:
    start, end = span
    while start > 0 and text[start - 1] in _JOINTS:
        start -= 1
    while end < len(text) and text[end] in _JOINTS + ".!?":
        end += 1
    return start, end


def _without(text: str, origins: Sequence[int], dropped: Sequence[Span], flags: tuple[str, ...]) -> Cleaned:
    """What is left, a line break in the place of each passage dropped, nothing blank at its ends."""
    kept, position = "", 0
    kept_origins: list[int] = []
    for start, end in sorted(dropped):
        kept += text[position:start]
        kept_origins += origins[position:start]
        if end > max(start, position) and kept and not kept[-1].isspace():
            kept += "\n" if end - start > 1 else " "
            kept_origins.append(origins[max(start, position)])
        position = max(position, end)
    kept += text[position:]
    kept_origins += origins[position:]
    first, last = len(kept) - len(kept.lstrip()), len(kept.rstrip())
    return Cleaned(kept[first:last], flags, tuple(kept_origins[first:last]))
