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
_SOME, _FOR_EACH = 10, 1.1
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
    """Rows of `creator_id` and `distance`, nearest first, ties by id; None where PostgreSQL should do without memory.

    `also`: what has to hold besides, and does for about half of the nearest.
    """
    index = held(connection.engine)
    if index is None or index.model_id != model.id or not model.copied:
        return None
    if filters.audience or filters.past_brands:  # which memory does not know, and which can leave few
        return None
    condition = filters.where().and_also(also)
    may_pass = index.passing(connection, condition)
    if not may_pass.count and not _anybody_changed(connection, index.since):
        return [], Decision(Plan.MEMORY, 0, 0)
    everybody = index.size if may_pass.rows is None else may_pass.count
    tried: list[int] = []
    wanted = _SOME + ceil(_FOR_EACH * depth)
    count = min(wanted if also is None else 2 * wanted, everybody)
    while count <= _MOST:
        near = index.nearest(query, may_pass, count)
        passing = _compare(connection, index.ids_of(near), index.since, query, condition, wanted)
        # Where what memory does not know leaves few of those who seem nearest, the nearest lie further down as well.
        if len(near) < count or count == everybody or 2 * len(passing) >= wanted + depth:
            return passing[:depth], Decision(Plan.MEMORY, may_pass.count, len(near), tuple(tried))
        tried.append(count)
        count = min(everybody, max(2 * count, round(1.2 * count * wanted / max(len(passing), 1))))
    return None


def compare_statement(condition: Condition, since: int) -> str:
    """Of those proposed and those that changed, the nearest who pass.

    OFFSET 0 keeps PostgreSQL from reading the indexes of what is filtered by as well: so few rows are looked at faster.
    `since` is written out, so that a plan for all parameters still knows that few have changed.
    """
    return f"""
        SELECT f.creator_id, f.vector <=> CAST(:query AS halfvec) AS distance
        FROM (
            SELECT * FROM creator_facets
            WHERE (creator_id = ANY (CAST(:proposed AS uuid[])) OR {_changed(since)}) AND vector IS NOT NULL
            OFFSET 0
        ) f
        WHERE {condition.sql} ORDER BY 2, 1 LIMIT :most
    """


def _changed(since: int) -> str:
    return f"changed_by >= CAST('{since:d}' AS xid8)"


def _anybody_changed(connection: Connection, since: int) -> bool:
    statement = f"SELECT EXISTS (SELECT FROM creator_facets WHERE {_changed(since)})"
    return bool(fetch_all(connection, statement, {})[0][0])


def _compare(
    connection: Connection, proposed: str, since: int, query: Vectors, condition: Condition, most: int
) -> Sequence[tuple[Any, ...]]:
    parameters = {**condition.parameters, "proposed": proposed, "query": HalfVector(query), "most": most}
    return fetch_all(connection, compare_statement(condition, since), parameters)
