"""The guide's steps of engagement, and where a rate stands among creators of the same platform and tier."""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from influencerflow.scoring.benchmarks import Benchmarks
from influencerflow.scoring.creator import CreatorFigures
from influencerflow.scoring.peers import PeerStatistics

UNKNOWN_ENGAGEMENT = 50.0
_STEPS = ((10.0, 100.0), (7.0, 90.0), (5.0, 80.0), (3.0, 70.0), (2.0, 60.0), (1.0, 50.0))
# From so many peers on the catalogue speaks for itself; below, its word counts in proportion.
ENOUGH_PEERS = 30


def calculate_engagement_score(engagement_rate: float | None) -> float:
    """`engagement_rate` in percent; an unknown rate gets a neutral 50, as a missing price does."""
    if engagement_rate is None:
        return UNKNOWN_ENGAGEMENT
    return next((score for least, score in _STEPS if engagement_rate >= least), 40.0)


@dataclass(frozen=True, slots=True)
class EngagementStanding:
    """`percentile` (0-100) of a rate within `tier` of the platform; `typical` is the rate in percent at 50.

    `basis` is what carries the greater weight: `peers` creators of the catalogue, or published figures.
    """

    percentile: float
    typical: float
    tier: str
    basis: Literal["catalogue", "benchmark"]
    peers: int


def engagement_standing(
    creator: CreatorFigures, benchmarks: Benchmarks, peers: PeerStatistics
) -> EngagementStanding | None:
    """None when rate, followers or platform are unknown, or neither 30 peers nor a published figure are there.

    The published figure is taken as the median of a log-normal distribution whose spread the benchmarks state
    (`engagement_spread`). With n < 30 peers: n/30 of the catalogue's percentile and the rest of the published one; the
    typical rate is blended likewise, on the log scale.
    """
    rate, followers = creator.engagement_rate, creator.followers_count_numeric
    if rate is None or not rate >= 0 or followers is None:
        return None
    tier = benchmarks.tier(followers)
    quantiles = peers.of(creator.platform, tier).engagement_rate
    count = quantiles.count if quantiles else 0
    published = benchmarks.engagement_rate(creator.platform, followers)
    if quantiles and (count >= ENOUGH_PEERS):
        return EngagementStanding(100 * quantiles.share_below(rate), quantiles.at(0.5), tier, "catalogue", count)
    if published is None:
        return None
    share, typical = _log_normal(rate, published.typical, benchmarks.engagement_spread.value), published.typical
    weight = count / ENOUGH_PEERS
    if quantiles:
        share = weight * quantiles.share_below(rate) + (1 - weight) * share
        median = max(quantiles.at(0.5), 0.01)
        typical = median**weight * typical ** (1 - weight)
    return EngagementStanding(100 * share, typical, tier, "catalogue" if weight > 0.5 else "benchmark", count)


def _log_normal(rate: float, median: float, spread: float) -> float:
    return NormalDist().cdf((math.log(rate) - math.log(median)) / spread) if rate > 0 else 0.0
