"""How many people see a post: the creator's own average views, otherwise an estimate from peers or published figures."""

import math
from dataclasses import dataclass
from typing import Literal

from influencerflow.scoring.benchmarks import Benchmarks, Figure
from influencerflow.scoring.creator import CreatorFigures
from influencerflow.scoring.peers import PeerStatistics, Quantiles

# From so many known figures on, peers say more than published figures do: the standard error of a median of 20 is a
# quarter of the standard deviation.
ENOUGH_PEERS = 20
# An interval between these covers 80% of the peers.
LOW, HIGH = 0.1, 0.9

ReachBasis = Literal["avg_views", "catalogue", "benchmark"]


@dataclass(frozen=True, slots=True)
class Interval:
    """low <= mid <= high, all above 0."""

    low: float
    mid: float
    high: float

    def times(self, factor: float) -> "Interval":
        return Interval(self.low * factor, self.mid * factor, self.high * factor)

    def times_uncertain(self, other: "Interval") -> "Interval":
        """The product of two independent figures: on the log scale their half-widths add as squares do."""
        mid = self.mid * other.mid
        down = math.hypot(math.log(self.mid / self.low), math.log(other.mid / other.low))
        up = math.hypot(math.log(self.high / self.mid), math.log(other.high / other.mid))
        return Interval(mid * math.exp(-down), mid, mid * math.exp(up))

    def at_least_as_wide_as(self, low: float, high: float) -> "Interval":
        """With factors of the middle as the narrowest bounds."""
        return Interval(min(self.low, low * self.mid), self.mid, max(self.high, high * self.mid))


@dataclass(frozen=True, slots=True)
class ReachEstimate:
    """Impressions of one post. `peers` counts the creators it rests on, 0 for other bases."""

    impressions: Interval
    basis: ReachBasis
    peers: int = 0


def of_peers(quantiles: Quantiles | None) -> Interval | None:
    """The middle 80% of enough peers; None when there are too few, or when their figures reach down to 0."""
    if quantiles is None or quantiles.count < ENOUGH_PEERS:
        return None
    low, mid, high = quantiles.at(LOW), quantiles.at(0.5), quantiles.at(HIGH)
    return Interval(low, mid, high) if low > 0 else None


def of_figure(figure: Figure | None) -> Interval | None:
    return Interval(figure.low, figure.typical, figure.high) if figure else None


def expected_reach(creator: CreatorFigures, benchmarks: Benchmarks, peers: PeerStatistics) -> ReachEstimate | None:
    """None when neither views nor followers are known, or when nothing is known about the platform."""
    if creator.avg_views:
        views = float(creator.avg_views)
        return ReachEstimate(Interval(views, views, views), "avg_views")
    followers = creator.followers_count_numeric
    if not followers:
        return None
    quantiles = peers.of(creator.platform, benchmarks.tier(followers)).views_per_follower
    if quantiles and (rate := of_peers(quantiles)):
        return ReachEstimate(rate.times(followers), "catalogue", quantiles.count)
    published = of_figure(benchmarks.reach(creator.platform, followers))
    return ReachEstimate(published.times(followers), "benchmark") if published else None
