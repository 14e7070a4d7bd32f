"""The operation's figures, read from the database in milliseconds however large it is: what is many is estimated."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection, text

# Up to here rows are counted; beyond, PostgreSQL's statistics say how many there are about.
COUNTED = 20_000
# Of so many of the newest edits it is said how long they took.
_RECENT_EDITS = 2_000


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """`oldest_due_seconds`: how long ago the creator that is next in line, or in work for longest, was edited."""

    queued: int
    running: int
    failed: int
    oldest_due_seconds: float


@dataclass(frozen=True, slots=True)
class Freshness:
    """Seconds from an edit's transaction to the creator being searchable by meaning, over the newest edits of the last day."""

    edits: int
    p50_seconds: float
    p95_seconds: float


@dataclass(frozen=True, slots=True)
class KeptModel:
    """A model beside the active one that is kept in step. `index_percent`: while its vector index is being made."""

    id: int
    name: str
    state: str
    due: int
    index_percent: float | None


@dataclass(frozen=True, slots=True)
class EmbeddingFigures:
    """`estimated`: the creators, and with them those embedded, are too many to be counted.

    `index_percent`: while the active model's vector index is being made.
    """

    model_id: int | None
    model: str | None
    dimensions: int | None
    creators: int
    embedded: int
    estimated: bool
    queue: QueueFigures
    freshness: Freshness | None
    index_percent: float | None
    others: list[KeptModel]
    requests: int
    texts: int
    tokens: int
    cost_usd: Decimal
    failures: int
    last_error: str | None


_INDEX_PERCENT = """
    (SELECT round((100 * p.tuples_done / greatest(p.tuples_total, 1))::numeric, 1)::float8
     FROM pg_stat_progress_create_index p WHERE p.relid = to_regclass('creator_embeddings_' || {model_id}))
"""


def embedding_figures(connection: Connection) -> EmbeddingFigures:
    row = connection.execute(
        text("""
            SELECT m.id AS model_id, m.name AS model, m.dimensions, u.requests, u.texts, u.tokens, u.cost_usd, u.failures
            FROM (SELECT coalesce(sum(requests), 0)::bigint AS requests, coalesce(sum(texts), 0)::bigint AS texts,
                         coalesce(sum(tokens), 0)::bigint AS tokens, coalesce(sum(cost_usd), 0) AS cost_usd,
                         coalesce(sum(failures), 0)::bigint AS failures
                  FROM embedding_usage) u
            LEFT JOIN embedding_models m ON m.state = 'active'
        """)
    ).one()
    creators, estimated = _about(connection, "creators", "creators")
    return EmbeddingFigures(
        **row._mapping,
        creators=creators,
        embedded=_embedded(connection, row.model_id, creators, estimated=estimated),
        estimated=estimated,
        queue=_queue(connection),
        freshness=_freshness(connection),
        index_percent=connection.scalar(
            text(f"SELECT {_INDEX_PERCENT.format(model_id='CAST(:id AS integer)')}"), {"id": row.model_id}
        ),
        others=_others(connection),
        last_error=_last_error(connection),
    )


def _embedded(connection: Connection, model_id: int | None, creators: int, *, estimated: bool) -> int:
    """With a vector of the active model. In a large catalogue, all but those still queued without one."""
    if model_id is None:
        return 0
    if not estimated:
        statement = text("SELECT count(*) FROM creator_embeddings WHERE model_id = :id")
        return int(connection.scalar(statement, {"id": model_id}) or 0)
    jobs, missing = connection.execute(
        text("""
            SELECT count(*), count(*) FILTER (WHERE NOT EXISTS (
                SELECT FROM creator_embeddings e WHERE e.model_id = :id AND e.creator_id = j.creator_id))
            FROM (SELECT creator_id FROM embedding_jobs WHERE model_id = :id LIMIT :most) j
        """),
        {"id": model_id, "most": COUNTED},
    ).one()
    if jobs < COUNTED:
        return creators - int(missing)
    embedded, _ = _about(connection, f"creator_embeddings_{int(model_id)}", f"creator_embeddings_{int(model_id)}")
    return min(embedded, creators - int(missing))


