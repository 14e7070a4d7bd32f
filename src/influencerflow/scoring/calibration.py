"""What share of 100 a match is shown as: fitted where a fit was made, otherwise the percentile, and it says which."""

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal

Basis = Literal["calibrated", "percentile", "provisional"]


# What a brief may ask for beside its topic. A creator of an asked country scores higher than one of a brief that asks for
# none can: each asking is set off, so that a percentage means the same whatever the brief says.
ASKS = ("countries", "languages", "genders")


@dataclass(frozen=True, slots=True)
class Calibration:
    """P(suitable) = 1 / (1 + exp(-(slope * score + intercept + what was asked))) (Platt 1999), of ranking's score."""

    slope: float
    intercept: float
    asks: Mapping[str, float]

    def probability(self, score: float, asked: Collection[str]) -> float:
        """`asked`: which of ASKS the brief names."""
        return 1.0 / (1.0 + math.exp(-(self.slope * score + self.intercept + sum(self.asks[name] for name in asked))))


@lru_cache(maxsize=1)
def _calibrations() -> dict[tuple[str, str, int], Calibration]:
    raw = json.loads((files("influencerflow.scoring") / "data" / "calibrations.json").read_text(encoding="utf-8"))
    return {
        (entry["provider"], entry["name"], entry["text_version"]): Calibration(
            entry["slope"], entry["intercept"], entry["asks"]
        )
        for entry in raw
    }


def calibration_of(provider: str, name: str, text_version: int) -> Calibration | None:
    """Scores differ from model to model, and with what is encoded: a fit for one says nothing about another."""
    return _calibrations().get((provider, name, text_version))


def match_score(
    calibration: Calibration | None, *, score: float, asked: Collection[str], rank: int, total: int
) -> tuple[float, Basis]:
    """Between 0 and 100. The percentile is the share of the creators that passed the filters ranked at or below this."""
    if calibration:
        return 100.0 * calibration.probability(score, asked), "calibrated"
    return 100.0 * (total - rank + 1) / total, "percentile"
