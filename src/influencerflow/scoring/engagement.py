"""The guide's steps of engagement."""

UNKNOWN_ENGAGEMENT = 50.0
_STEPS = ((10.0, 100.0), (7.0, 90.0), (5.0, 80.0), (3.0, 70.0), (2.0, 60.0), (1.0, 50.0))


def calculate_engagement_score(engagement_rate: float | None) -> float:
    """`engagement_rate` in percent; an unknown rate gets a neutral 50, as a missing price does."""
    if engagement_rate is None:
        return UNKNOWN_ENGAGEMENT
    return next((score for least, score in _STEPS if engagement_rate >= least), 40.0)
