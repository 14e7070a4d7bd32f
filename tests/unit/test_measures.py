"""Expected values are worked out by hand; log2(3) is the discount of rank 2, 2 that of rank 3."""

import math

import pytest

from influencerflow.evaluation.bootstrap import estimate_mean, estimate_ratio
from influencerflow.evaluation.measures import (
    MEASURES,
    judged,
    ndcg,
    precision,
    rank_scores,
    recall,
    reciprocal_rank,
)
from influencerflow.evaluation.reliability import measure_reliability

GRADES = {"a": 3, "b": 2, "c": 1, "d": 0}
LOG3 = math.log2(3)


@pytest.mark.parametrize(
    ("ranking", "expected"),
    [
        (["a", "b", "c"], 1),
        (["c", "unjudged", "a"], (1 + 7 / 2) / (7 + 3 / LOG3 + 1 / 2)),
        (["unjudged", "a"], (7 / LOG3) / (7 + 3 / LOG3 + 1 / 2)),
        (["d", "unjudged"], 0),
        ([], 0),
    ],
)
def test_ndcg_has_an_exponential_gain_and_counts_unjudged_as_nothing(ranking: list[str], expected: float) -> None:
    assert ndcg(ranking, GRADES, cutoff=10) == pytest.approx(expected)


def test_ndcg_is_ideal_up_to_its_cutoff() -> None:
    assert ndcg(["b", "a"], GRADES, cutoff=1) == pytest.approx(3 / 7)
    assert ndcg(["a"], GRADES, cutoff=1) == 1


def test_relevant_means_grade_two_and_up() -> None:
    ranking = ["c", "b", "unjudged", "a"]
    assert precision(ranking, GRADES, cutoff=10) == 2 / 10
    assert precision(ranking, GRADES, cutoff=2) == 1 / 2
    assert recall(ranking, GRADES, cutoff=3) == 1 / 2
    assert recall(ranking, GRADES, cutoff=4) == 1
    assert reciprocal_rank(ranking, GRADES, cutoff=10) == 1 / 2
    assert reciprocal_rank(ranking, GRADES, cutoff=1) == 0


def test_judged_is_the_share_of_those_shown() -> None:
    assert judged(["a", "x", "d", "y"], GRADES, cutoff=3) == 2 / 3
    assert judged(["a", "x"], GRADES, cutoff=10) == 1 / 2


def test_what_is_not_defined_is_none() -> None:
    assert ndcg(["a"], {"a": 0}, cutoff=10) is None
    assert recall(["a"], {"a": 1}, cutoff=10) is None
    assert judged([], GRADES, cutoff=10) is None


def test_every_measure_has_its_cutoff() -> None:
    late = ["x"] * 10 + ["a"]
    values = {name: measure(late, {"a": 3}) for name, measure in MEASURES.items()}
    assert values == {"nDCG@10": 0, "P@10": 0, "R@50": 1, "RR@10": 0, "Judged@10": 0}


def test_equal_scores_are_ordered_by_id() -> None:
    assert rank_scores({"c": 0.5, "a": 0.5, "b": 0.9, "d": 0.1}, depth=3) == ["b", "a", "c"]


def test_a_mean_leaves_out_what_is_not_defined_and_repeats_its_interval() -> None:
    estimate = estimate_mean([1, None, 0, 1, 0])
    assert estimate is not None
    assert (estimate.value, estimate.briefs) == (0.5, 4)
    assert (estimate.low, estimate.high) == (0, 1)
    assert estimate == estimate_mean([1, None, 0, 1, 0])


def test_an_interval_shrinks_with_the_number_of_briefs() -> None:
    few, many = estimate_mean([0, 1] * 5), estimate_mean([0, 1] * 200)
    assert few is not None
    assert many is not None
    assert few.low is not None
    assert many.low is not None
    # 400 coin flips: 0.5 - 1.96 * 0.5 / 20
    assert many.low == pytest.approx(0.451, abs=0.01)
    assert few.low < many.low


def test_one_brief_has_no_interval_and_none_has_no_mean() -> None:
    one = estimate_mean([0.25])
    assert one is not None
    assert (one.value, one.low, one.high) == (0.25, None, None)
    assert estimate_mean([None]) is None


def test_a_ratio_is_that_of_the_means() -> None:
    ratio = estimate_ratio([0.9, 0.6, None], [0.3, 0.2, 0.9])
    assert ratio is not None
    assert ratio.value == pytest.approx(3)
    assert (ratio.low, ratio.high) == (pytest.approx(3), pytest.approx(3))
    assert estimate_ratio([0.9, 0.6], [0, 0]) is None
    beyond = estimate_ratio([0.9, 0.6], [0, 0.5])
    assert beyond is not None
    assert beyond.value == pytest.approx(3)
    assert beyond.high is None


def test_reliability_compares_what_was_predicted_with_what_was_so() -> None:
    predicted = [0.1] * 10 + [0.7] * 10
    suitable = [True] + [False] * 9 + [True] * 5 + [False] * 5
    measured = measure_reliability(predicted, suitable)
    assert measured is not None
    assert (measured.pairs, measured.suitable) == (20, 6)
    assert [item.pairs for item in measured.bins] == [2] * 10
    # Bins of two: |0.1 - 0.5| once, 0.1 four times; |0.7 - 1| twice, |0.7 - 0.5| once, 0.7 twice.
    assert measured.ece == pytest.approx((0.4 + 4 * 0.1 + 2 * 0.3 + 0.2 + 2 * 0.7) / 10)


def test_reliability_of_few_pairs_has_fewer_bins_and_of_none_is_none() -> None:
    measured = measure_reliability([1.2, -0.1], [True, False])
    assert measured is not None
    assert measured.ece == 0
    assert len(measured.bins) == 2
    assert measure_reliability([], []) is None
