"""How many of the nearest the index finds, as searches use it, against comparing everybody."""

from collections.abc import Callable
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, text

from influencerflow.embeddings.encoder import Vectors, normalized
from influencerflow.embeddings.registry import EmbeddingModel
from influencerflow.retrieval.conditions import Condition
from influencerflow.retrieval.dense import exact_statement, execute, nearest_statement, prefer_index
from influencerflow.retrieval.plan import first_scan

TOP_K = 20
# Briefs are near creators, but are none: queries lie this far beside stored vectors, which have length 1.
_BESIDE = 0.5


def measure_recall(
    connection: Connection,
    model: EmbeddingModel,
    *,
    queries: int,
    scan: int | None = None,
    on_query: Callable[[], None] = lambda: None,
) -> float | None:
    """Recall@20 over so many queries, 0-1, looking at the `scan` nearest as a plain search does; None without vectors."""
    scan, wanted, found = scan or first_scan(TOP_K, 1.0), 0, 0
    for query in _queries(connection, model, queries):
        exact = _ids(connection, model, query, exact_statement(model, Condition()))
        prefer_index(connection, scan)
        nearest = _ids(connection, model, query, nearest_statement(model, Condition()), scan=scan)
        connection.execute(text("SET LOCAL enable_sort = on"))
        wanted += len(exact)
        found += len(exact & nearest)
        on_query()
    return found / wanted if wanted else None


def _ids(
    connection: Connection, model: EmbeddingModel, query: Vectors, statement: str, scan: int | None = None
) -> set[UUID]:
    parameters = {} if scan is None else {"scan": scan, "model_id": model.id}
    return {row.creator_id for row in execute(connection, statement, query, parameters, depth=TOP_K)}


def _queries(connection: Connection, model: EmbeddingModel, count: int) -> Vectors:
    """Alike in every run, as far as the creators are."""
    rng = np.random.default_rng(17)
    starts = [UUID(bytes=rng.bytes(16)) for _ in range(count)]
    rows = connection.scalars(
        text("""
            SELECT CAST(e.embedding_vector AS text) FROM unnest(CAST(:starts AS uuid[])) AS s (start) CROSS JOIN LATERAL (
                SELECT embedding_vector FROM creator_embeddings
                WHERE model_id = :model_id AND creator_id >= s.start ORDER BY creator_id LIMIT 1
            ) e
        """),
        {"starts": starts, "model_id": model.id},
    ).all()
    if not rows:
        return np.empty((0, model.dimensions), dtype=np.float32)
    vectors = np.array([np.fromstring(row[1:-1], dtype=np.float32, sep=",") for row in rows])
    beside = normalized(rng.normal(size=vectors.shape).astype(np.float32))
    queries: Vectors = normalized(normalized(vectors) + _BESIDE * beside)
    return queries
