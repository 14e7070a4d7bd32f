"""Where a figure is drawn among those of its peers."""

import pytest

from influencerflow.scoring.benchmarks import load_benchmarks
from influencerflow.scoring.creator import CreatorFigures
from influencerflow.scoring.peers import PROBABILITIES, Peers, PeerStatistics, Quantiles
from influencerflow.web.standing import SPAN, strips, trend

MANY = Quantiles(500, tuple(1 + 9 * p for p in PROBABILITIES))
PEERS = PeerStatistics({("tiktok", "micro"): Peers(engagement_rate=MANY)})


def creator(**known: object) -> CreatorFigures:
    return CreatorFigures(**{"platform": "tiktok", "followers_count_numeric": 20_000, **known})  # type: ignore[arg-type]


def test_among_enough_peers_the_middle_eighty_percent_is_drawn() -> None:
    (strip,) = strips(creator(engagement_rate=5.5), load_benchmarks(), PEERS)
    assert (strip.name, strip.peers) == ("engagement", 500)
    assert (strip.low, strip.typical, strip.high) == pytest.approx((1.9, 5.5, 9.1))
    assert strip.percentile == pytest.approx(50)
    assert strip.inner is not None
    assert 0 < strip.outer[0] < strip.inner[0] < strip.middle == strip.at < strip.inner[1] < strip.outer[1] < SPAN


def test_far_outside_the_marker_stays_in_the_drawing() -> None:
    for rate in (0.001, 99.0):
        (strip,) = strips(creator(engagement_rate=rate), load_benchmarks(), PEERS)
        assert 0 < strip.at < SPAN
    assert strips(creator(engagement_rate=99.0), load_benchmarks(), PEERS)[0].at > strip.outer[1]


def test_without_peers_published_figures_stand_in_and_without_those_nothing() -> None:
    (strip,) = strips(creator(engagement_rate=5.0), load_benchmarks(), PeerStatistics())
    assert (strip.peers, strip.inner) == (0, None)
    assert strip.low <= strip.typical <= strip.high
    for unknown in (
        creator(engagement_rate=None), creator(engagement_rate=0.0), creator(engagement_rate=5.0, platform="blog"),
        creator(engagement_rate=5.0, followers_count_numeric=None), creator(collaboration_rate=100.0),
    ):  # fmt: skip
        assert strips(unknown, load_benchmarks(), PeerStatistics()) == []


def test_a_line_through_what_is_known() -> None:
    assert trend([]) == trend([1.0]) == trend([None, 5.0]) == ""
    points = [tuple(map(float, point.split(","))) for point in trend([1.0, None, 3.0]).split()]
    assert points == [(4.0, 54.0), (396.0, 6.0)]
    assert len(trend([2.0, 2.0]).split()) == 2
