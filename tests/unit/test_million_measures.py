"""How the benchmark at scale judges answers and compares engines."""

from uuid import uuid4

import numpy as np
import pytest
from benchmarks.million.buckets import Bucket, Task
from benchmarks.million.engines.base import Setting
from benchmarks.million.engines.lance import where
from benchmarks.million.measure import Result, contestants
from benchmarks.million.report import Phase, markdown, ratios
from benchmarks.million.truth import Answer, judge, nearest_passing

from influencerflow.retrieval.filters import Filters

DISTANCES = np.array([0.5, 0.1, 0.3, 0.2, 0.4, 0.9], dtype=np.float32)
ALL = np.ones(6, dtype=np.bool_)


def test_recall_is_the_share_of_the_nearest_passing_rows() -> None:
    assert list(nearest_passing(ALL, DISTANCES, 3)) == [1, 3, 2]
    assert judge([3, 1, 2], ALL, DISTANCES, depth=3) == Answer(1.0, 3, 0, 0)
    assert judge([1, 3, 5], ALL, DISTANCES, depth=3) == Answer(2 / 3, 3, 0, 0)


def test_rows_that_break_the_filter_are_counted_and_find_nothing() -> None:
    passing = ALL.copy()
    passing[1] = False
    assert judge([1, 3, 2], passing, DISTANCES, depth=3) == Answer(2 / 3, 3, 0, 1)


def test_missing_rows_are_those_short_of_what_there_is() -> None:
    passing = np.array([False, True, False, True, False, False])
    assert judge([1], passing, DISTANCES, depth=3) == Answer(0.5, 1, 1, 0)
    assert judge([1, 3], passing, DISTANCES, depth=3) == Answer(1.0, 2, 0, 0)
    assert judge([1, 1], passing, DISTANCES, depth=3) == Answer(0.5, 2, 1, 0)


def test_no_match_wants_no_row() -> None:
    nobody = np.zeros(6, dtype=np.bool_)
    assert judge([], nobody, DISTANCES, depth=3) == Answer(1.0, 0, 0, 0)
    assert judge([2], nobody, DISTANCES, depth=3) == Answer(0.0, 1, 0, 1)


def test_equal_distances_may_come_in_either_order() -> None:
    distances = np.array([0.2, 0.1, 0.2], dtype=np.float32)
    passing = np.ones(3, dtype=np.bool_)
    assert judge([1, 0], passing, distances, depth=2).recall == 1.0
    assert judge([1, 2], passing, distances, depth=2).recall == 1.0


class Tuned:
    name = "tuned"
    settings = (Setting("low"), Setting("middle"), Setting("high"))


def test_an_engine_stands_with_its_best_recall_and_tuned_per_bucket() -> None:
    measured = {
        "easy": {"low": (0.99, 0.001), "middle": (1.0, 0.002), "high": (1.0, 0.009)},
        "hard": {"low": (0.2, 0.001), "middle": (0.5, 0.004), "high": (0.6, 0.009)},
    }
    best, tuned = contestants(Tuned(), measured)  # type: ignore[arg-type]
    assert {name: setting.name for name, setting in best.settings.items()} == {"easy": "high", "hard": "high"}
    assert {name: setting.name for name, setting in tuned.settings.items()} == {"easy": "low", "hard": "high"}


def result(*milliseconds: float, recall: float = 1.0, missing: int = 0, violating: int = 0) -> Result:
    answers = [Answer(recall, 20, missing, violating) for _ in milliseconds]
    return Result([ms / 1000 for ms in milliseconds], answers)


def test_report_compares_medians_bucket_by_bucket() -> None:
    results = {
        "first": {"ours": result(1, 2, 30), "other": result(8, 8, 8, recall=0.5, missing=2)},
        "second": {"ours": result(4, 4, 4), "other": result(2, 2, 2, violating=1)},
    }
    tasks = [Task(None, Filters(), matches) for matches in (48, 50, 53)]  # type: ignore[arg-type]
    phase = Phase("now", [Bucket("first", 0.5, tasks), Bucket("second", 0.1, tasks)], results)
    mean, worst, ratio = ratios(phase, "ours", "other")
    assert mean == pytest.approx(2**0.5)
    assert (worst, ratio) == ("second", 0.5)
    table = markdown(phase)
    assert "| first | 50 | 2.0 / 27.2, 1.000 | 8.0 / 8.0, **.500** `-6` |" in table
    assert "| second | 50 | 4.0 / 4.0, 1.000 | 2.0 / 2.0, 1.000 `+3` |" in table


def test_names_are_quoted_for_lancedb() -> None:
    filters = Filters(niches=["kid's food", "tea"], min_followers=10)
    assert where(filters) == "followers_count_numeric >= 10 AND niche IN ('kid''s food', 'tea')"
    assert where(Filters(exclude_creator_ids=[])) == ""
    with pytest.raises(KeyError):
        where(Filters(exclude_creator_ids=[uuid4()]))
