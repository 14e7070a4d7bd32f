"""What share of 100 a match is shown as: fitted where a fit was made, otherwise the percentile, and it says which."""

import math
from dataclasses import dataclass
from typing import Literal

Basis = Literal["calibrated", "percentile"]


@dataclass(frozen=True, slots=True)
class Calibration:
    """P(relevant) = 1 / (1 + exp(-(slope * score + intercept))) (Platt 1999), of ranking's score."""

    slope: float
    intercept: float

    def probability(self, score: float) -> float:
        return 1.0 / (1.0 + math.exp(-(self.slope * score + self.intercept)))


# By (provider, name, text version). Raw cosines differ from model to model; a fit for one says nothing about another.
# The local fit: `benchmarks/relevance.py`, 2,335 judged pairs, docs/decisions/0003-query-vector.md.
CALIBRATIONS: dict[tuple[str, str, int], Calibration] = {
    ("local", "multilingual-e5-small-q4-centred", 2): Calibration(slope=15.19, intercept=-4.614),
}


def match_score(calibration: Calibration | None, *, score: float, rank: int, total: int) -> tuple[float, Basis]:
    """Between 0 and 100. The percentile is the share of the creators that passed the filters ranked at or below this."""
    if calibration:
        return 100.0 * calibration.probability(score), "calibrated"
    return 100.0 * (total - rank + 1) / total, "percentile"
