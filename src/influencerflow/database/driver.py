"""Small statements by way of psycopg alone: SQLAlchemy takes as long around one of them as PostgreSQL does for it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, text


def fetch_all(connection: Connection, statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All rows of a statement written as for `text()`, in the connection's transaction, which has begun.

    Raises psycopg.Error; `Database` makes of it what it makes of SQLAlchemy's.
    """
    session: Any = connection.connection.driver_connection
    with session.cursor() as cursor:
        rows: list[tuple[Any, ...]] = cursor.execute(
            _as_psycopg_reads_it(statement, connection.dialect), parameters
        ).fetchall()
    return rows


@lru_cache(maxsize=1000)
def _as_psycopg_reads_it(statement: str, dialect: Dialect) -> str:
    return str(text(statement).compile(dialect=dialect))
