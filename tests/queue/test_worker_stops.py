"""How a worker ends and what it lives through: signals to a real process, a cut connection, a fault nobody foresaw."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import text
from tests.factories import add_creator

from influencerflow.database.engine import Database
from influencerflow.embeddings.encoder import Encoding
from influencerflow.embeddings.local import LocalEncoder
from influencerflow.settings import Settings
from influencerflow.worker import worker as worker_module
from influencerflow.worker.worker import Worker

LISTENERS = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"


def scalars(database: Database, statement: str) -> list[Any]:
    with database.transaction() as connection:
        return list(connection.scalars(text(statement)))


def jobs(database: Database, state: str) -> int:
    return int(scalars(database, f"SELECT count(*) FROM embedding_jobs WHERE state = '{state}'")[0])


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


@contextmanager
def running(worker: Worker) -> Iterator[None]:
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        worker.stopping.set()
        thread.join(timeout=60)
    assert not thread.is_alive()


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.mark.parametrize("arguments", [["worker"], ["worker", "--drain"], ["up", "--no-sample", "--port"]])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_told_to_stop_leaves_nothing_leased(
    database: Database, arguments: list[str], number: signal.Signals
) -> None:
    with database.transaction() as connection:
        for _ in range(1500):
            add_creator(connection, about="hut to hut through the Alps " * 10)
    ours = {key: value for key, value in os.environ.items() if not key.startswith(("INFLUENCERFLOW_", "OPENAI_"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "influencerflow.cli", *arguments, *([free_port()] if "--port" in arguments else [])],
        env={**ours, "INFLUENCERFLOW_DATABASE_URL": database.url, "INFLUENCERFLOW_EMBED_BATCH_SIZE": "200"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    if "--drain" not in arguments:
        assert any("Ctrl-C" in line for line in process.stderr)
    assert eventually(lambda: jobs(database, "running") > 0 or process.poll() is not None)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    interrupted = 130 if number is signal.SIGINT else 143
    assert process.returncode == (interrupted if "--drain" in arguments else 0), said
    assert "Traceback" not in said
    assert jobs(database, "running") == 0
    assert jobs(database, "queued") > 0, "it stopped before the end"
    assert scalars(database, "SELECT max(attempts) FROM embedding_jobs") == [0]


def test_one_listening_connection_is_kept(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "POLL_SECONDS", 0.05)
    looked = 0
    compact = Worker._compact_changes

    def count(self: Worker) -> None:
        nonlocal looked
        looked += 1
        compact(self)

    monkeypatch.setattr(Worker, "_compact_changes", count)
    with running(Worker(database, settings)):
        assert eventually(lambda: len(scalars(database, LISTENERS)) == 1)
        first, before = scalars(database, LISTENERS), looked
        assert eventually(lambda: looked > before + 5)
        assert scalars(database, LISTENERS) == first
    assert eventually(lambda: scalars(database, LISTENERS) == [])


def test_a_notification_wakes_it_long_before_the_next_poll(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "POLL_SECONDS", 10_000)
    with running(Worker(database, settings)):
        assert eventually(lambda: len(scalars(database, LISTENERS)) == 1)
        with database.transaction() as connection:
            add_creator(connection)
        assert eventually(lambda: scalars(database, "SELECT count(*) FROM creator_embeddings") == [1])


def test_a_cut_listening_connection_is_opened_again_and_the_work_goes_on(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "POLL_SECONDS", 0.5)
    with running(Worker(database, settings)):
        assert eventually(lambda: len(scalars(database, LISTENERS)) == 1)
        cut = scalars(database, LISTENERS)
        scalars(database, f"SELECT pg_terminate_backend({cut[0]}, 5000)")
        with database.transaction() as connection:
            add_creator(connection)
        assert eventually(lambda: scalars(database, "SELECT count(*) FROM creator_embeddings") == [1])
        assert eventually(lambda: len(scalars(database, LISTENERS)) == 1)
        assert scalars(database, LISTENERS) != cut


def test_a_database_that_comes_back_is_worked_on_again(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "POLL_SECONDS", 0.1)
    everybody = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() "
    with running(Worker(database, settings)):
        assert eventually(lambda: len(scalars(database, LISTENERS)) == 1)
        scalars(database, everybody + "AND pid <> pg_backend_pid()")
        with database.transaction() as connection:
            add_creator(connection)
        assert eventually(lambda: scalars(database, "SELECT count(*) FROM creator_embeddings") == [1])


def test_an_unforeseen_error_gives_the_batch_back_and_the_worker_lives(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "OUTAGE_PAUSE_SECONDS", 0.05)
    with database.transaction() as connection:
        add_creator(connection)
    encode = LocalEncoder.encode_document
    faults = iter([MemoryError(), RuntimeError("a bug")])

    def fail_twice(self: LocalEncoder, texts: Sequence[str]) -> Encoding:
        for fault in faults:
            raise fault
        return encode(self, texts)

    monkeypatch.setattr(LocalEncoder, "encode_document", fail_twice)
    with running(Worker(database, settings)):
        assert eventually(lambda: scalars(database, "SELECT count(*) FROM creator_embeddings") == [1])
    assert jobs(database, "running") == 0
