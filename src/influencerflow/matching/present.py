"""One creator and its scores as the guide's response shows them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from influencerflow.campaigns.brief import Brief
from influencerflow.creators.display import followers_text
from influencerflow.matching.schemas import DetailedScores, MatchResult, ReasonOut, Scores
from influencerflow.scoring.audience import calculate_audience_match
from influencerflow.scoring.budget import calculate_budget_fit
from influencerflow.scoring.calibration import Basis
from influencerflow.scoring.engagement import calculate_engagement_score
from influencerflow.scoring.niche import calculate_niche_match
from influencerflow.scoring.reasons import Evidence, content_words, explain
from influencerflow.scoring.stop_words import STOP_WORDS

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Ranked:
    """Where retrieval placed a creator: `similarity` is the cosine, `match_score` between 0 and 100."""

    rank: int
    similarity: float
    match_score: float
    basis: Basis


def match_result(brief: Brief, words: frozenset[str], creator: Mapping[Any, Any], ranked: Ranked) -> MatchResult:
    scores = Scores(
        match_score=ranked.match_score,
        niche_match=calculate_niche_match(brief.product_niche, creator["niche"]),
        audience_match=calculate_audience_match(brief.target_audience, _Reach(**_reach(creator))),
        engagement_score=calculate_engagement_score(creator["engagement_rate"]),
        budget_fit=calculate_budget_fit(brief.total_budget, creator["collaboration_rate"]),
        similarity=ranked.similarity,
    )
    reasons = explain(_evidence(brief, words, creator, scores))
    return shown(
        creator, scores, [ReasonOut.model_validate(asdict(reason)) for reason in reasons], ranked.rank, ranked.basis
    )


def shown(creator: Mapping[Any, Any], scores: Scores, reasons: list[ReasonOut], rank: int, basis: Basis) -> MatchResult:
    """The creator as it is now, with the scores and reasons given."""
    name, platform = creator["name"] or UNKNOWN, creator["platform"] or UNKNOWN
    engagement, rate = creator["engagement_rate"], creator["collaboration_rate"]
    return MatchResult(
        id=str(creator["id"]),
        influencer_name=f"{name} (@{platform})",
        profile_image=creator["profile_image"],
        platform=platform,
        match_score=_percent(scores.match_score),
        niche=creator["niche"] or UNKNOWN,
        followers=creator["followers_count"] or followers_text(creator["followers_count_numeric"]) or UNKNOWN,
        followers_count_numeric=creator["followers_count_numeric"],
        engagement=UNKNOWN if engagement is None else f"{engagement:.1f}%",
        collaboration_rate=UNKNOWN if rate is None else f"${rate:.0f}",
        detailed_scores=DetailedScores(
            niche_match=_percent(scores.niche_match),
            audience_match=_percent(scores.audience_match),
            engagement_score=_percent(scores.engagement_score),
            budget_fit=_percent(scores.budget_fit),
        ),
        rank=rank,
        scores=scores,
        match_score_basis=basis,
        reasons=reasons,
        name=name,
        channel_name=creator["channel_name"],
        about=creator["about"],
        country=creator["country"],
        language=creator["language"],
    )


def brief_words(brief: Brief) -> frozenset[str]:
    """The brief's content words, for pointing at them in a bio."""
    return content_words([brief.product_niche, *(brief.key_use_cases or []), brief.product_description], STOP_WORDS)


@dataclass(frozen=True, slots=True)
class _Reach:
    engagement_rate: float | None
    followers_count_numeric: int | None


def _reach(creator: Mapping[Any, Any]) -> dict[str, Any]:
    return {key: creator[key] for key in ("engagement_rate", "followers_count_numeric")}


def _evidence(brief: Brief, words: frozenset[str], creator: Mapping[Any, Any], scores: Scores) -> Evidence:
    return Evidence(
        brief_words=words,
        campaign_niche=brief.product_niche,
        total_budget=brief.total_budget,
        niche=creator["niche"],
        about=creator["about"],
        followers=creator["followers_count_numeric"],
        engagement_rate=creator["engagement_rate"],
        collaboration_rate=creator["collaboration_rate"],
        niche_match=scores.niche_match,
    )


def _percent(score: float) -> str:
    return f"{score:.2f}%"
