"""The tables behind `creator_embeddings`: one a model, with its HNSW index. None of this makes a search wait."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, OperationalError

from influencerflow.database.engine import Database
from influencerflow.embeddings.registry import EmbeddingModel
from influencerflow.errors import DatabaseUnavailableError

# Whoever waits for a lock makes everybody behind wait as well: rather give up soon, and try again.
LOCK_TIMEOUT = "300ms"
_TRIES, _PAUSE_SECONDS = 100, 0.3
# What works beside others makes nobody wait, but itself waits for every transaction that is older.
PATIENCE = "2min"


def partition_name(model: EmbeddingModel) -> str:
    return f"creator_embeddings_{model.id}"


def partition_bytes(connection: Connection, model: EmbeddingModel) -> int:
    """Of table and indexes; 0 without a table."""
    size = connection.scalar(text("SELECT pg_total_relation_size(to_regclass(:name))"), {"name": partition_name(model)})
    return int(size or 0)


def is_indexed(connection: Connection, model: EmbeddingModel) -> bool:
    """Whether the HNSW index is there and whole."""
    return bool(
        connection.scalar(
            text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)"),
            {"name": f"{partition_name(model)}_hnsw"},
        )
    )


def drop_partition(database: Database, model: EmbeddingModel) -> None:
    """Frees the space. Waits for what still reads or writes the table; may be called again after it was interrupted."""
    name = partition_name(model)
    with waiting_for_older(database) as connection:
        pending = connection.scalar(
            text("SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = to_regclass(:name)"), {"name": name}
        )
        if pending is not None:
            how = "FINALIZE" if pending else "CONCURRENTLY"
            connection.execute(text(f"ALTER TABLE creator_embeddings DETACH PARTITION {name} {how}"))
    # Its foreign keys make even this drop lock `creators` for a moment.
    locking_briefly(database, lambda connection: connection.execute(text(f"DROP TABLE IF EXISTS {name}")))


def locking_briefly(database: Database, change: Callable[[Connection], object]) -> None:
    """Runs the change in a transaction of its own, and again until it gets its locks at once."""
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(_PAUSE_SECONDS)
        with _lock_timeouts() as outcome, database.transaction() as connection:
            connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
            change(connection)
        if not outcome:
            return
    raise DatabaseUnavailableError(f"The tables are in use all the time; nothing was changed. {_OLDER}")


_OLDER = "End the transaction that has been open for long, then run the command again."


@contextmanager
def waiting_for_older(database: Database) -> Iterator[Connection]:
    """A session for statements that may not run in a transaction. What they leave half-done when it takes too long is made
    good by the next call.
    """
    with _lock_timeouts() as outcome, database.autocommit() as connection:
        connection.execute(text(f"SET lock_timeout = '{PATIENCE}'"))
        try:
            yield connection
        finally:
            if not connection.invalidated:
                connection.execute(text("RESET lock_timeout"))
    if outcome:
        raise DatabaseUnavailableError(f"An older transaction has been open for {PATIENCE}.", remedy=_OLDER)


@contextmanager
def _lock_timeouts() -> Iterator[list[DBAPIError]]:
    """Collects the error of a lock that could not be had; lets every other through."""
    errors: list[DBAPIError] = []
    try:
        yield errors
    except OperationalError as error:
        if not isinstance(error.orig, psycopg.errors.LockNotAvailable):
            raise
        errors.append(error)
