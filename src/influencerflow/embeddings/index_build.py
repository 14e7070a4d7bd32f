"""Builds a model's HNSW index beside running searches and writes. What is half-built is never used, and is cleared away."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from influencerflow.database.engine import Database
from influencerflow.embeddings.partitions import is_indexed, partition_name, waiting_for_older
from influencerflow.embeddings.registry import EmbeddingModel
from influencerflow.errors import ConflictError, DatabaseUnavailableError

# Links and upkeep of an element of the graph in memory (m = 16), beside its vector of two bytes a dimension: measured by
# when pgvector 0.8 says that the graph no longer fits.
_LINKS = 720
_LEAST_MEMORY = 64 << 20
_LOOK_SECONDS = 0.5

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class BuildMemory:
    """Bytes: what the whole graph takes while it is built, and what the build gets."""

    needed: int
    given: int

    @property
    def short(self) -> bool:
        return self.given < self.needed


def build_memory(connection: Connection, model: EmbeddingModel) -> BuildMemory:
    """At most half of what the server says it has for its cache, or its own `maintenance_work_mem`, if that is more."""
    rows = connection.scalar(text(f"SELECT count(*) FROM {partition_name(model)}")) or 0
    needed = max(_LEAST_MEMORY, int(1.05 * rows * (2 * model.dimensions + _LINKS)))
    limit = connection.scalar(
        text("""
            SELECT greatest(pg_size_bytes(current_setting('effective_cache_size')) / 2,
                            pg_size_bytes(current_setting('maintenance_work_mem')))
        """)
    )
    return BuildMemory(needed, min(needed, int(limit or 0)))


def unfinished_indexes(connection: Connection, model: EmbeddingModel) -> list[str]:
    """Indexes of the model's table that were left half-made: searches never use them, but every write pays for them."""
    return list(
        connection.scalars(
            text("""
                SELECT quote_ident(c.relname) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                WHERE i.indrelid = to_regclass(:name) AND NOT i.indisvalid
            """),
            {"name": partition_name(model)},
        )
    )


def build_index(
    database: Database,
    model: EmbeddingModel,
    *,
    rebuild: bool = False,
    on_progress: Progress = lambda _phase, _done: None,
    say: Callable[[str], None] = lambda _note: None,
) -> bool:
    """Makes the index where it is missing or was left half-made, or anew; the one there is serves until then.

    Whether there was anything to do. Raises ConflictError while somebody else builds.
    """
    with waiting_for_older(database) as connection, _alone(connection, model):
        leftovers, valid = unfinished_indexes(connection, model), is_indexed(connection, model)
        _drop(connection, leftovers)
        if valid and not rebuild:
            return bool(leftovers)
        memory = build_memory(connection, model)
        if memory.short:
            say(
                f"The graph takes about {memory.needed >> 20:,} MB and gets {memory.given >> 20:,} MB: this will take several "
                "times as long. If the server has more memory, raise its effective_cache_size or maintenance_work_mem."
            )
        with _watched(database, connection, model, on_progress):
            _build(connection, model, memory, valid=valid, say=say)
    return True


def _build(
    connection: Connection, model: EmbeddingModel, memory: BuildMemory, *, valid: bool, say: Callable[[str], None]
) -> None:
    name = partition_name(model)
    create = f"""
        CREATE INDEX CONCURRENTLY {name}_hnsw ON {name}
        USING hnsw ((embedding_vector::halfvec({model.dimensions})) halfvec_cosine_ops)
    """
    statement = text(f"REINDEX INDEX CONCURRENTLY {name}_hnsw" if valid else create)
    connection.execute(
        text("SELECT set_config('maintenance_work_mem', :kilobytes, false)"), {"kilobytes": str(memory.given >> 10)}
    )
    try:
        try:
            connection.execute(statement)
        except DBAPIError as error:
            # Helpers share the graph in /dev/shm, of which containers have 64 MB unless they are given more.
            if not isinstance(error.orig, psycopg.errors.DiskFull) or "shared memory" not in str(error.orig):
                raise
            say("The server has too little shared memory (/dev/shm) for several processes: one builds alone.")
            _drop(connection, unfinished_indexes(connection, model))
            connection.execute(text("SET max_parallel_maintenance_workers = 0"))
            connection.execute(statement)
    finally:
        if not connection.invalidated:
            connection.execute(text("RESET maintenance_work_mem"))
            connection.execute(text("RESET max_parallel_maintenance_workers"))


def _drop(connection: Connection, indexes: list[str]) -> None:
    for name in indexes:
        connection.execute(text(f"DROP INDEX CONCURRENTLY IF EXISTS {name}"))


@contextmanager
def _alone(connection: Connection, model: EmbeddingModel) -> Iterator[None]:
    """What another session is building is half-made as well, and must not be cleared away."""
    key = {"key": f"influencerflow index {partition_name(model)}"}
    mine = connection.scalar(text("SELECT pg_try_advisory_lock(hashtextextended(:key, 2))"), key)
    other = connection.scalar(
        text("SELECT pid FROM pg_stat_progress_create_index WHERE relid = to_regclass(:name)"),
        {"name": partition_name(model)},
    )
    try:
        if not mine or other:
            raise ConflictError(
                f"The index of model {model.id} is being built already{f' by server process {other}' if other else ''}.",
                remedy="Wait until it is done, or end that session.",
            )
        yield
    finally:
        if mine and not connection.invalidated:
            connection.execute(text("SELECT pg_advisory_unlock(hashtextextended(:key, 2))"), key)


@contextmanager
def _watched(
    database: Database, connection: Connection, model: EmbeddingModel, on_progress: Progress
) -> Iterator[None]:
    """Meanwhile a thread looks how far the server has come."""
    process = connection.scalar(text("SELECT pg_backend_pid()"))
    rows = connection.scalar(text(f"SELECT count(*) FROM {partition_name(model)}")) or 1
    done = threading.Event()

    def look() -> None:
        while not done.wait(_LOOK_SECONDS):
            try:
                with database.transaction() as watching:
                    row = watching.execute(
                        text("SELECT phase, tuples_done FROM pg_stat_progress_create_index WHERE pid = :pid"),
                        {"pid": process},
                    ).one_or_none()
            except DatabaseUnavailableError:
                continue
            if row:
                on_progress(row.phase, min(1.0, row.tuples_done / rows))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(timeout=5)
