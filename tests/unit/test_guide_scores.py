"""Every number the guide defines."""

from types import SimpleNamespace

import pytest

from influencerflow.scoring.audience import calculate_audience_match
from influencerflow.scoring.budget import calculate_budget_fit
from influencerflow.scoring.engagement import calculate_engagement_score
from influencerflow.scoring.niche import NICHE_COMPATIBILITY, calculate_niche_match

# Written out again from the guide, so that a slip in the table shows.
GUIDE_TABLE = """
fitness health 90, fitness sports 85, fitness nutrition 80, technology gadgets 90, technology gaming 80,
technology software 85, beauty fashion 85, beauty cosmetics 95, beauty lifestyle 75, food cooking 95,
food nutrition 85, food lifestyle 70, travel lifestyle 80, travel adventure 90, travel photography 75,
fashion beauty 85, fashion lifestyle 80, fashion luxury 75
"""


@pytest.mark.parametrize("entry", [entry.split() for entry in GUIDE_TABLE.replace("\n", " ").strip().split(",")])
def test_niche_table(entry: list[str]) -> None:
    assert calculate_niche_match(entry[0].upper(), entry[1].title()) == float(entry[2])


def test_niche_table_has_nothing_else() -> None:
    assert sum(len(row) for row in NICHE_COMPATIBILITY.values()) == GUIDE_TABLE.count(",") + 1


@pytest.mark.parametrize(
    ("campaign", "creator", "score"),
    [
        (None, "fitness", 75.0),
        ("", "fitness", 75.0),
        ("Fitness", "fitness", 100.0),
        ("health", "fitness", 40.0),  # the guide's table is not symmetric
        ("fitness", "cars", 40.0),
        ("fitness", None, 50.0),
    ],
)
def test_niche_cases(campaign: str | None, creator: str | None, score: float) -> None:
    assert calculate_niche_match(campaign, creator) == score


@pytest.mark.parametrize(
    ("rate", "score"),
    [(12, 100), (10, 100), (9.9, 90), (7, 90), (5, 80), (3, 70), (2, 60), (1, 50), (0.99, 40), (0, 40), (None, 50)],
)
def test_engagement_steps(rate: float | None, score: float) -> None:
    assert calculate_engagement_score(rate) == score


@pytest.mark.parametrize(
    ("rate", "score"),
    [(600, 100), (1000 / 1.5, 100), (1000, 90), (1250, 80), (1600, 60), (2500, 40), (2501, 20), (None, 50), (0, 50)],
)
def test_budget_steps_for_a_budget_of_10000(rate: float | None, score: float) -> None:
    assert calculate_budget_fit(10_000, rate) == score


def test_budget_is_shared_by_the_planned_number_of_creators() -> None:
    assert calculate_budget_fit(10_000, 2_000, planned_creators=5) == 90.0


@pytest.mark.parametrize(
    ("target", "engagement", "followers", "score"),
    [
        (None, 9.0, 10**6, 50.0),
        ("Women", 5.0, 100_000, 43.0),
        ("Women", 5.1, 100_000, 53.0),
        ("Women", 5.0, 100_001, 48.0),
        ("Women", 5.1, 100_001, 58.0),
        ("Women", None, None, 43.0),
    ],
)
def test_audience_formula(target: str | None, engagement: float | None, followers: int | None, score: float) -> None:
    creator = SimpleNamespace(engagement_rate=engagement, followers_count_numeric=followers)
    assert calculate_audience_match(target, creator) == score
