"""Features, weights, the order of candidates, who is one person, and diversity: small cases worked out by hand."""

import math
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from influencerflow.ranking.diversity import diversify
from influencerflow.ranking.features import NAMES, Candidate, feature_matrix, features, topic_fit
from influencerflow.ranking.order import order_candidates
from influencerflow.ranking.people import same_person
from influencerflow.ranking.weights import RankingWeights, shipped_weights

# As in benchmarks/fit_ranking.py: these may only count against a creator, all others only for one.
AGAINST = {"other_country", "other_language", "not_person"}


@dataclass(frozen=True)
class Asked:
    topics: dict[str, float] = field(default_factory=dict)
    countries: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    genders: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Account:
    creator_id: UUID
    candidate: Candidate
    platform: str = "instagram"
    handle: str | None = None
    name: str | None = None
    about_hash: str | None = None


def candidate(**values: Any) -> Candidate:
    nothing: dict[str, Any] = {
        "similarity": 0.0,
        "words": 0.0,
        "topics": {},
        "country": None,
        "text_countries": (),
        "country_languages": (),
        "language": None,
        "text_language": None,
        "gender": None,
        "account": None,
    }
    return Candidate(**{**nothing, **values})


def named(asked: Asked, **values: Any) -> dict[str, float]:
    return dict(zip(NAMES, features(asked, candidate(**values)), strict=True))


def test_nothing_known_and_nothing_asked_is_zero_everywhere() -> None:
    assert set(named(Asked()).values()) == {0.0}
    everything = Asked({"yoga": 1.0}, frozenset({"DE"}), frozenset({"de"}), frozenset({"female"}))
    assert set(named(everything).values()) == {0.0}


def test_meaning_and_words_are_taken_as_they_are() -> None:
    row = named(Asked(), similarity=-0.25, words=0.7)
    assert (row["meaning"], row["words"]) == (-0.25, 0.7)


def test_topic_is_the_best_one_and_focus_the_share_that_serves() -> None:
    # served: yoga 0.8 x 1.0 = 0.8, pilates 0.5 x 0.6 = 0.3, cars nothing; of 0.8 + 0.5 + 0.7 = 2.0 offered
    assert topic_fit({"yoga": 1.0, "pilates": 0.6}, {"yoga": 0.8, "pilates": 0.5, "cars": 0.7}) == pytest.approx(
        (0.8, 1.1 / 2.0)
    )
    # A profile with little to say is not all focus: less than one topic's worth counts as one.
    assert topic_fit({"yoga": 1.0}, {"yoga": 0.3}) == pytest.approx((0.3, 0.3))
    assert topic_fit({"yoga": 1.0}, {}) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("values", "fits", "contradicts"),
    [
        ({"country": "de"}, 1.0, 0.0),
        ({"text_countries": ["DE", "US"]}, 0.8, 0.0),
        ({"country": "US"}, 0.0, 1.0),
        ({"country": "US", "text_countries": ["DE"]}, 0.8, 0.0),
        ({"text_countries": ["US"]}, 0.0, 1.0),
        ({}, 0.0, 0.0),
    ],
)
def test_country(values: dict[str, Any], fits: float, contradicts: float) -> None:
    row = named(Asked(countries=frozenset({"DE"})), **values)
    assert (row["country"], row["other_country"]) == (fits, contradicts)


def test_the_wider_a_region_the_less_being_in_it_says() -> None:
    region = frozenset(f"{first}{second}" for first in "ABCD" for second in "ABCDE")
    row = named(Asked(countries=region), country="AA")
    assert len(region) == 20
    assert row["country"] == pytest.approx(1 / (1 + math.log2(20 / 5)))
    assert named(Asked(countries=region), country="ZZ")["other_country"] == row["country"]


@pytest.mark.parametrize(
    ("values", "fits", "contradicts"),
    [
        ({"text_language": "de"}, 1.0, 0.0),
        ({"language": "de-AT"}, 1.0, 0.0),
        ({"text_language": "en", "language": "DE"}, 1.0, 0.0),
        ({"country_languages": {"de", "fr"}}, 0.6, 0.0),
        ({"country_languages": {"de"}, "text_language": "en"}, 0.0, 1.0),
        ({"language": "en"}, 0.0, 1.0),
        ({}, 0.0, 0.0),
    ],
)
def test_language(values: dict[str, Any], fits: float, contradicts: float) -> None:
    row = named(Asked(languages=frozenset({"de"})), **values)
    assert (row["language"], row["other_language"]) == (fits, contradicts)


@pytest.mark.parametrize(("own", "expected"), [("female", 1.0), ("male", -1.0), (None, 0.0)])
def test_gender(own: str | None, expected: float) -> None:
    assert named(Asked(genders=frozenset({"female"})), gender=own)["gender"] == expected
    assert named(Asked(), gender=own)["gender"] == 0.0


@pytest.mark.parametrize(("account", "expected"), [("shop", 1.0), ("person", 0.0), (None, 0.0)])
def test_an_account_not_read_yet_is_taken_for_a_person(account: str | None, expected: float) -> None:
    assert named(Asked(), account=account)["not_person"] == expected


def test_a_matrix_has_a_row_per_candidate_even_for_none() -> None:
    assert feature_matrix(Asked(), []).shape == (0, len(NAMES))
    assert feature_matrix(Asked(), [candidate(), candidate(similarity=0.5)])[:, 0].tolist() == [0.0, 0.5]


