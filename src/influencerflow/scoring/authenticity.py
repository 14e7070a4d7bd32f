"""Signs that followers or engagement are not what they seem. A finding asks for a look by a person; it proves nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from influencerflow.scoring.benchmarks import Benchmarks
from influencerflow.scoring.creator import CreatorFigures
from influencerflow.scoring.engagement import ENOUGH_PEERS
from influencerflow.scoring.peers import PeerStatistics
from influencerflow.scoring.reach import of_peers

Code = Literal[
    "credibility_low", "credibility_high", "engagement_implausible", "views_below_reach", "engagement_exceeds_views"
]
# What a caution takes off, out of 100: about half the way from neutral to nothing.
PENALTY = 25.0
UNKNOWN_CREDIBILITY = 50.0
# How much each check tells: credibility is measured on the followers themselves, the others are indirect.
_WEIGHTS = {"credibility": 0.5, "engagement": 0.25, "views": 0.25}
# Here rates are commonly counted per view, so rate x followers is no number of interactions.
_RATES_PER_VIEW = frozenset({"tiktok", "youtube", "twitch"})


@dataclass(frozen=True, slots=True)
class Finding:
    """`figures` are what it rests on: rates in percent, shares between 0 and 1, counts."""

    code: Code
    kind: Literal["caution", "merit"]
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Authenticity:
    """`score` 0-100, None when nothing could be checked; `confidence` (0-1) is the weight of the checks made."""

    score: float | None
    confidence: float
    findings: tuple[Finding, ...] = ()


def authenticity(creator: CreatorFigures, benchmarks: Benchmarks, peers: PeerStatistics) -> Authenticity:
    """Credibility sets the base (75% real followers: 50, 90%: 80, 100%: 100; unknown: a neutral 50); a caution about
    engagement or views takes 25 off.

    - Engagement is implausible from 3 times (`implausible_engagement`) the highest published rate and, with 30 peers,
      also 3 times the catalogue's median: a rate that either explains is no caution.
    - Views disagree with followers below a fifth (`implausible_reach`) of the lowest published reach and, with 20 peers,
      also of the peers' lowest tenth. On TikTok a once viral creator gets there honestly (HypeAuditor): look, do not judge.
    - More interactions (rate x followers) than average views, where rates are counted per follower.
    """
    checks = {
        "credibility": _credibility(creator, benchmarks),
        "engagement": _engagement(creator, benchmarks, peers),
        "views": _views(creator, benchmarks, peers),
    }
    made = {name: findings for name, findings in checks.items() if findings is not None}
    if not made:
        return Authenticity(None, 0.0)
    findings = tuple(finding for found in made.values() for finding in found)
    penalties = PENALTY * sum(f.kind == "caution" and f.code != "credibility_low" for f in findings)
    score = max(0.0, _base(creator.demographics.credibility, benchmarks) - penalties)
    return Authenticity(score, sum(_WEIGHTS[name] for name in made), findings)


def _base(credibility: float | None, benchmarks: Benchmarks) -> float:
    if credibility is None:
        return UNKNOWN_CREDIBILITY
    caution, merit = benchmarks.credibility_caution.value, benchmarks.credibility_merit.value
    if credibility < caution:
        return 50.0 * credibility / caution
    if credibility < merit:
        return 50.0 + 30.0 * (credibility - caution) / (merit - caution)
    return 80.0 + 20.0 * (credibility - merit) / (1.0 - merit)


def _credibility(creator: CreatorFigures, benchmarks: Benchmarks) -> list[Finding] | None:
    """None: could not be checked; empty: nothing to say."""
    credibility = creator.demographics.credibility
    if credibility is None:
        return None
    caution, merit = benchmarks.credibility_caution.value, benchmarks.credibility_merit.value
    if credibility < caution:
        return [Finding("credibility_low", "caution", {"credibility": credibility, "threshold": caution})]
    if credibility >= merit:
        return [Finding("credibility_high", "merit", {"credibility": credibility, "threshold": merit})]
    return []


def _engagement(creator: CreatorFigures, benchmarks: Benchmarks, peers: PeerStatistics) -> list[Finding] | None:
    rate, followers = creator.engagement_rate, creator.followers_count_numeric
    if rate is None or followers is None:
        return None
    published = benchmarks.engagement_rate(creator.platform, followers)
    quantiles = peers.of(creator.platform, benchmarks.tier(followers)).engagement_rate
    usual = [published.high] if published else []
    if quantiles and quantiles.count >= ENOUGH_PEERS:
        usual.append(quantiles.at(0.5))
    if not usual:
        return None
    highest, factor = max(usual), benchmarks.implausible_engagement.value
    if rate < factor * highest:
        return []
    figures = {"engagement_rate": rate, "usual_rate": highest, "threshold": factor * highest}
    return [Finding("engagement_implausible", "caution", figures)]


def _views(creator: CreatorFigures, benchmarks: Benchmarks, peers: PeerStatistics) -> list[Finding] | None:
    views, followers = creator.avg_views, creator.followers_count_numeric
    if views is None or not followers:
        return None
    published = benchmarks.reach(creator.platform, followers)
    measured = of_peers(peers.of(creator.platform, benchmarks.tier(followers)).views_per_follower)
    findings = []
    if lowest := min((known.low for known in (published, measured) if known), default=None):
        least = benchmarks.implausible_reach.value * lowest * followers
        if views < least:
            figures = {"avg_views": views, "followers": followers, "share": views / followers, "threshold": least}
            findings.append(Finding("views_below_reach", "caution", figures))
    by_followers = (creator.platform or "").strip().lower() not in _RATES_PER_VIEW
    interactions = (creator.engagement_rate or 0.0) / 100 * followers
    if by_followers and interactions > views:
        figures = {"avg_views": views, "interactions": interactions, "engagement_rate": creator.engagement_rate or 0.0}
        findings.append(Finding("engagement_exceeds_views", "caution", figures))
    return findings if findings or lowest or (by_followers and creator.engagement_rate is not None) else None
