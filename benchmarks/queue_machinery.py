"""The queue alone: how fast jobs are claimed and finished, however long the queue, beside procrastinate.

    pip install procrastinate    # only for the comparison
    python benchmarks/queue_machinery.py --queue 1000000 --jobs 20000

First a queue of `--queue` jobs: what a claim of 1 and of 2,048 takes, before and after dead rows pile up under a
transaction that keeps them from being cleaned. Then `--jobs` jobs through: the queue's statements alone (claim, finish,
in batches of 2,048 and of 1), the whole worker with an encoder that takes no time and no vector index, and procrastinate
with tasks that do nothing.
"""

import argparse
import asyncio
import importlib.util
import logging
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import numpy as np
import psycopg
from sqlalchemy import Connection, text

from influencerflow.database.embedded import EmbeddedServer
from influencerflow.database.engine import Database
from influencerflow.database.migrate import migrate
from influencerflow.embedding_queue import leases, queue
from influencerflow.embeddings.encoder import Encoding, Vectors
from influencerflow.embeddings.registry import add_model, wrapped_encoders
from influencerflow.settings import Settings
from influencerflow.worker.worker import Worker

DIMENSIONS = 8
LANE = queue.BACKFILL


class Instant:
    provider, name, dimensions = "openai", "instant", DIMENSIONS
    query_centres: Vectors | None = None

    def encode_query(self, texts: Sequence[str]) -> Encoding:
        return self.encode_document(texts)

    def encode_document(self, texts: Sequence[str]) -> Encoding:
        return Encoding(np.full((len(texts), DIMENSIONS), DIMENSIONS**-0.5, dtype=np.float32), len(texts))


def prepare(url: str) -> Database:
    database = Database(url)
    migrate(database)
    with database.transaction() as connection:
        add_model(connection, "openai", "instant", DIMENSIONS, state="active")
    return database


def fill(database: Database, jobs: int) -> None:
    with database.transaction() as connection:
        connection.execute(text("TRUNCATE creators CASCADE"))
        connection.execute(text("ALTER TABLE creators DISABLE TRIGGER USER"))
        connection.execute(
            text("INSERT INTO creators (name, platform) SELECT 'Creator ' || n, 'x' FROM generate_series(1, :n) n"),
            {"n": jobs},
        )
        connection.execute(text("ALTER TABLE creators ENABLE TRIGGER USER"))
        connection.execute(text("SELECT index_creator_texts(array_agg(id)) FROM creators"))
        connection.execute(
            text("INSERT INTO embedding_jobs (model_id, creator_id, lane) SELECT 1, id, 1 FROM creators")
        )
    with database.autocommit() as connection:
        connection.execute(text("VACUUM ANALYZE embedding_jobs"))


def claim_times(database: Database, limit: int, times: int) -> tuple[float, float]:
    """Milliseconds of a claim, median and maximum; what was claimed is given back outside the clock."""
    taken = []
    for _ in range(times):
        worker_id = uuid4()
        with database.transaction() as connection:
            leases.renew_lease(connection, worker_id, "host", 1, seconds=60)
            began = time.perf_counter()
            queue.claim_jobs(connection, worker_id, LANE, {1: limit})
            taken.append(1000 * (time.perf_counter() - began))
            connection.rollback()
    return statistics.median(taken), max(taken)


def pass_through(connection: Connection, batch: int, most: int) -> int:
    worker_id = uuid4()
    done = 0
    leases.renew_lease(connection, worker_id, "host", 1, seconds=600)
    connection.commit()
    while done < most and (jobs := queue.claim_jobs(connection, worker_id, LANE, {1: batch})):
        connection.commit()
        done += len(queue.finish_jobs(connection, worker_id, jobs))
        connection.commit()
    return done


def of_statements(database: Database, batch: int, most: int) -> float:
    with database.engine.connect() as connection:
        began = time.perf_counter()
        done = pass_through(connection, batch, most)
        return done / (time.perf_counter() - began)


def of_worker(database: Database, jobs: int) -> float:
    fill(database, jobs)
    began = time.perf_counter()
    with wrapped_encoders(lambda _encoder: Instant()):
        settings = Settings(openai_base_url="http://127.0.0.1:9/v1", embed_requests_in_flight=2)
        done = Worker(database, settings).drain().embedded
    return done / (time.perf_counter() - began)


def of_procrastinate(url: str, jobs: int) -> float | None:
    if importlib.util.find_spec("procrastinate") is None:
        return None
    import procrastinate

    logging.getLogger("procrastinate").setLevel(logging.ERROR)

    async def run() -> float:
        app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))

        @app.task(name="nothing")
        async def nothing(creator: int) -> None:
            pass

        async with app.open_async():
            await app.schema_manager.apply_schema_async()
            await nothing.batch_defer_async(*({"creator": number} for number in range(jobs)))
            began = time.perf_counter()
            await app.run_worker_async(wait=False, concurrency=20, install_signal_handlers=False)
            return jobs / (time.perf_counter() - began)

    return asyncio.run(run())


def long_queue(database: Database, size: int) -> None:
    began = time.perf_counter()
    fill(database, size)
    print(f"{size:,} jobs queued in {time.perf_counter() - began:,.0f} s")
    for limit in (1, 2048):
        middle, most = claim_times(database, limit, 15)
        print(f"  claim of {limit:>5,}: {middle:>7.1f} ms, at most {most:,.1f}")
    with database.snapshot() as keeping:
        keeping.execute(text("SELECT count(*) FROM embedding_models"))
        with database.engine.connect() as connection:
            done = pass_through(connection, 2048, size // 2)
        middle, most = claim_times(database, 1, 5)
        print(f"  claim of     1 after {done:,} dead rows that cannot be cleaned: {middle:.1f} ms, at most {most:,.1f}")
    middle, most = claim_times(database, 1, 5)
    print(f"  and when that transaction is over: {middle:.1f} ms, at most {most:,.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queue", type=int, default=1_000_000)
    parser.add_argument("--jobs", type=int, default=20_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedServer(Path(folder))
        try:
            database = prepare(server.url)
            long_queue(database, asked.queue)
            fill(database, asked.jobs)
            print(f"claim and finish, 2,048 at a time: {of_statements(database, 2048, asked.jobs):>9,.0f} jobs/s")
            fill(database, asked.jobs)
            print(f"claim and finish, one at a time:   {of_statements(database, 1, asked.jobs // 10):>9,.0f} jobs/s")
            print(f"the worker, instant encoder:       {of_worker(database, asked.jobs):>9,.0f} creators/s")
            with psycopg.connect(server.url, autocommit=True) as connection:
                connection.execute("CREATE DATABASE other")
            other = of_procrastinate(server.url.replace("/influencerflow?", "/other?"), asked.jobs)
            said = f"{other:>9,.0f} jobs/s" if other else "not installed"
            print(f"procrastinate, tasks that do nothing: {said}")
            database.close()
        finally:
            server.close()


if __name__ == "__main__":
    main()
