"""Leases, fencing and lanes, on committed data: who may write, who takes over, who goes first."""

import threading
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, text
from tests.factories import add_creator
from tests.queue.test_provider_failures import eventually, scalar

from influencerflow.database.engine import Database
from influencerflow.embedding_queue import leases, queue
from influencerflow.embeddings.backfill import enqueue_backfill
from influencerflow.embeddings.encoder import Encoding
from influencerflow.embeddings.local import LocalEncoder
from influencerflow.settings import Settings
from influencerflow.worker.worker import Worker


def worker_with_lease(connection: Connection, seconds: float = 60) -> UUID:
    worker_id = uuid4()
    leases.renew_lease(connection, worker_id, "host", 1, seconds=seconds)
    return worker_id


def claim(connection: Connection, worker_id: UUID, limit: int = 100, lane: int = queue.EDITED) -> list[queue.Job]:
    return queue.claim_jobs(connection, worker_id, lane, {1: limit})


def expire(database: Database, worker_id: UUID) -> None:
    with database.transaction() as connection:
        connection.execute(
            text("UPDATE embedding_workers SET lease_expires_at = now() - interval '1 second' WHERE id = :id"),
            {"id": worker_id},
        )
        leases.reap(connection)


def add_creators(database: Database, number: int) -> None:
    with database.transaction() as connection:
        for _ in range(number):
            add_creator(connection)


def test_a_worker_without_a_lease_gets_nothing(database: Database) -> None:
    add_creators(database, 1)
    with database.transaction() as connection:
        assert claim(connection, uuid4()) == []
        assert claim(connection, worker_with_lease(connection, seconds=-1)) == []


def test_the_jobs_of_a_vanished_worker_come_back_and_it_can_write_no_more(database: Database) -> None:
    add_creators(database, 3)
    with database.transaction() as connection:
        vanished = worker_with_lease(connection)
        jobs = claim(connection, vanished)
    expire(database, vanished)
    with database.transaction() as connection:
        assert len(claim(connection, worker_with_lease(connection))) == 3
        assert queue.finish_jobs(connection, vanished, jobs) == set()
        assert queue.queue_status(connection).running == 3


def test_a_job_that_ended_is_not_taken_for_the_one_that_followed_it(database: Database) -> None:
    """Its old holder, thought dead, holds the new job by now: what it brings is still of the older text."""
    add_creators(database, 1)
    with database.transaction() as connection:
        thought_dead = worker_with_lease(connection)
        old = claim(connection, thought_dead)
    expire(database, thought_dead)
    with database.transaction() as connection:
        other = worker_with_lease(connection)
        assert len(queue.finish_jobs(connection, other, claim(connection, other))) == 1
        connection.execute(text("UPDATE creators SET about = 'newer'"))
        leases.renew_lease(connection, thought_dead, "host", 1, seconds=60)
        assert len(claim(connection, thought_dead)) == 1
        assert queue.finish_jobs(connection, thought_dead, old) == set()


def test_a_text_that_ends_its_worker_stops_in_the_end(database: Database) -> None:
    add_creators(database, 1)
    for _ in range(queue.MAX_LOST_ATTEMPTS):
        with database.transaction() as connection:
            connection.execute(text("UPDATE embedding_jobs SET due_at = now()"))
        with database.transaction() as connection:
            worker_id = worker_with_lease(connection)
            assert len(claim(connection, worker_id)) == 1
        expire(database, worker_id)
    assert scalar(database, "SELECT state FROM embedding_jobs") == "failed"
    assert "vanished 20 times" in str(scalar(database, "SELECT last_error FROM embedding_jobs"))


