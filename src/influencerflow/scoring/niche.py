"""How well a creator's niche fits the campaign's: the guide's table, then how near the topics are."""

from dataclasses import dataclass
from typing import Literal

NO_CAMPAIGN_NICHE = 75.0
UNKNOWN_NICHE = 50.0
UNRELATED = 40.0

NICHE_COMPATIBILITY: dict[str, dict[str, float]] = {
    "fitness": {"health": 90, "sports": 85, "nutrition": 80},
    "technology": {"gadgets": 90, "gaming": 80, "software": 85},
    "beauty": {"fashion": 85, "cosmetics": 95, "lifestyle": 75},
    "food": {"cooking": 95, "nutrition": 85, "lifestyle": 70},
    "travel": {"lifestyle": 80, "adventure": 90, "photography": 75},
    "fashion": {"beauty": 85, "lifestyle": 80, "luxury": 75},
}
# An inferred niche may be wrong: it moves the score this far from a neutral one.
_INFERRED_TRUST = 0.8


@dataclass(frozen=True, slots=True)
class NicheFit:
    """`score` 0-100. `basis`: `exact` and `table` as the guide has them, `related` by topic, `inferred` from the profile."""

    score: float
    basis: Literal["none", "exact", "table", "related", "unrelated", "inferred", "unknown"]
    creator_niche: str | None = None


def calculate_niche_match(campaign_niche: str | None, creator_niche: str | None) -> float:
    """100 for the same niche, the guide's table for related ones, 40 otherwise.

    Without a campaign niche 75, as the guide has it; a creator whose niche is unknown gets a neutral 50.
    """
    if not campaign_niche or not campaign_niche.strip():
        return NO_CAMPAIGN_NICHE
    if not creator_niche or not creator_niche.strip():
        return UNKNOWN_NICHE
    wanted, offered = campaign_niche.strip().lower(), creator_niche.strip().lower()
    if wanted == offered:
        return 100.0
    return float(NICHE_COMPATIBILITY.get(wanted, {}).get(offered, UNRELATED))


def niche_fit(
    campaign_niche: str | None, creator_niche: str | None, *, nearness: float, inferred: str | None = None
) -> NicheFit:
    """`nearness` (0-1) is how well the topic of the creator's niche, stated or `inferred`, serves the campaign's.

    What the guide defines stays; a niche it does not know scores from 40 (unrelated) to 95 (the same topic by another name).
    """
    score = calculate_niche_match(campaign_niche, creator_niche)
    if not campaign_niche or not campaign_niche.strip():
        return NicheFit(score, "none", creator_niche)
    by_topic = UNRELATED + (95.0 - UNRELATED) * nearness
    if not creator_niche or not creator_niche.strip():
        if inferred is None:
            return NicheFit(UNKNOWN_NICHE, "unknown")
        return NicheFit(UNKNOWN_NICHE + _INFERRED_TRUST * (by_topic - UNKNOWN_NICHE), "inferred", inferred)
    if score > UNRELATED:
        return NicheFit(score, "exact" if score == 100.0 else "table", creator_niche)
    return NicheFit(by_topic, "related" if nearness >= 0.5 else "unrelated", creator_niche)
