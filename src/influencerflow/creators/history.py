"""What changed about a creator, as the triggers recorded it."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class Change:
    """One field of the profile, or the price, as text; None is unknown."""

    changed_at: datetime
    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What the figures were when `week`, a Monday, began: the first change of that week replaced them."""

    week: date
    followers_count_numeric: int | None
    engagement_rate: float | None
    avg_views: int | None


def read_changes(connection: Connection, creator_id: UUID, *, limit: int = 50) -> list[Change]:
    """The newest first."""
    rows = connection.execute(
        text("""
            SELECT changed_at, field, before, after FROM creator_changes
            WHERE creator_id = :id ORDER BY changed_at DESC, field LIMIT :limit
        """),
        {"id": creator_id, "limit": limit},
    )
    return [Change(*row) for row in rows]


def read_figures(connection: Connection, creator_id: UUID, *, weeks: int = 104) -> list[Figures]:
    """The oldest first; the present figures are the creator's own."""
    rows = connection.execute(
        text("""
            SELECT week, followers_count_numeric, engagement_rate, avg_views FROM creator_figures
            WHERE creator_id = :id ORDER BY week DESC LIMIT :weeks
        """),
        {"id": creator_id, "weeks": weeks},
    )
    return [Figures(*row) for row in rows][::-1]
