"""The import: one transaction, so that whatever goes wrong, the catalogue is as it was."""

import csv
import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TextIO

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from influencerflow.creators.importing import upsert
from influencerflow.creators.importing.columns import FIELDS, map_columns
from influencerflow.creators.importing.readers import RawRow, Rejection, SourceTable, read_table, shortened
from influencerflow.creators.importing.rows import RowCleaner
from influencerflow.database.engine import UNREACHABLE_REMEDY, Database
from influencerflow.errors import ConflictError, DatabaseUnavailableError, InfluencerFlowError, InvalidInputError

Progress = Callable[[float], None]
_PROGRESS_ROWS = 200


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """`mapping`: column -> field. `constants`: field -> value for rows without one."""

    mapping: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    engagement_as: Literal["percent", "fraction"] = "percent"


@dataclass(frozen=True, slots=True)
class ImportResult:
    mapping: dict[str, str]
    inserted: int
    updated: int
    unchanged: int
    rejections: list[Rejection]

    @property
    def rejected_rows(self) -> int:
        return len({rejection.row for rejection in self.rejections})


@dataclass(frozen=True, slots=True)
class FileColumns:
    """What a file has: its columns, of each the first few values that are not blank, and the field it would be read as."""

    columns: list[str]
    samples: dict[str, list[str]]
    suggested: dict[str, str]


@dataclass(frozen=True, slots=True)
class ImportPreview:
    mapping: dict[str, str]
    unmapped: list[str]
    rows: list[dict[str, Any]]
    good: int
    rejections: list[Rejection]


def preview_import(path: Path, options: ImportOptions, *, first: int = 5) -> ImportPreview:
    """What an import would do, without a database: the mapping, the first rows, every problem."""
    table, cleaner = _open(path, options)
    rejections: list[Rejection] = []
    rows = cleaned_rows(table, cleaner, rejections, lambda _done: None)
    shown = [values for _, values in islice(rows, first)]
    good = len(shown) + sum(1 for _ in rows)
    unmapped = [column for column in table.columns if column not in cleaner.mapping.values()]
    return ImportPreview(dict(cleaner.mapping), unmapped, shown, good, rejections)


def read_columns(path: Path, *, rows: int = 200, values: int = 3) -> FileColumns:
    """Looks at the first rows. Raises InvalidInputError for a file that cannot be read."""
    table = read_table(path)
    samples: dict[str, list[str]] = {column: [] for column in table.columns}
    for row in islice(table.rows, rows):
        if isinstance(row, RawRow):
            for column, value in row.values.items():
                written = "" if value is None else shortened(value).strip()
                if written and column in samples and len(samples[column]) < values and written not in samples[column]:
                    samples[column].append(written)
    try:
        mapping = map_columns(table.columns, {}) if table.columns else {}
    except InvalidInputError:  # no column is known by its name: all is left to whoever looks at it
        mapping = {}
    return FileColumns(list(table.columns), samples, {column: name for name, column in mapping.items()})


def check_import(
    database: Database, path: Path, options: ImportOptions, *, progress: Progress = lambda _done: None
) -> ImportResult:
    """What `import_creators` would do with the catalogue as it is now; nothing is changed."""
    table, cleaner = _open(path, options)
    rejections: list[Rejection] = []
    with import_errors(), database.transaction() as connection:
        _stage(connection, table, cleaner, rejections, progress)
        counts = upsert.count_changes(connection)
    return _result(cleaner, counts, rejections)


def import_creators(
    database: Database,
    path: Path,
    options: ImportOptions,
    *,
    report: Path | None = None,
    progress: Progress = lambda _done: None,
    finish: Callable[[Connection, ImportResult], None] = lambda _connection, _result: None,
) -> ImportResult:
    """Upserts a file. Rejected rows go to `report` (CSV: row, field, value, reason), written before anything commits.

    `finish` is called with the result in the transaction of the import: what it writes is there if the rows are.
    """
    table, cleaner = _open(path, options)
    if report:
        check_report(report, path)
    rejections: list[Rejection] = []
    with import_errors(), database.transaction() as connection:
        upsert.serialise_imports(connection)
        _stage(connection, table, cleaner, rejections, progress)
        counts = upsert.merge(connection)
        if report and rejections:
            write_report(report, rejections)
        result = _result(cleaner, counts, rejections)
        finish(connection, result)
    if counts.inserted + counts.updated:
        with database.transaction() as connection:
            connection.execute(text("ANALYZE creators"))
    return result


def _stage(
    connection: Connection, table: SourceTable, cleaner: RowCleaner, rejections: list[Rejection], progress: Progress
) -> None:
    """The file's good rows into a temporary table, matched with the creators there are; the others into `rejections`."""
    upsert.create_staging(connection)
    upsert.copy_rows(connection, cleaned_rows(table, cleaner, rejections, progress))
    upsert.match_existing(connection)
    rejections += upsert.take_out_conflicts(connection)
    rejections.sort(key=lambda rejection: rejection.row)


