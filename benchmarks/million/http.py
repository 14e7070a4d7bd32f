"""The endpoint under load: 16 clients, every brief and filter another, then the same again; and who holds what memory.

    INFLUENCERFLOW_HOME=folder python -m benchmarks.million.http --size 100000 [--profile FILE]

The database is filled beforehand (`load.py`, or by the first run here if it is empty). Clients, server and worker are
processes of their own. The first phase has one client, so that nothing waits for anything: its share of time outside of
PostgreSQL and the encoder is that of the code. The last asks what was asked before, whose query vectors are kept.
"""

import argparse
import json
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
from benchmarks.million.__main__ import ensure_loaded, server_facts
from benchmarks.million.briefs import invented_brief
from benchmarks.million.catalogue import Catalogue
from benchmarks.million.profiles import read_profiles

from influencerflow.database.open import open_database
from influencerflow.settings import load_settings

PATH = "/api/ai/similaritysearch"
REQUESTS = 400


@dataclass(frozen=True, slots=True)
class Sample:
    """Seconds: as the client saw it; as the server did; of these in PostgreSQL and in the encoder."""

    client: float
    total: float
    database: float
    encoder: float


def typical_filters(rng: np.random.Generator) -> dict[str, Any]:
    """What campaign managers narrow by: none, some or many of these; from everybody down to a handful."""
    filters: dict[str, Any] = {}
    if rng.random() < 0.7:
        filters["platforms"] = [str(name) for name in rng.choice(["instagram", "tiktok", "youtube"], 2, replace=False)]
    if rng.random() < 0.6:
        tier = int(rng.integers(3))
        filters |= {"min_followers": (1_000, 10_000, 50_000)[tier], "max_followers": (10_000, 100_000, 500_000)[tier]}
    if rng.random() < 0.4:
        codes = ["US", "GB", "DE", "FR", "ES", "IT", "IN", "BR", "MX", "AT"]
        filters["countries"] = [str(code) for code in rng.choice(codes, int(rng.integers(1, 4)), replace=False)]
    if rng.random() < 0.4:
        filters["min_engagement"] = float(rng.choice([1.0, 2.0, 3.0, 5.0]))
    if rng.random() < 0.3:
        filters["max_rate"] = float(rng.choice([250, 500, 2_000]))
    return filters


def invented_requests(number: int, *, seed: int = 17) -> list[dict[str, Any]]:
    profiles = read_profiles()
    rng = np.random.default_rng(seed)
    requests = []
    for serial in range(number):
        brief = invented_brief(profiles, int(rng.integers(len(profiles.topics))), rng)
        # The name of the product is part of what is encoded: no two briefs are alike.
        named = {**brief.model_dump(mode="json"), "product_name": f"{brief.product_name} No. {serial}"}
        requests.append({**named, **typical_filters(rng), "limit": 20})
    return requests


def ask(client: httpx.Client, body: dict[str, Any]) -> Sample:
    started = time.perf_counter()
    response = client.post(PATH, json=body)
    seconds = time.perf_counter() - started
    response.raise_for_status()
    spent = {
        name: float(ms) / 1000 for name, ms in re.findall(r"(\w+);dur=([\d.]+)", response.headers["server-timing"])
    }
    return Sample(seconds, spent["total"], spent.get("database", 0.0), spent.get("encoder", 0.0))


def load_test(url: str, bodies: Sequence[dict[str, Any]], clients: int, seconds: float) -> tuple[list[Sample], float]:
    """Until the bodies or the time run out; the samples, and how long it took."""
    numbers = count()
    deadline = time.perf_counter() + seconds

    def run() -> list[Sample]:
        samples = []
        with httpx.Client(base_url=url, timeout=300) as client:
            while (number := next(numbers)) < len(bodies) and time.perf_counter() < deadline:
                samples.append(ask(client, bodies[number]))
        return samples

    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        runs = [pool.submit(run) for _ in range(clients)]
        samples = [sample for done in runs for sample in done.result()]
    return samples, time.perf_counter() - started


def summary(name: str, samples: Sequence[Sample], elapsed: float) -> dict[str, Any]:
    """Milliseconds; `outside` is the share of the server's time that is neither PostgreSQL's nor the encoder's."""
    client = [1000 * sample.client for sample in samples]
    outside = sum(s.total - s.database - s.encoder for s in samples) / sum(s.total for s in samples)
    return {
        "phase": name,
        "requests": len(samples),
        "requests a second": round(len(samples) / elapsed, 1),
        "p50_ms": round(float(np.percentile(client, 50)), 1),
        "p95_ms": round(float(np.percentile(client, 95)), 1),
        "database_ms": round(1000 * statistics.fmean(s.database for s in samples), 1),
        "encoder_ms": round(1000 * statistics.fmean(s.encoder for s in samples), 1),
        "outside": round(outside, 3),
    }


