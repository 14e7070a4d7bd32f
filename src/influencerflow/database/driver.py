"""What takes the long way round through SQLAlchemy or psycopg: small statements, and lists of ids."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Dialect, text


def fetch_all(connection: Connection, statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All rows of a statement written as for `text()`, in the connection's transaction, by psycopg alone: SQLAlchemy takes as
    long around a small statement as PostgreSQL does for it.

    Prepared: PostgreSQL plans it once for all parameters, where it expects such a plan to be as good.
    Raises psycopg.Error; `Database` makes of it what it makes of SQLAlchemy's.
    """
    session: Any = connection.connection.driver_connection
    with session.cursor(binary=True) as cursor:
        rows: list[tuple[Any, ...]] = cursor.execute(
            _as_psycopg_reads_it(statement, connection.dialect), parameters, prepare=True
        ).fetchall()
    return rows


@lru_cache(maxsize=1000)
def _as_psycopg_reads_it(statement: str, dialect: Dialect) -> str:
    return str(text(statement).compile(dialect=dialect))


def uuid_array(ids: Iterable[UUID]) -> str:
    """As PostgreSQL reads an array: psycopg looks at each of a list's items as if it could be anything."""
    return f"{{{','.join([one.hex for one in ids])}}}"
