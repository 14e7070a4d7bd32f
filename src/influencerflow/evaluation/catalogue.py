"""A catalogue for one evaluation: a database of its own beside the real one, filled the way users fill theirs, then dropped."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from influencerflow.creators.importing.service import ImportOptions, import_creators
from influencerflow.database.embedded import EmbeddedServer
from influencerflow.database.engine import Database
from influencerflow.database.migrate import migrate
from influencerflow.database.tables import creators
from influencerflow.embedding_queue.queue import queue_status
from influencerflow.embeddings.registry import EmbeddingModel, ensure_active_model
from influencerflow.errors import ConfigurationError, InfluencerFlowError, InvalidInputError
from influencerflow.evaluation.baselines import Progress
from influencerflow.settings import Settings
from influencerflow.worker.batch import Tally
from influencerflow.worker.worker import Worker

_PREFIX = "influencerflow_evaluation_"
_NOT_ALLOWED = "42501"


@contextmanager
def throwaway_database(settings: Settings) -> Iterator[Database]:
    """A migrated, empty database on the server in use; dropped at the end, whatever the end is."""
    server = EmbeddedServer(settings.home) if settings.database_url is None else None
    url = server.url if server else settings.database_url.get_secret_value()  # type: ignore[union-attr]
    try:
        main = Database(url, pool_size=1)
        try:
            with _created(main) as name:
                address = make_url(main.url).set(database=name)
                database = Database(address.render_as_string(hide_password=False))
                try:
                    migrate(database)
                    yield database
                finally:
                    database.close()
        finally:
            main.close()
    finally:
        if server:
            server.close()


def fill_catalogue(database: Database, settings: Settings, path: Path, progress: Progress) -> EmbeddingModel:
    """Imports the creators and embeds them. Raises InvalidInputError for a creator the import refuses."""
    with database.transaction() as connection:
        model = ensure_active_model(connection, settings)
    with TemporaryDirectory() as folder:
        # The import tells formats apart by the file's name; here it is JSONL whatever it is called.
        copy = shutil.copyfile(path, Path(folder) / "creators.jsonl")
        result = import_creators(
            database, copy, ImportOptions(), progress=lambda done: progress("Importing", int(100 * done), 100)
        )
    progress("Importing", 100, 100)
    if result.rejections:
        first, rejected = result.rejections[0], result.rejected_rows
        what = f"{first.field} {first.value!r} {first.reason}" if first.value else f"{first.field} {first.reason}"
        more = f" ({rejected - 1:,} more are refused)" if rejected > 1 else ""
        raise InvalidInputError(
            f"{path}, line {first.row}: {what.strip()}{more}.",
            remedy="Every creator has to go in, or the judgments would be about another catalogue.",
        )
    _embed(database, settings, progress)
    return model


def read_creators(connection: Connection) -> list[dict[str, Any]]:
    """The catalogue as imported, ids as text, ordered by id."""
    rows = connection.execute(select(creators).order_by(creators.c.id)).mappings()
    return [{**row, "id": str(row["id"])} for row in rows]


def _embed(database: Database, settings: Settings, progress: Progress) -> None:
    with database.transaction() as connection:
        due = queue_status(connection).queued
    progress("Embedding creators", 0, due)

    def show(tally: Tally) -> None:
        progress("Embedding creators", tally.embedded + tally.failed, due)

    tally = Worker(database, settings, on_progress=show).drain()
    with database.transaction() as connection:
        connection.execute(text("ANALYZE"))
        if tally.embedded < due:
            reason = connection.scalar(text("SELECT max(last_error) FROM embedding_jobs"))
            raise InfluencerFlowError(
                f"{due - tally.embedded:,} of {due:,} creators could not be embedded: {reason}.",
                remedy="Run it again; what was embedded is kept.",
            )


@contextmanager
def _created(main: Database) -> Iterator[str]:
    """A new database's name, on the server of `main`. A session's lock on the name tells others that it is in use."""
    name = _PREFIX + uuid4().hex[:12]
    with main.autocommit() as connection:
        _drop_abandoned(connection)
        connection.execute(_LOCK, {"name": name})
        try:
            _create(connection, name)
            yield name
        finally:
            # Through another connection: this one idled for as long as encoding took, and may be gone.
            with main.autocommit() as fresh:
                _drop(fresh, name)


def _create(connection: Connection, name: str) -> None:
    # Letters compare and change case as they do in the database that users search.
    collate, ctype = connection.execute(
        text("SELECT datcollate, datctype FROM pg_database WHERE datname = current_database()")
    ).one()
    options = f"TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE '{collate}' LC_CTYPE '{ctype}'"
    try:
        connection.execute(text(f"CREATE DATABASE {name} {options}"))
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _NOT_ALLOWED:
            raise
        raise ConfigurationError(
            "This database user may not create the throwaway database an evaluation needs.",
            remedy="Let a superuser run ALTER ROLE ... CREATEDB, or unset INFLUENCERFLOW_DATABASE_URL.",
        ) from error


def _drop_abandoned(connection: Connection) -> None:
    """What an evaluation that was killed left behind: nobody holds the lock on its name."""
    names = connection.scalars(
        text("SELECT datname FROM pg_database WHERE starts_with(datname, :prefix)"), {"prefix": _PREFIX}
    ).all()
    for name in names:
        if connection.scalar(_LOCK, {"name": name}):
            _drop(connection, name)
            connection.execute(text("SELECT pg_advisory_unlock(hashtextextended(:name, 0))"), {"name": name})


def _drop(connection: Connection, name: str) -> None:
    connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


_LOCK = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))")
