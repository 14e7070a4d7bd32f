"""How long the figures of `embeddings status`, the page and /metrics take in a large catalogue, a backfill under way or not.

    python benchmarks/status_figures.py --creators 1000000

Creators and vectors are written directly, without triggers and without a vector index: only counting is measured.
"""

import argparse
import statistics
import time

from sqlalchemy import text

from influencerflow.database.engine import Database
from influencerflow.embeddings.registry import add_model, ensure_active_model
from influencerflow.evaluation.catalogue import throwaway_database
from influencerflow.monitoring.figures import embedding_figures
from influencerflow.monitoring.models import model_figures
from influencerflow.settings import load_settings

DIMENSIONS = 8


def fill(database: Database, creators: int) -> int:
    """Creators, a vector each in a model of eight dimensions; returns the model's id."""
    settings = load_settings()
    with database.transaction() as connection:
        local = ensure_active_model(connection, settings)
        model = add_model(connection, "openai", "small", DIMENSIONS)
        connection.execute(text("UPDATE embedding_models SET state = 'standby' WHERE id = :id"), {"id": local.id})
        connection.execute(text("UPDATE embedding_models SET state = 'active' WHERE id = :id"), {"id": model.id})
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(
            text("""
                INSERT INTO creators (name, platform, channel_name)
                SELECT 'Creator ' || n, 'instagram', 'c' || n FROM generate_series(1, :n) n
            """),
            {"n": creators},
        )
        connection.execute(
            text("""
                INSERT INTO creator_embeddings (model_id, creator_id, embedding_vector, content_hash)
                SELECT :id, id, array_fill(0.5, ARRAY[CAST(:dimensions AS integer)])::halfvec, '' FROM creators
            """),
            {"id": model.id, "dimensions": DIMENSIONS},
        )
    _analyze(database)
    return local.id


def queue_everybody(database: Database, model_id: int) -> None:
    with database.transaction() as connection:
        connection.execute(text("SELECT enqueue_missing_embeddings(:id)"), {"id": model_id})
    _analyze(database)


def _analyze(database: Database) -> None:
    with database.autocommit() as connection:
        connection.execute(text("VACUUM ANALYZE"))


def measure(database: Database, title: str) -> None:
    taken: dict[str, list[float]] = {"status": [], "models list": [], "counting creators": []}
    for _ in range(11):
        for name, read in (
            ("status", embedding_figures),
            ("models list", model_figures),
            ("counting creators", lambda connection: connection.scalar(text("SELECT count(*) FROM creators"))),
        ):
            with database.transaction() as connection:
                started = time.perf_counter()
                read(connection)
                taken[name].append(1000 * (time.perf_counter() - started))
    medians = ", ".join(f"{name} {statistics.median(values):.1f} ms" for name, values in taken.items())
    print(f"{title}: {medians}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--creators", type=int, default=100_000)
    creators = parser.parse_args().creators
    with throwaway_database(load_settings()) as database:
        other = fill(database, creators)
        measure(database, f"{creators:,} creators, all embedded")
        queue_everybody(database, other)
        measure(database, "The same with everybody queued for another model")


if __name__ == "__main__":
    main()
