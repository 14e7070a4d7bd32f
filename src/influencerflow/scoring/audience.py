"""How well a creator's audience fits the target audience (the guide's formula)."""

from typing import Protocol


class HasReach(Protocol):
    @property
    def engagement_rate(self) -> float | None: ...
    @property
    def followers_count_numeric(self) -> int | None: ...


def calculate_audience_match(target_audience: str | None, creator: HasReach) -> float:
    """50 without a target audience; otherwise 43, +10 above 5% engagement, +5 above 100,000 followers."""
    if not target_audience or not target_audience.strip():
        return 50.0
    score = 43.0
    if creator.engagement_rate is not None and creator.engagement_rate > 5.0:
        score += 10.0
    if creator.followers_count_numeric is not None and creator.followers_count_numeric > 100_000:
        score += 5.0
    return min(100.0, score)
