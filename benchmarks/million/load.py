"""Fills the product's own tables with an invented catalogue, vectors and indexes included.

    INFLUENCERFLOW_HOME=folder python -m benchmarks.million.load --size 1000000

The database is the one the settings name, and has to be empty. What the product does row by row is done in bulk: rows and
vectors come by COPY, the trigger that would queue every creator is off meanwhile, search documents come from the
product's own SQL function, what the worker reads from a text from its own Python one (of the text alone, once for
every text). Nothing stays queued.
"""

import argparse
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
from benchmarks.million.catalogue import Block, Catalogue
from psycopg.types.json import Jsonb

from influencerflow.creators.signals import LEXICON_VERSION
from influencerflow.database.engine import Database
from influencerflow.database.open import open_database
from influencerflow.embeddings.index_build import build_index
from influencerflow.embeddings.registry import EmbeddingModel, ensure_active_model
from influencerflow.errors import ConflictError
from influencerflow.settings import Settings, load_settings

COLUMNS = (
    "id", "name", "platform", "channel_name", "niche", "about", "followers_count", "followers_count_numeric",
    "engagement_rate", "avg_views", "collaboration_rate", "country", "language", "audience", "past_brands", "updated_at",
)  # fmt: skip
# What an HNSW graph of these vectors takes while it is built, and a little more.
_BYTES_PER_CREATOR = 3_000


def load(database: Database, settings: Settings, catalogue: Catalogue, say: Callable[[str], None] = print) -> None:
    """Raises ConflictError when the catalogue has creators already."""
    with database.transaction() as connection:
        model = ensure_active_model(connection, settings)
    with psycopg.connect(plain_url(database), autocommit=True) as connection:
        if connection.execute("SELECT EXISTS (SELECT FROM creators)").fetchone() != (False,):
            raise ConflictError("The catalogue is not empty.", remedy="Name another INFLUENCERFLOW_HOME.")
        started = time.monotonic()

        def note(what: str) -> None:
            say(f"{time.monotonic() - started:6.0f} s  {what}")

        with _without_indexes(connection, model, catalogue.size, note):
            _copy_all(connection, model, catalogue)
            note("creators and vectors copied")
            _write_signals(plain_url(database), catalogue)
            note("texts read")
        build_index(database, model, say=note)
        note("vector index")
        connection.execute("VACUUM (ANALYZE)")
        note("analysed")


def plain_url(database: Database) -> str:
    return database.url.replace("postgresql+psycopg://", "postgresql://")


@contextmanager
def _without_indexes(
    connection: psycopg.Connection[Any], model: EmbeddingModel, size: int, note: Callable[[str], None]
) -> Iterator[None]:
    """Takes away what slows a load, and makes it anew: every index that no constraint needs, and the queueing trigger."""
    definitions = connection.execute(
        """
        SELECT format('%%I', c.relname), pg_get_indexdef(i.indexrelid)
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE (i.indrelid IN ('creators'::regclass, %s::regclass)
               OR i.indrelid IN (SELECT r.conrelid FROM pg_constraint r JOIN pg_class t ON t.oid = r.conrelid
                                 WHERE r.contype = 'f' AND r.confrelid = 'creators'::regclass AND t.relkind = 'r'))
          AND NOT c.relispartition
          AND NOT EXISTS (SELECT FROM pg_constraint p WHERE p.conindid = i.indexrelid)
        ORDER BY c.relname
        """,
        [f"creator_embeddings_{model.id}"],
    ).fetchall()
    for name, _ in definitions:
        connection.execute(f"DROP INDEX {name}")
    connection.execute("ALTER TABLE creators DISABLE TRIGGER creators_enqueue_inserted")
    yield
    connection.execute("ALTER TABLE creators ENABLE TRIGGER creators_enqueue_inserted")
    prepare_builds(connection, size)
    for name, definition in definitions:
        connection.execute(definition)
        note(f"index {name}")


