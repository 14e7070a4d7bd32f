"""Why a creator is in the list, what speaks against, and what is unknown: each points to words or to a figure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from influencerflow.scoring.audience import AudienceFit, DimensionFit
from influencerflow.scoring.authenticity import Authenticity, Finding
from influencerflow.scoring.budget import BudgetFit, PriceEstimate
from influencerflow.scoring.engagement import EngagementStanding
from influencerflow.scoring.niche import NicheFit

Kind = Literal["for", "against", "unknown"]
Spans = tuple[tuple[int, int], ...]
MAX_REASONS = 3
_MAX_SPANS = 6
# Nobody posts for less; an estimate in cents says no more than that.
LEAST_PRICE = 10
_NOTABLE_LIFT, _NOTABLE_PERCENTILE, _POOR_PERCENTILE = 1.25, 60.0, 20.0
_DIMENSIONS = {
    "age": "of the wanted age",
    "gender": "of the wanted gender",
    "country": "in the wanted countries",
    "interest": "with the wanted interests",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """`field` names the creator's field it rests on; `spans` are [start, end) offsets of words in its `about`."""

    kind: Kind
    field: str
    text: str
    spans: Spans = ()


@dataclass(frozen=True, slots=True)
class Read:
    """What was read from the profile for this brief.

    `topics`: label and spans of each topic that serves the brief; `excluded`: of each it rules out. `place`, `language`: what
    fits, in words; `elsewhere`, `other_language`: what contradicts. `account`: a kind of account other than a person.
    `other_platform`: the platforms the brief speaks of, where the creator is on none of them.
    """

    topics: tuple[tuple[str, Spans], ...] = ()
    excluded: tuple[tuple[str, Spans], ...] = ()
    words: Spans = ()
    place: str | None = None
    place_spans: Spans = ()
    elsewhere: str | None = None
    language: str | None = None
    other_language: str | None = None
    account: str | None = None
    other_platform: str | None = None
    also_on: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything reasons may rest on; unknown values are None. Not `embedded`: its meaning was not compared."""

    read: Read
    niche: NicheFit
    audience: AudienceFit
    engagement: EngagementStanding | None
    budget: BudgetFit
    authenticity: Authenticity
    about: str | None
    platform: str
    followers: int | None
    engagement_rate: float | None
    collaboration_rate: float | None
    total_budget: float | None
    planned_creators: int
    asks_country: bool
    asks_language: bool
    embedded: bool = True


def explain(evidence: Evidence) -> list[Reason]:
    """At most three reasons for, then everything against, then everything unknown. Deterministic."""
    reasons = [*_for(evidence)][:MAX_REASONS]
    if not reasons:
        whole = "Profile as a whole reads close to the brief"
        reasons = [Reason("for", "about", whole if evidence.embedded else "Passes the filters")]
    return [*reasons, *_against(evidence), *_unknown(evidence)]


def _for(evidence: Evidence) -> Iterator[Reason]:
    read = evidence.read
    if evidence.niche.basis in ("exact", "table"):
        same = "is the campaign’s" if evidence.niche.basis == "exact" else "is close to the campaign’s"
        yield Reason("for", "niche", f"Niche “{evidence.niche.creator_niche}” {same}")
    label, spans = read.topics[0] if read.topics else ("", ())
    if said := _joined(spans, read.words):
        yield Reason(
            "for", "about", f"{label + ': p' if label else 'P'}rofile says {_quoted(evidence.about, said)}", said
        )
    yield from _audience_merits(evidence.audience)
    if read.place:
        yield Reason("for", "country", read.place, read.place_spans)
    if read.language and evidence.asks_language:
        yield Reason("for", "language", read.language)
    if evidence.engagement and evidence.engagement.percentile >= _NOTABLE_PERCENTILE:
        yield Reason("for", "engagement_rate", _standing(evidence, "above"))
    for finding in evidence.authenticity.findings:
        if finding.kind == "merit":
            yield Reason("for", "audience", f"{finding.figures['credibility']:.0%} of the followers are real people")
    share = _budget_share(evidence)
    if share is not None and share <= 1:
        yield Reason(
            "for",
            "collaboration_rate",
            f"${evidence.collaboration_rate:,.0f} fits a budget shared by {evidence.planned_creators} creators",
        )


def _audience_merits(fit: AudienceFit) -> Iterator[Reason]:
    for dimension in fit.dimensions:
        if dimension.lift is not None and dimension.lift >= _NOTABLE_LIFT:
            yield Reason("for", "audience", f"{_share(dimension)}, {dimension.lift:.1f} times the usual{_sample(fit)}")


def _against(evidence: Evidence) -> Iterator[Reason]:
    yield from _contradictions(evidence.read)
    for dimension in evidence.audience.dimensions:
        if dimension.lift is not None and dimension.lift < 1 / _NOTABLE_LIFT:
            yield Reason(
                "against", "audience", f"Only {_share(dimension)}, where {dimension.average or 0:.0%} is usual"
            )
    for finding in evidence.authenticity.findings:
        if finding.kind == "caution":
            yield _caution(finding)
    if evidence.engagement and evidence.engagement.percentile < _POOR_PERCENTILE:
        yield Reason("against", "engagement_rate", _standing(evidence, "below"))
    share = _budget_share(evidence)
    if share is not None and share > 1.25:
        rate = f"${evidence.collaboration_rate:,.0f}"
        yield Reason("against", "collaboration_rate", f"{rate} is {share:.1f} times an equal share of the budget")
    if evidence.followers is not None and evidence.followers < 1_000:
        yield Reason(
            "against",
            "followers_count_numeric",
            f"Only {evidence.followers:,} follower{'' if evidence.followers == 1 else 's'}",
        )


def _contradictions(read: Read) -> Iterator[Reason]:
    for label, spans in read.excluded:
        yield Reason("against", "about", f"Posts about {label.lower()}, which the brief rules out", spans[:_MAX_SPANS])
    if read.elsewhere:
        yield Reason("against", "country", read.elsewhere)
    if read.other_language:
        yield Reason("against", "language", read.other_language)
    if read.account:
        yield Reason("against", "about", f"Reads like {read.account}, not a creator")
    if read.other_platform:
        yield Reason("against", "platform", f"The brief speaks of {read.other_platform}")
    for name in read.also_on:
        yield Reason("against", "channel_name", f"Same person as {name}, listed above")
    for flag in read.flags:
        yield Reason("against", "about", flag)


def _caution(finding: Finding) -> Reason:
    figures = finding.figures
    if finding.code == "credibility_low":
        return Reason(
            "against",
            "audience",
            f"Only {figures['credibility']:.0%} of the followers are real; below {figures['threshold']:.0%} is often fraud",
        )
    if finding.code == "engagement_implausible":
        text = f"Engagement of {figures['engagement_rate']:.1f}% is implausible where {figures['usual_rate']:.1f}% is usual"
        return Reason("against", "engagement_rate", text)
    if finding.code == "views_below_reach":
        text = f"{figures['avg_views']:,.0f} views a post are few for {figures['followers']:,.0f} followers"
        return Reason("against", "avg_views", text)
    return Reason(
        "against",
        "avg_views",
        f"{figures['interactions']:,.0f} interactions a post exceed its {figures['avg_views']:,.0f} views",
    )


def _unknown(evidence: Evidence) -> Iterator[Reason]:
    if not evidence.embedded:
        yield Reason("unknown", "about", "Meaning unknown; not embedded yet, so only words were compared")
    if evidence.niche.basis == "inferred":
        yield Reason("unknown", "niche", f"Niche unknown; the profile suggests {evidence.niche.creator_niche}")
    elif evidence.niche.basis == "unknown":
        yield Reason("unknown", "niche", "Niche unknown")
    fields: Iterable[tuple[str, str, object]] = (
        ("about", "Bio", evidence.about),
        ("followers_count_numeric", "Followers", evidence.followers),
        ("engagement_rate", "Engagement", evidence.engagement_rate),
    )
    for name, label, value in fields:
        if value in (None, ""):
            yield Reason("unknown", name, f"{label} unknown")
    if not evidence.collaboration_rate:
        yield Reason("unknown", "collaboration_rate", f"Price unknown{_between(evidence.budget.estimate)}")
    if evidence.audience.basis != "demographics" and evidence.audience.dimensions:
        yield Reason("unknown", "audience", "Audience unknown")
    read = evidence.read
    if evidence.asks_country and not (read.place or read.elsewhere):
        yield Reason("unknown", "country", "Country unknown")
    if evidence.asks_language and not (read.language or read.other_language):
        yield Reason("unknown", "language", "Language unknown")


def _between(estimate: PriceEstimate | None) -> str:
    if estimate is None:
        return ""
    if estimate.high < LEAST_PRICE:
        return f"; estimated below ${LEAST_PRICE}"
    return f"; estimated at ${estimate.low:,.0f} to ${estimate.high:,.0f}"


def _share(dimension: DimensionFit) -> str:
    share = dimension.share or 0.0
    figure = "under 1%" if share < 0.01 else f"{share:.0%}"
    return f"{figure} of the audience {_DIMENSIONS.get(dimension.name, 'fits')}"


def _sample(fit: AudienceFit) -> str:
    parts = [f"{fit.sample_size:,} sampled"] if fit.sample_size else []
    parts += [f"as of {fit.as_of:%B %Y}"] if fit.as_of else []
    return f" ({', '.join(parts)})" if parts else ""


def _standing(evidence: Evidence, side: Literal["above", "below"]) -> str:
    standing = evidence.engagement
    assert standing is not None  # noqa: S101 - both callers have just looked
    share = standing.percentile if side == "above" else 100 - standing.percentile
    peers = f"{evidence.platform} {standing.tier} creators"
    return f"Engagement of {evidence.engagement_rate:.1f}% is {side} {share:.0f}% of {peers}"


def _budget_share(evidence: Evidence) -> float | None:
    """The creator's price as a multiple of an equal share of the budget."""
    if not evidence.total_budget or not evidence.collaboration_rate:
        return None
    return evidence.collaboration_rate * evidence.planned_creators / evidence.total_budget


def _joined(spans: Spans, more: Spans) -> Spans:
    """The first few of both that do not overlap, those of `spans` before the others, in the order of the text."""
    kept = list(spans[:_MAX_SPANS])
    for start, end in more:
        if len(kept) < _MAX_SPANS and all(end <= other[0] or start >= other[1] for other in kept):
            kept.append((start, end))
    return tuple(sorted(kept))


def _quoted(about: str | None, spans: Spans) -> str:
    words = dict.fromkeys((about or "")[start:end] for start, end in spans)
    return ", ".join(f"“{word}”" for word in words)
