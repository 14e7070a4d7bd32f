"""One creator and its scores as the guide's response shows them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from influencerflow.creators.display import followers_text
from influencerflow.matching.assess import Assessment
from influencerflow.matching.schemas import (
    DetailedScores,
    MatchDetails,
    MatchResult,
    PriceEstimateOut,
    ReasonOut,
    RunOut,
    Scores,
)
from influencerflow.retrieval.candidates import RunReport
from influencerflow.scoring.calibration import Basis
from influencerflow.scoring.reasons import explain

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Ranked:
    """Where ranking placed a creator: `similarity` is the cosine, None before it is embedded; `match_score` 0 to 100."""

    rank: int
    similarity: float | None
    match_score: float
    basis: Basis
    same_as: UUID | None = None


def match_result(creator: Mapping[Any, Any], assessment: Assessment, ranked: Ranked) -> MatchResult:
    evidence = replace(assessment.evidence, embedded=ranked.similarity is not None)
    scores = Scores(
        match_score=ranked.match_score,
        niche_match=evidence.niche.score,
        audience_match=evidence.audience.score,
        engagement_score=assessment.engagement_score,
        budget_fit=evidence.budget.score,
        similarity=ranked.similarity,
    )
    reasons = [
        ReasonOut(kind=reason.kind, field=reason.field, text=reason.text, spans=list(reason.spans))
        for reason in explain(evidence)
    ]
    return shown(creator, scores, reasons, _details(creator, assessment, ranked), ranked.rank)


def _details(creator: Mapping[Any, Any], assessment: Assessment, ranked: Ranked) -> MatchDetails:
    evidence = assessment.evidence
    estimate, reach = evidence.budget.estimate, evidence.audience.in_target_reach
    return MatchDetails(
        match_score_basis=ranked.basis,
        niche_basis=evidence.niche.basis,
        inferred_niche=evidence.niche.creator_niche if evidence.niche.basis == "inferred" else None,
        audience_basis=evidence.audience.basis,
        audience_confidence=round(evidence.audience.confidence, 3),
        in_target_reach=round(reach.mid) if reach else None,
        engagement_percentile=round(evidence.engagement.percentile, 1) if evidence.engagement else None,
        authenticity_score=evidence.authenticity.score,
        price_estimate=PriceEstimateOut(low=estimate.low, mid=estimate.mid, high=estimate.high, basis=estimate.basis)
        if estimate
        else None,
        account=creator["account"],
        same_as=str(ranked.same_as) if ranked.same_as else None,
    )


def shown(
    creator: Mapping[Any, Any], scores: Scores, reasons: list[ReasonOut], details: MatchDetails, rank: int
) -> MatchResult:
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
        reasons=reasons,
        name=name,
        channel_name=creator["channel_name"],
        about=creator["about"],
        country=creator["country"],
        language=creator["language"],
        **details.model_dump(),
    )


def explained(runs: Mapping[str, RunReport]) -> dict[str, RunOut]:
    return {
        name: RunOut(
            plan=run.decision.plan.value,
            estimate=run.decision.estimate,
            scanned=run.decision.scanned,
            tried=list(run.decision.tried),
            found=run.found,
        )
        for name, run in runs.items()
    }


def _percent(score: float) -> str:
    return f"{score:.2f}%"
