"""Why a creator is in the list, what speaks against, and what is unknown: each points to a word or a figure."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from influencerflow.scoring.budget import PLANNED_CREATORS

Kind = Literal["for", "against", "unknown"]
MAX_REASONS = 3
_WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True, slots=True)
class Reason:
    """`field` names the creator's field it rests on; `spans` are [start, end) offsets of words in its `about`."""

    kind: Kind
    field: str
    text: str
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What reasons may rest on: the brief's side and the creator's, unknown values as None."""

    brief_words: frozenset[str]
    campaign_niche: str | None
    total_budget: float | None
    niche: str | None
    about: str | None
    followers: int | None
    engagement_rate: float | None
    collaboration_rate: float | None
    niche_match: float


def fold(word: str) -> str:
    """Lower case, without accents and a plural s: `Recetas` and `receta` are one word."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", word.lower()) if not unicodedata.combining(c))
    return plain[:-1] if len(plain) > 3 and plain.endswith("s") else plain


def content_words(texts: Iterable[str | None], stop_words: frozenset[str]) -> frozenset[str]:
    """The folded words of the texts that carry meaning."""
    words = (fold(match) for value in texts if value for match in _WORD.findall(value))
    return frozenset(word for word in words if word not in stop_words)


def mentioned_spans(about: str | None, words: frozenset[str]) -> list[tuple[int, int]]:
    """Where the bio uses one of the words, the first use of each."""
    found: dict[str, tuple[int, int]] = {}
    for match in _WORD.finditer(about or ""):
        word = fold(match.group())
        if word in words:
            found.setdefault(word, match.span())
    return sorted(found.values())


def explain(evidence: Evidence) -> list[Reason]:
    """At most three reasons for, then everything against, then everything unknown. Deterministic."""
    return [*_for(evidence)[:MAX_REASONS], *_against(evidence), *_unknown(evidence)]


def _for(evidence: Evidence) -> list[Reason]:
    reasons = []
    if evidence.campaign_niche and evidence.niche and evidence.niche_match >= 70:
        same = evidence.niche_match == 100
        related = f"is close to the campaign's “{evidence.campaign_niche}”"
        reasons.append(Reason("for", "niche", f"Niche “{evidence.niche}” {'is the campaign’s' if same else related}"))
    if spans := mentioned_spans(evidence.about, evidence.brief_words)[:6]:
        words = _quoted((evidence.about or "")[start:end] for start, end in spans)
        reasons.append(Reason("for", "about", f"Bio mentions {words}", tuple(spans)))
    if evidence.engagement_rate is not None and evidence.engagement_rate >= 3:
        reasons.append(Reason("for", "engagement_rate", f"Engagement of {evidence.engagement_rate:.1f}%"))
    share = _budget_share(evidence)
    if share is not None and share <= 1:
        reasons.append(
            Reason(
                "for",
                "collaboration_rate",
                f"${evidence.collaboration_rate:,.0f} fits a budget shared by {PLANNED_CREATORS} creators",
            )
        )
    return reasons or [Reason("for", "about", "Profile as a whole reads close to the brief")]


def _against(evidence: Evidence) -> list[Reason]:
    reasons = []
    share = _budget_share(evidence)
    if share is not None and share > 1.25:
        reasons.append(
            Reason(
                "against",
                "collaboration_rate",
                f"${evidence.collaboration_rate:,.0f} is {share:.1f} times a tenth of the budget",
            )
        )
    if evidence.engagement_rate is not None and evidence.engagement_rate < 1:
        reasons.append(Reason("against", "engagement_rate", f"Engagement of only {evidence.engagement_rate:.1f}%"))
    if evidence.followers is not None and evidence.followers < 1_000:
        reasons.append(Reason("against", "followers_count_numeric", f"Only {evidence.followers:,} followers"))
    return reasons


def _unknown(evidence: Evidence) -> list[Reason]:
    fields: Sequence[tuple[str, str, object]] = (
        ("niche", "Niche", evidence.niche),
        ("about", "Bio", evidence.about),
        ("engagement_rate", "Engagement", evidence.engagement_rate),
        ("collaboration_rate", "Price", evidence.collaboration_rate),
        ("followers_count_numeric", "Followers", evidence.followers),
    )
    return [Reason("unknown", name, f"{label} unknown") for name, label, value in fields if value in (None, "")]


def _budget_share(evidence: Evidence) -> float | None:
    """The creator's price as a multiple of an equal share of the budget."""
    if not evidence.total_budget or not evidence.collaboration_rate:
        return None
    return evidence.collaboration_rate * PLANNED_CREATORS / evidence.total_budget


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f"“{word}”" for word in words)
