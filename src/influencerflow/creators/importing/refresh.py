"""The daily refresh: new figures for creators that are there already. No text changes, so nothing is embedded again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg.cursor import Cursor
from sqlalchemy import Connection, text

from influencerflow.creators.importing import upsert
from influencerflow.creators.importing.columns import map_columns
from influencerflow.creators.importing.readers import RawRow, Rejection, read_table
from influencerflow.creators.importing.rows import RowCleaner
from influencerflow.creators.importing.service import (
    ImportOptions,
    Progress,
    check_report,
    cleaned_rows,
    import_errors,
    write_report,
)
from influencerflow.database.engine import Database
from influencerflow.errors import InvalidInputError

FIGURES = ("followers_count", "followers_count_numeric", "engagement_rate", "avg_views", "collaboration_rate")
# The text that shows followers follows the number.
_COMPARED = FIGURES[1:]
_KEYS = ("id", "platform", "channel_name", "source", "external_id")
# Committed one by one: nobody waits for long, and what triggers look at stays in memory.
_BATCH = 20_000
# How much of the time goes by until everything is read, matched and checked.
READING = 0.5


@dataclass(frozen=True, slots=True)
class RefreshResult:
    """`updated`: figures changed; `confirmed`: the same as before, as of today now; `unchanged`: today's already."""

    mapping: dict[str, str]
    updated: int
    confirmed: int
    unchanged: int
    rejections: list[Rejection]

    @property
    def rejected_rows(self) -> int:
        return len({rejection.row for rejection in self.rejections})


class FigureCleaner(RowCleaner):
    """Rows of a creator that is there: figures, and what it is known by."""

    def _incomplete(self, row: RawRow, values: dict[str, Any]) -> list[Rejection]:
        known = values.get("id") or (values.get("external_id") and (values.get("source") or values.get("platform")))
        if not known and not (values.get("platform") and values.get("channel_name")):
            reason = "is missing; a creator is known by id, by platform and channel_name, or by source and external_id"
            return [Rejection(row.number, "id", "", reason)]
        if all(values.get(name) is None for name in FIGURES):
            return [Rejection(row.number, "", "", "has no figure")]
        return []


def refresh_creators(
    database: Database,
    path: Path,
    options: ImportOptions,
    *,
    report: Path | None = None,
    progress: Progress = lambda _done: None,
) -> RefreshResult:
    """Everything is read and checked before anything changes; then batch by batch. May be interrupted and run again.

    A figure the file does not have stays. Rejected rows go to `report`, as an import's do.
    """
    table = read_table(path)
    cleaner = FigureCleaner(_mapping(table.columns, options), options.constants, options.engagement_as)
    cleaner.check_constants()
    if report:
        check_report(report, path)
    rejections: list[Rejection] = []
    with _session(database) as connection:
        with import_errors("nothing was changed"):
            rows = cleaned_rows(table, cleaner, rejections, lambda done: progress(done * READING))
            _copy(connection, rows)
            rejections += _match(connection)
            rejections.sort(key=lambda rejection: rejection.row)
            if report and rejections:
                write_report(report, rejections)
            counts = _count(connection)
        with import_errors("some creators have new figures, the others those of before"):
            _apply(connection, counts[0] + counts[1], progress)
    return RefreshResult(dict(cleaner.mapping), *counts, rejections)


def _mapping(columns: list[str], options: ImportOptions) -> dict[str, str]:
    """Only keys and figures: a file may have more, which a refresh does not touch."""
    mapping = {
        name: column for name, column in map_columns(columns, options.mapping).items() if name in (*_KEYS, *FIGURES)
    }
    for name in options.constants:
        if name not in ("platform", "source"):
            raise InvalidInputError(f"--set {name}: a refresh takes platform or source.")
    if not set(mapping) & set(FIGURES):
        raise InvalidInputError(
            "No column has figures.",
            remedy=f"Name one with --map COLUMN=FIELD. Fields: {', '.join(FIGURES)}.",
        )
    if not set(mapping) & {"id", "channel_name", "external_id"}:
        raise InvalidInputError(
            "No column tells which creator a row is about.",
            remedy="Name it with --map COLUMN=id, or external_id, or channel_name (with platform).",
        )
    return mapping