def test_a_call_longer_than_the_lease_is_made_once(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_creators(database, 2)
    encode, calls, rival = LocalEncoder.encode_document, [], []

    def encode_for_long(self: LocalEncoder, texts: Sequence[str]) -> Encoding:
        calls.append(len(texts))
        before = scalar(database, "SELECT max(lease_expires_at) FROM embedding_workers")
        assert eventually(lambda: scalar(database, "SELECT max(lease_expires_at) FROM embedding_workers") > before)
        with database.transaction() as connection:
            leases.reap(connection)
            rival.extend(claim(connection, worker_with_lease(connection)))
        return encode(self, texts)

    monkeypatch.setattr(LocalEncoder, "encode_document", encode_for_long)
    tally = Worker(database, settings.model_copy(update={"embed_lease_seconds": 1.0})).drain()
    assert (tally.embedded, calls, rival) == (2, [2], [])


def test_an_edit_under_way_neither_waits_nor_is_waited_for(database: Database) -> None:
    add_creators(database, 2)
    with database.transaction() as connection:
        worker_id = worker_with_lease(connection)
        jobs = claim(connection, worker_id)
    with database.transaction() as editing:
        editing.execute(text("SET LOCAL lock_timeout = '5s'"))
        editing.execute(
            text("UPDATE creators SET about = 'newer' WHERE id = :id"), {"id": min(job.creator_id for job in jobs)}
        )
        with database.transaction() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '1s'"))
            assert queue.finish_jobs(connection, worker_id, jobs) == {max(job.creator_id for job in jobs)}
            queue.release_jobs(connection, worker_id)
            leases.reap(connection)
    with database.transaction() as connection:
        assert queue.queue_status(connection).running == 1
        queue.release_strays(connection, worker_id, [])
        assert [job.creator_id for job in claim(connection, worker_id)] == [min(job.creator_id for job in jobs)]


def test_an_edit_goes_before_a_backfill_and_a_thousand_creators_are_one(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(
            text("INSERT INTO creators (name, platform) SELECT 'bulk ' || n, 'x' FROM generate_series(1, 1001) n")
        )
    with database.transaction() as connection:
        edited = add_creator(connection)
    with database.transaction() as connection:
        worker_id = worker_with_lease(connection)
        assert [job.creator_id for job in claim(connection, worker_id)] == [edited]
        assert len(claim(connection, worker_id, 5000, queue.BACKFILL)) == 1001
        # Edited while a backfill has it waiting, a creator changes lanes.
        queue.release_jobs(connection, worker_id)
        connection.execute(text("UPDATE creators SET about = 'now' WHERE name = 'bulk 7'"))
    with database.transaction() as connection:
        assert len(claim(connection, worker_id)) == 2


def test_a_backfill_is_not_starved_by_edits_that_never_end(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_creators(database, 30)
    with database.transaction() as connection:
        connection.execute(text("UPDATE embedding_jobs SET lane = 1"))
    add_creators(database, 30)
    worker = Worker(database, settings.model_copy(update={"embed_batch_size": 1}))
    for _ in range(16):
        assert worker.work_once()
    assert scalar(database, "SELECT count(*) FROM embedding_jobs WHERE lane = 1") == 28


def test_a_creator_that_is_edited_again_and_again_keeps_its_place(database: Database) -> None:
    add_creators(database, 1)
    first = scalar(database, "SELECT due_at FROM embedding_jobs")
    with database.transaction() as connection:
        connection.execute(text("UPDATE creators SET about = 'newer'"))
    assert scalar(database, "SELECT due_at FROM embedding_jobs") == first
    assert scalar(database, "SELECT enqueued_at FROM embedding_jobs") == first


def test_a_backfill_queues_what_has_no_vector_and_mends_what_is_of_another_text(
    database: Database, settings: Settings
) -> None:
    add_creators(database, 4)
    Worker(database, settings).drain()
    with database.transaction() as connection:
        connection.execute(
            text("DELETE FROM creator_embeddings WHERE creator_id = (SELECT min(id::text)::uuid FROM creators)")
        )
        connection.execute(
            text(
                "UPDATE creator_embeddings SET content_hash = 'x' WHERE creator_id = (SELECT max(id::text)::uuid FROM creators)"
            )
        )
        assert enqueue_backfill(connection) == 1
    assert Worker(database, settings).drain().requests == 1
    with database.transaction() as connection:
        assert enqueue_backfill(connection) == 0
        assert enqueue_backfill(connection, every=True) == 4
    tally = Worker(database, settings).drain()
    assert (tally.embedded, tally.requests) == (4, 1)
    assert scalar(database, "SELECT count(*) FROM creator_embeddings WHERE content_hash = 'x'") == 0


@pytest.mark.parametrize("analyzed", [True, False])
def test_claims_read_the_index_however_long_the_queue(database: Database, analyzed: bool) -> None:
    with database.transaction() as connection:
        connection.execute(text("ALTER TABLE creators DISABLE TRIGGER USER"))
        connection.execute(
            text("INSERT INTO creators (name, platform) SELECT 'n' || n, 'x' FROM generate_series(1, 30000) n")
        )
        connection.execute(
            text("INSERT INTO embedding_jobs (model_id, creator_id, lane) SELECT 1, id, 1 FROM creators")
        )
    if analyzed:
        with database.transaction() as connection:
            connection.execute(text("ANALYZE embedding_jobs"))
    plans: list[str] = []
    with database.transaction() as connection:
        worker_id = worker_with_lease(connection)
        connection.execute(text("LOAD 'auto_explain'"))
        for setting in ("log_min_duration = 0", "log_level = 'notice'", "log_nested_statements = off"):
            connection.execute(text(f"SET LOCAL auto_explain.{setting}"))
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.add_notice_handler(lambda notice: plans.append(notice.message_primary or ""))
        connection.execute(text("SET LOCAL client_min_messages = 'notice'"))
        jobs = claim(connection, worker_id, 100, queue.BACKFILL)
        queue.finish_jobs(connection, worker_id, jobs[:50])
        queue.release_jobs(connection, worker_id, jobs[50:])
        leases.reap(connection)
        queue.seconds_until_due(connection, worker_id)
    said = "\n".join(plans)
    assert said.count("embedding_jobs_due_idx") >= 3
    assert "Seq Scan on embedding_jobs" not in said, said


def test_two_workers_share_a_backfill_without_a_call_too_many(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_creators(database, 40)
    sent: list[str] = []
    encode = LocalEncoder.encode_document

    def record(self: LocalEncoder, texts: Sequence[str]) -> Encoding:
        sent.extend(texts)
        return encode(self, texts)

    monkeypatch.setattr(LocalEncoder, "encode_document", record)
    few = settings.model_copy(update={"embed_batch_size": 4})
    workers = [Worker(database, few) for _ in range(2)]
    threads = [threading.Thread(target=worker.drain) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(worker.tally.embedded for worker in workers) == 40
    assert len(sent) == len(set(sent)) == 40