def prepare_builds(connection: psycopg.Connection[Any], size: int) -> None:
    """Room and helpers for the session's index builds."""
    megabytes = max(64, size * _BYTES_PER_CREATOR // 2**20)
    connection.execute(f"SET maintenance_work_mem = '{megabytes}MB'")
    connection.execute(f"SET max_parallel_maintenance_workers = {max(0, (os.cpu_count() or 1) - 1)}")


def _copy_all(connection: psycopg.Connection[Any], model: EmbeddingModel, catalogue: Catalogue) -> None:
    """The next block is made while the last one is copied."""
    blocks = catalogue.blocks()
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(next, blocks, None)
        while block := coming.result():
            coming = ahead.submit(next, blocks, None)
            with connection.transaction():
                copy_creators(connection, block)
                copy_vectors(connection, model, block)


def copy_creators(connection: psycopg.Connection[Any], block: Block) -> None:
    with connection.cursor().copy(f"COPY creators ({', '.join(COLUMNS)}) FROM STDIN (FORMAT csv)") as copy:
        copy.write(block.frame.select(COLUMNS).write_csv(include_header=False))


def copy_vectors(connection: psycopg.Connection[Any], model: EmbeddingModel, block: Block) -> None:
    statement = (
        "COPY creator_embeddings (model_id, creator_id, embedding_vector, content_hash) FROM STDIN (FORMAT binary)"
    )
    with connection.cursor().copy(statement) as copy:
        copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8) + _binary_rows(model, block) + b"\xff\xff")


def _binary_rows(model: EmbeddingModel, block: Block) -> bytes:
    """PostgreSQL's binary COPY format: a count of fields, then length and value of each, big-endian throughout."""
    count, dimensions = block.vectors.shape
    rows = np.zeros(
        count,
        dtype=[
            ("fields", ">i2"), ("l1", ">i4"), ("model", ">i4"), ("l2", ">i4"), ("creator", "V16"),
            ("l3", ">i4"), ("dimensions", ">i2"), ("unused", ">i2"), ("vector", ">u2", (dimensions,)),
            ("l4", ">i4"), ("hash", "V32"),
        ],
    )  # fmt: skip
    rows["fields"], rows["model"], rows["dimensions"] = 4, model.id, dimensions
    rows["l1"], rows["l2"], rows["l3"], rows["l4"] = 4, 16, 4 + 2 * dimensions, 32
    rows["creator"] = np.array([UUID(value).bytes for value in block.frame["id"]], dtype="V16")
    rows["vector"] = block.vectors.astype(np.float16).view(np.uint16)
    rows["hash"] = np.array(_hashes(block), dtype="V32")
    return rows.tobytes()


def _hashes(block: Block) -> list[bytes]:
    """As `content_hash(creator_text(...))` for texts of which everything counts; a test compares the two."""
    columns = (block.frame[name] for name in ("name", "niche", "about"))
    return [hashlib.sha256("\n".join(filter(None, row)).encode()).digest() for row in zip(*columns, strict=True)]


def _write_signals(url: str, catalogue: Catalogue) -> None:
    """Documents are as costly as the rest together: every core takes a part of the creators."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS invented_profiles")
        connection.execute(
            """
            CREATE UNLOGGED TABLE invented_profiles (about text, topics jsonb, topic_keys text[], countries text[],
                language text, gender text, account text, inferred_niche text, flags text[])
            """
        )
        with connection.cursor().copy("COPY invented_profiles FROM STDIN") as copy:
            for profile in catalogue.profiles.distinct():
                read = profile.signals
                copy.write_row(
                    (profile.about, Jsonb(read.topics), read.topic_keys, list(read.countries), read.language,
                     read.gender, read.account, read.inferred_niche, list(read.flags))
                )  # fmt: skip
        connection.execute("ANALYZE creators, invented_profiles")
        parts = os.cpu_count() or 1
        with ThreadPoolExecutor(parts) as pool:
            list(pool.map(lambda part: _write_part(url, part, parts), range(parts)))
        connection.execute("DROP TABLE invented_profiles")


def _write_part(url: str, part: int, parts: int) -> None:
    edges = [UUID(int=min(2**128 - 1, step * 2**128 // parts)) for step in (part, part + 1)]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            """
            INSERT INTO creator_signals (creator_id, document, topics, topic_keys, countries, language, gender, account,
                                         inferred_niche, flags, lexicon_version)
            SELECT c.id, creator_document(c.name, c.channel_name, c.niche, c.about, c.language), p.topics, p.topic_keys,
                   p.countries, p.language, p.gender, p.account, CASE WHEN c.niche IS NULL THEN p.inferred_niche END,
                   p.flags, %s
            FROM creators c JOIN invented_profiles p ON p.about = c.about
            WHERE c.id >= %s AND c.id < %s
            """,
            [LEXICON_VERSION, *edges],
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=100_000, help="How many creators.")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    settings = load_settings()
    with open_database(settings, migrating=True) as database:
        load(database, settings, Catalogue(arguments.size, seed=arguments.seed))


if __name__ == "__main__":
    main()
