"""Filtered search side by side, every engine over the same invented catalogue, query by query in turn.

    INFLUENCERFLOW_HOME=folder python -m benchmarks.million --size 100000 --out docs/benchmarks

The database the settings name is filled if it is empty, and used as it is if it holds this very catalogue. Unless
`--no-delete` is given, a second phase deletes a tenth of the creators from every engine, vacuums, and measures again.
"""

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from benchmarks.million.briefs import invented_queries
from benchmarks.million.buckets import Bucket, make_buckets
from benchmarks.million.catalogue import Catalogue
from benchmarks.million.engines import PEERS
from benchmarks.million.engines.base import Data, Engine
from benchmarks.million.engines.ours import Ours
from benchmarks.million.engines.postgres import Guide, Pgvector
from benchmarks.million.load import load, plain_url
from benchmarks.million.measure import TUNING_QUERIES, Contestant, Judge, contestants, measure_all, tune
from benchmarks.million.report import Phase, write_report
from benchmarks.million.truth import Truth
from sqlalchemy import text

from influencerflow.database.engine import Database
from influencerflow.database.open import open_database
from influencerflow.errors import ConflictError
from influencerflow.settings import Settings, load_settings

DELETED = 0.1
_STARTED = time.monotonic()


def say(what: str) -> None:
    print(f"{time.monotonic() - _STARTED:6.0f} s  {what}", flush=True)


def ensure_loaded(database: Database, settings: Settings, catalogue: Catalogue) -> None:
    """Raises ConflictError when other creators are there."""
    with database.transaction() as connection:
        count = connection.scalar(text("SELECT count(*) FROM creators")) or 0
        first = next(iter(catalogue.blocks())).frame["id"]
        known = connection.scalar(
            text("SELECT count(*) FROM creators WHERE id = ANY (CAST(:ids AS uuid[]))"), {"ids": first.to_list()}
        )
    if count == 0:
        load(database, settings, catalogue, say=say)
    elif count != catalogue.size or known != len(first):
        raise ConflictError("The database holds other creators.", remedy="Name another INFLUENCERFLOW_HOME.")


def prepare(truth: Truth, buckets: list[Bucket], engines: Sequence[Engine]) -> list[Contestant]:
    """Builds what is not built, and tunes what has knobs."""
    data = Data(truth.attributes, truth.vectors)
    taking_part: list[Contestant] = []
    for engine in engines:
        started = time.monotonic()
        engine.build(data)
        say(f"{engine.name} built in {time.monotonic() - started:.0f} s")
        if not engine.settings:
            taking_part.append(Contestant(engine.name, engine))
            continue
        measured = tune(engine, buckets, Judge(truth))
        taking_part += contestants(engine, measured)
        say(f"{engine.name} tuned")
    return taking_part


def delete_some(truth: Truth, engines: Sequence[Engine]) -> None:
    rng = np.random.default_rng(13)
    rows = rng.choice(len(truth.alive), round(DELETED * len(truth.alive)), replace=False)
    truth.alive[rows] = False
    listed = [int(row) for row in rows]

    # One after the other: a long statement of one would hold up the vacuum of the next.
    for engine in engines:
        started = time.monotonic()
        engine.delete(listed)
        say(f"{engine.name}: deleted and vacuumed in {time.monotonic() - started:.0f} s")


def server_facts(database: Database) -> Mapping[str, Any]:
    names = ("shared_buffers", "effective_cache_size", "work_mem", "maintenance_work_mem")
    with database.transaction() as connection:
        shown = [f"{name} {connection.scalar(text(f'SHOW {name}'))}" for name in names]
        version = connection.scalar(text("SHOW server_version"))
        pgvector = connection.scalar(text("SELECT extversion FROM pg_extension WHERE extname = 'vector'"))
    return {
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "PostgreSQL": f"{version}, pgvector {pgvector}, {', '.join(shown)}",
    }


def main() -> None:
    arguments = _arguments()
    settings = load_settings()
    catalogue = Catalogue(arguments.size)
    with ExitStack() as stack:
        database = stack.enter_context(open_database(settings, migrating=True))
        ensure_loaded(database, settings, catalogue)
        truth = Truth.of(catalogue)
        queries = invented_queries(catalogue.profiles, arguments.queries + TUNING_QUERIES)
        buckets = list(make_buckets(truth, catalogue.profiles, catalogue.mixture, queries))
        say(f"{len(buckets)} buckets of {arguments.queries} queries")
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        engines = [_engine(name, database, truth.positions, folder) for name in ("ours", *arguments.engines)]
        for engine in engines:
            stack.callback(engine.close)
        taking_part = prepare(truth, buckets, engines)
        phases = [Phase("After the build", buckets, measure_all(buckets, taking_part, Judge(truth), say))]
        if arguments.delete:
            delete_some(truth, engines)
            buckets = list(make_buckets(truth, catalogue.profiles, catalogue.mixture, queries))
            results = measure_all(buckets, taking_part, Judge(truth), say)
            phases.append(Phase("After deleting 10% and vacuuming", buckets, results))
        facts = {**server_facts(database), "whole run": f"{(time.monotonic() - _STARTED) / 60:.0f} minutes"}
    heading = f"{arguments.size:,} creators"
    write_report(arguments.out, f"filtered-{arguments.size}", heading, phases, facts)
    say(f"written to {arguments.out}")


def _engine(name: str, database: Database, positions: Mapping[UUID, int], folder: Path) -> Engine:
    if name == "ours":
        return Ours(database, positions)
    if name == "pgvector":
        return Pgvector(plain_url(database), positions)
    if name == "guide":
        return Guide(plain_url(database), positions)
    return PEERS[name](folder / name)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=100_000, help="How many creators.")
    parser.add_argument("--queries", type=int, default=20, help="Queries a bucket; slow engines are asked fewer.")
    parser.add_argument("--out", type=Path, required=True, help="Folder for the table, the figures and the picture.")
    parser.add_argument("--engines", nargs="*", default=["pgvector", "guide"], choices=("pgvector", "guide", *PEERS))
    parser.add_argument("--delete", action=argparse.BooleanOptionalAction, default=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
