"""Keeps a large catalogue in the memory of a web process, and what it holds fresh."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import structlog
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from influencerflow.database.engine import Database
from influencerflow.embeddings.registry import active_model
from influencerflow.errors import InfluencerFlowError
from influencerflow.retrieval.memory import MemoryIndex, held, hold
from influencerflow.retrieval.memory_read import read_changes, read_index
from influencerflow.retrieval.plan import catalogue_size

# A smaller catalogue PostgreSQL compares as fast.
WORTH_HOLDING = 20_000
# What a creator takes, whatever the model, and its place while everything is read.
BYTES_EACH = 600
# So many changes are read by every search before they are taken over.
_WORTH_READING = 500
# So many are too many to read with every search: until they are taken over, PostgreSQL searches by itself.
_TOO_MANY = 5_000
# From this share on, reading everybody anew is as fast.
_MANY = 0.25
_LOOK_SECONDS, _AFTER_FAILURE_SECONDS = 2.0, 60.0
# Of the time, at most this share goes into reading.
_BUSY = 0.1
log = structlog.get_logger()


@contextmanager
def keep_in_memory(database: Database, most_mb: int) -> Iterator[None]:
    """In a thread of its own until the block ends. `most_mb`: what it may take; a catalogue that takes more is not held."""
    stopping = threading.Event()
    thread = threading.Thread(target=_keep, args=(database, most_mb, stopping), name="search-memory", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(timeout=1)


def _keep(database: Database, most_mb: int, stopping: threading.Event) -> None:
    pause = 0.0
    while not stopping.wait(pause):
        started = time.monotonic()
        try:
            read = refresh(database, most_mb)
        except InfluencerFlowError as error:  # searches say it themselves
            log.debug("catalogue not read into memory", reason=str(error))
            pause = _AFTER_FAILURE_SECONDS
            continue
        except (SQLAlchemyError, psycopg.Error, MemoryError) as error:
            # What is not kept fresh would have every search read more and more changes.
            hold(database.engine, None)
            log.warning("catalogue not read into memory; PostgreSQL searches alone", reason=str(error))
            pause = _AFTER_FAILURE_SECONDS
            continue
        seconds = time.monotonic() - started
        pause = max(_LOOK_SECONDS, seconds / _BUSY) if read else _LOOK_SECONDS


def refresh(database: Database, most_mb: int) -> bool:
    """Holds the catalogue if it is large and has room, and reads what is new. True if anything was read."""
    index, fresh = held(database.engine), None
    with database.snapshot() as connection:
        creators, model = catalogue_size(connection), active_model(connection)
        if creators < WORTH_HOLDING or creators * BYTES_EACH > most_mb * 2**20:
            hold(database.engine, None)
            return False
        if not model.copied:
            return False
        if index is not None and index.model_id == model.id and index.size <= creators / (1 - _MANY):
            changed = _changed(connection, index)
            if changed < _WORTH_READING:
                return False
            if changed > _TOO_MANY:
                hold(database.engine, None)
            if changed < _MANY * creators:
                fresh = read_changes(connection, model, index)
    if fresh is None:
        _renumber(database)
        with database.snapshot() as connection:
            fresh = read_index(connection, model)
    hold(database.engine, fresh)
    log.info("catalogue held in memory", creators=fresh.size, megabytes=round(fresh.bytes / 2**20))
    return True


def _changed(connection: Connection, index: MemoryIndex) -> int:
    statement = text("SELECT count(*) FROM creator_facets WHERE changed_by >= CAST(:since AS xid8)")
    return int(connection.scalar(statement, {"since": str(index.since)}) or 0)


def _renumber(database: Database) -> None:
    """A database that was restored elsewhere holds numbers of transactions that have yet to come."""
    with database.transaction() as connection:
        connection.execute(
            text("UPDATE creator_facets SET creator_id = creator_id WHERE changed_by > pg_current_xact_id()")
        )
