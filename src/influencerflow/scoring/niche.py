"""How well a creator's niche fits the campaign's (the guide's table)."""

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
