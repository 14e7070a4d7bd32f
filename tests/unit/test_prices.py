"""A creator's own rate wins; an unknown one is estimated with an interval, or stays unknown."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from influencerflow.scoring.benchmarks import load_benchmarks
from influencerflow.scoring.budget import PriceEstimate, budget_fit, calculate_budget_fit, estimate_price
from influencerflow.scoring.creator import CreatorFigures
from influencerflow.scoring.peers import PROBABILITIES, Peers, PeerStatistics, Quantiles
from influencerflow.scoring.reach import expected_reach

BENCHMARKS = load_benchmarks()
NOBODY = PeerStatistics()
MICRO = CreatorFigures(platform="tiktok", followers_count_numeric=20_000)
VIEWED = CreatorFigures(platform="tiktok", followers_count_numeric=20_000, avg_views=10_000)
money = st.floats(1, 1e6)


def spread(low: float, high: float, count: int = 20) -> Quantiles:
    return Quantiles(count, tuple(low + (high - low) * p for p in PROBABILITIES))


def peers(**quantiles: Quantiles) -> PeerStatistics:
    return PeerStatistics({("tiktok", "micro"): Peers(**quantiles)})


def known(estimate: PriceEstimate | None) -> PriceEstimate:
    assert estimate is not None
    return estimate


def test_known_views_times_published_cpm() -> None:
    price = known(estimate_price(VIEWED, BENCHMARKS, NOBODY))
    # CPM 25-35 and 5-15; typical is the geometric mean; 10 thousand views.
    assert price.mid == pytest.approx(10 * (25 * 35 * 5 * 15) ** 0.25)
    assert (price.low, price.high) == (pytest.approx(50), pytest.approx(350))
    assert (price.basis, price.reach_basis, price.peers) == ("benchmark", "avg_views", 0)


def test_unknown_views_come_from_followers_and_widen_the_interval() -> None:
    price = known(estimate_price(MICRO, BENCHMARKS, NOBODY))
    cpm = (25 * 35 * 5 * 15) ** 0.25
    reach = math.sqrt(0.30 * 0.1623)
    assert price.mid == pytest.approx(20 * reach * cpm)
    assert price.high / price.mid == pytest.approx(math.exp(math.hypot(math.log(35 / cpm), math.log(0.30 / reach))))
    assert price.reach_basis == "benchmark"


def test_an_estimate_is_never_surer_than_a_cold_start() -> None:
    snapchat = CreatorFigures(platform="x", followers_count_numeric=20_000, avg_views=10_000)
    narrow = BENCHMARKS.model_copy(
        update={"cpms": tuple(e.model_copy(update={"platform": "x"}) for e in BENCHMARKS.cpms[:1])}
    )
    price = known(estimate_price(snapchat, narrow, NOBODY))
    assert price.low == pytest.approx(0.7 * price.mid)
    assert price.high == pytest.approx(1.4 * price.mid)


def test_twenty_peers_come_before_published_figures() -> None:
    cpm = known(estimate_price(VIEWED, BENCHMARKS, peers(cpm=spread(10, 30))))
    assert (cpm.low, cpm.mid, cpm.high) == (pytest.approx(120), pytest.approx(200), pytest.approx(280))
    assert (cpm.basis, cpm.reach_basis, cpm.peers) == ("catalogue", "avg_views", 20)
    follower = known(estimate_price(MICRO, BENCHMARKS, peers(price_per_follower=spread(0.01, 0.03))))
    assert (follower.low, follower.mid, follower.high) == (pytest.approx(240), pytest.approx(400), pytest.approx(560))
    assert follower.reach_basis is None
    assert known(estimate_price(VIEWED, BENCHMARKS, peers(cpm=spread(10, 30, count=19)))).basis == "benchmark"


def test_peers_prices_serve_a_platform_nobody_publishes_about() -> None:
    creator = CreatorFigures(platform="LinkedIn", followers_count_numeric=20_000)
    group = {("linkedin", "micro"): Peers(price_per_follower=spread(0.01, 0.03))}
    assert estimate_price(creator, BENCHMARKS, NOBODY) is None
    assert known(estimate_price(creator, BENCHMARKS, PeerStatistics(group))).mid == pytest.approx(400)


@pytest.mark.parametrize(
    "creator",
    [
        CreatorFigures(platform="tiktok"),
        CreatorFigures(platform="tiktok", avg_views=10_000),
        CreatorFigures(platform="tiktok", followers_count_numeric=0),
        CreatorFigures(followers_count_numeric=20_000, avg_views=10_000),
        CreatorFigures(platform="substack", followers_count_numeric=20_000),
    ],
)
def test_no_estimate_out_of_nothing(creator: CreatorFigures) -> None:
    assert estimate_price(creator, BENCHMARKS, NOBODY) is None
    assert budget_fit(10_000, creator, BENCHMARKS, NOBODY).score == 50
    assert not budget_fit(10_000, creator, BENCHMARKS, NOBODY).estimated


def test_the_creators_own_rate_always_wins() -> None:
    own = CreatorFigures(platform="tiktok", followers_count_numeric=20_000, avg_views=10_000, collaboration_rate=2_501)
    fit = budget_fit(10_000, own, BENCHMARKS, peers(cpm=spread(10, 30)))
    assert (fit.score, fit.estimated) == (20, False)


def test_an_estimate_goes_through_the_guides_steps_and_says_so() -> None:
    fit = budget_fit(2_000, VIEWED, BENCHMARKS, peers(cpm=spread(10, 30)))
    assert (fit.score, fit.estimated) == (90, True)  # 200 each for ten creators; the estimate's middle is 200
    assert budget_fit(2_000, VIEWED, BENCHMARKS, peers(cpm=spread(10, 30)), planned_creators=5).score == 100


def test_reach_is_the_views_then_the_peers_then_published() -> None:
    measured = expected_reach(VIEWED, BENCHMARKS, peers(views_per_follower=spread(0.2, 0.6)))
    by_peers = expected_reach(MICRO, BENCHMARKS, peers(views_per_follower=spread(0.2, 0.6)))
    published = expected_reach(MICRO, BENCHMARKS, NOBODY)
    assert measured is not None
    assert by_peers is not None
    assert published is not None
    assert (measured.basis, measured.impressions.low, measured.impressions.high) == ("avg_views", 10_000, 10_000)
    assert (by_peers.basis, by_peers.impressions.mid, by_peers.peers) == ("catalogue", pytest.approx(8_000), 20)
    assert (published.basis, published.impressions.high) == ("benchmark", pytest.approx(6_000))
    assert expected_reach(CreatorFigures(platform="x", followers_count_numeric=9), BENCHMARKS, NOBODY) is None


@given(money, money, money, st.integers(1, 100))
def test_cheaper_never_fits_the_budget_worse(budget: float, one: float, other: float, planned: int) -> None:
    cheap, dear = sorted((one, other))
    assert 20 <= calculate_budget_fit(budget, dear, planned) <= calculate_budget_fit(budget, cheap, planned) <= 100


@given(
    st.sampled_from(["instagram", "tiktok", "youtube", "snapchat", "x", None]),
    st.none() | st.integers(0, 8 * 10**9),
    st.none() | st.integers(0, 10**15),
)
def test_an_estimate_is_an_interval_around_its_middle(
    platform: str | None, followers: int | None, views: int | None
) -> None:
    creator = CreatorFigures(platform=platform, followers_count_numeric=followers, avg_views=views)
    price = estimate_price(creator, BENCHMARKS, NOBODY)
    if price is not None:
        assert 0 < price.low <= 0.7 * price.mid * (1 + 1e-9)
        assert price.high >= 1.4 * price.mid * (1 - 1e-9)


@given(st.integers(1, 10**8), st.integers(1, 10**8))
def test_more_views_never_cost_less(one: int, other: int) -> None:
    few, many = (
        known(estimate_price(CreatorFigures("tiktok", 20_000, avg_views=views), BENCHMARKS, NOBODY)).mid
        for views in sorted((one, other))
    )
    assert few <= many
