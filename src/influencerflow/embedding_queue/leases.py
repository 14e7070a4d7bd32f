"""Workers and how long they are thought alive. All by the database's clock: hosts disagree about the time."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

from influencerflow.embedding_queue.queue import MAX_LOST_ATTEMPTS


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """A worker whose lease lasts; `paused_seconds` is how long it still pauses, None while it works."""

    host: str
    process: int
    paused_reason: str | None
    paused_seconds: float | None


def renew_lease(
    connection: Connection,
    worker_id: UUID,
    host: str,
    process: int,
    *,
    seconds: float,
    paused: tuple[str, float] | None = None,
) -> None:
    """Registers the worker, or keeps it alive for `seconds` more; `paused` is a reason and for how many seconds."""
    reason, pause = paused or (None, None)
    connection.execute(
        text("""
            INSERT INTO embedding_workers AS w (id, host, process, lease_expires_at, paused_reason, paused_until)
            VALUES (:id, :host, :process, now() + make_interval(secs => :seconds), :reason,
                    now() + make_interval(secs => :pause))
            ON CONFLICT (id) DO UPDATE SET lease_expires_at = excluded.lease_expires_at,
                paused_reason = excluded.paused_reason, paused_until = excluded.paused_until
        """),
        {"id": worker_id, "host": host, "process": process, "seconds": seconds, "reason": reason, "pause": pause},
    )


def end_lease(connection: Connection, worker_id: UUID) -> None:
    connection.execute(text("DELETE FROM embedding_workers WHERE id = :id"), {"id": worker_id})


def reap(connection: Connection) -> int:
    """Queues again what workers held whose lease ran out; returns how many jobs.

    Whichever worker comes by does it for all. From the third time on a job is lost, it comes back at random within
    minutes: so a text that ends its worker's process is soon in a batch without those that did nothing wrong.
    """
    connection.execute(
        text("""
            DELETE FROM embedding_workers WHERE id IN (
                SELECT id FROM embedding_workers WHERE lease_expires_at < now() FOR UPDATE SKIP LOCKED)
        """)
    )
    return connection.execute(
        text("""
            UPDATE embedding_jobs j
            SET state = CASE WHEN attempts < :most THEN 'queued' ELSE 'failed' END, leased_by = NULL,
                due_at = now() + make_interval(secs => CASE WHEN attempts < 3 THEN 0 ELSE random() * 5 * attempts END),
                last_error = CASE WHEN attempts < :most THEN last_error
                    ELSE 'Its worker vanished ' || attempts || ' times while it was embedded.' END
            FROM (
                SELECT j.model_id, j.creator_id FROM embedding_jobs j
                WHERE j.state = 'running' AND NOT EXISTS (SELECT FROM embedding_workers w WHERE w.id = j.leased_by)
                FOR UPDATE OF j SKIP LOCKED
            ) AS lost
            WHERE j.model_id = lost.model_id AND j.creator_id = lost.creator_id
        """),
        {"most": MAX_LOST_ATTEMPTS},
    ).rowcount


def list_workers(connection: Connection) -> Sequence[WorkerStatus]:
    """Those alive, the oldest first."""
    rows = connection.execute(
        text("""
            SELECT host, process, paused_reason, greatest(extract(epoch FROM paused_until - now()), 0)::float8
            FROM embedding_workers WHERE lease_expires_at > now() ORDER BY started_at, id
        """)
    )
    return [WorkerStatus(*row) for row in rows]
