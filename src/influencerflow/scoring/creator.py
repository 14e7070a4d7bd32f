"""What scores are computed from."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from influencerflow.scoring.demographics import Demographics, read_audience


@dataclass(frozen=True)
class CreatorFigures:
    """Columns of `creators`, by their names there; unknown is None.

    `engagement_rate` in percent, `collaboration_rate` in USD, `audience` as it is stored (it may hold anything).
    """

    platform: str | None = None
    followers_count_numeric: int | None = None
    engagement_rate: float | None = None
    avg_views: int | None = None
    collaboration_rate: float | None = None
    country: str | None = None
    language: str | None = None
    audience: Any = None

    @cached_property
    def demographics(self) -> Demographics:
        """The audience, as far as it can be read."""
        return read_audience(self.audience)

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> "CreatorFigures":
        """From a row of `creators`, whatever else it holds. Adopted tables hold NaN and -1 for unknown."""
        return cls(**{field.name: _known(row[field.name]) for field in fields(cls)})


def _known(value: Any) -> Any:
    if isinstance(value, int | float) and (not math.isfinite(value) or value < 0):
        return None
    return value
