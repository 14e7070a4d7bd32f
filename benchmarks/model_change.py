"""A model change under load: searches from several threads of several processes, all the time, while another model is
added, built by a worker, activated, rolled back and retired.

    python benchmarks/model_change.py                                # the shipped sample, about a minute
    python benchmarks/model_change.py --creators creators.jsonl --processes 4 --threads 4 --seconds 60

The other model is one of 256 dimensions of an OpenAI-compatible server on loopback (hashing_provider.py); the one to begin
with is the settings' own. Every search's answer has to be, to the place, that of the one model or that of the other; what
begins after a change is committed, that of the model changed to.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from importlib.resources import as_file, files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

try:
    from benchmarks.hashing_provider import hashing_provider
except ModuleNotFoundError:  # run as a file
    from hashing_provider import hashing_provider

from influencerflow.campaigns.brief import Brief
from influencerflow.database.engine import Database
from influencerflow.embeddings import lifecycle
from influencerflow.embeddings.index_build import build_index
from influencerflow.embeddings.registry import enqueue_missing, get_model, pinned_model
from influencerflow.evaluation.catalogue import fill_catalogue, throwaway_database
from influencerflow.matching.service import find_matches
from influencerflow.matching.warm import warm_encoders
from influencerflow.retrieval.filters import Filters
from influencerflow.settings import Settings, load_settings
from influencerflow.worker.worker import Worker

NAME, DIMENSIONS = "hashed-256", 256
LIMIT = 20
# Each thread begins a search this often: a rate the machine can bear, so that a wait shows as a wait.
EVERY_SECONDS = 0.25
PHASES = ("before", "building", "changing", "after", "rolled back", "retiring")
# Around the commit of a change, whose moment is known no better than that.
_WINDOW_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Search:
    """Seconds since the epoch; `answer` identifies the creators and their order; `error` instead of it."""

    began: float
    ended: float
    brief: int
    answer: str | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """`marks`: when each phase began. `mixed`: answers that are neither model's, or not that of the model active then."""

    searches: list[Search]
    marks: dict[str, float]
    failed: int
    mixed: int
    by_old: int
    by_new: int


def change_under_load(
    settings: Settings, *, creators: Path | None = None, processes: int = 2, threads: int = 2, seconds: float = 5.0
) -> Result:
    """Runs it in a database of its own that is dropped at the end; `seconds`: of each quiet phase."""
    with hashing_provider() as url, throwaway_database(settings) as database, TemporaryDirectory() as folder:
        both = settings.model_copy(update={"openai_base_url": url})
        with _catalogue(creators) as path:
            fill_catalogue(database, both, path, lambda *_: None)
        with _searching(database, url, Path(folder), processes, threads) as logs:
            marks, changes = _change(database, both, seconds)
        searches = [Search(**json.loads(line)) for log in logs for line in log.read_text().splitlines()]
        expected = changes.pop("expected")
    return _judge(sorted(searches, key=lambda search: search.began), marks, changes, expected)


def briefs() -> list[Brief]:
    raw = json.loads((files("influencerflow.sample") / "campaigns.json").read_text(encoding="utf-8"))
    return [Brief.model_validate({name: item.get(name) for name in Brief.model_fields}) for item in raw]


@contextmanager
def _catalogue(path: Path | None) -> Iterator[Path]:
    if path:
        yield path
        return
    with as_file(files("influencerflow.sample") / "creators.jsonl") as sample:
        yield sample


def _change(database: Database, settings: Settings, seconds: float) -> tuple[dict[str, float], dict[str, Any]]:
    marks = {"before": time.time()}
    time.sleep(seconds)
    marks["building"] = time.time()
    model = lifecycle.register(database, settings, "openai", NAME, DIMENSIONS)
    with database.transaction() as connection:
        enqueue_missing(connection, model)
    Worker(database, settings).drain()
    build_index(database, model)
    expected = [_answers(database, settings, model_id) for model_id in (1, model.id)]
    marks["changing"] = time.time()
    lifecycle.activate(database, settings, model.id)
    activated = (marks["changing"], time.time())
    marks["after"] = time.time() + _WINDOW_SECONDS
    time.sleep(seconds + _WINDOW_SECONDS)
    began = time.time()
    lifecycle.roll_back(database, settings)
    rolled_back = (began, time.time())
    marks["rolled back"] = time.time()
    time.sleep(seconds)
    began = time.time()
    lifecycle.activate(database, settings, model.id)
    again = (began, time.time())
    marks["retiring"] = time.time()
    lifecycle.retire(database, 1)
    time.sleep(seconds)
    return marks, {"changes": [(activated, 1), (rolled_back, 0), (again, 1)], "expected": expected}


def _answers(database: Database, settings: Settings, model_id: int) -> list[str]:
    with database.snapshot() as connection, pinned_model(get_model(connection, model_id)):
        return [_ask(database, settings, brief) for brief in briefs()]


