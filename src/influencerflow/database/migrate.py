"""Brings a database to the current schema: a fresh one, an earlier version of ours, or an existing platform's."""

from functools import lru_cache
from importlib.resources import as_file, files

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from influencerflow.database.engine import Database
from influencerflow.errors import ConfigurationError, DatabaseUnavailableError

MINIMUM_POSTGRESQL = 15
MINIMUM_PGVECTOR = (0, 8, 0)
EXTENSIONS = ("vector", "pg_trgm", "unaccent")
# Any constant will do, as long as every InfluencerFlow process uses the same.
_ADVISORY_LOCK = 7_267_001
LOCK_TIMEOUT = "10s"

# Types an adopted table may have for columns we read and write.
ACCEPTED_TYPES = {
    ("creators", "id"): {"uuid"},
    ("creators", "followers_count_numeric"): {"bigint", "integer"},
    ("creators", "engagement_rate"): {"double precision", "real", "numeric"},
    ("creators", "collaboration_rate"): {"double precision", "real", "numeric", "integer", "bigint"},
    ("creators", "audience"): {"jsonb"},
    ("creators", "past_brands"): {"text[]", "character varying[]"},
    ("campaigns", "id"): {"uuid"},
    ("campaigns", "key_use_cases"): {"text[]", "character varying[]"},
    ("campaigns", "total_budget"): {"double precision", "real", "numeric", "integer", "bigint"},
}


def migrate(database: Database) -> None:
    """Idempotent; several processes may call it at once. Raises ConfigurationError where the server does not fit."""
    with database.transaction() as connection:
        connection.execute(text("SET LOCAL lock_timeout = '60s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        if current_revision(connection) == head_revision():
            return
        check_server(connection)
        _check_adopted_types(connection)
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.execute(text("SET LOCAL statement_timeout = '30min'"))
        try:
            _upgrade(connection)
        except psycopg.errors.LockNotAvailable as error:
            raise DatabaseUnavailableError(
                f"The migration waited {LOCK_TIMEOUT} for a table another session holds; nothing was changed.",
                remedy="Run `influencerflow migrate` again when the platform is quieter.",
            ) from error
        except (psycopg.errors.InsufficientPrivilege, ProgrammingError) as error:
            reason = error.orig if isinstance(error, ProgrammingError) else error
            if not isinstance(reason, psycopg.errors.InsufficientPrivilege):
                raise
            raise ConfigurationError(
                f"This database user may not make the tables: {str(reason).splitlines()[0]}; nothing was changed.",
                remedy="Migrate as the owner of the database and of its creators and campaigns tables, or GRANT that right.",
            ) from error


def require_current(database: Database) -> None:
    """Raises ConfigurationError unless the schema is this version's."""
    with database.transaction() as connection:
        if current_revision(connection) != head_revision():
            raise ConfigurationError(
                "The database does not have this version's tables.", remedy="Run `influencerflow migrate` first."
            )


def current_revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


@lru_cache
def head_revision() -> str | None:
    with as_file(files("influencerflow.database") / "migrations") as folder:
        return ScriptDirectory(str(folder)).get_current_head()


def check_server(connection: Connection) -> None:
    """PostgreSQL 15+, pgvector 0.8+ present or creatable, and the contrib modules the search needs."""
    version = int(connection.scalar(text("SHOW server_version_num")) or 0) // 10000
    if version < MINIMUM_POSTGRESQL:
        raise ConfigurationError(
            f"The server is PostgreSQL {version}; InfluencerFlow needs {MINIMUM_POSTGRESQL} or newer.",
            remedy="Upgrade it, or unset INFLUENCERFLOW_DATABASE_URL to use the embedded one.",
        )
    _ensure_extensions(connection)
    installed = str(connection.scalar(text("SELECT extversion FROM pg_extension WHERE extname = 'vector'")))
    if tuple(int(part) for part in installed.split(".")) < MINIMUM_PGVECTOR:
        raise ConfigurationError(
            f"pgvector {installed} is installed; InfluencerFlow needs 0.8.0 or newer.",
            remedy="Install a newer pgvector on the server, then run ALTER EXTENSION vector UPDATE.",
        )


def _ensure_extensions(connection: Connection) -> None:
    refused = []
    for extension in EXTENSIONS:
        if connection.scalar(text("SELECT 1 FROM pg_extension WHERE extname = :name"), {"name": extension}):
            continue
        if not connection.scalar(text("SELECT 1 FROM pg_available_extensions WHERE name = :name"), {"name": extension}):
            package = "pgvector 0.8 or newer" if extension == "vector" else "PostgreSQL's contrib modules"
            raise ConfigurationError(
                f"The extension {extension} is not available on this server.", remedy=f"Install {package} on it."
            )
        try:
            with connection.begin_nested():
                connection.execute(text(f"CREATE EXTENSION IF NOT EXISTS {extension}"))
        except DBAPIError as error:
            if not isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
                raise
            refused.append(extension)
    if refused:
        statements = " ".join(f"CREATE EXTENSION {extension};" for extension in refused)
        raise ConfigurationError(
            f"This database user may not create the extension{'s' if refused[1:] else ''} {', '.join(refused)}.",
            remedy=f"Let a superuser run, in this database: {statements}",
        )


def _check_adopted_types(connection: Connection) -> None:
    rows = connection.execute(
        text("""
            SELECT c.relname, a.attname, format_type(a.atttypid, NULL)
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE c.oid IN (to_regclass('creators'), to_regclass('campaigns')) AND a.attnum > 0 AND NOT a.attisdropped
        """)
    )
    for table, column, found in rows:
        accepted = ACCEPTED_TYPES.get((table, column))
        if accepted and found not in accepted:
            raise ConfigurationError(
                f"The existing column {table}.{column} is {found}; InfluencerFlow can adopt {' or '.join(sorted(accepted))}.",
                remedy="Rename or convert that column first; nothing was changed.",
            )


def _upgrade(connection: Connection) -> None:
    with as_file(files("influencerflow.database") / "migrations") as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
