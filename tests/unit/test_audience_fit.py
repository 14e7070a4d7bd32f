"""Whom a creator reaches against whom a campaign wants: shares, lift, shrinkage, and what stands in for them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from influencerflow.scoring.audience import AudienceFit, AudienceTarget, audience_fit, in_target_share
from influencerflow.scoring.benchmarks import load_benchmarks
from influencerflow.scoring.creator import CreatorFigures
from influencerflow.scoring.peers import AverageShares, PeerStatistics

BENCHMARKS = load_benchmarks()
NOBODY = PeerStatistics()
TODAY = date(2026, 11, 24)
WOMEN = AudienceTarget(genders=frozenset({"female"}), text="Women")
WOMEN_22_45_DE = AudienceTarget(((22, 45),), frozenset({"female"}), frozenset({"DE"}), text="Women 22-45 in Germany")
AGES = {"18-24": 0.28, "25-34": 0.3, "35-44": 0.2, "45-54": 0.1, "55+": 0.12}


def peers(**averages: Mapping[str, float]) -> PeerStatistics:
    return PeerStatistics(audiences={("", "", name): AverageShares(20, shares) for name, shares in averages.items()})


def fit(
    target: AudienceTarget,
    audience: Any = None,
    among: PeerStatistics = NOBODY,
    topic: float | None = None,
    **profile: Any,
) -> AudienceFit:
    creator = CreatorFigures(
        **{"platform": "instagram", "followers_count_numeric": 20_000, "audience": audience, **profile}
    )
    return audience_fit(target, creator, BENCHMARKS, among, today=TODAY, topic=topic)


def gender(female: float, **more: Any) -> dict[str, Any]:
    return {"gender": {"female": female, "male": 1 - female}, "sample_size": 10**9, "as_of": "2026-11-01", **more}


def test_age_bands_count_by_their_years_in_target() -> None:
    # 3 of the 7 years of 18-24, all of 25-44, 1 of the 10 years of 45-54.
    share = in_target_share("age", AGES.items(), WOMEN_22_45_DE)
    assert share == pytest.approx(0.28 * 3 / 7 + 0.3 + 0.2 + 0.1 / 10)


def test_overlapping_age_ranges_count_once() -> None:
    target = AudienceTarget(((20, 24), (22, 29)))
    assert in_target_share("age", [("18-24", 0.7), ("25-34", 0.3)], target) == pytest.approx(0.5 + 0.15)


def test_an_average_creator_scores_50() -> None:
    shares = {"age": AGES, "gender": {"female": 0.4, "male": 0.6}, "country": {"DE": 0.3, "AT": 0.7}}
    assert fit(WOMEN_22_45_DE, shares, peers(**shares)).score == pytest.approx(50)


def test_three_times_the_odds_score_75() -> None:
    # Odds of 0.5 are 1; three times the average's 1/3 (a share of a quarter).
    assert fit(WOMEN, gender(0.5), peers(gender={"female": 0.25, "male": 0.75})).score == pytest.approx(75)


def test_dimensions_multiply_and_give_reach_in_target() -> None:
    audience = gender(0.5, country={"DE": 0.4, "AT": 0.6})
    target = AudienceTarget(genders=frozenset({"female"}), countries=frozenset({"DE"}))
    averages = peers(gender={"female": 0.5, "male": 0.5}, country={"DE": 0.2, "AT": 0.8})
    seen = fit(target, audience, averages, avg_views=3_000)
    # s = 0.2, a = 0.1: odds 1/4 against 1/9.
    assert seen.score == pytest.approx(100 * (9 / 4) / (1 + 9 / 4))
    assert seen.in_target_share == pytest.approx(0.2)
    assert seen.in_target_reach is not None
    assert seen.in_target_reach.mid == pytest.approx(600)
    country = next(dimension for dimension in seen.dimensions if dimension.name == "country")
    assert (country.share, country.average, country.lift) == (
        pytest.approx(0.4), pytest.approx(0.2), pytest.approx(2),
    )  # fmt: skip
    assert seen.basis == "demographics"


def test_where_most_are_in_target_anyway_the_score_is_the_share() -> None:
    assert fit(WOMEN, gender(0.85), peers(gender={"female": 0.9, "male": 0.1})).score == pytest.approx(85)
    assert fit(WOMEN, gender(0.85)).score == pytest.approx(85)


def test_a_small_sample_is_drawn_to_the_average() -> None:
    averages = peers(gender={"female": 0.4, "male": 0.6})
    small = fit(WOMEN, gender(0.9, sample_size=50), averages)
    assert small.dimensions[0].share == pytest.approx(0.65)
    assert small.confidence == pytest.approx(0.5)
    assert fit(WOMEN, gender(0.9, sample_size=10**9), averages).dimensions[0].share == pytest.approx(0.9)


def test_the_average_comes_from_the_nearest_group_that_is_large_enough() -> None:
    small, large = AverageShares(19, {"female": 0.9}), AverageShares(20, {"female": 0.3})
    groups = {("instagram", "micro", "gender"): small, ("instagram", "", "gender"): large}
    assert fit(WOMEN, gender(0.5), PeerStatistics(audiences=groups)).dimensions[0].average == 0.3


@pytest.mark.parametrize(
    ("more", "confidence"),
    [
        ({}, 1.0),
        ({"as_of": "2025-11-24"}, 1.0),
        ({"as_of": "2025-11-23"}, 0.5),
        ({"as_of": None}, 0.75),
        ({"sample_size": None}, 0.75),
        ({"sample_size": 150}, 0.75),
    ],
)
def test_old_undated_and_unsized_reports_are_trusted_less(more: dict[str, Any], confidence: float) -> None:
    assert fit(WOMEN, gender(0.5, **more)).confidence == pytest.approx(confidence)


def test_confidence_counts_what_is_asked_for_and_unknown() -> None:
    seen = fit(WOMEN_22_45_DE, gender(0.6))
    assert seen.confidence == pytest.approx(1 / 3)
    assert [dimension.known for dimension in seen.dimensions] == [False, True, False]
    assert seen.in_target_share is None
    assert seen.in_target_reach is None


@pytest.mark.parametrize(
    ("profile", "topic", "score"),
    [
        ({"country": "DE"}, None, 100 * 2.5 / 3.5),
        ({"country": "us"}, None, 25),
        ({"language": "de-AT"}, None, 100 * 2 / 3),
        ({"language": "fr"}, None, 25),
        ({"country": "de", "language": "de"}, None, 100 * 5 / 6),
        ({"country": "DE", "language": "fr"}, None, 50 * 2.5 / 3.5),
        ({}, 1.0, 75),
        ({}, 0.5, 50),
        ({}, 0.0, 25),
        ({"country": "DE", "language": "de"}, 1.0, 100 * 15 / 16),
    ],
)
def test_without_demographics_the_profile_speaks(profile: dict[str, Any], topic: float | None, score: float) -> None:
    target = AudienceTarget(countries=frozenset({"DE"}), languages=frozenset({"de"}))
    seen = fit(target, None, topic=topic, **profile)
    assert seen.score == pytest.approx(score)
    assert seen.basis == "profile"
    assert 0 < seen.confidence < 0.401


def test_a_language_of_nobody_in_target_halves_a_perfect_audience() -> None:
    target = AudienceTarget(genders=frozenset({"female"}), languages=frozenset({"de"}))
    assert fit(target, gender(1.0), language="de").score == 100
    assert fit(target, gender(1.0), language="fr").score == 50


def test_a_fitting_language_adds_nothing_to_known_countries() -> None:
    target = AudienceTarget(countries=frozenset({"DE"}), languages=frozenset({"de"}))
    audience = {"country": {"DE": 0.5, "FR": 0.5}}
    assert fit(target, audience, language="de").score == fit(target, audience).score == pytest.approx(50)


def test_interest_moves_the_odds_within_bounds() -> None:
    target = AudienceTarget(interests=frozenset({"Trail Running"}))
    averages = peers(interest={"trail running": 0.2, "food": 0.3})
    assert fit(target, {"interest": {"trail running": 1 / 3}}, averages).score == pytest.approx(100 * 2 / 3)
    assert fit(target, {"interest": {"trail running": 0.9}}, averages).score == pytest.approx(75)
    assert fit(target, {"interest": {"food": 0.5}}, averages).score == pytest.approx(100 / 3)


@pytest.mark.parametrize(("text", "score"), [("Women", 58.0), (None, 50.0)])
def test_with_nothing_known_the_guides_formula_holds_without_confidence(text: str | None, score: float) -> None:
    target = AudienceTarget(genders=frozenset({"female"}), text=text)
    seen = fit(target, engagement_rate=5.1, followers_count_numeric=100_001)
    assert (seen.score, seen.confidence, seen.basis) == (score, 0, "guide")


def test_demographics_nobody_asked_for_are_no_evidence() -> None:
    assert fit(AudienceTarget(text="Night owls"), gender(0.9)).basis == "guide"


shares = st.floats(0, 1)
targets = st.builds(
    AudienceTarget,
    age_ranges=st.sampled_from([(), ((18, 34),), ((22, 45), (60, 100))]),
    genders=st.sampled_from([frozenset(), frozenset({"female"}), frozenset({"female", "male"})]),
    countries=st.sampled_from([frozenset(), frozenset({"DE", "AT"})]),
    languages=st.sampled_from([frozenset(), frozenset({"de"})]),
    interests=st.sampled_from([frozenset(), frozenset({"food"})]),
    text=st.sampled_from([None, "Women"]),
)
averages = st.builds(
    lambda age, female, german, food: peers(
        age={"18-24": age, "25-34": 1 - age},
        gender={"female": female, "male": 1 - female},
        country={"DE": german},
        interest={"food": food},
    ),
    shares, shares, shares, shares,
) | st.just(NOBODY)  # fmt: skip
topics = st.none() | shares
profiles = st.fixed_dictionaries(
    {"country": st.sampled_from([None, "DE", "US"]), "language": st.sampled_from([None, "de", "en-US"])}
)
sizes = st.none() | st.integers(1, 10**6)


def report(female: float, german: float, young: float, food: float, size: int | None) -> dict[str, Any]:
    return {
        "age": {"18-24": young, "46-54": 1 - young},
        "gender": {"female": female, "male": 1 - female},
        "country": {"DE": german, "US": 1 - german},
        "interest": {"food": food},
        "sample_size": size,
    }


@given(targets, st.tuples(shares, shares, shares, shares), sizes, averages, topics, profiles)
def test_scores_confidence_and_shares_stay_in_bounds(
    target: AudienceTarget,
    values: tuple[float, float, float, float],
    size: int | None,
    among: PeerStatistics,
    topic: float | None,
    profile: dict[str, Any],
) -> None:
    for audience in (None, report(*values, size)):
        seen = fit(target, audience, among, topic, **profile)
        assert 0 <= seen.score <= 100
        assert 0 <= seen.confidence <= 1
        assert seen.in_target_share is None or 0 <= seen.in_target_share <= 1
        assert (seen.basis == "guide") == (seen.confidence == 0)


@given(
    targets.filter(lambda target: target.genders != frozenset({"female", "male"})),
    st.tuples(shares, shares, shares, shares),
    st.tuples(shares, shares, shares, shares),
    sizes,
    averages,
    profiles,
)
def test_more_in_target_never_scores_lower(
    target: AudienceTarget,
    one: tuple[float, float, float, float],
    other: tuple[float, float, float, float],
    size: int | None,
    among: PeerStatistics,
    profile: dict[str, Any],
) -> None:
    # An interest of share 0 is a report without that interest, which is unknown rather than low.
    less = report(*(min(pair) for pair in zip(one, other, strict=True)), size)
    more = report(*(max(pair) for pair in zip(one, other, strict=True)), size)
    less["interest"] = {**less["interest"], "travel": 0.5}
    more["interest"] = {**more["interest"], "travel": 0.5}
    assert fit(target, less, among, **profile).score <= fit(target, more, among, **profile).score + 1e-6


@given(targets, averages, topics, profiles)
def test_unknown_never_beats_a_perfect_known_audience(
    target: AudienceTarget, among: PeerStatistics, topic: float | None, profile: dict[str, Any]
) -> None:
    perfect = {
        "age": {"22-34": 1.0},
        "gender": {"female": 1.0},
        "country": {"DE": 1.0},
        "interest": {"food": 1.0},
        "sample_size": 10**12,
    }
    assume(set(target.asks_for()) - {"language"})
    inside = AudienceTarget(
        ((18, 45),) if target.age_ranges else (), target.genders, target.countries, target.languages, target.interests
    )
    spoken = {**profile, "language": "de"}
    assert fit(inside, perfect, among, topic, **spoken).score >= fit(inside, None, among, topic, **profile).score - 1e-6
