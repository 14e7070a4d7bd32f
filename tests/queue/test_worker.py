"""The queue and the worker, on committed data."""

import threading
import time
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, text
from tests.factories import add_creator

from influencerflow.database.engine import Database
from influencerflow.embedding_queue import queue
from influencerflow.embedding_queue.leases import renew_lease
from influencerflow.embeddings.encoder import Encoding, RejectedInputError
from influencerflow.embeddings.generate import CreatorNotFoundError, generate_creator_embedding
from influencerflow.embeddings.local import LocalEncoder
from influencerflow.embeddings.text import CreatorProfile, content_hash, creator_text
from influencerflow.settings import Settings
from influencerflow.worker.worker import Worker


def change(database: Database, statement: str, **values: object) -> None:
    with database.transaction() as connection:
        connection.execute(text(statement), values)


def due(database: Database) -> int:
    with database.transaction() as connection:
        return queue.queue_status(connection).queued


def unfinished(database: Database) -> int:
    with database.transaction() as connection:
        status = queue.queue_status(connection)
    return status.queued + status.running


def registered(connection: Connection) -> UUID:
    """A worker with a lease."""
    worker_id = uuid4()
    renew_lease(connection, worker_id, "host", 1, seconds=60)
    return worker_id


def claim(connection: Connection, worker_id: UUID, limit: int) -> list[queue.Job]:
    return queue.claim_jobs(connection, worker_id, queue.EDITED, {1: limit})


@pytest.fixture
def creator(database: Database, settings: Settings) -> UUID:
    """One embedded creator, nothing queued."""
    with database.transaction() as connection:
        added = add_creator(connection)
    Worker(database, settings).drain()
    return added


@pytest.mark.parametrize("column", ["name", "niche", "about"])
def test_a_change_of_text_queues(database: Database, creator: UUID, column: str) -> None:
    change(database, f"UPDATE creators SET {column} = 'something else'")
    assert due(database) == 1


def test_a_change_of_statistics_queues_nothing(database: Database, creator: UUID) -> None:
    change(
        database, "UPDATE creators SET followers_count_numeric = 1, engagement_rate = 9, avg_views = 3, about = about"
    )
    assert due(database) == 0


def test_a_worker_stores_the_vector_of_the_current_text(database: Database, creator: UUID) -> None:
    with database.transaction() as connection:
        row = connection.execute(text("SELECT name, niche, about FROM creators")).one()
        stored = connection.scalar(text("SELECT content_hash FROM creator_embeddings"))
        usage = connection.execute(text("SELECT requests, texts, failures FROM embedding_usage")).one()
    assert stored == content_hash(creator_text(CreatorProfile(*row)))
    assert usage == (1, 1, 0)


def test_a_stopped_worker_finishes_later_what_was_queued_meanwhile(database: Database, settings: Settings) -> None:
    with database.transaction() as connection:
        for _ in range(5):
            add_creator(connection)
    worker = Worker(database, settings)
    thread = threading.Thread(target=worker.run)
    thread.start()
    deadline = time.monotonic() + 60
    while unfinished(database) and time.monotonic() < deadline:  # what is running when a worker stops is given back
        time.sleep(0.05)
    worker.stopping.set()
    thread.join(timeout=30)
    assert not thread.is_alive()
    with database.transaction() as connection:
        add_creator(connection)
    assert due(database) == 1
    assert Worker(database, settings).drain().embedded == 1
    assert due(database) == 0


def test_two_workers_never_hold_one_job(database: Database) -> None:
    with database.transaction() as connection:
        for _ in range(6):
            add_creator(connection)
    with database.transaction() as first, database.transaction() as second:
        mine = claim(first, registered(first), 4)
        theirs = claim(second, registered(second), 4)
    assert (len(mine), len(theirs)) == (4, 2)
    assert not {job.creator_id for job in mine} & {job.creator_id for job in theirs}


def test_a_text_edited_while_it_is_embedded_is_embedded_again(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as connection:
        creator = add_creator(connection)
    encode = LocalEncoder.encode_document
    edits = iter(["Newer bio"])

    def encode_while_edited(self: LocalEncoder, texts: Sequence[str]) -> Encoding:
        for about in edits:
            change(database, "UPDATE creators SET about = :about", about=about)
        return encode(self, texts)

    monkeypatch.setattr(LocalEncoder, "encode_document", encode_while_edited)
    worker = Worker(database, settings)
    assert worker.work_once()
    with database.transaction() as connection:
        assert connection.scalar(text("SELECT count(*) FROM creator_embeddings")) == 0
    worker.drain()
    with database.transaction() as connection:
        stored = connection.scalar(
            text("SELECT content_hash FROM creator_embeddings WHERE creator_id = :id"), {"id": creator}
        )
        row = connection.execute(text("SELECT name, niche, about FROM creators")).one()
    assert row.about == "Newer bio"
    assert stored == content_hash(creator_text(CreatorProfile(*row)))


def test_a_poisonous_input_fails_alone(database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.transaction() as connection:
        for number in range(7):
            add_creator(connection, about="poison" if number == 3 else "fine")
    encode = LocalEncoder.encode_document

    def refuse_poison(self: LocalEncoder, texts: Sequence[str]) -> Encoding:
        if any("poison" in value for value in texts):
            raise RejectedInputError("cannot read this")
        return encode(self, texts)

    monkeypatch.setattr(LocalEncoder, "encode_document", refuse_poison)
    tally = Worker(database, settings).drain()
    assert (tally.embedded, tally.failed) == (6, 1)
    with database.transaction() as connection:
        assert (
            connection.scalar(text("SELECT last_error FROM embedding_jobs WHERE state = 'failed'"))
            == "cannot read this"
        )
        assert queue.retry_failed(connection) == 1


def test_the_guides_function(database: Database, settings: Settings, creator: UUID) -> None:
    result = generate_creator_embedding(str(creator), database=database, settings=settings)
    assert result == {"creator_id": str(creator), "embedding_updated": True, "embedding_dimensions": 384}
    with pytest.raises(CreatorNotFoundError, match="not found"):
        generate_creator_embedding(str(uuid4()), database=database, settings=settings)
    with pytest.raises(ValueError, match="not found"):
        generate_creator_embedding("nobody", database=database, settings=settings)


def test_a_deleted_creator_leaves_nothing_behind(database: Database, creator: UUID) -> None:
    change(database, "UPDATE creators SET about = 'edited'")
    change(database, "DELETE FROM creators")
    with database.transaction() as connection:
        for table in ("creator_embeddings", "embedding_jobs"):
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0