def _result(cleaner: RowCleaner, counts: upsert.UpsertCounts, rejections: list[Rejection]) -> ImportResult:
    return ImportResult(dict(cleaner.mapping), counts.inserted, counts.updated, counts.unchanged, rejections)


@contextmanager
def import_errors(outcome: str = "nothing was imported") -> Iterator[None]:
    """Whatever ends an import becomes an error that says so, and what the outcome is."""
    try:
        yield
    except DatabaseUnavailableError as error:
        raise DatabaseUnavailableError(f"{error.message.rstrip('.')}; {outcome}.", remedy=error.remedy) from error
    except (DBAPIError, psycopg.Error) as error:
        raise _explained(error, outcome) from error
    except OSError as error:
        raise InfluencerFlowError(f"The import stopped: {error.strerror or error}; {outcome}.") from error


def _open(path: Path, options: ImportOptions) -> tuple[SourceTable, RowCleaner]:
    for name in options.constants:
        if name not in FIELDS:
            raise InvalidInputError(f"--set {name}: there is no such field.", remedy=f"Fields: {', '.join(FIELDS)}.")
    table = read_table(path)
    mapping = map_columns(table.columns, options.mapping) if table.columns else {}
    if mapping and "platform" not in {*mapping, *options.constants}:
        raise InvalidInputError(
            f"{path} has no column with the platform.",
            remedy="Add --set platform=NAME if all its creators are of one, or name the column with --map COLUMN=platform.",
        )
    cleaner = RowCleaner(mapping, options.constants, options.engagement_as)
    cleaner.check_constants()
    return table, cleaner


def cleaned_rows(
    table: SourceTable, cleaner: RowCleaner, rejections: list[Rejection], progress: Progress
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Good rows with their numbers, as they are read; what is wrong with the others is added to `rejections`."""
    for count, row in enumerate(table.rows):
        if isinstance(row, Rejection):
            rejections.append(row)
            continue
        cleaned = cleaner.clean(row)
        if isinstance(cleaned, list):
            rejections += cleaned
        else:
            yield row.number, cleaned
        if count % _PROGRESS_ROWS == 0:
            progress(_done(row))


def _done(row: RawRow) -> float:
    return min(row.done, 1.0)


def check_report(report: Path, source: Path) -> None:
    """Before anything is read: a report that cannot be written, or that would replace the file it is about."""
    if report.exists() and report.samefile(source):
        raise InvalidInputError(f"--report {report} is the file to import.", remedy="Name another file.")
    if report.is_dir() or not os.access(report if report.exists() else report.parent, os.W_OK):
        raise InvalidInputError(
            f"The report {report} cannot be written; nothing was imported.",
            remedy="Name a file in a folder that exists and can be written with --report FILE.",
        )


def write_report(path: Path, rejections: list[Rejection]) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            write_rejections(file, rejections)
    except OSError as error:
        if path.is_file():  # half a report would pass for a whole one
            path.unlink()
        raise InfluencerFlowError(
            f"The report {path} cannot be written: {error.strerror or error}; nothing was imported.",
            remedy="Free some space, or name a file elsewhere with --report FILE.",
        ) from error


def write_rejections(file: TextIO, rejections: list[Rejection]) -> None:
    writer = csv.writer(file)
    writer.writerow(["row", "field", "value", "reason"])
    for item in rejections:
        # A leading =, +, - or @ would be a formula to a spreadsheet.
        value = "'" + item.value if item.value.startswith(("=", "+", "-", "@")) else item.value
        writer.writerow([item.row, item.field, value[:200], item.reason])


def _explained(error: DBAPIError | psycopg.Error, outcome: str) -> Exception:
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, psycopg.errors.DiskFull) or getattr(original, "errno", None) == errno.ENOSPC:
        return DatabaseUnavailableError(f"The database's disk is full; {outcome}.", remedy="Free some space there.")
    if isinstance(original, psycopg.errors.DataError | psycopg.errors.IntegrityError):
        reason = str(original).splitlines()[0]
        return InvalidInputError(f"The catalogue cannot take a value: {reason}; {outcome}.")
    if isinstance(original, psycopg.errors.DeadlockDetected | psycopg.errors.SerializationFailure):
        return ConflictError(f"The catalogue was being changed meanwhile; {outcome}.", remedy="Do it again.")
    # COPY speaks to the driver itself, past the edge that translates a lost connection.
    if isinstance(original, psycopg.OperationalError) and (original.sqlstate or "08").startswith(("08", "57P")):
        return DatabaseUnavailableError(
            f"The database went away during the import; {outcome}.", remedy=UNREACHABLE_REMEDY
        )
    return error
