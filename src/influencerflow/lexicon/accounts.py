"""Kinds of account: a person, or a shop, brand, agency, venue, medium, fan page or organisation."""

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

from influencerflow.lexicon.files import read_data
from influencerflow.lexicon.terms import Hit, TermMatcher
from influencerflow.lexicon.tokens import Token, fold

PERSON = "person"
STRONG, WEAK = 1.0, 0.4
_LEAST_EVIDENCE = 1.0


class Accounts:
    """The words of `data/accounts.toml`."""

    def __init__(self) -> None:
        self._matcher: TermMatcher[tuple[str, float]] = TermMatcher()
        self._names: TermMatcher[str] = TermMatcher()
        raw = read_data("accounts.toml")
        self.kinds = frozenset(raw)
        for kind, entry in raw.items():
            never = entry.get("never", ())
            self._matcher.add(entry["strong"], (kind, STRONG), never)
            self._matcher.add(entry.get("weak", ()), (kind, WEAK), never)
            self._names.add(entry.get("names", ()), kind)

    def kind(self, text: str, tokens: Sequence[Token]) -> str:
        """`person` unless there is more evidence, and enough of it, for another kind."""
        words: dict[str, dict[str, float]] = defaultdict(dict)
        for hit in self._matcher.find(tokens):
            kind, weight = hit.label
            word = fold(text[hit.start : hit.end])
            words[kind][word] = max(words[kind].get(word, 0.0), weight)
        evidence = {kind: sum(found.values()) for kind, found in words.items()}
        person = evidence.pop(PERSON, 0.0)
        best = max(sorted(evidence), key=lambda kind: evidence[kind], default=None)
        return best if best and evidence[best] >= max(_LEAST_EVIDENCE, person + WEAK) else PERSON

    def named(self, tokens: Sequence[Token]) -> list[Hit[str]]:
        """The kinds of account a brief speaks of: `shops`, `Marken`."""
        return self._names.find(tokens)


@lru_cache(maxsize=1)
def accounts() -> Accounts:
    return Accounts()
