"""Finds many terms in a text in one pass: words, `prefix*`, several words in a row, and whole scripts without spaces."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from influencerflow.lexicon.tokens import Token, is_unspaced, tokenize

Label = TypeVar("Label")
_SHORTEST_PREFIX = 4


@dataclass(frozen=True, slots=True)
class Hit(Generic[Label]):
    """A term that was found: what it stands for, and its [start, end) offsets in the text."""

    label: Label
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Never(Generic[Label]):
    """Marks phrases in which a label's terms do not count."""

    label: Label


@dataclass(slots=True)
class TermMatcher(Generic[Label]):
    """Terms as the data files write them, each with any number of labels."""

    _words: dict[str, list[Label | _Never[Label]]] = field(default_factory=lambda: defaultdict(list))
    _prefixes: dict[str, list[Label | _Never[Label]]] = field(default_factory=lambda: defaultdict(list))
    _phrases: dict[str, list[tuple[tuple[str, ...], Label | _Never[Label]]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _inside: list[tuple[str, Label | _Never[Label]]] = field(default_factory=list)
    _longest_prefix: int = 0
    # How prefixes begin: most words begin like none.
    _beginnings: set[str] = field(default_factory=set)

    def add(self, terms: Iterable[str], label: Label, never: Iterable[str] = ()) -> None:
        """`never`: phrases in which a term with this label does not count."""
        self._add(terms, label)
        self._add(never, _Never(label))

    def _add(self, terms: Iterable[str], label: Label | _Never[Label]) -> None:
        for term in terms:
            words = [token.word for token in tokenize(term)]
            if not words:
                continue
            if is_unspaced(term):
                self._inside.append((words[0], label))
            elif len(words) > 1:
                starred = (*words[:-1], words[-1] + "*") if term.endswith("*") else tuple(words)
                self._phrases[words[0]].append((starred, label))
            elif term.endswith("*"):
                self._prefixes[words[0]].append(label)
                self._longest_prefix = max(self._longest_prefix, len(words[0]))
                self._beginnings.add(words[0][:_SHORTEST_PREFIX])
            else:
                self._words[words[0]].append(label)

    def find(self, tokens: Sequence[Token]) -> list[Hit[Label]]:
        """Every occurrence of every term, in the order of the text."""
        hits: list[Hit[Label]] = []
        refused: list[Hit[Label]] = []

        def keep(label: Label | _Never[Label], start: int, end: int) -> None:
            if isinstance(label, _Never):
                refused.append(Hit(label.label, start, end))
            else:
                hits.append(Hit(label, start, end))

        for index, token in enumerate(tokens):
            labels = [*self._words.get(token.word, ())]
            if token.word[:_SHORTEST_PREFIX] in self._beginnings:
                for length in range(_SHORTEST_PREFIX, min(len(token.word), self._longest_prefix) + 1):
                    labels += self._prefixes.get(token.word[:length], ())
            if not token.word.isascii() and is_unspaced(token.word):
                labels += [label for inside, label in self._inside if inside in token.word]
            for label in labels:
                keep(label, token.start, token.end)
            for words, label in self._phrases.get(token.word, ()):
                if end := _phrase_end(tokens, index, words):
                    keep(label, token.start, end)
        covers = _Covers(refused)
        return [hit for hit in hits if hit not in covers] if refused else hits


class _Covers(Generic[Label]):
    """Tells in logarithmic time whether a hit lies within a phrase of its label: long bios have thousands of both."""

    def __init__(self, phrases: Iterable[Hit[Label]]) -> None:
        self._starts: dict[Label, list[int]] = defaultdict(list)
        self._furthest: dict[Label, list[int]] = defaultdict(list)
        for phrase in sorted(phrases, key=lambda phrase: phrase.start):
            furthest = self._furthest[phrase.label]
            furthest.append(max(phrase.end, furthest[-1] if furthest else 0))
            self._starts[phrase.label].append(phrase.start)

    def __contains__(self, hit: Hit[Label]) -> bool:
        """Of the phrases that begin no later than the hit, the one that reaches furthest decides."""
        before = bisect_right(self._starts.get(hit.label, ()), hit.start)
        return bool(before) and self._furthest[hit.label][before - 1] >= hit.end


def _phrase_end(tokens: Sequence[Token], index: int, words: tuple[str, ...]) -> int | None:
    """Where the phrase whose first word stands at `index` ends in the text."""
    if index + len(words) > len(tokens):
        return None
    for place in range(1, len(words)):
        said, word = tokens[index + place].word, words[place]
        if said != word and not (word.endswith("*") and said.startswith(word[:-1])):
            return None
    return tokens[index + len(words) - 1].end