@contextmanager
def _session(database: Database) -> Iterator[Connection]:
    """One session whose statements commit one by one, and the tables it needs; imports wait meanwhile."""
    with database.autocommit() as connection:
        connection.execute(text("SELECT pg_advisory_lock(hashtextextended('influencerflow import', 1))"))
        try:
            columns = ", ".join((*_KEYS, *FIGURES))
            connection.execute(text(f"CREATE TEMP TABLE staged AS SELECT {columns} FROM creators WITH NO DATA"))
            connection.execute(text("ALTER TABLE staged ADD row_number bigint, ADD match_id uuid"))
            yield connection
        finally:
            if not connection.invalidated:
                connection.execute(text("DROP TABLE IF EXISTS staged, refreshed"))
                connection.execute(text("SELECT pg_advisory_unlock(hashtextextended('influencerflow import', 1))"))


def _copy(connection: Connection, rows: Iterator[tuple[int, dict[str, Any]]]) -> None:
    cursor: Cursor[Any] = connection.connection.cursor()  # type: ignore[assignment]
    names = (*_KEYS, *FIGURES)
    with cursor.copy(f"COPY staged (row_number, {', '.join(names)}) FROM STDIN") as copy:
        for number, values in rows:
            copy.write_row([number, *(values.get(name) for name in names)])


def _match(connection: Connection) -> list[Rejection]:
    """Finds the creators; refuses rows of nobody, and of one an earlier row is about.

    Those of one page of the table are in different batches: the new row of each finds the room an earlier one has left,
    and most indexes need not be told that it moved (HOT).
    """
    upsert.match_existing(connection)
    connection.execute(
        text(f"""
            CREATE TEMP TABLE refreshed AS
            SELECT row_number() OVER (ORDER BY (place::text::point)[1], place) AS number, m.* FROM (
                SELECT DISTINCT ON (s.match_id) s.match_id, s.row_number, c.ctid AS place,
                       {", ".join(f"coalesce(s.{name}, c.{name}) AS {name}" for name in FIGURES)},
                       ({", ".join(f"coalesce(s.{name}, c.{name})" for name in _COMPARED)})
                           IS DISTINCT FROM ({", ".join(f"c.{name}" for name in _COMPARED)}) AS changed
                FROM staged s JOIN creators c ON c.id = s.match_id
                ORDER BY s.match_id, s.row_number
            ) m JOIN creators c ON c.id = m.match_id
            WHERE m.changed OR c.updated_at IS NULL OR c.updated_at < date_trunc('day', now())
        """)
    )
    connection.execute(text("ALTER TABLE refreshed ADD PRIMARY KEY (number)"))
    connection.execute(text("ANALYZE refreshed"))
    rows = connection.execute(
        text("""
            SELECT row_number, 'id', coalesce(id::text, external_id, channel_name), 'is no creator of the catalogue'
            FROM staged WHERE match_id IS NULL
            UNION ALL
            SELECT row_number, 'id', match_id::text, 'is the same creator as row ' || first
            FROM (SELECT row_number, match_id, min(row_number) OVER (PARTITION BY match_id) AS first
                  FROM staged WHERE match_id IS NOT NULL) s
            WHERE row_number > first
        """)
    )
    return [Rejection(row[0], row[1], row[2] or "", row[3]) for row in rows]


def _count(connection: Connection) -> tuple[int, int, int]:
    """Updated, confirmed, unchanged."""
    updated, due, matched = connection.execute(
        text("""
            SELECT count(*) FILTER (WHERE changed), count(*), (SELECT count(DISTINCT match_id) FROM staged) FROM refreshed
        """)
    ).one()
    return updated, due - updated, matched - due


def _apply(connection: Connection, total: int, progress: Callable[[float], None]) -> None:
    assignments = ", ".join(f"{name} = r.{name}" for name in FIGURES)
    for first in range(1, total + 1, _BATCH):
        connection.execute(
            text(f"""
                UPDATE creators c SET {assignments}, updated_at = now()
                FROM refreshed r WHERE c.id = r.match_id AND r.number BETWEEN :first AND :last
            """),
            {"first": first, "last": first + _BATCH - 1},
        )
        progress(READING + (1 - READING) * min(1.0, (first + _BATCH - 1) / total))
