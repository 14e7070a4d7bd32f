"""The log of verdicts in the database."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from influencerflow.errors import NotFoundError
from influencerflow.feedback.quality import Said
from influencerflow.feedback.schemas import Feedback, FeedbackCreate
from influencerflow.feedback.verdicts import Verdict

_COLUMNS = """
    id, campaign_id, creator_id, verdict, reason, comment, rank, match_score, scores, model_name AS model, scoring_version,
    fingerprint, created_at, undone_at
"""


def add_feedback(connection: Connection, given: FeedbackCreate) -> Feedback:
    """With rank, scores, model and version of the campaign's stored run, as far as the creator is in it."""
    row = connection.execute(
        text(f"""
            INSERT INTO feedback (campaign_id, creator_id, verdict, reason, comment,
                                  rank, match_score, scores, model_id, model_name, scoring_version, fingerprint)
            SELECT :campaign_id, :creator_id, :verdict, :reason, :comment,
                   m.rank, m.match_score, m.details -> 'scores', r.model_id, e.provider || '/' || e.name,
                   r.scoring_version, m.fingerprint
            FROM (VALUES (CAST(:campaign_id AS uuid), CAST(:creator_id AS uuid))) AS said (campaign_id, creator_id)
            LEFT JOIN match_scores m ON m.campaign_id = said.campaign_id AND m.creator_id = said.creator_id
                AND m.rank IS NOT NULL
            LEFT JOIN match_runs r ON r.campaign_id = m.campaign_id AND r.fingerprint = m.fingerprint
            LEFT JOIN embedding_models e ON e.id = r.model_id
            RETURNING {_COLUMNS}
        """),
        given.model_dump(),
    )
    return Feedback.model_validate(dict(row.mappings().one()))


def current_feedback(connection: Connection, campaign_id: UUID, creator_id: UUID) -> Feedback | None:
    """The verdict that holds."""
    rows = connection.execute(
        text(f"""
            SELECT {_COLUMNS} FROM feedback
            WHERE campaign_id = :campaign_id AND creator_id = :creator_id AND undone_at IS NULL
            ORDER BY created_at DESC, id DESC LIMIT 1
        """),
        {"campaign_id": campaign_id, "creator_id": creator_id},
    ).mappings()
    row = rows.one_or_none()
    return Feedback.model_validate(dict(row)) if row else None


def take_back(connection: Connection, feedback_id: UUID) -> tuple[Feedback, bool]:
    """The verdict, undone, and whether it was not so before. Raises NotFoundError."""
    undone = connection.execute(
        text(f"UPDATE feedback SET undone_at = now() WHERE id = :id AND undone_at IS NULL RETURNING {_COLUMNS}"),
        {"id": feedback_id},
    ).mappings()
    if row := undone.one_or_none():
        return Feedback.model_validate(dict(row)), True
    return get_feedback(connection, feedback_id), False


def take_back_shortlisted(connection: Connection, campaign_id: UUID, creator_id: UUID) -> None:
    connection.execute(
        text("""
            UPDATE feedback SET undone_at = now()
            WHERE campaign_id = :campaign_id AND creator_id = :creator_id AND verdict = 'shortlisted'
              AND undone_at IS NULL
        """),
        {"campaign_id": campaign_id, "creator_id": creator_id},
    )


def get_feedback(connection: Connection, feedback_id: UUID) -> Feedback:
    """Raises NotFoundError."""
    row = (
        connection.execute(text(f"SELECT {_COLUMNS} FROM feedback WHERE id = :id"), {"id": feedback_id})
        .mappings()
        .one_or_none()
    )
    if row is None:
        raise NotFoundError(
            f"There is no feedback {feedback_id}.", remedy="GET /api/ai/feedback lists what has been said."
        )
    return Feedback.model_validate(dict(row))


