"""Where one creator stands in the stored runs of all campaigns."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class CampaignMatch:
    """`match_score` between 0 and 100, a chance in percent where `calibrated`; `rank` of `total` stored matches."""

    campaign_id: UUID
    product_name: str | None
    brand_name: str | None
    rank: int
    total: int
    match_score: float
    calibrated: bool
    computed_at: datetime


def campaigns_of_creator(connection: Connection, creator_id: UUID, *, limit: int = 20) -> list[CampaignMatch]:
    """The best match first."""
    rows = connection.execute(
        text("""
            SELECT c.id, c.product_name, c.brand_name, m.rank, r.stored, m.match_score,
                   m.details -> 'details' ->> 'match_score_basis' = 'calibrated', r.computed_at
            FROM match_scores m JOIN campaigns c ON c.id = m.campaign_id JOIN match_runs r ON r.campaign_id = c.id
            WHERE m.creator_id = :id AND m.rank IS NOT NULL ORDER BY m.match_score DESC, c.id LIMIT :limit
        """),
        {"id": creator_id, "limit": limit},
    )
    return [CampaignMatch(*row) for row in rows]
