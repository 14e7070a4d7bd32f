"""The connection pool and the one place where transactions begin and end."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from pgvector import HalfVector
from pgvector.psycopg.halfvec import HalfVectorBinaryDumper
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from influencerflow.errors import ConfigurationError, DatabaseUnavailableError

# A host that vanished without a word is noticed within a minute, instead of the system's two hours.
KEEPALIVES = {"keepalives_idle": 20, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 50_000}
# After so many executions psycopg prepares a statement: never, unless told to. What is not prepared is planned for its
# parameters; a plan for all parameters would ignore how selective a filter is.
PREPARE_THRESHOLD = 2**31
UNREACHABLE_REMEDY = "Check that PostgreSQL runs and that INFLUENCERFLOW_DATABASE_URL points to it."


def engine_url(url: str) -> str:
    """The same URL with psycopg 3 as driver, whatever PostgreSQL scheme it was written with."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigurationError(
            "INFLUENCERFLOW_DATABASE_URL is not a database URL.",
            remedy="Write it as postgresql://user:password@host:5432/database.",
        ) from error
    if parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise ConfigurationError(
            f"INFLUENCERFLOW_DATABASE_URL names {parsed.get_backend_name()}; InfluencerFlow needs PostgreSQL.",
            remedy="Write it as postgresql://user:password@host:5432/database.",
        )
    return parsed.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


class Database:
    """A pool over one PostgreSQL database. Everything else takes a Connection and never commits."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = engine_url(url)
        self.engine: Engine = create_engine(
            self.url,
            pool_pre_ping=True,
            pool_size=pool_size,
            max_overflow=pool_size,
            connect_args={
                "connect_timeout": 5,
                "application_name": "influencerflow",
                "prepare_threshold": PREPARE_THRESHOLD,
                **KEEPALIVES,
            },
        )
        event.listen(self.engine, "connect", _set_session_defaults)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Commits when the block ends, rolls back when it raises; DatabaseUnavailableError when the server is gone."""
        with translated_errors(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A transaction that reads: every statement sees the same state, so that totals and rows agree."""
        with translated_errors(), self.engine.connect() as plain:
            connection = plain.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def autocommit(self) -> Iterator[Connection]:
        """For statements that may not run in a transaction, and for LISTEN."""
        with translated_errors(), self.engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    def ping(self) -> None:
        with self.transaction() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turns a lost or refused connection and a full disk into DatabaseUnavailableError; lets every other error through."""
    try:
        yield
    except (DBAPIError, psycopg.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(cause, psycopg.errors.DiskFull):
            raise DatabaseUnavailableError("The database's disk is full.", remedy="Free some space there.") from error
        if getattr(error, "connection_invalidated", False) or is_connection_failure(cause):
            reason = str(cause).strip().splitlines()[0]
            raise DatabaseUnavailableError(
                f"The database cannot be reached: {reason}.".replace("..", "."), remedy=UNREACHABLE_REMEDY
            ) from error
        raise


def is_connection_failure(error: BaseException | None) -> bool:
    """Whether the server went away or could not be reached, as opposed to a statement that failed; of psycopg's errors."""
    if not isinstance(error, psycopg.OperationalError):
        return False
    return error.sqlstate is None or error.sqlstate.startswith(("08", "57P", "53300"))


def _set_session_defaults(dbapi_connection: Any, _record: Any) -> None:
    """UTC, so that dates read the same everywhere.

    Vectors travel as the numbers they are: written out, 1,536 of them take longer to send than to store.
    """
    dbapi_connection.adapters.register_dumper(HalfVector, HalfVectorBinaryDumper)
    with dbapi_connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'UTC'")
        cursor.execute("SET jit = off")
        # PostgreSQL's default is for rotating disks, and has it scan a whole catalogue rather than use an index.
        cursor.execute("SET random_page_cost = 1.1")
    dbapi_connection.commit()
