"""How well a creator's price fits the budget (the guide's steps)."""

UNKNOWN_PRICE = 50.0
PLANNED_CREATORS = 10
_STEPS = ((1.5, 100.0), (1.0, 90.0), (0.8, 80.0), (0.6, 60.0), (0.4, 40.0))


def calculate_budget_fit(
    total_budget: float | None, collaboration_rate: float | None, planned_creators: int = PLANNED_CREATORS
) -> float:
    """Steps over (budget / planned creators) / rate, all in USD; 50 when either value is missing."""
    if not total_budget or not collaboration_rate:
        return UNKNOWN_PRICE
    ratio = total_budget / planned_creators / collaboration_rate
    return next((score for least, score in _STEPS if ratio >= least), 20.0)
