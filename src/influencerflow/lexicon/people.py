"""Genders, ages and walks of life out of text: of an audience as a brief has it, of a person as a bio has it."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

from influencerflow.lexicon.ages import OLDEST, YOUNGEST, AgeRange, ages_in_figures
from influencerflow.lexicon.files import read_data
from influencerflow.lexicon.terms import TermMatcher
from influencerflow.lexicon.tokens import Token, tokenize

_BOTH = frozenset({"female", "male"})


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
        """`female`, `male`, both or neither: whom a text about an audience speaks of. `Everyone` is both."""
        said = {hit.label for hit in self._audience.find(tokenize(text))}
        return _BOTH if "all" in said else _BOTH & said

    def own_gender(self, tokens: Sequence[Token]) -> str | None:
        """What a person says of themselves; None where nothing, or as much of one as of the other, is said."""
        said = Counter(hit.label for hit in self._self.find(tokens)).most_common(2)
        if not said or (len(said) == 2 and said[0][1] == said[1][1]):
            return None
        return said[0][0]

    def ages(self, text: str | None) -> list[AgeRange]:
        """Age ranges in years, both ends included: those in figures, or else those that words such as `students` imply."""
        found = ages_in_figures(text or "")
        return found or sorted({hit.label for hit in self._ages.find(tokenize(text))})


@lru_cache(maxsize=1)
def people() -> People:
    return People()
