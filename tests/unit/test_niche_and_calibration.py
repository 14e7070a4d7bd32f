"""Niches the guide does not know, and the percentage a match is shown as."""

import math

import pytest

from influencerflow.embeddings import local
from influencerflow.embeddings.text import TEXT_VERSION
from influencerflow.scoring.calibration import ASKS, Calibration, calibration_of, match_score
from influencerflow.scoring.niche import niche_fit


@pytest.mark.parametrize(
    ("campaign", "creator", "nearness", "score", "basis"),
    [
        ("fitness", "Fitness ", 0.0, 100.0, "exact"),
        ("fitness", "health", 0.0, 90.0, "table"),
        ("climbing", "bouldering", 1.0, 95.0, "related"),
        ("climbing", "hiking", 0.5, 67.5, "related"),
        ("climbing", "crypto", 0.0, 40.0, "unrelated"),
        ("climbing", "sailing", 0.49, 66.95, "unrelated"),
        (None, "crypto", 1.0, 75.0, "none"),
        ("  ", "crypto", 1.0, 75.0, "none"),
        ("climbing", None, 0.0, 50.0, "unknown"),
        ("climbing", " ", 0.0, 50.0, "unknown"),
    ],
)
def test_a_niche_the_guide_does_not_know_scores_by_nearness(
    campaign: str | None, creator: str | None, nearness: float, score: float, basis: str
) -> None:
    fit = niche_fit(campaign, creator, nearness=nearness)
    assert (fit.score, fit.basis) == (pytest.approx(score), basis)


def test_an_inferred_niche_moves_the_score_less_far_from_the_neutral_fifty() -> None:
    near = niche_fit("climbing", None, nearness=1.0, inferred="Climbing")
    far = niche_fit("climbing", None, nearness=0.0, inferred="Crypto")
    assert (near.score, near.basis, near.creator_niche) == (pytest.approx(50 + 0.8 * 45), "inferred", "Climbing")
    assert far.score == pytest.approx(50 - 0.8 * 10)


CALIBRATION = Calibration(slope=2.0, intercept=-1.0, asks={"countries": -0.5, "languages": 0.25, "genders": 0.0})


def test_the_chance_is_logistic_in_the_score_with_what_the_brief_asks_set_off() -> None:
    assert CALIBRATION.probability(0.5, []) == 0.5
    assert CALIBRATION.probability(1.0, ["countries", "languages"]) == pytest.approx(1 / (1 + math.exp(-0.75)))


def test_a_calibrated_match_is_the_chance_in_percent() -> None:
    assert match_score(CALIBRATION, score=0.5, asked=[], rank=7, total=9) == (50.0, "calibrated")


@pytest.mark.parametrize(("rank", "shown"), [(1, 100.0), (2, 75.0), (4, 25.0)])
def test_without_a_calibration_a_match_is_its_percentile(rank: int, shown: float) -> None:
    assert match_score(None, score=12.0, asked=["countries"], rank=rank, total=4) == (shown, "percentile")


def test_the_default_encoder_has_a_calibration_that_rises_with_the_score_and_knows_every_asking() -> None:
    calibration = calibration_of("local", local.NAME, TEXT_VERSION)
    assert calibration is not None
    assert calibration.slope > 0
    assert calibration.asks.keys() == set(ASKS)


def test_another_model_or_another_text_has_none() -> None:
    assert calibration_of("openai", local.NAME, TEXT_VERSION) is None
    assert calibration_of("local", local.NAME, TEXT_VERSION + 1) is None
