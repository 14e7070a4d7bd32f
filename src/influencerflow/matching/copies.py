"""Bios that copy the brief: whoever repeats it word for word says nothing of themselves."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from influencerflow.campaigns.brief import Brief
from influencerflow.creators.cleaning import MAX_SEARCHED
from influencerflow.creators.disguise import visible
from influencerflow.lexicon.tokens import words_of
from influencerflow.ranking.features import Candidate

COPIED = "Bio copies the brief’s words; the profile’s meaning, topics and words were not counted"
# Of 8,123 real bios none shares five words in a row with any of 22 briefs, two share four.
_LEAST_COPIED = 6
_BLOCK = 3


def copies_brief(brief: Brief, about: str | None) -> bool:
    """Whether the bio has six words in a row from the brief's description, audience, use cases or goal."""
    words = words_of(visible(about or "")[0][:MAX_SEARCHED])
    if len(words) < _LEAST_COPIED:
        return False
    return not _runs(_texts(brief)).isdisjoint(_windows(words))


def brief_blocks(brief: Brief) -> list[str]:
    """Phrases of three words, of which every copy holds at least one: what to look for before reading bios."""
    return [
        " ".join(words[start : start + _BLOCK])
        for words in map(words_of, _texts(brief))
        if len(words) >= _LEAST_COPIED
        for start in range(0, len(words) - _BLOCK + 1, _BLOCK)
    ]


def discounted(candidate: Candidate) -> Candidate:
    """Without what a copy may have bought: no nearer in meaning than anybody, no topics, no words."""
    return replace(candidate, similarity=min(candidate.similarity, 0.0), words=0.0, topics={})


@lru_cache(maxsize=64)
def _runs(texts: tuple[str | None, ...]) -> frozenset[tuple[str, ...]]:
    """Kept for the briefs seen last: every creator of a search is compared with the same ones."""
    return frozenset(window for text in texts for window in _windows(words_of(text)))


def _windows(words: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(words[start : start + _LEAST_COPIED]) for start in range(len(words) - _LEAST_COPIED + 1)]


def _texts(brief: Brief) -> tuple[str | None, ...]:
    """The niche is not among them: people call what they do by its name."""
    return (
        brief.product_description,
        brief.target_audience,
        ", ".join(brief.key_use_cases or []),
        brief.campaign_goal,
    )
