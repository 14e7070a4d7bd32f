"""Characters that are not what they look like: invisible ones, look-alikes of other scripts, letters drawn as symbols."""

import re
import unicodedata
from collections.abc import Sequence

from influencerflow.lexicon.tokens import Token

# Zero-width characters and fillers, directions, variation selectors, tags.
_INVISIBLE = (
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e01ef]"
)
_ANY_INVISIBLE = re.compile(_INVISIBLE)
# Latin, Greek, Cyrillic and letters drawn as symbols: their words have no use for joiners and selectors.
_LETTER = "[A-Za-z\u00c0-\u024f\u0370-\u052f\u1e00-\u1fff\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7ff]"
_PLAIN_LETTER = re.compile(_LETTER)
_SPLIT_WORD = re.compile(f"{_LETTER}+(?:{_INVISIBLE}+{_LETTER}+)+")
# The flags of England, Scotland and Wales are a black flag and tags.
_TAGGED_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f")
_TAG = re.compile("[\U000e0000-\U000e007f]")
_SOFT_HYPHEN = "\u00ad"
# Emoji and many scripts are made with joiners and selectors.
_MEANINGFUL = re.compile("[\u200c\u200d\ufe00-\ufe0f]")
# A single such character comes with a careless paste.
_LEAST_HIDDEN = 2
# 𝐟𝐢𝐭, ｆｉｔ, ℱ: a style, one character for one letter.
_STYLED = re.compile("[\u2102-\u2138\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7ff]")
# Cyrillic and Greek letters that cannot be told from Latin ones; those that merely resemble them (α, м, т) are a style.
_LOOKALIKES = frozenset("аеорсухіјѕһԁԛԝАВЕКМНОРСТХІЈЅοΑΒΕΖΗΙΚΜΝΟΡΤΥΧ")


def visible(raw: str) -> tuple[str, list[int], bool]:
    """The text one sees, styled letters as plain ones; of each character its offset in `raw`; whether words were hidden.

    Words spelled in tags are not part of the text, nor are the lines of words with invisible characters between letters.
    """
    if raw.isascii():
        return raw, list(range(len(raw))), False
    dropped = _meaningless(raw)
    hidden = [match.span() for match in _SPLIT_WORD.finditer(raw) if _is_hidden(match.group())]
    inner = sum(len(_ANY_INVISIBLE.findall(raw[slice(*span)])) for span in hidden)
    tagged = sum(bool(_TAG.match(raw[index])) for index in dropped)
    if inner >= _LEAST_HIDDEN:
        dropped |= {index for span in hidden for index in range(*line_around(raw, span))}
    kept = [index for index in range(len(raw)) if index not in dropped]
    text = "".join([raw[index] for index in kept])
    return _STYLED.sub(_plain, text), kept, max(inner, tagged) >= _LEAST_HIDDEN


def disguised_lines(tokens: Sequence[Token], text: str) -> list[tuple[int, int]]:
    """The lines of Latin words with foreign letters that cannot be told from Latin ones, when there is more than one word."""
    if text.isascii():
        return []
    spans = [(token.start, token.end) for token in tokens if _is_disguised(text[token.start : token.end])]
    return [line_around(text, span) for span in spans] if len(spans) >= _LEAST_HIDDEN else []


def line_around(text: str, span: tuple[int, int]) -> tuple[int, int]:
    end = text.find("\n", span[1])
    return text.rfind("\n", 0, span[0]) + 1, len(text) if end < 0 else end


def _meaningless(raw: str) -> set[int]:
    """Offsets of invisible characters that have no meaning where they stand."""
    flags = {index for match in _TAGGED_FLAG.finditer(raw) for index in range(*match.span())}
    found = {match.start() for match in _ANY_INVISIBLE.finditer(raw)} - flags
    return {index for index in found if not (_MEANINGFUL.match(raw[index]) and _may_follow(raw[index - 1 : index]))}


def _may_follow(before: str) -> bool:
    return bool(before) and not before.isspace() and not _PLAIN_LETTER.match(before)


def _is_hidden(word: str) -> bool:
    """Soft hyphens are what web pages break their words with."""
    return any(char != _SOFT_HYPHEN for char in _ANY_INVISIBLE.findall(word))


def _plain(styled: re.Match[str]) -> str:
    """One letter for one, so that offsets stay."""
    folded = unicodedata.normalize("NFKC", styled.group())
    return folded if len(folded) == 1 and folded.isalnum() else styled.group()


def _is_disguised(word: str) -> bool:
    if word.isascii():
        return False
    scripts = [(char, unicodedata.name(char, "").partition(" ")[0]) for char in word]
    foreign = [char for char, script in scripts if script in ("CYRILLIC", "GREEK")]
    return bool(foreign) and all(char in _LOOKALIKES for char in foreign) and any(s == "LATIN" for _, s in scripts)
