"""Languages: named in a text, or that the text is written in."""

import re
from collections.abc import Sequence
from functools import lru_cache

from influencerflow.lexicon.files import read_data
from influencerflow.lexicon.terms import TermMatcher
from influencerflow.lexicon.tokens import Token

# Shorter texts are names, places and emoji as often as sentences.
_SHORTEST_WORDS, _LEAST_CERTAIN = 4, 0.8
_NOT_LANGUAGE = re.compile(r"https?://\S+|[@#]\w+|\[\w+\]|[^\w\s'’-]|\d")


class Languages:
    """The names of `data/languages.toml`, and the languages a text is told apart by."""

    def __init__(self) -> None:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier

        raw = read_data("languages.toml")
        self._matcher: TermMatcher[str] = TermMatcher()
        for code, entry in raw.items():
            self._matcher.add(entry["names"], code)
        self._identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        self._identifier.set_languages([code for code in raw if code in set(self._identifier.labels)])

    def named(self, tokens: Sequence[Token]) -> frozenset[str]:
        """The languages that are named, as BCP 47 codes."""
        return frozenset(hit.label for hit in self._matcher.find(tokens))

    def written_in(self, text: str | None) -> str | None:
        """The language the text is written in, None when it is too short or not clearly one."""
        plain = " ".join(_NOT_LANGUAGE.sub(" ", text or "").split())
        if plain.count(" ") + 1 < _SHORTEST_WORDS:
            return None
        code, certainty = self._identifier.classify(plain)
        return str(code) if certainty >= _LEAST_CERTAIN else None


@lru_cache(maxsize=1)
def languages() -> Languages:
    return Languages()