def _queue(connection: Connection) -> QueueFigures:
    running, _ = _about(connection, "embedding_jobs WHERE state = 'running'", None)
    failed, _ = _about(connection, "embedding_jobs WHERE state = 'failed'", None)
    queued, more = _about(connection, "embedding_jobs WHERE state = 'queued'", "embedding_jobs")
    oldest = connection.scalar(
        text("""
            SELECT extract(epoch FROM now() - least(
                (SELECT enqueued_at FROM embedding_jobs WHERE state = 'queued' AND due_at <= now() ORDER BY due_at LIMIT 1),
                (SELECT min(enqueued_at) FROM embedding_jobs WHERE state = 'running')))::float8
        """)
    )
    return QueueFigures(max(COUNTED, queued - running - failed) if more else queued, running, failed, oldest or 0.0)


def _about(connection: Connection, source: str, table: str | None) -> tuple[int, bool]:
    """Rows of `source`, and whether that is the statistics' word for its `table`; without one, at most COUNTED + 1."""
    count = int(
        connection.scalar(text(f"SELECT count(*) FROM (SELECT FROM {source} LIMIT :most) r"), {"most": COUNTED + 1})
        or 0
    )
    if count <= COUNTED or table is None:
        return count, False
    estimate = connection.scalar(
        text("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(:name)"), {"name": table}
    )
    if estimate is None or estimate < 0:  # not analysed yet
        return int(connection.scalar(text(f"SELECT count(*) FROM {source}")) or 0), True
    return max(count, int(estimate)), True


def _freshness(connection: Connection) -> Freshness | None:
    edits, quantiles = connection.execute(
        text("""
            SELECT count(*), percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY taken)
            FROM (
                SELECT seconds, sum(cardinality(seconds)) OVER (ORDER BY finished_at DESC, ctid) - cardinality(seconds) AS newer
                FROM (SELECT ctid, finished_at, seconds FROM embedding_delays
                      WHERE finished_at > now() - interval '1 day' ORDER BY finished_at DESC LIMIT :most) newest
            ) batches CROSS JOIN unnest(seconds) AS taken
            WHERE newer < :most
        """),
        {"most": _RECENT_EDITS},
    ).one()
    return Freshness(edits, round(quantiles[0], 3), round(quantiles[1], 3)) if edits else None


def _others(connection: Connection) -> list[KeptModel]:
    rows = connection.execute(
        text(f"""
            SELECT m.id, m.name, m.state,
                   (SELECT count(*) FROM (SELECT FROM embedding_jobs j WHERE j.model_id = m.id AND j.state <> 'failed'
                                          LIMIT :most) due) AS due,
                   {_INDEX_PERCENT.format(model_id="m.id")} AS index_percent
            FROM embedding_models m WHERE m.state IN ('building', 'standby') ORDER BY m.id
        """),
        {"most": COUNTED + 1},
    )
    return [KeptModel(*row) for row in rows]


def _last_error(connection: Connection) -> str | None:
    """Of a job that was given up; otherwise of one that is to be tried again, and so due later than all others."""
    error: str | None = connection.scalar(
        text("""
            SELECT coalesce(
                (SELECT last_error FROM (SELECT last_error, due_at FROM embedding_jobs WHERE state = 'failed' LIMIT :most) f
                 ORDER BY due_at DESC LIMIT 1),
                (SELECT last_error FROM (SELECT last_error, due_at FROM embedding_jobs WHERE state = 'queued'
                                         ORDER BY due_at DESC LIMIT 100) q
                 WHERE last_error IS NOT NULL ORDER BY due_at DESC LIMIT 1))
        """),
        {"most": COUNTED},
    )
    return error


def progress_notes(figures: EmbeddingFigures) -> list[str]:
    """Sentences on what is not whole yet: embeddings, a model that is built, its index."""
    notes = []
    about = "about " if figures.estimated else ""
    if figures.embedded < figures.creators:
        notes.append(
            f"{about}{figures.creators - figures.embedded:,} of {figures.creators:,} creators are not embedded yet: "
            "they are found by their words."
        )
    if figures.index_percent is not None:
        notes.append(f"The vector index is being made: {figures.index_percent:.0f}%.")
    for other in figures.others:
        if other.index_percent is not None:
            notes.append(
                f"The vector index of model {other.id} ({other.name}) is being made: {other.index_percent:.0f}%."
            )
        elif other.due:
            more = " or more" if other.due > COUNTED else ""
            notes.append(
                f"Model {other.id} ({other.name}, {other.state}): {min(other.due, COUNTED):,}{more} creators are due."
            )
    return [note[0].upper() + note[1:] for note in notes]