def list_feedback(
    connection: Connection,
    *,
    campaign_id: UUID | None,
    creator_id: UUID | None,
    verdict: Verdict | None,
    undone: bool,
    offset: int,
    limit: int,
) -> tuple[list[Feedback], int]:
    """The latest first, and how many there are in all."""
    given = {"campaign_id": campaign_id, "creator_id": creator_id, "verdict": verdict}
    parameters = {name: value for name, value in given.items() if value is not None}
    conditions = [f"{name} = :{name}" for name in parameters] + ([] if undone else ["undone_at IS NULL"])
    where = " AND ".join(conditions) or "true"
    total = connection.scalar(text(f"SELECT count(*) FROM feedback WHERE {where}"), parameters)
    rows = connection.execute(
        text(f"""
            SELECT {_COLUMNS} FROM feedback WHERE {where} ORDER BY created_at DESC, id DESC OFFSET :offset LIMIT :limit
        """),
        {**parameters, "offset": offset, "limit": limit},
    ).mappings()
    return [Feedback.model_validate(dict(row)) for row in rows], int(total or 0)


def standing_verdicts(connection: Connection, campaign_id: UUID, creator_ids: Sequence[UUID]) -> dict[UUID, RowMapping]:
    """What holds of these creators in this campaign: feedback_id, verdict, reason, comment, created_at."""
    rows = connection.execute(
        text("""
            SELECT creator_id, feedback_id, verdict, reason, comment, created_at FROM current_verdicts
            WHERE campaign_id = :campaign_id AND creator_id = ANY (:ids)
        """),
        {"campaign_id": campaign_id, "ids": list(creator_ids)},
    ).mappings()
    return {row["creator_id"]: row for row in rows}


def contacted_elsewhere(
    connection: Connection, campaign_id: UUID, creator_ids: Sequence[UUID]
) -> dict[UUID, RowMapping]:
    """Who of these was contacted or hired in another campaign: its campaign_id and name, the verdict, when; the latest."""
    rows = connection.execute(
        text("""
            SELECT DISTINCT ON (f.creator_id) f.creator_id, f.campaign_id, c.product_name, f.verdict, f.created_at
            FROM feedback f JOIN campaigns c ON c.id = f.campaign_id
            WHERE f.creator_id = ANY (:ids) AND f.campaign_id <> :campaign_id
              AND f.verdict IN ('contacted', 'hired') AND f.undone_at IS NULL
            ORDER BY f.creator_id, f.created_at DESC
        """),
        {"campaign_id": campaign_id, "ids": list(creator_ids)},
    ).mappings()
    return {row["creator_id"]: row for row in rows}


def count_dismissed(connection: Connection, campaign_id: UUID) -> int:
    statement = text("""
        SELECT count(*) FROM current_verdicts
        WHERE campaign_id = :campaign_id AND verdict IN ('not_relevant', 'rejected')
    """)
    return int(connection.scalar(statement, {"campaign_id": campaign_id}) or 0)


def list_dismissed(connection: Connection, campaign_id: UUID) -> list[RowMapping]:
    """Who was turned down for this campaign, the latest first."""
    rows = connection.execute(
        text("""
            SELECT v.creator_id, v.feedback_id, v.verdict, v.reason, v.comment, v.created_at,
                   c.name, c.platform, c.channel_name
            FROM current_verdicts v JOIN creators c ON c.id = v.creator_id
            WHERE v.campaign_id = :campaign_id AND v.verdict IN ('not_relevant', 'rejected')
            ORDER BY v.created_at DESC, v.feedback_id DESC
        """),
        {"campaign_id": campaign_id},
    ).mappings()
    return list(rows)


def read_log(connection: Connection) -> list[Said]:
    """Every verdict that holds or held and was not taken back, for measuring lists by."""
    rows = connection.execute(
        text("""
            SELECT campaign_id, creator_id, verdict, reason, rank, model_name, scoring_version, created_at
            FROM feedback WHERE undone_at IS NULL ORDER BY created_at, id
        """)
    )
    return [Said(*row) for row in rows]


def list_judged_campaigns(connection: Connection) -> list[RowMapping]:
    """Campaigns in which something was said, by name: id, product_name, brand_name."""
    rows = connection.execute(
        text("""
            SELECT c.id, c.product_name, c.brand_name FROM campaigns c
            WHERE c.deleted_at IS NULL
              AND EXISTS (SELECT FROM feedback f WHERE f.campaign_id = c.id AND f.undone_at IS NULL)
            ORDER BY lower(c.product_name), c.id
        """)
    ).mappings()
    return list(rows)
