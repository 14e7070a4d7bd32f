"""Claim, finish, retry, give up: each a short statement in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

MAX_ATTEMPTS = 6
LEASE_SECONDS = 120
FIRST_RETRY_SECONDS = 5
CHANNEL = "creator_embedding_needed"


@dataclass(frozen=True, slots=True)
class Job:
    model_id: int
    creator_id: UUID
    generation: int
    attempts: int


@dataclass(frozen=True, slots=True)
class QueueStatus:
    queued: int
    running: int
    failed: int
    oldest_due_seconds: float


def claim_jobs(
    connection: Connection, worker_id: UUID, limit: int, model_ids: Sequence[int] | None = None
) -> list[Job]:
    """Leases up to `limit` due jobs of one model, the oldest first; jobs whose lease ran out count as due.

    `model_ids`: the models this worker has what it takes to encode with; without, any.
    """
    rows = connection.execute(
        text("""
            WITH first_due AS (
                SELECT model_id FROM embedding_jobs
                WHERE ((state = 'queued' AND due_at <= now()) OR (state = 'running' AND lease_expires_at < now()))
                  AND (CAST(:model_ids AS integer[]) IS NULL OR model_id = ANY (:model_ids))
                ORDER BY due_at LIMIT 1
            ), due AS (
                SELECT model_id, creator_id FROM embedding_jobs
                WHERE ((state = 'queued' AND due_at <= now()) OR (state = 'running' AND lease_expires_at < now()))
                  AND model_id = (SELECT model_id FROM first_due)
                ORDER BY due_at, creator_id LIMIT :limit FOR UPDATE SKIP LOCKED
            )
            UPDATE embedding_jobs j
            SET state = 'running', leased_by = :worker_id, attempts = j.attempts + 1,
                lease_expires_at = now() + make_interval(secs => :lease)
            FROM due WHERE j.model_id = due.model_id AND j.creator_id = due.creator_id
            RETURNING j.model_id, j.creator_id, j.generation, j.attempts
        """),
        {
            "worker_id": worker_id,
            "limit": limit,
            "lease": LEASE_SECONDS,
            "model_ids": None if model_ids is None else list(model_ids),
        },
    )
    return [Job(*row) for row in rows]


def finish_jobs(connection: Connection, worker_id: UUID, jobs: Sequence[Job]) -> set[UUID]:
    """Ends the jobs this worker still holds and whose text is unchanged; returns their creators.

    Only these vectors may be written, in the same transaction. The others are queued again (edited meanwhile) or belong
    to another worker by now.
    """
    keys = _keys(worker_id, jobs)
    finished = connection.scalars(
        text("""
            DELETE FROM embedding_jobs j USING unnest(:creator_ids, :generations) AS done (creator_id, generation)
            WHERE j.model_id = :model_id AND j.creator_id = done.creator_id AND j.generation = done.generation
              AND j.state = 'running' AND j.leased_by = :worker_id
            RETURNING j.creator_id
        """),
        keys,
    )
    creators = set(finished)
    if edited_meanwhile := [job for job in jobs if job.creator_id not in creators]:
        release_jobs(connection, worker_id, edited_meanwhile)
    return creators


def release_jobs(connection: Connection, worker_id: UUID, jobs: Sequence[Job] | None = None) -> None:
    """Gives jobs back unharmed, everything the worker holds without `jobs`: due at once, and the attempt does not count."""
    connection.execute(
        text("""
            UPDATE embedding_jobs SET state = 'queued', leased_by = NULL, lease_expires_at = NULL,
                attempts = greatest(attempts - 1, 0)
            WHERE leased_by = :worker_id AND state = 'running'
              AND (CAST(:creator_ids AS uuid[]) IS NULL OR creator_id = ANY (:creator_ids))
        """),
        {"worker_id": worker_id, "creator_ids": None if jobs is None else [job.creator_id for job in jobs]},
    )


def fail_jobs(connection: Connection, worker_id: UUID, jobs: Sequence[Job], reason: str, *, retry: bool = True) -> None:
    """Tries again later, ever more slowly; after MAX_ATTEMPTS, or without `retry`, keeps the job as failed."""
    connection.execute(
        text("""
            UPDATE embedding_jobs
            SET state = CASE WHEN :retry AND attempts < :max_attempts THEN 'queued' ELSE 'failed' END,
                due_at = now() + make_interval(secs => :first * power(2, attempts - 1)),
                leased_by = NULL, lease_expires_at = NULL, last_error = :reason
            WHERE model_id = :model_id AND creator_id = ANY (:creator_ids) AND leased_by = :worker_id AND state = 'running'
        """),
        {
            **_keys(worker_id, jobs),
            "retry": retry,
            "max_attempts": MAX_ATTEMPTS,
            "first": FIRST_RETRY_SECONDS,
            "reason": reason[:1000],
        },
    )


def retry_failed(connection: Connection) -> int:
    """Makes every failed job due now; returns how many."""
    count = connection.execute(
        text("UPDATE embedding_jobs SET state = 'queued', due_at = now(), attempts = 0 WHERE state = 'failed'")
    ).rowcount
    if count:
        connection.execute(text(f"SELECT pg_notify('{CHANNEL}', '')"))
    return count


def queue_status(connection: Connection) -> QueueStatus:
    row = connection.execute(
        text("""
            SELECT count(*) FILTER (WHERE state = 'queued') AS queued, count(*) FILTER (WHERE state = 'running') AS running,
                   count(*) FILTER (WHERE state = 'failed') AS failed,
                   coalesce(extract(epoch FROM now() - min(enqueued_at) FILTER (WHERE state <> 'failed')), 0)::float8
            FROM embedding_jobs
        """)
    ).one()
    return QueueStatus(*row)


def _keys(worker_id: UUID, jobs: Sequence[Job]) -> dict[str, object]:
    ordered = sorted(jobs, key=lambda job: job.creator_id)
    return {
        "worker_id": worker_id,
        "model_id": ordered[0].model_id if ordered else 0,
        "creator_ids": [job.creator_id for job in ordered],
        "generations": [job.generation for job in ordered],
    }