def _ask(database: Database, settings: Settings, brief: Brief) -> str:
    with database.snapshot() as connection:
        found = find_matches(connection, settings, brief, Filters(), limit=LIMIT)
    return hashlib.sha256(" ".join(match.id for match in found.matches).encode()).hexdigest()


def _judge(
    searches: Sequence[Search], marks: dict[str, float], changes: dict[str, Any], expected: list[list[str]]
) -> Result:
    old, new = expected
    if any(one == other for one, other in zip(old, new, strict=True)):
        raise SystemExit("The two models answer a brief alike: nothing could be told from its searches.")
    counted = {"failed": 0, "mixed": 0, "by_old": 0, "by_new": 0}
    for search in searches:
        if search.error:
            counted["failed"] += 1
            continue
        allowed = _allowed(search, changes["changes"])
        by = {0: search.answer == old[search.brief], 1: search.answer == new[search.brief]}
        counted["by_old"] += by[0]
        counted["by_new"] += by[1]
        counted["mixed"] += not any(by[model] for model in allowed)
    return Result(list(searches), marks, **counted)


def _allowed(search: Search, changes: Sequence[tuple[tuple[float, float], int]]) -> set[int]:
    """Which model may have answered: the one active when it began, or one activated until it ended."""
    current, allowed = 0, set[int]()
    for (began, committed), model in changes:
        if search.began >= committed:
            current = model
        elif search.ended >= began:
            allowed.add(model)
    return allowed | {current}


@contextmanager
def _searching(database: Database, url: str, folder: Path, processes: int, threads: int) -> Iterator[list[Path]]:
    """Starts the searching processes, waits until each has found something, and stops them at the end."""
    logs = [folder / f"{number}.jsonl" for number in range(processes)]
    environment = {
        **os.environ,
        "INFLUENCERFLOW_DATABASE_URL": database.url.replace("postgresql+psycopg", "postgresql"),
        "OPENAI_BASE_URL": url,
    }
    command = [sys.executable, __file__, "--search", "--threads", str(threads), "--log"]
    running = [subprocess.Popen([*command, str(log)], env=environment, stdin=subprocess.PIPE) for log in logs]
    try:
        while not all(log.exists() and log.stat().st_size for log in logs):
            if any(process.poll() is not None for process in running):
                raise SystemExit("A searching process ended before it had begun.")
            time.sleep(0.1)
        yield logs
    finally:
        for process in running:
            process.communicate(timeout=60)  # the end of its input tells it to stop


def _search_until_told(log: Path, threads: int) -> None:
    """What a searching process does, as `serve` would: connections of its own, encoders kept warm."""
    settings = load_settings()
    assert settings.database_url is not None  # noqa: S101
    database = Database(settings.database_url.get_secret_value())
    stopping, lock = threading.Event(), threading.Lock()

    def search_on(first: int) -> None:
        asked = briefs()
        number = first
        while not stopping.is_set():
            number = (number + 1) % len(asked)
            began = time.time()
            try:
                outcome = Search(began, 0, number, _ask(database, settings, asked[number]))
            except Exception as error:  # whatever it is, a search has failed
                outcome = Search(began, 0, number, None, f"{type(error).__name__}: {error}")
            outcome = replace(outcome, ended=time.time())
            with lock, log.open("a") as file:
                file.write(json.dumps(asdict(outcome)) + "\n")
            stopping.wait(max(0.0, began + EVERY_SECONDS - outcome.ended))

    with warm_encoders(database, settings):
        workers = [threading.Thread(target=search_on, args=(number,)) for number in range(threads)]
        for worker in workers:
            worker.start()
        sys.stdin.read()
        stopping.set()
        for worker in workers:
            worker.join()
    database.close()


def _print(result: Result) -> None:
    starts = [*result.marks.values(), float("inf")]
    print(f"{'phase':<12} {'searches':>8} {'p50 ms':>7} {'p95 ms':>7} {'p99 ms':>7} {'max ms':>7}")
    for index, phase in enumerate(result.marks):
        taken = [1000 * (s.ended - s.began) for s in result.searches if starts[index] <= s.began < starts[index + 1]]
        if taken:
            p50, p95, p99 = np.percentile(taken, [50, 95, 99])
            print(f"{phase:<12} {len(taken):>8} {p50:>7.0f} {p95:>7.0f} {p99:>7.0f} {max(taken):>7.0f}")
    print(
        f"{len(result.searches):,} searches: {result.failed} failed, {result.mixed} mixed; {result.by_old:,} answered by the "
        f"old model, {result.by_new:,} by the new one."
    )
    for error in sorted({search.error for search in result.searches if search.error})[:5]:
        print(f"  {error}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--creators", type=Path, help="JSONL; default: the shipped sample.")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=10.0, help="Of each phase in which nothing changes.")
    parser.add_argument("--search", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--log", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.search:
        _search_until_told(given.log, given.threads)
        return
    result = change_under_load(
        load_settings(),
        creators=given.creators,
        processes=given.processes,
        threads=given.threads,
        seconds=given.seconds,
    )
    _print(result)
    if result.failed or result.mixed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
