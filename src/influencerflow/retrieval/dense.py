"""The dense run: creators nearest to a query vector, at least as many as asked for if there are that many."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from pgvector import HalfVector
from sqlalchemy import Connection, text

from influencerflow.embeddings.encoder import Vectors
from influencerflow.embeddings.registry import EmbeddingModel
from influencerflow.retrieval.filters import Filters

# Up to here an exact scan is as fast as the index, and never misses a creator (docs/decisions/0004-planner.md).
EXACT_LIMIT = 20_000
# Beyond this depth the index's candidate list (ef_search is at most 1,000) cannot hold the answer with margin.
INDEX_DEPTH = 250


class Plan(StrEnum):
    EXACT = "exact"
    HNSW = "hnsw"


@dataclass(frozen=True, slots=True)
class Focus:
    """Narrows a run beyond the user's filters: a condition over `creators c` and `creator_signals s`."""

    condition: str
    parameters: dict[str, object]


@dataclass(frozen=True, slots=True)
class Candidate:
    """`distance` is the cosine distance, lower is nearer; `rank` counts from 1."""

    creator_id: UUID
    distance: float
    rank: int


def count_matching(connection: Connection, filters: Filters) -> int:
    """How many creators pass the filters, embedded or not."""
    condition, parameters = filters.where()
    return int(connection.scalar(text(f"SELECT count(*) FROM creators c WHERE {condition}"), parameters) or 0)


def choose_plan(matching: int, *, filtered: bool, depth: int) -> Plan:
    """HNSW serves the first pages of a large catalogue without filters or with one that keeps much of it."""
    if depth > INDEX_DEPTH or matching <= depth:
        return Plan.EXACT
    if filtered:
        return Plan.EXACT if matching <= EXACT_LIMIT else Plan.HNSW
    return Plan.HNSW


def dense_statement(
    model: EmbeddingModel, filters: Filters, plan: Plan, focus: Focus | None = None
) -> tuple[str, dict[str, object]]:
    """Orders by the bare distance, which the index serves; adding zero hides it from the index."""
    condition, parameters = filters.where()
    distance = f"e.embedding_vector::halfvec({model.dimensions}) <=> CAST(:query AS halfvec({model.dimensions}))"
    joins = "JOIN creators c ON c.id = e.creator_id" if focus or condition != "true" else ""
    if focus:
        joins += " JOIN creator_signals s ON s.creator_id = e.creator_id"
        condition = f"{condition} AND ({focus.condition})"
        parameters = {**parameters, **focus.parameters}
    order = f"({distance}) + 0" if plan is Plan.EXACT else distance
    # The outer order breaks ties by id, so that pages never shuffle; relaxed iterative scans need it as well.
    statement = f"""
        WITH nearest AS MATERIALIZED (
            SELECT e.creator_id, {distance} AS distance
            FROM creator_embeddings e {joins}
            WHERE e.model_id = :model_id AND {condition}
            ORDER BY {order} {"" if plan is Plan.HNSW else ", e.creator_id"}
            LIMIT :depth
        )
        SELECT creator_id, distance FROM nearest ORDER BY distance, creator_id
    """
    return statement, {"model_id": model.id, **parameters}


def dense_run(
    connection: Connection, model: EmbeddingModel, query: Vectors, filters: Filters, *, depth: int, matching: int
) -> list[Candidate]:
    """The `depth` nearest creators, nearest first: all there are with a vector, where those are fewer.

    `matching`: how many pass the filters.
    """
    if matching == 0:
        return []
    plan = choose_plan(matching, filtered=bool(filters.active()), depth=depth)
    candidates = _execute(connection, model, query, filters, plan, depth)
    if len(candidates) < min(depth, matching):
        candidates = _execute(connection, model, query, filters, Plan.EXACT, depth)
    return candidates


def focused_run(
    connection: Connection, model: EmbeddingModel, query: Vectors, filters: Filters, focus: Focus, *, depth: int
) -> list[Candidate]:
    """The nearest creators among those the focus keeps, by an exact scan, which misses none of them."""
    return _execute(connection, model, query, filters, Plan.EXACT, depth, focus)


def prefer_index(connection: Connection, depth: int) -> None:
    """For the statements that follow: PostgreSQL overestimates what an index scan of this depth costs."""
    connection.execute(
        text("""
            SELECT set_config('hnsw.ef_search', :ef_search, true), set_config('enable_sort', 'off', true),
                   set_config('hnsw.iterative_scan', 'relaxed_order', true)
        """),
        {"ef_search": str(min(1000, max(100, 3 * depth)))},
    )


def _execute(
    connection: Connection,
    model: EmbeddingModel,
    query: Vectors,
    filters: Filters,
    plan: Plan,
    depth: int,
    focus: Focus | None = None,
) -> list[Candidate]:
    if plan is Plan.HNSW:
        prefer_index(connection, depth)
    statement, parameters = dense_statement(model, filters, plan, focus)
    rows = connection.execute(
        text(statement), {**parameters, "query": HalfVector(query).to_text(), "depth": depth}
    ).all()
    if plan is Plan.HNSW:
        connection.execute(text("SET LOCAL enable_sort = on"))
    return [Candidate(row.creator_id, float(row.distance), rank) for rank, row in enumerate(rows, start=1)]
