"""Keyword search, what most tools offer: BM25 over name, niche, bio and channel."""

import logging
import re
import unicodedata
from collections.abc import Mapping, Sequence

from influencerflow.campaigns.brief import Brief
from influencerflow.evaluation.measures import rank_scores

_WORD = re.compile(r"\w{2,}")


class KeywordSearch:
    """An index over documents by id. Creators that share no word with a query are not found."""

    def __init__(self, documents: Mapping[str, str]) -> None:
        import bm25s

        logging.getLogger("bm25s").setLevel(logging.WARNING)  # it sets its own to DEBUG
        self._ids = list(documents)
        self._stop_words = _stop_words()
        self._index = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
        tokens = [self._tokens(text) for text in documents.values()]
        self._index.index(tokens, show_progress=False)

    def rank(self, query: str, *, depth: int) -> list[str]:
        # A word is asked for once, however often a brief repeats it.
        words = list(dict.fromkeys(self._tokens(query)))
        if not words:
            return []
        scores = self._index.get_scores(words)
        found = {self._ids[index]: float(scores[index]) for index in scores.nonzero()[0]}
        return rank_scores(found, depth=depth)

    def _tokens(self, text: str) -> list[str]:
        return [word for word in _WORD.findall(_folded(text)) if word not in self._stop_words]


def whole_brief(brief: Brief) -> str:
    """Everything a brief says about what is sought, as one text."""
    parts: Sequence[str | None] = (
        brief.product_niche,
        brief.product_name,
        brief.product_description,
        brief.target_audience,
        ", ".join(brief.key_use_cases or []),
        brief.campaign_goal,
    )
    return ". ".join(part for part in parts if part)


def _folded(text: str) -> str:
    """Lower case without accents, so that `beauté` finds `beaute`."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))


def _stop_words() -> frozenset[str]:
    """Those of the languages briefs are most often written in, without accents as the words are compared."""
    from bm25s import stopwords as lists

    languages = (
        lists.STOPWORDS_EN_PLUS,
        lists.STOPWORDS_SPANISH,
        lists.STOPWORDS_FRENCH,
        lists.STOPWORDS_GERMAN,
        lists.STOPWORDS_ITALIAN,
        lists.STOPWORDS_PORTUGUESE,
        lists.STOPWORDS_DUTCH,
    )
    return frozenset(_folded(word) for words in languages for word in words)
