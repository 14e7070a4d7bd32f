"""Claim, finish, retry, give up: each a short statement in the caller's transaction.

No statement waits for a row: what somebody else has locked, such as an import that runs for minutes, is left alone. A
job left so stays with its worker and is given back by the next `release_strays`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

MAX_ATTEMPTS = 6
# A text that ends the process of every worker that reads it has to stop somewhere; a batch's other jobs get this far too.
MAX_LOST_ATTEMPTS = 20
FIRST_RETRY_SECONDS = 5
CHANNEL = "creator_embedding_needed"
EDITED, BACKFILL = 0, 1


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


def claim_jobs(connection: Connection, worker_id: UUID, lane: int, limits: Mapping[int, int]) -> list[Job]:
    """Takes due jobs of one model in this lane, the oldest first, for a worker that holds a lease.

    `limits`: how many at most, by model; no other model is looked at, and the active one goes first.
    """
    model_id = connection.scalar(
        text("""
            SELECT m.id FROM embedding_models m CROSS JOIN LATERAL (
                SELECT due_at FROM embedding_jobs
                WHERE state = 'queued' AND model_id = m.id AND lane = :lane AND due_at <= now() ORDER BY due_at LIMIT 1
            ) AS head
            WHERE m.id = ANY (:models) AND m.state <> 'retired' ORDER BY m.state, head.due_at LIMIT 1
        """),
        {"lane": lane, "models": list(limits)},
    )
    if model_id is None:
        return []
    # The limit is a value of its own: planned without knowing it, the join would read the whole queue.
    rows = connection.execute(
        text("""
            WITH due AS MATERIALIZED (
                SELECT model_id, creator_id FROM embedding_jobs
                WHERE state = 'queued' AND model_id = :model_id AND lane = :lane AND due_at <= now()
                  AND EXISTS (SELECT FROM embedding_workers WHERE id = :worker_id AND lease_expires_at > now())
                ORDER BY due_at, creator_id LIMIT :limit FOR UPDATE SKIP LOCKED
            )
            UPDATE embedding_jobs j SET state = 'running', leased_by = :worker_id, attempts = j.attempts + 1
            FROM due WHERE j.model_id = due.model_id AND j.creator_id = due.creator_id
            RETURNING j.model_id, j.creator_id, j.generation, j.attempts
        """),
        {"worker_id": worker_id, "lane": lane, "model_id": model_id, "limit": limits[model_id]},
    )
    return [Job(*row) for row in rows]


def finish_jobs(connection: Connection, worker_id: UUID, jobs: Sequence[Job]) -> set[UUID]:
    """Ends the jobs this worker still holds and whose text is unchanged; returns their creators.

    Only these vectors may be written, in the same transaction, until whose end nobody can edit these creators. The
    others are queued again (edited meanwhile), belong to another worker by now, or are being edited at this moment.
    """
    finished = connection.scalars(
        text("""
            WITH done AS (
                SELECT j.creator_id
                FROM unnest(:creator_ids, :generations) AS d (creator_id, generation)
                JOIN embedding_jobs j ON j.creator_id = d.creator_id AND j.generation = d.generation
                JOIN creators c ON c.id = j.creator_id
                WHERE j.model_id = :model_id AND j.state = 'running' AND j.leased_by = :worker_id
                ORDER BY j.creator_id FOR NO KEY UPDATE OF c SKIP LOCKED FOR UPDATE OF j SKIP LOCKED
            )
            DELETE FROM embedding_jobs j USING done WHERE j.model_id = :model_id AND j.creator_id = done.creator_id
            RETURNING j.creator_id
        """),
        _keys(worker_id, jobs),
    )
    creators = set(finished)
    if edited_meanwhile := [job for job in jobs if job.creator_id not in creators]:
        release_jobs(connection, worker_id, edited_meanwhile)
    return creators


def release_jobs(connection: Connection, worker_id: UUID, jobs: Sequence[Job] | None = None) -> None:
    """Gives jobs back unharmed, everything the worker holds without `jobs`: due at once, and the attempt does not count."""
    creators = None if jobs is None else [job.creator_id for job in jobs]
    _release(connection, worker_id, "CAST(:creators AS uuid[]) IS NULL OR creator_id = ANY (:creators)", creators)


def release_strays(connection: Connection, worker_id: UUID, held: Sequence[UUID]) -> None:
    """Gives back what is leased to the worker though it works on none of it: `held` are the creators it works on."""
    _release(connection, worker_id, "creator_id <> ALL (:creators)", held)


def _release(connection: Connection, worker_id: UUID, which: str, creators: Sequence[UUID] | None) -> None:
    connection.execute(
        text(f"""
            UPDATE embedding_jobs j
            SET state = 'queued', leased_by = NULL, attempts = greatest(attempts - 1, 0)
            FROM (
                SELECT model_id, creator_id FROM embedding_jobs
                WHERE leased_by = :worker_id AND state = 'running' AND ({which}) FOR UPDATE SKIP LOCKED
            ) AS mine
            WHERE j.model_id = mine.model_id AND j.creator_id = mine.creator_id
        """),
        {"worker_id": worker_id, "creators": None if creators is None else list(creators)},
    )


def fail_jobs(connection: Connection, worker_id: UUID, jobs: Sequence[Job], reason: str, *, retry: bool = True) -> None:
    """Tries again later, ever more slowly; after MAX_ATTEMPTS, or without `retry`, keeps the job as failed."""
    connection.execute(
        text("""
            UPDATE embedding_jobs j
            SET state = CASE WHEN :retry AND attempts < :max_attempts THEN 'queued' ELSE 'failed' END,
                due_at = now() + make_interval(secs => :first * power(2, greatest(attempts, 1) - 1)),
                leased_by = NULL, last_error = :reason
            FROM (
                SELECT model_id, creator_id FROM embedding_jobs
                WHERE model_id = :model_id AND creator_id = ANY (:creator_ids)
                  AND leased_by = :worker_id AND state = 'running' FOR UPDATE SKIP LOCKED
            ) AS mine
            WHERE j.model_id = mine.model_id AND j.creator_id = mine.creator_id
        """),
        {
            **_keys(worker_id, jobs),
            "retry": retry,
            "max_attempts": MAX_ATTEMPTS,
            "first": FIRST_RETRY_SECONDS,
            "reason": reason[:1000],
        },
    )


def retry_failed(connection: Connection, *, reason: str | None = None) -> int:
    """Makes failed jobs due now, those whose reason contains `reason` or all; returns how many."""
    count = connection.execute(
        text("""
            UPDATE embedding_jobs SET state = 'queued', due_at = now(), enqueued_at = now(), attempts = 0
            WHERE state = 'failed' AND (CAST(:reason AS text) IS NULL OR position(lower(:reason) IN lower(last_error)) > 0)
        """),
        {"reason": reason},
    ).rowcount
    if count:
        connection.execute(text(f"SELECT pg_notify('{CHANNEL}', '')"))
    return count


def seconds_until_due(connection: Connection, worker_id: UUID, without: Collection[int] = ()) -> float | None:
    """Until the next queued job is due, or a job that another worker holds may be; None when nothing is left to do.

    `without`: models this worker cannot work on.
    """
    seconds: float | None = connection.scalar(
        text("""
            SELECT CASE WHEN EXISTS (SELECT FROM embedding_jobs WHERE state = 'running' AND leased_by <> :worker_id
                                     AND model_id <> ALL (CAST(:without AS integer[]))) THEN 1.0
                ELSE (SELECT extract(epoch FROM CASE WHEN min(due_at) < now() THEN '0' ELSE min(due_at) - now() END)::float8
                      FROM embedding_models m CROSS JOIN (VALUES (0), (1)) AS l (lane) CROSS JOIN LATERAL (
                          SELECT due_at FROM embedding_jobs
                          WHERE state = 'queued' AND model_id = m.id AND lane = l.lane ORDER BY due_at LIMIT 1
                      ) AS head
                      WHERE m.state <> 'retired' AND m.id <> ALL (CAST(:without AS integer[]))) END
        """),
        {"worker_id": worker_id, "without": list(without)},
    )
    return seconds


def backfill_waits(connection: Connection, model_id: int) -> bool:
    """Whether jobs of the model's backfill are being worked on or could be; those to be tried again later do not count."""
    statement = text("""
        SELECT EXISTS (SELECT FROM embedding_jobs
                       WHERE state = 'queued' AND model_id = :id AND lane = :lane AND due_at <= now())
            OR EXISTS (SELECT FROM embedding_jobs WHERE state = 'running' AND model_id = :id AND lane = :lane)
    """)
    return bool(connection.scalar(statement, {"id": model_id, "lane": BACKFILL}))


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
