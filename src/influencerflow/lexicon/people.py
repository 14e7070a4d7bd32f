"""Genders, ages and walks of life out of text: of an audience as a brief has it, of a person as a bio has it."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

from influencerflow.lexicon.files import read_data
from influencerflow.lexicon.terms import TermMatcher
from influencerflow.lexicon.tokens import Token, fold, tokenize

AgeRange = tuple[int, int]
OLDEST, YOUNGEST = 99, 10
_UNIT = r"(?:\s*(?:-?year-?olds?|years?|yrs?|y/o|jahre[n]?|anos|anni|ans))?"
_RANGE = re.compile(
    rf"\b(\d{{2}}){_UNIT}\s*(?:-|–|—|to|bis|und|and|a|à|e|et|y|until)(?:\s+(?:i|los|les|le))?\s*(\d{{2}})\b"
    r"(?!\s*(?:%|k\b|m\b|min|sec|stund|hour|heures|horas|week|woch|seman|month|mois|mes|day|tage?\b|jours|dias))"
)
_FROM = re.compile(
    r"(?:\b(?:over|above|from|from age|ab|uber|mas de|plus de|oltre)\s+(\d{2})\b(?!\s*(?:%|k\b|m\b|min))|\b(\d{2})\s*\+)"
)
_UNDER = re.compile(r"\b(?:under|below|unter|menos de|moins de|sotto i)\s+(\d{2})\b(?!\s*(?:%|k\b|m\b|min))")


class People:
    """The words of `data/people.toml`."""

    def __init__(self) -> None:
        raw = read_data("people.toml")
        self._audience: TermMatcher[str] = TermMatcher()
        self._self: TermMatcher[str] = TermMatcher()
        for gender, entry in raw["gender"].items():
            self._audience.add(entry.get("audience", ()), gender, entry.get("never", ()))
            self._self.add(entry.get("self", ()), gender, entry.get("never", ()))
        self._ages: TermMatcher[AgeRange] = TermMatcher()
        for entry in raw["life"].values():
            if "ages" in entry:
                self._ages.add(entry.get("audience", ()), (entry["ages"][0], entry["ages"][1]))
        year = datetime.now(UTC).year
        for entry in raw["generation"].values():
            born_first, born_last = entry["years"]
            if year - born_first > YOUNGEST:
                self._ages.add(entry["names"], (max(year - born_last, YOUNGEST), min(year - born_first, OLDEST)))

    def genders(self, text: str | None) -> frozenset[str]:
        """`female`, `male`, both or neither: whom a text about an audience speaks of."""
        return frozenset(hit.label for hit in self._audience.find(tokenize(text)))

    def own_gender(self, tokens: Sequence[Token]) -> str | None:
        """What a person says of themselves; None where nothing, or as much of one as of the other, is said."""
        said = Counter(hit.label for hit in self._self.find(tokens)).most_common(2)
        if not said or (len(said) == 2 and said[0][1] == said[1][1]):
            return None
        return said[0][0]

    def ages(self, text: str | None) -> list[AgeRange]:
        """Age ranges in years, both ends included: those in figures, or else those that words such as `students` imply."""
        plain = fold(text or "")
        found = [(int(low), int(high)) for low, high in _RANGE.findall(plain)]
        found += [(int(low or high), OLDEST) for low, high in _FROM.findall(plain)]
        found += [(YOUNGEST, int(high)) for high in _UNDER.findall(plain)]
        found = [(low, high) for low, high in found if YOUNGEST <= low < high <= OLDEST]
        return sorted(set(found or [hit.label for hit in self._ages.find(tokenize(text))]))


@lru_cache(maxsize=1)
def people() -> People:
    return People()
