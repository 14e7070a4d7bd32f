"""How fast creators become searchable: InfluencerFlow beside the guide's worker and the common recipe, one provider for all.

    python benchmarks/embedding_throughput.py --creators 24000 --workers 2 --seconds 120

The provider takes 200 ms a request and has the limits of OpenAI's first paid tier (3,000 requests and a million tokens a
minute). All creators are inserted at once, each way in a database of its own; a way that has not embedded all of them
after `--seconds` is judged by how far it came. Then, with nothing else to do, creators are edited one a second.

- guide: a row trigger notifies, one worker embeds one creator a call and writes it into `creators` (ivfflat index).
- recipe: a row trigger queues, every 10 seconds 10 threads take 10 creators each, one call a creator (pgmq, pg_cron).
- influencerflow: statement triggers, batches, `--workers` processes with four requests in flight each. The workers make the
  HNSW index when the load is over, from 20,000 creators on; until it is there, searches compare every vector.
- index kept: the same with the index there from the beginning and kept at every write.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.row_by_row import (
    DIMENSIONS,
    GUIDE_TRIGGER,
    MODEL,
    PLATFORM,
    RECIPE_TRIGGER,
    Way,
    guides_worker,
    recipes_worker,
)

from influencerflow.database.embedded import EmbeddedServer
from influencerflow.database.engine import Database
from influencerflow.database.migrate import migrate
from influencerflow.embeddings.index_build import build_index
from influencerflow.embeddings.index_due import WORTH_AN_INDEX
from influencerflow.embeddings.registry import add_model

WHOLE_INDEX = "SELECT FROM pg_index WHERE indexrelid = to_regclass('creator_embeddings_1_hnsw') AND indisvalid"
ABOUT = "Barbell training for busy people, hut to hut through the Alps, and what I cook afterwards. Part "


@dataclass(frozen=True)
class Result:
    name: str
    rows_a_second: float
    # The same until the vector index is there, too.
    indexed_a_second: float
    bulk_p50: float
    whole: bool
    calls_a_row: float
    edit_p50: float


@contextmanager
def running(way: Way, work: Callable[[Way, str], None], provider: str) -> Iterator[None]:
    thread = threading.Thread(target=work, args=[way, provider])
    thread.start()
    time.sleep(2)  # until it listens: what is notified before is lost
    try:
        yield
    finally:
        way.stopping.set()
        thread.join()


@contextmanager
def our_workers(url: str, provider: str, number: int) -> Iterator[None]:
    ours = {
        **os.environ, "INFLUENCERFLOW_DATABASE_URL": url, "OPENAI_BASE_URL": provider, "OPENAI_API_KEY": "unused",
    }  # fmt: skip
    command = [sys.executable, "-m", "influencerflow.cli", "worker"]
    processes = [
        subprocess.Popen(command, env=ours, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        for _ in range(number)
    ]
    for process in processes:
        next(line for line in process.stderr or [] if "Waiting" in line)
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.communicate()


def measure(way: Way, creators: int, seconds: float) -> Result:
    with psycopg.connect(way.url, autocommit=True) as connection:
        began = time.time()
        connection.execute(
            "INSERT INTO creators (name, platform, niche, about) SELECT 'Creator ' || n, 'instagram', 'fitness', %s || n"
            " FROM generate_series(1, %s) n",
            [ABOUT, creators],
        )
        times = wait_for(connection, way, creators, seconds)
        ages = [moment - began for moment in times]
        whole = len(ages) >= creators
        taken = indexed = max(ages) if whole else seconds
        if whole and way.name == "influencerflow" and creators >= WORTH_AN_INDEX:
            while connection.execute(WHOLE_INDEX).fetchone() is None:
                time.sleep(0.1)
            indexed = time.time() - began
        rate = len(ages) / taken
        calls = calls_of(connection, way)
        bulk_p50 = median(ages) if whole else creators / 2 / max(rate, 1e-9)
        edit_p50 = median(edit_ages(connection, way)) if whole else float("nan")
    return Result(way.name, rate, len(ages) / indexed, bulk_p50, whole, calls / max(len(ages), 1), edit_p50)


def wait_for(connection: psycopg.Connection[Any], way: Way, creators: int, seconds: float) -> list[float]:
    deadline = time.monotonic() + seconds
    while True:
        done = connection.execute(f"SELECT count(*) FROM ({way.embedded}) e").fetchone()
        if (done and done[0] >= creators) or time.monotonic() > deadline:
            rows = connection.execute(f"SELECT extract(epoch FROM at)::float8 FROM ({way.embedded}) e").fetchall()
            return [row[0] for row in rows]
        time.sleep(0.25)


def calls_of(connection: psycopg.Connection[Any], way: Way) -> int:
    if way.name in ("guide", "recipe"):
        return way.calls
    row = connection.execute("SELECT sum(requests) FROM embedding_usage").fetchone()
    return int(row[0]) if row and row[0] else 0


def edit_ages(connection: psycopg.Connection[Any], way: Way, edits: int = 15) -> list[float]:
    """From an edit to the vector of it, one a second."""
    ages = []
    ids = [row[0] for row in connection.execute("SELECT id FROM creators LIMIT %s", [edits]).fetchall()]
    for creator_id in ids:
        began = time.time()
        connection.execute("UPDATE creators SET about = about || '!' WHERE id = %s", [creator_id])
        newer = f"SELECT 1 FROM ({way.embedded}) e WHERE id = %s AND at > to_timestamp(%s)"
        while connection.execute(newer, [creator_id, began]).fetchone() is None:
            time.sleep(0.01)
        ages.append(time.time() - began)
        time.sleep(max(0.0, 1 - ages[-1]))
    return ages


def new_database(server: EmbeddedServer, name: str) -> str:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.url.replace("/influencerflow?", f"/{name}?")


def platform(server: EmbeddedServer, name: str, trigger: str) -> Way:
    url = new_database(server, name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(PLATFORM + trigger)
    return Way(name, url, "SELECT id, embedded_at AS at FROM creators WHERE embedded_at IS NOT NULL")


def ours(server: EmbeddedServer, *, index_kept: bool) -> Way:
    url = new_database(server, "index_kept" if index_kept else "ours")
    database = Database(url)
    migrate(database)
    with database.transaction() as connection:
        model = add_model(connection, "openai", MODEL, DIMENSIONS, state="active")
    if index_kept:
        build_index(database, model)
    database.close()
    name = "index kept" if index_kept else "influencerflow"
    return Way(name, url, "SELECT creator_id AS id, embedded_at AS at FROM creator_embeddings")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--creators", type=int, default=24_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=120)
    asked = parser.parse_args()
    provider = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("provider.py")), "--port", "0", "--latency", "0.2",
         "--requests-per-minute", "3000", "--tokens-per-minute", "1000000"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    address = next(iter(provider.stdout or [])).strip()
    results = []
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedServer(Path(folder))
        try:
            for way, work in (
                (platform(server, "guide", GUIDE_TRIGGER), guides_worker),
                (platform(server, "recipe", RECIPE_TRIGGER), recipes_worker),
            ):
                with running(way, work, address):
                    results.append(measure(way, asked.creators, asked.seconds))
            for index_kept in (True, False):
                way = ours(server, index_kept=index_kept)
                with our_workers(way.url, address, asked.workers):
                    results.append(measure(way, asked.creators, asked.seconds))
        finally:
            server.close()
            provider.terminate()
    report(results, asked.creators)


def report(results: list[Result], creators: int) -> None:
    slowest = results[0].rows_a_second
    columns = ("rows/s", "x guide", "with index", "calls a row", f"p50 of {creators:,}", "p50 of an edit")
    print(f"{'':>15}" + "".join(f" {title:>14}" for title in columns))
    for result in results:
        cells = (
            f"{result.rows_a_second:,.1f}",
            f"{result.rows_a_second / slowest:,.1f}",
            f"{result.indexed_a_second:,.1f}",
            f"{result.calls_a_row:.4f}",
            f"{'' if result.whole else '~'}{result.bulk_p50:,.1f} s",
            f"{result.edit_p50:,.2f} s",
        )
        print(f"{result.name:>15}" + "".join(f" {cell:>14}" for cell in cells))


if __name__ == "__main__":
    main()
