"""Cautions rest on figures; unknown is neutral with less confidence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from influencerflow.scoring.authenticity import authenticity
from influencerflow.scoring.benchmarks import load_benchmarks
from influencerflow.scoring.creator import CreatorFigures
from influencerflow.scoring.peers import PROBABILITIES, Peers, PeerStatistics, Quantiles

BENCHMARKS = load_benchmarks()
NOBODY = PeerStatistics()


def creator(**values: object) -> CreatorFigures:
    return CreatorFigures(**{"platform": "instagram", "followers_count_numeric": 20_000, **values})  # type: ignore[arg-type]


def codes(of: CreatorFigures, peers: PeerStatistics = NOBODY) -> list[str]:
    return [finding.code for finding in authenticity(of, BENCHMARKS, peers).findings]


@pytest.mark.parametrize(
    ("credibility", "score", "found"),
    [
        (0.0, 0, ["credibility_low"]),
        (0.6, 40, ["credibility_low"]),
        (0.7499, pytest.approx(50, abs=0.01), ["credibility_low"]),
        (0.75, 50, []),
        (0.84, pytest.approx(68), []),
        (0.9, 80, ["credibility_high"]),
        (1.0, 100, ["credibility_high"]),
        (84, pytest.approx(68), []),
        ("84%", pytest.approx(68), []),
    ],
)
def test_credibility_sets_the_base(credibility: object, score: object, found: list[str]) -> None:
    seen = authenticity(creator(audience={"credibility": credibility}), BENCHMARKS, NOBODY)
    assert seen.score == score
    assert [finding.code for finding in seen.findings] == found
    assert seen.confidence == 0.5


def test_nothing_known_has_no_score() -> None:
    seen = authenticity(CreatorFigures(), BENCHMARKS, NOBODY)
    assert (seen.score, seen.confidence, seen.findings) == (None, 0, ())


def test_unknown_credibility_is_neutral_with_less_confidence() -> None:
    seen = authenticity(creator(engagement_rate=3.0), BENCHMARKS, NOBODY)
    assert (seen.score, seen.confidence, seen.findings) == (50, 0.25, ())


def test_three_times_the_highest_published_rate_draws_a_caution_with_its_figures() -> None:
    assert codes(creator(engagement_rate=10.9)) == []  # 3.65% is the highest published, 10.95% three times that
    found = authenticity(creator(engagement_rate=11.0), BENCHMARKS, NOBODY)
    assert [finding.code for finding in found.findings] == ["engagement_implausible"]
    assert found.findings[0].kind == "caution"
    assert found.findings[0].figures == {
        "engagement_rate": 11.0, "usual_rate": 3.65, "threshold": pytest.approx(10.95),
    }  # fmt: skip
    assert found.score == 25


def test_a_rate_usual_among_peers_draws_none() -> None:
    rates = Quantiles(30, tuple(16 * p for p in PROBABILITIES))
    lively = PeerStatistics({("instagram", "micro"): Peers(engagement_rate=rates)})
    assert codes(creator(engagement_rate=12.0), lively) == []
    assert codes(creator(engagement_rate=24.0), lively) == ["engagement_implausible"]


def test_views_far_below_reach_draw_a_caution() -> None:
    # Instagram, 20,000 followers: lowest published reach 15%, a fifth of that is 3%: 600 views.
    assert codes(creator(avg_views=600)) == []
    found = authenticity(creator(avg_views=599), BENCHMARKS, NOBODY)
    assert [finding.code for finding in found.findings] == ["views_below_reach"]
    assert found.findings[0].figures["share"] == pytest.approx(0.02995)
    assert found.findings[0].figures["threshold"] == pytest.approx(600)
    assert found.score == 25


def test_more_interactions_than_views_draw_a_caution_where_rates_count_followers() -> None:
    assert codes(creator(engagement_rate=5.0, avg_views=1_000)) == []
    assert codes(creator(engagement_rate=5.1, avg_views=1_000)) == ["engagement_exceeds_views"]
    assert codes(creator(platform="youtube", engagement_rate=5.1, avg_views=1_000)) == []


def test_cautions_add_up_but_not_below_zero() -> None:
    bought = creator(engagement_rate=40.0, avg_views=100, audience={"credibility": 0.3})
    seen = authenticity(bought, BENCHMARKS, NOBODY)
    assert seen.score == 0
    assert seen.confidence == 1
    assert len(seen.findings) == 4


@given(
    st.none() | st.floats(0, 1),
    st.none() | st.floats(0, 100),
    st.none() | st.integers(0, 10**12),
    st.none() | st.integers(0, 10**10),
    st.sampled_from(["instagram", "tiktok", "x", None]),
)
def test_scores_stay_in_bounds_and_cautions_name_figures(
    credibility: float | None, rate: float | None, views: int | None, followers: int | None, platform: str | None
) -> None:
    seen = authenticity(
        CreatorFigures(platform, followers, rate, views, audience={"credibility": credibility}), BENCHMARKS, NOBODY
    )
    assert seen.score is None or 0 <= seen.score <= 100
    assert (seen.score is None) == (seen.confidence == 0)
    assert all(finding.figures for finding in seen.findings)


@given(st.floats(0, 1), st.floats(0, 1))
def test_more_credible_never_scores_lower(one: float, other: float) -> None:
    low, high = (
        authenticity(creator(audience={"credibility": value}), BENCHMARKS, NOBODY).score
        for value in sorted((one, other))
    )
    assert low is not None
    assert high is not None
    assert low <= high
