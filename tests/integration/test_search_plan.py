"""Which plan PostgreSQL chose, and that no plan loses a creator."""

import numpy as np
import pytest
from pgvector import HalfVector
from sqlalchemy import text

from influencerflow.database.engine import Database
from influencerflow.embeddings.registry import EmbeddingModel, active_model
from influencerflow.retrieval import dense
from influencerflow.retrieval.dense import INDEX_DEPTH, Plan, dense_run, dense_statement
from influencerflow.retrieval.filters import Filters

CREATORS = 3_000


@pytest.fixture
def model(database: Database) -> EmbeddingModel:
    """Random vectors: the plan depends on how many there are, not on what they mean."""
    rng = np.random.default_rng(7)
    with database.transaction() as connection:
        model = active_model(connection)
        connection.execute(
            text("""
                INSERT INTO creators (name, platform, channel_name, followers_count_numeric)
                SELECT 'C' || n, 'instagram', 'c' || n, n FROM generate_series(1, :n) n
            """),
            {"n": CREATORS},
        )
        ids = connection.scalars(text("SELECT id FROM creators")).all()
        connection.execute(
            text("INSERT INTO creator_embeddings VALUES (:model, :id, CAST(:vector AS halfvec), '')"),
            [{"model": model.id, "id": id_, "vector": HalfVector(rng.normal(size=384)).to_text()} for id_ in ids],
        )
        connection.execute(text("ANALYZE"))
    return model


QUERY = np.ones(384, dtype=np.float32)


def explain(database: Database, model: EmbeddingModel, filters: Filters, plan: Plan, depth: int = 20) -> str:
    statement, parameters = dense_statement(model, filters, plan)
    with database.transaction() as connection:
        if plan is Plan.HNSW:
            dense.prefer_index(connection, depth)
        values = {**parameters, "query": HalfVector(QUERY).to_text(), "depth": depth}
        return "\n".join(connection.scalars(text(f"EXPLAIN {statement}"), values))


@pytest.mark.parametrize("depth", [20, INDEX_DEPTH])
def test_a_plain_search_uses_the_vector_index(database: Database, model: EmbeddingModel, depth: int) -> None:
    assert dense.choose_plan(CREATORS, filtered=False, depth=depth) is Plan.HNSW
    used = explain(database, model, Filters(), Plan.HNSW, depth)
    assert f"Index Scan using creator_embeddings_{model.id}_hnsw" in used


def test_the_statements_after_a_search_are_planned_as_ever(database: Database, model: EmbeddingModel) -> None:
    with database.transaction() as connection:
        dense_run(connection, model, QUERY, Filters(), depth=20, matching=CREATORS)
        assert connection.scalar(text("SHOW enable_sort")) == "on"


def test_a_narrow_filter_scans_exactly(database: Database, model: EmbeddingModel) -> None:
    assert dense.choose_plan(50, filtered=True, depth=20) is Plan.EXACT
    assert "hnsw" not in explain(database, model, Filters(max_followers=50), Plan.EXACT)


@pytest.mark.parametrize(("most", "expected"), [(7, 7), (50, 20), (2_500, 20)])
def test_exactly_as_many_as_there_are(database: Database, model: EmbeddingModel, most: int, expected: int) -> None:
    filters = Filters(max_followers=most)
    with database.transaction() as connection:
        matching = dense.count_matching(connection, filters)
        run = dense_run(connection, model, QUERY, filters, depth=20, matching=matching)
    assert (matching, len(run)) == (most, expected)


def test_a_plan_that_returns_too_few_is_followed_by_the_exact_one(
    database: Database, model: EmbeddingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "choose_plan", lambda *_args, **_kwargs: Plan.HNSW)
    filters = Filters(min_followers=CREATORS - 9)
    with database.transaction() as connection:
        connection.execute(text("SET LOCAL hnsw.max_scan_tuples = 1"))
        run = dense_run(connection, model, QUERY, filters, depth=10, matching=10)
    assert len(run) == 10
    assert [candidate.distance for candidate in run] == sorted(candidate.distance for candidate in run)
