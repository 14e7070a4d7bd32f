"""The dense run: creators nearest to a query vector, exactly as many as asked for if there are that many."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from pgvector import HalfVector
from sqlalchemy import Connection, Row, text

from influencerflow.embeddings.encoder import Vectors
from influencerflow.embeddings.registry import EmbeddingModel
from influencerflow.retrieval.conditions import Condition
from influencerflow.retrieval.filters import Filters
from influencerflow.retrieval.memory_run import memory_run
from influencerflow.retrieval.plan import (
    AT_ONCE,
    MAX_EF_SEARCH,
    Decision,
    Plan,
    catalogue_size,
    estimate_share,
    first_scan,
    index_pays,
    index_serves,
    known_share,
    next_scan,
)

# How many candidates a brief's widest run brings.
CANDIDATE_DEPTH = 250


@dataclass(frozen=True, slots=True)
class Candidate:
    """`distance` is the cosine distance, lower is nearer; `rank` counts from 1."""

    creator_id: UUID
    distance: float
    rank: int


@dataclass(frozen=True, slots=True)
class Run:
    """Nearest first, ties by id."""

    candidates: list[Candidate]
    decision: Decision

    @property
    def ids(self) -> list[UUID]:
        return [candidate.creator_id for candidate in self.candidates]


def dense_run(connection: Connection, model: EmbeddingModel, query: Vectors, filters: Filters, *, depth: int) -> Run:
    """The `depth` nearest creators that pass: all there are with a vector, where those are fewer.

    From what memory proposes, where the catalogue is held there. Otherwise by PostgreSQL alone:
    first what passes is compared at once, as far as it is few. If it is many, the share that passes is estimated, and
    whichever is cheaper is taken: to compare them all, or to take the nearest of all from the index and drop those that do
    not pass. If too few of them pass, more are taken, until comparing all is cheaper.
    """
    if remembered := memory_run(connection, model, query, filters, depth=depth):
        rows, decision = remembered
        return Run(candidates(rows), decision)
    condition = filters.where()
    share = known_share(connection, condition) if condition.asks else 1.0
    if condition.asks and (share is None or share * catalogue_size(connection) < 3 * AT_ONCE):
        few = _few(connection, model, query, condition, depth)
        if few is not None:
            return few
    if share is None:
        share = estimate_share(connection, condition)
    matches = max(share * catalogue_size(connection), float(depth))
    found = walk(connection, model, query, condition, depth=depth, scan=first_scan(depth, share), matches=matches)
    if found.candidates:
        return found
    rows = execute(connection, exact_statement(model, condition), query, condition.parameters, depth=depth)
    return Run(candidates(rows), replace(found.decision, plan=Plan.EXACT, scanned=None))


def walk(
    connection: Connection,
    model: EmbeddingModel,
    query: Vectors,
    condition: Condition,
    *,
    depth: int,
    scan: int,
    matches: float = math.inf,
) -> Run:
    """By the index, farther and farther while that pays; without candidates when it does not, or without an index.

    `matches`: how many pass, where that was estimated.
    """
    estimate = round(matches) if math.isfinite(matches) else None
    tried: list[int] = []
    while index_pays(scan, matches) and index_serves(connection, model):
        rows = _nearest(connection, model, query, condition, scan=scan, depth=depth)
        if len(rows) >= depth:
            return Run(candidates(rows), Decision(Plan.HNSW, estimate, scan, tuple(tried)))
        tried.append(scan)
        scan = next_scan(depth, scan, len(rows))
    return Run([], Decision(Plan.HNSW, estimate, scan, tuple(tried)))


def exact_statement(model: EmbeddingModel, condition: Condition) -> str:
    """Compares every creator that passes. No index serves `creator_facets.vector`, so none is taken by mistake."""
    source, where, distance = compared(model, condition)
    return f"SELECT f.creator_id, {distance} AS distance FROM {source} WHERE {where} ORDER BY 2, 1 LIMIT :depth"


def few_statement(model: EmbeddingModel, condition: Condition) -> str:
    """The same of the first AT_ONCE that are found, and how many those were."""
    source, where, distance = compared(model, condition)
    return f"""
        WITH passing AS MATERIALIZED (
            SELECT f.creator_id, {distance} AS distance FROM {source} WHERE {where} LIMIT :at_once
        )
        SELECT creator_id, distance, (SELECT count(*) FROM passing) AS passing
        FROM passing ORDER BY distance, creator_id LIMIT :depth
    """


def nearest_statement(model: EmbeddingModel, condition: Condition) -> str:
    """The nearest by the index, and of those the ones that pass. The inner order is by the bare distance, which the index
    serves; the outer one makes it exact, and breaks ties.
    """
    dimensions = model.dimensions
    distance = f"e.embedding_vector::halfvec({dimensions}) <=> CAST(:query AS halfvec({dimensions}))"
    kept = f"JOIN creator_facets f ON f.creator_id = n.creator_id WHERE {condition.sql}" if condition.asks else ""
    return f"""
        WITH nearest AS MATERIALIZED (
            SELECT e.creator_id, {distance} AS distance FROM creator_embeddings e
            WHERE e.model_id = :model_id ORDER BY {distance} LIMIT :scan
        )
        SELECT n.creator_id, n.distance FROM nearest n {kept} ORDER BY n.distance, n.creator_id LIMIT :depth
    """


def prefer_index(connection: Connection, scan: int) -> None:
    """For the statements that follow: PostgreSQL overestimates what an index scan of this depth costs."""
    connection.execute(
        text("""
            SELECT set_config('hnsw.ef_search', :ef_search, true), set_config('enable_sort', 'off', true),
                   set_config('hnsw.iterative_scan', :iterative, true), set_config('hnsw.max_scan_tuples', :scan, true)
        """),
        {
            "ef_search": str(min(MAX_EF_SEARCH, scan)),
            "iterative": "relaxed_order" if scan > MAX_EF_SEARCH else "off",
            "scan": str(2 * scan),
        },
    )


def _nearest(
    connection: Connection, model: EmbeddingModel, query: Vectors, condition: Condition, *, scan: int, depth: int
) -> Sequence[Row[Any]]:
    prefer_index(connection, scan)
    parameters = {**condition.parameters, "scan": scan, "model_id": model.id}
    rows = execute(connection, nearest_statement(model, condition), query, parameters, depth=depth)
    connection.execute(text("SET LOCAL enable_sort = on"))
    return rows


def _few(connection: Connection, model: EmbeddingModel, query: Vectors, condition: Condition, depth: int) -> Run | None:
    """None if more pass than are compared at once."""
    parameters = {**condition.parameters, "at_once": AT_ONCE}
    rows = execute(connection, few_statement(model, condition), query, parameters, depth=depth)
    passing = rows[0].passing if rows else 0
    return Run(candidates(rows), Decision(Plan.EXACT, passing)) if passing < AT_ONCE else None


def compared(model: EmbeddingModel, condition: Condition) -> tuple[str, str, str]:
    """What to compare: FROM, WHERE and the distance. Until an activated model is copied, its own table is joined."""
    if model.copied:
        present = "f.vector IS NOT NULL"
        where = f"{present} AND {condition.sql}" if condition.asks else present
        return "creator_facets f", where, "f.vector <=> CAST(:query AS halfvec)"
    joined = f"JOIN creator_embeddings e ON e.creator_id = f.creator_id AND e.model_id = {model.id:d}"
    return f"creator_facets f {joined}", condition.sql, "e.embedding_vector <=> CAST(:query AS halfvec)"


def execute(
    connection: Connection, statement: str, query: Vectors, parameters: Mapping[str, Any], *, depth: int
) -> Sequence[Row[Any]]:
    return connection.execute(
        text(statement), {**parameters, "query": HalfVector(query).to_text(), "depth": depth}
    ).all()


def candidates(rows: Sequence[Sequence[Any]]) -> list[Candidate]:
    """`rows` begin with `creator_id` and `distance`."""
    return [Candidate(row[0], float(row[1]), rank) for rank, row in enumerate(rows, start=1)]