def memory(pids: Sequence[int]) -> dict[str, Any]:
    """Megabytes: PSS shares what several processes map among them, RSS counts it for each."""
    found: dict[str, Any] = {}
    for pid in pids:
        with_children = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        for process in with_children:
            kind = _kind(process.cmdline())
            full = process.memory_full_info()
            entry = found.setdefault(kind, {"processes": 0, "pss_mb": 0.0, "largest_rss_mb": 0.0})
            entry["processes"] += 1
            entry["pss_mb"] = round(entry["pss_mb"] + full.pss / 2**20, 1)
            entry["largest_rss_mb"] = round(max(entry["largest_rss_mb"], full.rss / 2**20), 1)
    return found


def _kind(command: Sequence[str]) -> str:
    line = " ".join(command)
    if line.startswith("postgres: "):
        return "PostgreSQL, sessions" if "influencerflow [local]" in line else "PostgreSQL, background"
    if "/postgres" in line:
        return "PostgreSQL, main process"
    return "web process" if "served" in line else "worker"


@contextmanager
def running(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if server.poll() is not None:
            raise SystemExit("the server did not start")
        try:
            if httpx.get(f"{url}/readyz").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise SystemExit("the server is not ready after two minutes")


def phases(url: str, arguments: argparse.Namespace) -> tuple[list[dict[str, Any]], str]:
    bodies = invented_requests(REQUESTS)
    warm, alone, shared = bodies[:5], bodies[5:65], bodies[65:]
    load_test(url, warm, 1, 60)
    done = [summary("1 client, distinct", *load_test(url, alone, 1, arguments.seconds))]
    done.append(
        summary(f"{arguments.clients} clients, distinct", *load_test(url, shared, arguments.clients, arguments.seconds))
    )
    asked = shared[: done[-1]["requests"]]
    done.append(
        summary(f"{arguments.clients} clients, repeated", *load_test(url, asked, arguments.clients, arguments.seconds))
    )
    httpx.post(f"{url}/benchmark/profile", params={"active": True}).raise_for_status()
    load_test(url, alone, 1, arguments.seconds)
    profile = httpx.post(f"{url}/benchmark/profile", params={"active": False}).raise_for_status().json()["report"]
    return done, profile


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=60, help="At most, for each phase.")
    parser.add_argument("--out", type=Path, required=True, help="Folder for http-SIZE.json.")
    parser.add_argument("--profile", type=Path, help="File for the functions that cost most, by cProfile.")
    arguments = parser.parse_args()
    settings = load_settings()
    with open_database(settings, migrating=True) as database, tempfile.TemporaryDirectory() as folder:
        ensure_loaded(database, settings, Catalogue(arguments.size))
        facts = server_facts(database)
        port, pid_file = _free_port(), Path(folder) / "pid"
        url = f"http://127.0.0.1:{port}"
        serve = [sys.executable, "-m", "benchmarks.million.served", "--port", str(port), "--pid-file", str(pid_file)]
        work = [sys.executable, "-m", "influencerflow.cli", "worker"]
        with running(serve) as server, running(work) as worker:
            _wait_until_ready(url, server)
            done, profile = phases(url, arguments)
            postmaster = _postmaster(database.url)
            held = memory([server.pid, worker.pid, *postmaster])
    report = {"creators": arguments.size, "facts": dict(facts), "phases": done, "memory": held}
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / f"http-{arguments.size}.json").write_text(json.dumps(report, indent=1) + "\n")
    print(markdown(report))
    if arguments.profile:
        arguments.profile.write_text(profile)


def _postmaster(url: str) -> list[int]:
    """The server's main process, if it runs here."""
    found = re.search(r"host=([^&]+)", url)
    pid_file = Path(found[1].replace("%2F", "/")) / "postmaster.pid" if found else None
    return [int(pid_file.read_text().splitlines()[0])] if pid_file and pid_file.exists() else []


def markdown(report: dict[str, Any]) -> str:
    lines = [
        f"### {report['creators']:,} creators", "",
        "| phase | requests | a second | p50, ms | p95, ms | PostgreSQL, ms | encoder, ms | outside both |",
        "|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for phase in report["phases"]:
        lines.append(
            f"| {phase['phase']} | {phase['requests']} | {phase['requests a second']} | {phase['p50_ms']} |"
            f" {phase['p95_ms']} | {phase['database_ms']} | {phase['encoder_ms']} | {phase['outside']:.0%} |"
        )
    lines += ["", "| memory | processes | PSS, MB | largest RSS, MB |", "|---|---|---|---|"]
    for kind, held in report["memory"].items():
        lines.append(f"| {kind} | {held['processes']} | {held['pss_mb']} | {held['largest_rss_mb']} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
