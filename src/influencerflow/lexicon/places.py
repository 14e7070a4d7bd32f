"""Countries, and the regions that stand for several of them, out of text."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from influencerflow.lexicon.files import read_data
from influencerflow.lexicon.terms import TermMatcher
from influencerflow.lexicon.tokens import Token, tokenize

Kind = Literal["name", "adjective", "city", "region", "flag"]
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_REGIONAL_A = 0x1F1E6


@dataclass(frozen=True, slots=True)
class Place:
    """What was found: the countries it stands for, ISO 3166 alpha-2, and its offsets in the text."""

    kind: Kind
    countries: tuple[str, ...]
    start: int
    end: int


class Places:
    """The gazetteer of `data/places.toml`."""

    def __init__(self) -> None:
        raw = read_data("places.toml")
        self.languages = {code: tuple(entry.get("languages", ())) for code, entry in raw["countries"].items()}
        self._matcher: TermMatcher[tuple[Kind, tuple[str, ...]]] = TermMatcher()
        kinds: tuple[tuple[str, Kind], ...] = (("names", "name"), ("adjectives", "adjective"), ("cities", "city"))
        for code, entry in raw["countries"].items():
            for key, kind in kinds:
                self._matcher.add(entry.get(key, ()), (kind, (code,)), entry.get("never", ()))
        for entry in raw["regions"].values():
            self._matcher.add(entry["names"], ("region", tuple(entry["countries"])))

    def find(self, text: str | None, tokens: Sequence[Token] | None = None) -> list[Place]:
        """Every place of the text; of places that overlap only the longest."""
        if not text:
            return []
        hits = self._matcher.find(tokenize(text) if tokens is None else tokens)
        longest = _longest({(hit.start, hit.end) for hit in hits})
        found = [Place(*hit.label, hit.start, hit.end) for hit in hits if (hit.start, hit.end) in longest]
        for flag in _FLAG.finditer(text):
            code = "".join(chr(ord(sign) - _REGIONAL_A + ord("A")) for sign in flag.group())
            if code in self.languages:
                found.append(Place("flag", (code,), *flag.span()))
        return found


@lru_cache(maxsize=1)
def places() -> Places:
    return Places()


def _longest(spans: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """The spans that lie in no other: `Africa` is not meant in `South Africa`."""
    kept, furthest = set(), -1
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if end > furthest:
            kept.add((start, end))
            furthest = end
    return kept
