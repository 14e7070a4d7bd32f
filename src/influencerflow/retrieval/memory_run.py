"""The dense run by way of memory: who may be among the nearest is proposed there, and compared exactly in PostgreSQL."""

from collections.abc import Sequence
from math import ceil
from typing import Any

from pgvector import HalfVector
from sqlalchemy import Connection

from influencerflow.database.driver import fetch_all
from influencerflow.embeddings.encoder import Vectors
from influencerflow.embeddings.registry import EmbeddingModel
from influencerflow.retrieval.conditions import Condition
from influencerflow.retrieval.filters import Filters
from influencerflow.retrieval.memory import held
from influencerflow.retrieval.plan import Decision, Plan

# Compared exactly are so many, and so many for each creator asked for: further down in memory hardly any of the nearest lie
# (docs/decisions/0014-search-memory.md).
_SOME, _FOR_EACH = 15, 1.1
# Where more were to be compared, PostgreSQL is as fast by itself.
_MOST = 20_000


def memory_run(
    connection: Connection,
    model: EmbeddingModel,
    query: Vectors,
    filters: Filters,
    *,
    depth: int,
    also: Condition | None = None,
) -> tuple[Sequence[tuple[Any, ...]], Decision] | None:
    """Rows of `creator_id`, `distance` and what else, nearest first, ties by id; None where PostgreSQL should do without memory.

    `also`: what has to hold besides, and often does among the nearest.
    """
    index = held(connection.engine)
    if index is None or index.model_id != model.id or not model.copied:
        return None
    if filters.audience or filters.past_brands:  # which memory does not know, and which can leave few
        return None
    condition = filters.where().and_also(also)
    may_pass = index.passing(connection, condition)
    estimate = may_pass.count
    if not estimate and not _anybody_changed(connection, index.since):
        return [], Decision(Plan.MEMORY, 0, 0)
    tried: list[int] = []
    wanted = count = min(_SOME + ceil(_FOR_EACH * depth), estimate)
    while count <= _MOST:
        proposed = index.nearest(query, may_pass, count)
        rows = _compare(connection, proposed, index.since, query, condition, depth)
        passing = rows[0][2] if rows else 0
        # Where what memory does not know leaves few of those who seem nearest, the nearest lie further down as well.
        if count >= estimate or 2 * passing >= wanted:
            return rows, Decision(Plan.MEMORY, estimate, count, tuple(tried))
        tried.append(count)
        count = min(estimate, max(2 * count, round(count * wanted / max(passing, 1))))
    return None


def compare_statement(condition: Condition) -> str:
    """Of those proposed and those that changed, the nearest who pass, with how many pass.

    OFFSET 0 keeps PostgreSQL from reading the indexes of what is filtered by as well: so few rows are looked at faster.
    """
    return f"""
        SELECT f.creator_id, f.vector <=> CAST(:query AS halfvec) AS distance, count(*) OVER () AS passing
        FROM (
            SELECT * FROM creator_facets
            WHERE (creator_id = ANY (CAST(:proposed AS uuid[])) OR changed_by >= CAST(:since AS xid8)) AND vector IS NOT NULL
            OFFSET 0
        ) f
        WHERE {condition.sql} ORDER BY 2, 1 LIMIT :depth
    """


def _anybody_changed(connection: Connection, since: int) -> bool:
    statement = "SELECT EXISTS (SELECT FROM creator_facets WHERE changed_by >= CAST(:since AS xid8))"
    return bool(fetch_all(connection, statement, {"since": str(since)})[0][0])


def _compare(
    connection: Connection, proposed: str, since: int, query: Vectors, condition: Condition, depth: int
) -> Sequence[tuple[Any, ...]]:
    parameters = {"proposed": proposed, "since": str(since), "query": HalfVector(query), "depth": depth}
    return fetch_all(connection, compare_statement(condition), {**condition.parameters, **parameters})
