"""Where a rate stands within platform and tier, by peers and by published figures."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from influencerflow.scoring.benchmarks import load_benchmarks
from influencerflow.scoring.creator import CreatorFigures
from influencerflow.scoring.engagement import engagement_standing
from influencerflow.scoring.peers import PROBABILITIES, Peers, PeerStatistics, Quantiles

BENCHMARKS = load_benchmarks()
NOBODY = PeerStatistics()
rates = st.floats(0, 100)


def uniform_peers(count: int, most: float = 10.0) -> PeerStatistics:
    """Rates spread evenly between 0 and `most`."""
    quantiles = Quantiles(count, tuple(most * p for p in PROBABILITIES))
    return PeerStatistics({("instagram", "micro"): Peers(engagement_rate=quantiles)})


def creator(rate: float | None, followers: int | None = 20_000, platform: str | None = "instagram") -> CreatorFigures:
    return CreatorFigures(platform=platform, followers_count_numeric=followers, engagement_rate=rate)


def test_enough_peers_speak_for_themselves() -> None:
    standing = engagement_standing(creator(2.5), BENCHMARKS, uniform_peers(30))
    assert standing is not None
    assert (standing.percentile, standing.typical) == (pytest.approx(25), pytest.approx(5))
    assert (standing.basis, standing.peers, standing.tier) == ("catalogue", 30, "micro")


def test_without_peers_the_published_rate_is_the_middle_of_a_log_normal() -> None:
    # Instagram, 20,000 followers: 3.65 and 2-3.5, so typical is sqrt(3.65 * sqrt(2 * 3.5)); one spread above is 84.13%.
    typical = math.sqrt(3.65 * math.sqrt(7))
    middle = engagement_standing(creator(typical), BENCHMARKS, NOBODY)
    above = engagement_standing(creator(typical * math.exp(0.6)), BENCHMARKS, NOBODY)
    assert middle is not None
    assert above is not None
    assert middle.percentile == pytest.approx(50)
    assert middle.typical == pytest.approx(typical)
    assert above.percentile == pytest.approx(84.134, abs=0.001)
    assert (above.basis, above.peers) == ("benchmark", 0)


def test_few_peers_count_in_proportion() -> None:
    alone = engagement_standing(creator(2.5), BENCHMARKS, NOBODY)
    few = engagement_standing(creator(2.5), BENCHMARKS, uniform_peers(10))
    most = engagement_standing(creator(2.5), BENCHMARKS, uniform_peers(20))
    assert alone is not None
    assert few is not None
    assert most is not None
    assert few.percentile == pytest.approx(25 / 3 + alone.percentile * 2 / 3)
    assert (few.basis, few.peers, most.basis) == ("benchmark", 10, "catalogue")


@pytest.mark.parametrize(
    "unknown",
    [
        creator(None),
        creator(3, followers=None),
        creator(3, platform=None),
        creator(3, platform="linkedin"),
        creator(math.nan),
    ],
)
def test_unknown_has_no_standing(unknown: CreatorFigures) -> None:
    assert engagement_standing(unknown, BENCHMARKS, NOBODY) is None


def test_half_of_the_equals_count_as_below() -> None:
    zeros = Quantiles(40, tuple(0.0 if p <= 0.5 else p for p in PROBABILITIES))
    assert zeros.share_below(0.0) == pytest.approx(0.25)
    assert zeros.share_below(2.0) == 1.0


@given(rates, rates, st.integers(0, 60))
def test_a_higher_rate_never_stands_lower(one: float, other: float, count: int) -> None:
    peers = uniform_peers(count)
    low, high = (engagement_standing(creator(rate), BENCHMARKS, peers) for rate in sorted((one, other)))
    assert low is not None
    assert high is not None
    assert 0 <= low.percentile <= high.percentile + 1e-9
    assert high.percentile <= 100


@given(st.lists(rates, min_size=23, max_size=23).map(sorted), rates)
def test_share_below_and_quantile_agree(values: list[float], value: float) -> None:
    quantiles = Quantiles(50, tuple(values))
    share = quantiles.share_below(value)
    assert 0 <= share <= 1
    if values[0] < value < values[-1]:
        assert quantiles.at(share) == pytest.approx(value, abs=1e-6)
