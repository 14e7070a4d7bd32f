"""The vector index: built, killed half-way, built again and anew; what searches do without it, and what is advised."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, text
from tests.integration.test_search_plan import CREATORS, HALF, exactly, explain, model, pretended_size, run

from influencerflow.database.engine import Database
from influencerflow.embeddings.index_build import BuildMemory, build_index, build_memory, unfinished_indexes
from influencerflow.embeddings.index_due import WORTH_AN_INDEX
from influencerflow.embeddings.partitions import is_indexed
from influencerflow.embeddings.registry import EmbeddingModel
from influencerflow.errors import ConflictError, InfluencerFlowError
from influencerflow.monitoring.vector_index import (
    IndexFigures,
    TableFigures,
    advise,
    index_figures,
)
from influencerflow.retrieval.dense import nearest_statement
from influencerflow.retrieval.filters import Filters
from influencerflow.retrieval.plan import MIN_SCAN, Plan, estimates
from influencerflow.retrieval.recall import measure_recall

__all__ = ["model"]  # a fixture
pytestmark = pytest.mark.slow


@contextmanager
def older_transaction(database: Database) -> Iterator[None]:
    """Whatever is built concurrently waits for it, half-made."""
    with database.engine.connect() as connection:
        connection.execute(text("SELECT pg_current_xact_id()"))
        connection.execute(text("LOCK TABLE creator_embeddings IN ROW EXCLUSIVE MODE"))
        yield
        connection.rollback()


def building(database: Database) -> list[int]:
    with database.transaction() as connection:
        return list(connection.scalars(text("SELECT pid FROM pg_stat_progress_create_index")))


def await_building(database: Database) -> int:
    for _ in range(600):
        if pids := building(database):
            return pids[0]
        threading.Event().wait(0.05)
    raise AssertionError("nothing is built")


@contextmanager
def build_under_way(database: Database, model: EmbeddingModel, **options: Any) -> Iterator[list[Any]]:
    """A build that waits, half-made, until the block ends; then its outcome is in the list."""
    outcome: list[Any] = []

    def work() -> None:
        try:
            outcome.append(build_index(database, model, **options))
        except Exception as error:
            outcome.append(error)

    thread = threading.Thread(target=work)
    with older_transaction(database):
        thread.start()
        await_building(database)
        yield outcome
    thread.join(timeout=120)


def indexed(database: Database, model: EmbeddingModel) -> tuple[bool, list[str]]:
    with database.transaction() as connection:
        return is_indexed(connection, model), unfinished_indexes(connection, model)


def drop_index(database: Database, model: EmbeddingModel) -> None:
    with database.transaction() as connection:
        connection.execute(text(f"DROP INDEX creator_embeddings_{model.id}_hnsw"))
    estimates(database.engine).indexed.clear()


def test_without_a_whole_index_everything_is_compared(database: Database, model: EmbeddingModel) -> None:
    drop_index(database, model)
    with pretended_size(database, 1_000_000):
        for filters in (Filters(), HALF):
            found = run(database, model, filters)
            assert (found.decision.plan, found.decision.tried) == (Plan.EXACT, ())
            assert found.ids == exactly(database, model, filters)
    assert build_index(database, model)
    assert not build_index(database, model)
    estimates(database.engine).indexed.clear()
    with pretended_size(database, 1_000_000):
        assert run(database, model, Filters()).decision.plan is Plan.HNSW


def test_a_build_that_was_killed_is_never_used_and_made_good(database: Database, model: EmbeddingModel) -> None:
    drop_index(database, model)
    name = f"creator_embeddings_{model.id}_hnsw"
    with build_under_way(database, model) as outcome, database.transaction() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": building(database)[0]})
    assert isinstance(outcome[0], InfluencerFlowError)
    assert indexed(database, model) == (False, [name])
    with pretended_size(database, 1_000_000):
        assert run(database, model, HALF).decision.plan is Plan.EXACT
    with database.transaction() as connection:
        advice = advise(index_figures(connection, model), embedded=True)
    assert (advice[0].what, advice[0].how) == ("Clear away what is half-made", "influencerflow index build")
    assert build_index(database, model)
    assert indexed(database, model) == (True, [])


def test_the_old_index_serves_until_the_new_one_is_done(database: Database, model: EmbeddingModel) -> None:
    def identity() -> Any:
        with database.transaction() as connection:
            return connection.scalar(text(f"SELECT 'creator_embeddings_{model.id}_hnsw'::regclass::oid"))

    before = identity()
    seen: list[tuple[str, float]] = []
    with build_under_way(
        database, model, rebuild=True, on_progress=lambda phase, done: seen.append((phase, done))
    ) as outcome:
        while not seen:
            threading.Event().wait(0.05)
        assert is_valid(database, model)
        used = explain(database, nearest_statement(model, HALF.where()), HALF, MIN_SCAN, model_id=model.id)
        assert f"creator_embeddings_{model.id}_hnsw" in used
        with pytest.raises(ConflictError, match="is being built already"):
            build_index(database, model, rebuild=True)
    assert outcome == [True]
    assert identity() != before
    assert indexed(database, model) == (True, [])
    assert all(0 <= done <= 1 for _, done in seen)


def is_valid(database: Database, model: EmbeddingModel) -> bool:
    return indexed(database, model)[0]


def test_too_little_shared_memory_for_helpers_is_said_and_one_builds_alone(
    database: Database, model: EmbeddingModel
) -> None:
    drop_index(database, model)
    refused: list[str] = []

    def refuse(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
        if "CREATE INDEX CONCURRENTLY" in statement and not refused:
            refused.append(statement)
            message = "could not resize shared memory segment: No space left on device"
            return f"DO $$ BEGIN RAISE EXCEPTION '{message}' USING ERRCODE = '53100'; END $$", {}
        return statement, parameters

    said: list[str] = []
    event.listen(database.engine, "before_cursor_execute", refuse, retval=True)
    try:
        assert build_index(database, model, say=said.append)
    finally:
        event.remove(database.engine, "before_cursor_execute", refuse)
    assert "shared memory" in said[0]
    assert is_valid(database, model)


def test_a_build_gets_what_its_graph_takes_and_says_when_the_server_has_less(
    database: Database, model: EmbeddingModel
) -> None:
    with database.transaction() as connection:
        memory = build_memory(connection, model)
        assert memory == BuildMemory(64 << 20, 64 << 20)
        connection.execute(text("SET LOCAL effective_cache_size = '20MB'"))
        connection.execute(text("SET LOCAL maintenance_work_mem = '1MB'"))
        assert build_memory(connection, model) == BuildMemory(64 << 20, 10 << 20)


def test_recall_is_measured_and_room_left_by_the_deleted_is_seen(database: Database, model: EmbeddingModel) -> None:
    with database.transaction() as connection:
        whole = index_figures(connection, model)
        assert (whole.valid, whole.vectors, whole.copied, whole.uncopied) == (True, CREATORS, True, 0)
        assert whole.unused < 0.05
        assert (measure_recall(connection, model, queries=10) or 0) > 0.9
        narrow, wide = (measure_recall(connection, model, queries=10, scan=scan) or 0 for scan in (20, 1000))
        assert narrow < wide
        connection.execute(text("DELETE FROM creators WHERE followers_count_numeric % 2 = 0"))
    with psycopg.connect(database.url.replace("+psycopg", ""), autocommit=True) as plain:
        plain.execute(f"VACUUM (ANALYZE) creator_embeddings_{model.id}")
    with database.transaction() as connection:
        halved = index_figures(connection, model)
        assert measure_recall(connection, model, queries=5) is not None
    assert halved.unused == pytest.approx(0.5, abs=0.05)
    assert [item.how for item in advise(halved, embedded=True)][:1] == ["influencerflow index build --rebuild"]
    assert build_index(database, model, rebuild=True)
    with database.transaction() as connection:
        assert index_figures(connection, model).unused < 0.05
        connection.execute(text("DELETE FROM creators"))
        assert measure_recall(connection, model, queries=5) is None


WELL = IndexFigures(
    model_id=3,
    model="local",
    valid=True,
    unfinished=[],
    vectors=1_000_000,
    bytes=1 << 30,
    unused=0.02,
    recall=0.995,
    recall_wider=1.0,
    copied=True,
    uncopied=0,
    tables=[TableFigures("creator_facets", 1_000_000, 1_000, 1 << 30, 2.0)],
    shared_buffers=3 << 30,
    effective_cache_size=8 << 30,
    build=BuildMemory(1 << 30, 1 << 30),
)


@pytest.mark.parametrize(
    ("changes", "how"),
    [
        ({}, None),
        ({"valid": False, "recall": None}, "influencerflow index build"),
        ({"valid": False, "recall": None, "vectors": WORTH_AN_INDEX - 1}, None),
        ({"unused": 0.4, "recall": 0.9}, "influencerflow index build --rebuild"),
        ({"recall": 0.97}, "ALTER INDEX creator_embeddings_3_hnsw SET (ef_construction = 128); "
                           "then influencerflow index build --rebuild"),
        ({"uncopied": 7}, "influencerflow worker"),
        ({"copied": False}, "influencerflow worker"),
        ({"tables": [TableFigures("creators", 900_000, 400_000, 1, None)]}, "VACUUM (ANALYZE) creators"),
        ({"tables": [TableFigures("creator_embeddings_3", 900_000, 400_000, 1, None)]},
         "influencerflow index build --rebuild; then VACUUM (ANALYZE) creator_embeddings_3"),
        ({"tables": [TableFigures("creator_embeddings_3", 900, 1_100, 1, None)], "valid": False, "vectors": 900},
         "VACUUM (ANALYZE) creator_embeddings_3"),
        ({"shared_buffers": 1 << 30}, "shared_buffers = 2560MB in postgresql.conf, then restart it"),
        ({"build": BuildMemory(2 << 30, 1 << 30)}, "maintenance_work_mem = 2048MB in postgresql.conf, if the machine has it"),
    ],
)  # fmt: skip
def test_advice(changes: dict[str, Any], how: str | None) -> None:
    advice = advise(replace(WELL, **changes), embedded=False)
    assert [item.how for item in advice] == ([how] if how else [])
