"""A campaign's shortlist: who is on it, in which order, with which note."""

from uuid import UUID

from sqlalchemy import Connection, text

from influencerflow.errors import NotFoundError
from influencerflow.feedback.schemas import Shortlist, ShortlistEntry


def read_shortlist(connection: Connection, campaign_id: UUID) -> Shortlist:
    rows = connection.execute(
        text("""
            SELECT e.creator_id, c.name, c.platform, c.channel_name, e.note, v.verdict AS status, e.added_at,
                   row_number() OVER (ORDER BY e.position, e.added_at, e.creator_id) AS position
            FROM shortlist_entries e JOIN creators c ON c.id = e.creator_id
            LEFT JOIN current_verdicts v ON v.campaign_id = e.campaign_id AND v.creator_id = e.creator_id
            WHERE e.campaign_id = :id AND e.removed_at IS NULL ORDER BY position
        """),
        {"id": campaign_id},
    ).mappings()
    return Shortlist(campaign_id=campaign_id, entries=[ShortlistEntry.model_validate(dict(row)) for row in rows])


def count_shortlisted(connection: Connection, campaign_id: UUID) -> int:
    statement = text("SELECT count(*) FROM shortlist_entries WHERE campaign_id = :id AND removed_at IS NULL")
    return int(connection.scalar(statement, {"id": campaign_id}) or 0)


def put_on(connection: Connection, campaign_id: UUID, creator_id: UUID) -> None:
    """At the end; whoever was on it before comes back to its place, with its note."""
    connection.execute(
        text("""
            INSERT INTO shortlist_entries (campaign_id, creator_id, position)
            SELECT :campaign_id, :creator_id, coalesce(max(position), 0) + 1
            FROM shortlist_entries WHERE campaign_id = :campaign_id
            ON CONFLICT (campaign_id, creator_id) DO UPDATE SET removed_at = NULL
        """),
        {"campaign_id": campaign_id, "creator_id": creator_id},
    )


def take_off(connection: Connection, campaign_id: UUID, creator_id: UUID) -> bool:
    """Whether it was on it."""
    taken = connection.execute(
        text("""
            UPDATE shortlist_entries SET removed_at = now()
            WHERE campaign_id = :campaign_id AND creator_id = :creator_id AND removed_at IS NULL
        """),
        {"campaign_id": campaign_id, "creator_id": creator_id},
    )
    return taken.rowcount > 0


def write_note(connection: Connection, campaign_id: UUID, creator_id: UUID, note: str | None) -> None:
    """Raises NotFoundError for a creator that is not on the list."""
    written = connection.execute(
        text("""
            UPDATE shortlist_entries SET note = :note
            WHERE campaign_id = :campaign_id AND creator_id = :creator_id AND removed_at IS NULL
        """),
        {"campaign_id": campaign_id, "creator_id": creator_id, "note": note or None},
    )
    if not written.rowcount:
        raise not_listed(creator_id)


def move(connection: Connection, campaign_id: UUID, creator_id: UUID, position: int) -> None:
    """To `position`, from 1; past the end is the end. Raises NotFoundError for a creator that is not on the list."""
    # Two people who move at once would each write the whole order.
    connection.execute(text("SELECT FROM campaigns WHERE id = :id FOR UPDATE"), {"id": campaign_id})
    order = [entry.creator_id for entry in read_shortlist(connection, campaign_id).entries]
    if creator_id not in order:
        raise not_listed(creator_id)
    order.remove(creator_id)
    order.insert(position - 1, creator_id)
    connection.execute(
        text("""
            UPDATE shortlist_entries e SET position = o.position
            FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS o (creator_id, position)
            WHERE e.campaign_id = :campaign_id AND e.creator_id = o.creator_id
        """),
        {"campaign_id": campaign_id, "ids": order},
    )


def not_listed(creator_id: UUID) -> NotFoundError:
    return NotFoundError(
        f"Creator {creator_id} is not on this shortlist.",
        remedy="POST /api/ai/feedback with the verdict `shortlisted` puts it there.",
    )
