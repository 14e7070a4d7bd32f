"""How well a creator's price fits the budget (the guide's steps), and what a creator without a price is likely to ask."""

from dataclasses import dataclass
from typing import Literal

from influencerflow.scoring.benchmarks import Benchmarks
from influencerflow.scoring.creator import CreatorFigures
from influencerflow.scoring.peers import Peers, PeerStatistics, Quantiles
from influencerflow.scoring.reach import Interval, ReachBasis, expected_reach, of_figure, of_peers

UNKNOWN_PRICE = 50.0
PLANNED_CREATORS = 10
_STEPS = ((1.5, 100.0), (1.0, 90.0), (0.8, 80.0), (0.6, 60.0), (0.4, 40.0))


def calculate_budget_fit(
    total_budget: float | None, collaboration_rate: float | None, planned_creators: int = PLANNED_CREATORS
) -> float:
    """Steps over (budget / planned creators) / rate, all in USD; 50 when either value is missing."""
    if not total_budget or not collaboration_rate:
        return UNKNOWN_PRICE
    ratio = total_budget / planned_creators / collaboration_rate
    return next((score for least, score in _STEPS if ratio >= least), 20.0)


@dataclass(frozen=True, slots=True)
class PriceEstimate:
    """USD for one collaboration: what is expected, between two bounds.

    `basis` says where the price level comes from: `peers` creators of the catalogue who name a rate (then the bounds
    hold the middle 80% of them), or published CPM (then the bounds span the sources). `reach_basis` says where the
    impressions come from, None where peers' prices were taken per follower.
    """

    low: float
    mid: float
    high: float
    basis: Literal["catalogue", "benchmark"]
    reach_basis: ReachBasis | None = None
    peers: int = 0


@dataclass(frozen=True, slots=True)
class BudgetFit:
    """`score` between 0 and 100; `estimate` is set when the price behind it is an estimate."""

    score: float
    estimate: PriceEstimate | None = None

    @property
    def estimated(self) -> bool:
        return self.estimate is not None


def budget_fit(
    total_budget: float | None,
    creator: CreatorFigures,
    benchmarks: Benchmarks,
    peers: PeerStatistics,
    planned_creators: int = PLANNED_CREATORS,
) -> BudgetFit:
    """The guide's steps on the creator's own rate, or on the middle of an estimate. A rate of 0 counts as unknown."""
    if creator.collaboration_rate:
        return BudgetFit(calculate_budget_fit(total_budget, creator.collaboration_rate, planned_creators))
    estimate = estimate_price(creator, benchmarks, peers)
    mid = estimate.mid if estimate else None
    return BudgetFit(calculate_budget_fit(total_budget, mid, planned_creators), estimate)


def estimate_price(creator: CreatorFigures, benchmarks: Benchmarks, peers: PeerStatistics) -> PriceEstimate | None:
    """Expected impressions / 1,000 x CPM, or followers x the peers' price per follower. The creator's own rate is not
    looked at. None without platform and followers, and for a platform about whose prices nothing is known.

    At least 20 peers of the platform and tier come first: their CPM where the creator's views are known, otherwise their
    price per follower. Published CPM is the fallback, at least as uncertain as the benchmarks' `cold_start`.
    """
    followers = creator.followers_count_numeric
    if not creator.platform or not followers:
        return None
    group = peers.of(creator.platform, benchmarks.tier(followers))
    return _from_peers(creator, group) or _from_published_cpm(creator, benchmarks, peers)


def _from_peers(creator: CreatorFigures, group: Peers) -> PriceEstimate | None:
    if creator.avg_views and group.cpm and (cpm := of_peers(group.cpm)):
        return _catalogue(cpm.times(creator.avg_views / 1000), group.cpm, "avg_views")
    if creator.followers_count_numeric and group.price_per_follower and (price := of_peers(group.price_per_follower)):
        return _catalogue(price.times(creator.followers_count_numeric), group.price_per_follower, None)
    return None


def _catalogue(price: Interval, quantiles: Quantiles, reach_basis: ReachBasis | None) -> PriceEstimate:
    return PriceEstimate(price.low, price.mid, price.high, "catalogue", reach_basis, quantiles.count)


def _from_published_cpm(creator: CreatorFigures, benchmarks: Benchmarks, peers: PeerStatistics) -> PriceEstimate | None:
    cpm = of_figure(benchmarks.cpm(creator.platform, creator.followers_count_numeric))
    reach = expected_reach(creator, benchmarks, peers)
    if cpm is None or reach is None:
        return None
    price = reach.impressions.times(1 / 1000).times_uncertain(cpm)
    price = price.at_least_as_wide_as(benchmarks.cold_start.low, benchmarks.cold_start.high)
    return PriceEstimate(price.low, price.mid, price.high, "benchmark", reach.basis)
