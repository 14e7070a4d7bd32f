"""A day's new figures for the whole catalogue: the product's way, and the same with the vectors inside the table.

    INFLUENCERFLOW_HOME=folder python -m benchmarks.million.refresh --size 100000

Followers, engagement and average views of every creator change. The product's vectors live in a table of their own; a table
that holds them beside the figures, as the original guide has it, makes a new version of the vector's row, and HNSW has
to take it in. That table gets only a part of the creators, and a part of these is updated, since it is so slow: a smaller
graph is quicker to insert into, so this flatters it. What the measurement changed is put back.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import psycopg
from benchmarks.million.__main__ import ensure_loaded, say
from benchmarks.million.catalogue import Catalogue
from benchmarks.million.engines.postgres import SCHEMA
from benchmarks.million.load import plain_url, prepare_builds

from influencerflow.creators.importing.refresh import READING, refresh_creators
from influencerflow.creators.importing.service import ImportOptions
from influencerflow.database.engine import Database
from influencerflow.database.open import open_database
from influencerflow.settings import load_settings

INSIDE = f"{SCHEMA}.inside"
# How many creators the table with vectors inside gets, and how many of them are updated.
INSIDE_CREATORS, INSIDE_UPDATED = 100_000, 2_000
FIGURES = ("followers_count_numeric", "engagement_rate", "avg_views")


def new_figures(connection: psycopg.Connection[Any]) -> pl.DataFrame:
    """A few percent more or less than yesterday for everybody."""
    rng = np.random.default_rng(23)
    statement = f"SELECT id::text, {', '.join(FIGURES)} FROM creators"
    frame = pl.DataFrame(connection.execute(statement).fetchall(), schema=["id", *FIGURES], orient="row")
    change = pl.Series(rng.lognormal(0.005, 0.02, len(frame)))
    return frame.with_columns(
        (pl.col("followers_count_numeric") * change + 1).cast(pl.Int64),
        (pl.col("engagement_rate") / change).round(2).clip(0.0, 100.0),
        (pl.col("avg_views") * change + 1).cast(pl.Int64),
    )


def refresh(connection: psycopg.Connection[Any], table: str, figures: pl.DataFrame) -> float:
    """Seconds for a COPY into a temporary table and one UPDATE, committed."""
    started = time.perf_counter()
    with connection.transaction():
        connection.execute(
            "CREATE TEMP TABLE day (id uuid PRIMARY KEY, followers_count_numeric bigint, engagement_rate float8,"
            " avg_views bigint) ON COMMIT DROP"
        )
        with connection.cursor().copy("COPY day FROM STDIN (FORMAT csv)") as copy:
            copy.write(figures.write_csv(include_header=False))
        connection.execute("ANALYZE day")
        assignments = ", ".join(f"{name} = d.{name}" for name in FIGURES)
        connection.execute(f"UPDATE {table} t SET {assignments} FROM day d WHERE d.id = t.id")
    return time.perf_counter() - started


def build_inside(connection: psycopg.Connection[Any], dimensions: int) -> None:
    """Figures, their B-trees and the vector with its HNSW index in one table."""
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    connection.execute(f"DROP TABLE IF EXISTS {INSIDE}")
    connection.execute(
        f"""
        CREATE TABLE {INSIDE} AS
        SELECT c.id, {", ".join(FIGURES)}, e.embedding_vector::halfvec({dimensions}) AS embedding
        FROM creators c JOIN creator_embeddings e ON e.creator_id = c.id LIMIT {INSIDE_CREATORS}
        """
    )
    connection.execute(f"ALTER TABLE {INSIDE} ADD PRIMARY KEY (id)")
    for name in FIGURES:
        connection.execute(f"CREATE INDEX ON {INSIDE} ({name})")
    prepare_builds(connection, INSIDE_CREATORS)
    connection.execute(f"CREATE INDEX ON {INSIDE} USING hnsw (embedding halfvec_cosine_ops)")
    connection.execute(f"VACUUM (ANALYZE) {INSIDE}")


def updates(connection: psycopg.Connection[Any]) -> tuple[int, int]:
    """Of `creators` so far, and how many of them left its indexes alone (HOT)."""
    time.sleep(1.5)  # servers report once a second
    connection.execute("SELECT pg_stat_clear_snapshot()")
    row = connection.execute(
        "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'creators'"
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=100_000)
    arguments = parser.parse_args()
    settings = load_settings()
    catalogue = Catalogue(arguments.size)
    with open_database(settings, migrating=True) as database:
        ensure_loaded(database, settings, catalogue)
        with psycopg.connect(plain_url(database), autocommit=True) as connection:
            try:
                measure(database, connection, catalogue)
            finally:
                connection.execute(f"DROP TABLE IF EXISTS {INSIDE}")


def command(database: Database, figures: pl.DataFrame) -> tuple[float, float]:
    """Seconds `creators refresh` takes for a CSV file: to read, match and check it, and to apply it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "figures.csv"
        figures.write_csv(file)
        started = time.perf_counter()
        checked = 0.0

        def note(done: float) -> None:
            nonlocal checked
            checked = checked if done > READING else time.perf_counter() - started

        result = refresh_creators(database, file, ImportOptions(), progress=note)
        whole = time.perf_counter() - started
    if result.rejections:
        raise SystemExit(f"{len(result.rejections):,} rows were rejected: {result.rejections[0]}")
    return checked, whole - checked


def measure(database: Database, connection: psycopg.Connection[Any], catalogue: Catalogue) -> None:
    figures = new_figures(connection)
    yesterday = pl.concat(block.frame.select("id", *FIGURES) for block in catalogue.blocks())
    for day, rows in (("first day", figures), ("second day", yesterday)):
        before = updates(connection)
        reading, writing = command(database, rows)
        seconds = reading + writing
        say(f"ours, {day}: {len(rows):,} creators in {seconds:.1f} s, {len(rows) / seconds:,.0f} a second")
        say(f"  {reading:.1f} s to read the file, {writing:.1f} s to match and write")
        updated, hot = (now - then for now, then in zip(updates(connection), before, strict=True))
        say(f"  {hot / max(1, updated):.0%} of the updates of creators left its indexes alone (HOT)")
        connection.execute("VACUUM (ANALYZE) creators, creator_facets")
    queued = connection.execute("SELECT count(*) FROM embedding_jobs").fetchone()
    say(f"queued to be embedded again: {queued[0] if queued else 0}")
    build_inside(connection, catalogue.mixture.centres.shape[1])
    held = pl.Series([str(row[0]) for row in connection.execute(f"SELECT id FROM {INSIDE}").fetchall()])
    some = figures.filter(pl.col("id").is_in(held.implode())).head(INSIDE_UPDATED)
    inside = refresh(connection, INSIDE, some)
    say(f"vectors inside, {len(held):,} creators: {len(some):,} in {inside:.1f} s, {len(some) / inside:,.0f} a second")
    say(f"ratio {(len(figures) / seconds) / (len(some) / inside):,.0f}")


if __name__ == "__main__":
    main()
