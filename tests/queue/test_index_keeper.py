"""The vector index a model gets by itself: not before its first load is over, and then whatever happened meanwhile."""

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pgvector import HalfVector
from sqlalchemy import text

from influencerflow.cli.backfill import drain_until_told
from influencerflow.database.engine import Database
from influencerflow.embedding_queue.queue import backfill_waits
from influencerflow.embeddings import index_due
from influencerflow.embeddings.index_build import build_index
from influencerflow.embeddings.index_due import models_without_index
from influencerflow.embeddings.partitions import is_indexed
from influencerflow.embeddings.registry import EmbeddingModel, active_model, add_model
from influencerflow.monitoring.figures import embedding_figures, progress_notes
from influencerflow.settings import Settings
from influencerflow.worker import index_keeper
from influencerflow.worker.index_keeper import IndexKeeper
from influencerflow.worker.worker import Worker

WORTH = 40


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_due, "WORTH_AN_INDEX", WORTH)
    monkeypatch.setattr(index_keeper, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(index_keeper, "PAUSE_SECONDS", 0.05)


@pytest.fixture
def model(database: Database) -> EmbeddingModel:
    with database.transaction() as connection:
        return active_model(connection)


def add_creators(database: Database, number: int, *, lane: int = 1) -> None:
    """Queued for every model, as those of a large import are."""
    with database.transaction() as connection:
        connection.execute(
            text("""
                INSERT INTO creators (name, platform, channel_name, about)
                SELECT 'C' || n, 'instagram', gen_random_uuid(), 'Barbell training' FROM generate_series(1, :n) n
            """),
            {"n": number},
        )
        connection.execute(text("UPDATE embedding_jobs SET lane = :lane"), {"lane": lane})


def write_vectors(database: Database, model: EmbeddingModel, most: int) -> None:
    """Ends jobs as a worker would."""
    rng = np.random.default_rng(3)
    with database.transaction() as connection:
        ids = connection.scalars(
            text("DELETE FROM embedding_jobs WHERE creator_id IN (SELECT creator_id FROM embedding_jobs LIMIT :most) "
                 "AND model_id = :model RETURNING creator_id"),
            {"most": most, "model": model.id},
        ).all()  # fmt: skip
        connection.execute(
            text("INSERT INTO creator_embeddings VALUES (:model, :id, CAST(:vector AS halfvec), '')"),
            [
                {"model": model.id, "id": id_, "vector": HalfVector(rng.normal(size=model.dimensions)).to_text()}
                for id_ in ids
            ],
        )


def indexed(database: Database, model: EmbeddingModel) -> bool:
    with database.transaction() as connection:
        return is_indexed(connection, model)


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_the_index_is_made_when_the_load_is_over_and_not_before(database: Database, model: EmbeddingModel) -> None:
    add_creators(database, WORTH + 20)
    write_vectors(database, model, WORTH + 19)
    keeper = IndexKeeper(database)
    keeper.look()
    assert not indexed(database, model)
    write_vectors(database, model, 1)
    keeper.look()
    assert indexed(database, model)


def test_a_worker_makes_it_after_a_load(database: Database, settings: Settings, model: EmbeddingModel) -> None:
    add_creators(database, WORTH)
    worker = Worker(database, settings)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        assert eventually(lambda: indexed(database, model))
    finally:
        worker.stopping.set()
        thread.join(30)
    assert not thread.is_alive()


def test_a_drain_makes_it_at_the_end(
    database: Database, settings: Settings, model: EmbeddingModel, capsys: pytest.CaptureFixture[str]
) -> None:
    add_creators(database, WORTH)
    drain_until_told(database, settings)
    assert indexed(database, model)
    assert "Making the vector index of model 1" in capsys.readouterr().err


def test_edits_and_what_is_to_be_tried_again_later_do_not_put_it_off(database: Database, model: EmbeddingModel) -> None:
    add_creators(database, WORTH)
    write_vectors(database, model, WORTH)
    add_creators(database, 1, lane=0)
    with database.transaction() as connection:
        assert not backfill_waits(connection, model.id)
        connection.execute(text("UPDATE embedding_jobs SET lane = 1, due_at = now() + interval '1 minute'"))
        assert not backfill_waits(connection, model.id)
        connection.execute(text("UPDATE embedding_jobs SET state = 'running'"))
        assert backfill_waits(connection, model.id)
        connection.execute(text("UPDATE embedding_jobs SET state = 'failed'"))
    IndexKeeper(database).look()
    assert indexed(database, model)


def test_few_vectors_need_none_and_a_model_that_is_built_waits_for_its_build(
    database: Database, model: EmbeddingModel
) -> None:
    add_creators(database, WORTH)
    write_vectors(database, model, WORTH - 1)
    with database.transaction() as connection:
        assert models_without_index(connection) == []
    write_vectors(database, model, 1)
    with database.transaction() as connection:
        assert models_without_index(connection) == [model]
        connection.execute(text("UPDATE embedding_models SET state = 'standby'"))
        add_model(connection, "openai", "other", 8, state="active")
        assert [other.id for other in models_without_index(connection)] == [model.id]
        connection.execute(text("UPDATE embedding_models SET state = 'building' WHERE id = 1"))
        assert models_without_index(connection) == []


def test_a_load_that_stands_still_gets_its_index_all_the_same(
    database: Database, model: EmbeddingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_keeper, "STALLED_SECONDS", 0.5)
    add_creators(database, WORTH + 20)
    write_vectors(database, model, WORTH)
    keeper = IndexKeeper(database)
    keeper.look()
    time.sleep(0.6)
    write_vectors(database, model, 10)
    assert eventually(lambda: _written(database, model) == WORTH + 10)
    keeper.look()
    assert not indexed(database, model), "it grew since the last look"
    time.sleep(0.6)
    keeper.look()
    assert indexed(database, model)


def _written(database: Database, model: EmbeddingModel) -> int:
    with database.transaction() as connection:
        return index_due.written(connection, model)


def test_what_a_killed_build_left_is_made_good_and_a_build_of_others_is_left_alone(
    database: Database, model: EmbeddingModel
) -> None:
    add_creators(database, WORTH)
    write_vectors(database, model, WORTH)
    said: list[Any] = []
    done = threading.Event()
    keeping = threading.Thread(target=lambda: said.append(IndexKeeper(database).keep(done)))
    with database.engine.connect() as older:
        older.execute(text("LOCK TABLE creator_embeddings IN ROW EXCLUSIVE MODE"))
        other = threading.Thread(target=lambda: _suppressing(lambda: build_index(database, model)))
        other.start()
        assert eventually(lambda: _building(database) != [])
        keeping.start()
        time.sleep(0.3)
        assert len(_building(database)) == 1
        with database.transaction() as connection:
            assert "The vector index is being made: " in progress_notes(embedding_figures(connection))[-1]
        with database.transaction() as connection:
            connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": _building(database)[0]})
        other.join(30)
        assert not indexed(database, model)
        older.rollback()
    try:
        assert eventually(lambda: indexed(database, model))
    finally:
        done.set()
        keeping.join(30)


def _building(database: Database) -> list[int]:
    with database.transaction() as connection:
        return list(connection.scalars(text("SELECT pid FROM pg_stat_progress_create_index")))


def _suppressing(work: Callable[[], object]) -> None:
    try:
        work()
    except Exception as error:
        assert "terminat" in str(error)  # noqa: PT017
