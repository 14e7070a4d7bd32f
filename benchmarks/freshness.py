"""From a creator being added to its being found, by words and by meaning, while one idle worker waits.

python benchmarks/freshness.py --edits 40
"""

import argparse
import threading
import time
from uuid import UUID, uuid4

import numpy as np
from sqlalchemy import text

from influencerflow.campaigns.brief import Brief
from influencerflow.database.engine import Database
from influencerflow.embeddings.registry import ensure_active_model
from influencerflow.evaluation.catalogue import throwaway_database
from influencerflow.matching.schemas import MatchResult
from influencerflow.matching.service import find_matches
from influencerflow.matching.warm import warm_once
from influencerflow.monitoring.figures import embedding_figures
from influencerflow.retrieval.filters import Filters
from influencerflow.sample.load import load_sample
from influencerflow.settings import Settings, load_settings
from influencerflow.worker.worker import Worker

BRIEF = Brief(product_name="Lift Log", brand_name="Ironvale", product_niche="strength training", total_budget=9_000)


def add(database: Database) -> UUID:
    added = uuid4()
    with database.transaction() as connection:
        connection.execute(
            text(
                "INSERT INTO creators (id, name, platform, channel_name, about) VALUES (:id, 'New', 'x', :channel, :about)"
            ),
            {"id": added, "channel": f"c{added.hex}", "about": f"Strength training, {added.hex[:6]}"},
        )
    return added


def find(database: Database, settings: Settings, creator: UUID) -> MatchResult | None:
    with database.snapshot() as connection:
        found = find_matches(connection, settings, BRIEF, Filters(platforms=["x"]), limit=100)
    return next((match for match in found.matches if match.id == str(creator)), None)


def measure(database: Database, settings: Settings) -> tuple[float, float]:
    """Seconds until found at all, and until found by meaning; each includes the search that finds it."""
    creator, began = add(database), time.perf_counter()
    by_words = None
    while True:
        match = find(database, settings, creator)
        now = time.perf_counter() - began
        if match and by_words is None:
            by_words = now
        if match and by_words is not None and match.match_score_basis != "provisional":
            return by_words, now
        time.sleep(0.02)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--edits", type=int, default=40)
    edits, settings = parser.parse_args().edits, load_settings()
    with throwaway_database(settings) as database:
        with database.transaction() as connection:
            ensure_active_model(connection, settings)
        load_sample(database)
        Worker(database, settings).drain()
        warm_once(database, settings)
        with database.transaction() as connection:
            connection.execute(text("DELETE FROM embedding_delays"))
        worker = Worker(database, settings)
        thread = threading.Thread(target=worker.run)
        thread.start()
        taken = np.array([measure(database, settings) for _ in range(edits)])
        worker.stopping.set()
        thread.join()
        with database.transaction() as connection:
            fresh = embedding_figures(connection).freshness
    for name, seconds in zip(("found by words", "found by meaning"), taken.T, strict=True):
        print(f"{name}: p50 {np.median(seconds):.2f} s, p95 {np.percentile(seconds, 95):.2f} s")
    print(f"as `embeddings status` shows it: {fresh}")


if __name__ == "__main__":
    main()
