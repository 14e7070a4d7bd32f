"""Precision by week as lines, drawn on the server."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from influencerflow.feedback.quality import CUTOFFS, Precision

WIDTH, HEIGHT = 720, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 12, 30
_MOST_LABELS = 8


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float
    week: date
    precision: Precision


@dataclass(frozen=True, slots=True)
class Chart:
    """`lines` by k: the points of each, in pieces, since a week without judgments is no week of 0%."""

    lines: Mapping[int, list[list[Point]]]
    labels: list[tuple[float, date]]
    levels: list[tuple[float, int]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT


def draw(weeks: Mapping[date, Mapping[int, Precision]]) -> Chart | None:
    """None for less than two weeks: one point is no course."""
    if len(weeks) < 2:
        return None
    xs = {
        week: round(_LEFT + position * (WIDTH - _LEFT - _RIGHT) / (len(weeks) - 1), 1)
        for position, week in enumerate(weeks)
    }
    every = -(-len(weeks) // _MOST_LABELS)
    return Chart(
        {k: _pieces(weeks, xs, k) for k in CUTOFFS},
        [(xs[week], week) for position, week in enumerate(weeks) if position % every == 0],
        [(_height(level / 100), level) for level in (0, 25, 50, 75, 100)],
    )


def _pieces(weeks: Mapping[date, Mapping[int, Precision]], xs: Mapping[date, float], k: int) -> list[list[Point]]:
    pieces: list[list[Point]] = [[]]
    for week, figures in weeks.items():
        share = figures[k].share
        if share is not None:
            pieces[-1].append(Point(xs[week], _height(share), week, figures[k]))
        elif pieces[-1]:
            pieces.append([])
    return [piece for piece in pieces if piece]


def _height(share: float) -> float:
    return round(HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM), 1)
