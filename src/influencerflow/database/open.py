"""How every process comes by its database."""

from collections.abc import Iterator
from contextlib import contextmanager

from influencerflow.database.embedded import EmbeddedServer
from influencerflow.database.engine import Database
from influencerflow.database.migrate import migrate, require_current
from influencerflow.settings import Settings


@contextmanager
def open_database(settings: Settings, *, migrating: bool = False, pool_size: int = 10) -> Iterator[Database]:
    """A migrated database, closed at the end; the embedded server stops with the last process that uses it.

    A database of the operator's own is migrated only when asked for (`up`, `migrate`).
    """
    server = EmbeddedServer(settings.home) if settings.database_url is None else None
    url = server.url if server else settings.database_url.get_secret_value()  # type: ignore[union-attr]
    database = None
    try:
        database = Database(url, pool_size=pool_size)
        if server or migrating:
            migrate(database)
        else:
            require_current(database)
        yield database
    finally:
        if database:
            database.close()
        if server:
            server.close()
