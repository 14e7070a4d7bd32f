"""What scores are computed from."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
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

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> "CreatorFigures":
        """From a row of `creators`, whatever else it holds."""
        return cls(**{field.name: row[field.name] for field in fields(cls)})