def test_shipped_weights_name_every_feature_and_have_the_signs_they_were_fitted_with() -> None:
    weights = dict(zip(NAMES, shipped_weights().weights, strict=True))
    assert {name for name, weight in weights.items() if weight < 0} <= AGAINST
    assert {name for name, weight in weights.items() if weight > 0}.isdisjoint(AGAINST)
    assert weights["meaning"] > 0


def test_a_score_is_the_weighted_sum() -> None:
    weights = RankingWeights(tuple(float(number) for number in range(1, len(NAMES) + 1)))
    row = np.zeros((1, len(NAMES)))
    row[0, 0], row[0, 3] = 0.5, 1.0
    assert weights.scores(row).tolist() == [0.5 * 1 + 1.0 * 4]


BY_MEANING = RankingWeights((1.0, *[0.0] * (len(NAMES) - 1)))


def account(number: int, similarity: float, **values: Any) -> Account:
    return Account(UUID(int=number), candidate(similarity=similarity), **values)


def order(*accounts: Account) -> list[tuple[int, int | None]]:
    ranked = order_candidates(Asked(), accounts, BY_MEANING)
    return [(item.creator_id.int, item.same_as.int if item.same_as else None) for item in ranked]


def test_the_best_come_first_and_ties_go_by_id_whatever_order_they_came_in() -> None:
    found = [account(3, 0.5), account(1, 0.5), account(2, 0.9), account(4, 0.5)]
    assert order(*found) == order(*reversed(found)) == [(2, None), (1, None), (3, None), (4, None)]
    assert order() == []


def test_further_accounts_of_a_person_come_after_everybodys_first() -> None:
    ana = {"handle": "ana.lifts"}
    assert order(
        account(1, 0.9, **ana), account(2, 0.8, platform="tiktok", **ana), account(3, 0.1), account(4, 0.2)
    ) == [(1, None), (4, None), (3, None), (2, 1)]


def test_scores_and_similarities_stay_with_their_creators() -> None:
    ranked = order_candidates(Asked(), [account(1, 0.2), account(2, 0.7)], BY_MEANING)
    assert [(item.creator_id.int, item.score, item.similarity) for item in ranked] == [(2, 0.7, 0.7), (1, 0.2, 0.2)]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"handle": "@Ana_Lifts"}, {"handle": "ana.lifts", "platform": "tiktok"}, True),
        ({"handle": "ana.lifts"}, {"handle": "ana_lifts"}, False),
        ({"handle": "ana"}, {"handle": "ana", "platform": "tiktok"}, False),
        ({"name": "Ana  Liftová"}, {"name": "ana liftová", "platform": "tiktok"}, True),
        ({"name": "Ana Liftová"}, {"name": "Ana Liftová"}, False),
        ({"name": "Anastasija"}, {"name": "Anastasija", "platform": "tiktok"}, False),
        ({"name": "Ana Liftová", "platform": "Instagram"}, {"name": "Ana Liftová"}, False),
        ({"about_hash": "a", "name": "Ana"}, {"about_hash": "a", "name": "ana"}, True),
        ({"about_hash": "a", "name": "Ana"}, {"about_hash": "a", "name": "Bo"}, False),
        ({"about_hash": None}, {"about_hash": None, "platform": "tiktok"}, False),
        ({"handle": None, "name": None}, {"handle": None, "name": None, "platform": "tiktok"}, False),
    ],
)
def test_who_is_one_person(one: dict[str, Any], other: dict[str, Any], same: bool) -> None:
    assert same_person([account(1, 0.9, **one), account(2, 0.8, **other)]) == [0, 0 if same else 1]


def test_a_person_is_followed_from_account_to_account() -> None:
    accounts = [
        account(1, 0.9, name="Ana Liftová", handle="ana.lifts"),
        account(2, 0.8, name="Ana Liftová", handle="liftova", platform="tiktok"),
        account(3, 0.7, name="Ana L.", handle="liftova", platform="instagram"),
    ]
    assert same_person(accounts) == [0, 0, 0]


VECTORS = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)


@pytest.mark.parametrize(
    ("mmr_lambda", "expected"),
    [
        (1.0, [0, 1, 2]),
        # relevance 1, 0.8, 0; after the first: 0.5 x 0.8 - 0.5 x 1 = -0.1 against 0.5 x 0 - 0.5 x 0 = 0
        (0.5, [0, 2, 1]),
        # 0.9 x 0.8 - 0.1 x 1 = 0.62 against 0
        (0.9, [0, 1, 2]),
        (0.0, [0, 2, 1]),
    ],
)
def test_diversity_weighs_relevance_against_likeness(mmr_lambda: float, expected: list[int]) -> None:
    assert diversify([10.0, 9.0, 5.0], VECTORS, mmr_lambda) == expected


@pytest.mark.parametrize("mmr_lambda", [0.0, 0.3, 1.0])
def test_diversity_loses_and_doubles_nobody(mmr_lambda: float) -> None:
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(40, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    scores = sorted(rng.normal(size=40).tolist(), reverse=True)
    assert sorted(diversify(scores, vectors, mmr_lambda)) == list(range(40))


def test_diversity_of_equal_scores_and_of_nobody() -> None:
    assert diversify([2.0, 2.0, 2.0], VECTORS, 1.0) == [0, 1, 2]
    assert diversify([], np.empty((0, 2), dtype=np.float32), 0.5) == []
