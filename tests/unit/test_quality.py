"""Precision of the lists, from what was said of them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from influencerflow.feedback.quality import (
    Precision,
    Said,
    by_reason,
    by_scoring,
    by_week,
    judgments,
    precision_at,
    week_of,
)
from influencerflow.feedback.verdicts import Verdict

MONDAY = datetime(2026, 5, 4, 9, tzinfo=UTC)


def said(creator: int, verdict: Verdict, *, rank: int | None, days: float = 0, **values: Any) -> Said:
    given: dict[str, Any] = {"reason": None, "model": "local/small", "scoring_version": 4, "campaign": 1, **values}
    return Said(
        UUID(int=given.pop("campaign")),
        UUID(int=creator),
        verdict,
        rank=rank,
        created_at=MONDAY + timedelta(days=days),
        **given,
    )


def test_precision_counts_the_judged_of_the_first_k_only() -> None:
    judged = judgments(
        [
            said(1, "shortlisted", rank=1),
            said(2, "not_relevant", rank=2),
            said(3, "relevant", rank=5),
            said(4, "rejected", rank=6),
            said(5, "hired", rank=21),
            said(6, "contacted", rank=None),
        ]
    )
    assert precision_at(judged, 5) == Precision(2, 3)
    assert precision_at(judged, 5).share == pytest.approx(2 / 3)
    assert precision_at(judged, 10) == Precision(2, 4)
    assert precision_at(judged, 20) == Precision(2, 4), "neither rank 21 nor no rank"
    assert precision_at([], 5).share is None
    assert precision_at([], 5).interval is None


def test_the_last_verdict_counts_once_where_the_creator_was_first_judged() -> None:
    log = [
        said(1, "hired", rank=None, days=21),
        said(1, "shortlisted", rank=3, days=1),
        said(1, "contacted", rank=8, days=14),
        said(1, "not_relevant", rank=2, days=2, campaign=2, reason="wrong_place"),
    ]
    hired, turned_down = sorted(judgments(log), key=lambda item: item.verdict)
    assert (hired.verdict, hired.positive, hired.rank, hired.week) == ("hired", True, 3, MONDAY.date())
    assert (turned_down.positive, turned_down.rank, turned_down.reason) == (False, 2, "wrong_place")


def test_weeks_begin_on_monday_and_none_is_left_out() -> None:
    assert week_of(MONDAY - timedelta(hours=10)) == date(2026, 4, 27)
    weeks = by_week(judgments([said(1, "relevant", rank=1), said(2, "rejected", rank=1, days=15)]))
    assert list(weeks) == [date(2026, 5, 4), date(2026, 5, 11), date(2026, 5, 18)]
    assert [figures[5].share for figures in weeks.values()] == [1.0, None, 0.0]
    assert by_week([]) == {}


def test_by_scoring_and_by_reason() -> None:
    judged = judgments(
        [
            said(1, "relevant", rank=1),
            said(2, "not_relevant", rank=2, reason="off_topic", scoring_version=5),
            said(3, "not_relevant", rank=3, reason="off_topic", scoring_version=5),
            said(4, "rejected", rank=4, reason=None, scoring_version=5),
            said(5, "rejected", rank=None, reason="too_expensive", model=None, scoring_version=None),
        ]
    )
    found = {key: figures[5] for key, figures in by_scoring(judged).items()}
    assert found == {("local/small", 4): Precision(1, 1), ("local/small", 5): Precision(0, 3)}
    assert by_reason(judged) == [("off_topic", 2), ("too_expensive", 1), (None, 1)]


def test_the_interval_is_wilsons() -> None:
    """Newcombe (1998), Table I: 81 of 263 gives 0.2553 to 0.3662, 15 of 148 gives 0.0624 to 0.1605, 0 of 20 0 to 0.1611."""
    for positive, judged, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)):
        assert Precision(positive, judged).interval == pytest.approx((low, high), abs=5e-5)
