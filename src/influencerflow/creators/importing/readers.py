"""Files as rows: CSV, JSON, JSONL and Parquet."""

import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from charset_normalizer import from_bytes

from influencerflow.creators.importing.columns import known_columns
from influencerflow.errors import InvalidInputError

_DELIMITERS = ",;\t|"
_SAMPLE_BYTES = 256 * 1024
csv.field_size_limit(min(sys.maxsize, 2**31 - 1))


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a row stays out. Rows count from 1 as a spreadsheet shows them, a CSV's header being row 1."""

    row: int
    field: str
    value: str
    reason: str


def shortened(value: Any) -> str:
    """Enough of a value to recognise it by; a report is no place for megabytes."""
    text = str(value)
    return text if len(text) <= 200 else text[:197] + "..."


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row's values by column; `done` is how much of the file is read, 0 to 1."""

    number: int
    values: dict[str, Any]
    done: float


@dataclass(frozen=True, slots=True)
class SourceTable:
    columns: list[str]
    rows: Iterator[RawRow | Rejection]


def read_table(path: Path) -> SourceTable:
    """Raises InvalidInputError for a file that cannot be read at all; a bad row is a Rejection."""
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise InvalidInputError(f"{path} is a folder.", remedy="Name a CSV, JSON, JSONL or Parquet file.")
        if size == 0:
            raise InvalidInputError(
                f"{path} is empty.", remedy="Name a CSV, JSON, JSONL or Parquet file with creators."
            )
        with path.open("rb") as file:
            head = file.read(_SAMPLE_BYTES)
    except OSError as error:
        raise InvalidInputError(f"{path}: {error.strerror}.") from None
    if head.startswith(b"PAR1"):
        return _parquet(path)
    encoding = _encoding(path, head)
    if path.suffix.lower() in {".jsonl", ".ndjson"}:
        return _json_lines(path, encoding, size)
    if path.suffix.lower() == ".json":
        return _json(path, encoding)
    return _csv(path, encoding, size)


def _encoding(path: Path, head: bytes) -> str:
    """UTF-8 if the whole file is, otherwise what the beginning looks like. Raises InvalidInputError for no text at all."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if head.startswith(b"PK\3\4"):
        remedy = "Save the sheet as CSV (UTF-8), or unpack the archive."
        raise InvalidInputError(f"{path} is an Excel workbook or another archive.", remedy=remedy)
    if b"\0" in head:
        if head[1:200:2].count(0) > 0.8 * len(head[1:200:2]) and head[:200:2].count(0) == 0:
            return "utf-16-le"
        raise InvalidInputError(f"{path} is not text.", remedy="Name a CSV, JSON, JSONL or Parquet file.")
    try:
        with path.open(encoding="utf-8-sig") as file:
            while file.read(1 << 20):
                pass
    except UnicodeDecodeError:
        best = from_bytes(head).best()
        if best is None:
            raise InvalidInputError(f"{path} is not text we can read.", remedy="Save it as UTF-8.") from None
        # Western files differ in a handful of places; cp1252 reads them all, and latin-1 cannot fail.
        return "cp1252" if best.encoding in {"cp1252", "latin_1", "cp1250", "iso8859_15"} else best.encoding
    return "utf-8-sig"


def _csv(path: Path, encoding: str, size: int) -> SourceTable:
    file = path.open(encoding=encoding, errors="replace", newline="")
    delimiter = _delimiter(file.readline())
    file.seek(0)
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    try:
        header = [column.strip() for column in next(reader)]
    except (csv.Error, StopIteration) as error:
        raise InvalidInputError(f"{path}: the header cannot be read: {error}.") from None
    return SourceTable(header, _csv_rows(file, reader, header, size))


def _delimiter(header: str) -> str:
    """The one that gives the most columns we know, else the most columns: names may hold commas themselves."""

    def columns(delimiter: str) -> tuple[int, int]:
        names = next(csv.reader([header], delimiter=delimiter), [])
        return known_columns(names), len(names)

    return max(_DELIMITERS, key=columns)


def _csv_rows(file: TextIO, reader: Any, header: list[str], size: int) -> Iterator[RawRow | Rejection]:
    number = 1
    with file:
        while True:
            number += 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                reason = "a quote is opened and never closed" if "end of data" in str(error) else str(error)
                yield Rejection(number, "", "", reason)
                continue
            if not any(cells):
                continue
            if len(cells) != len(header):
                reason = f"has {len(cells)} columns where the header has {len(header)}"
                yield Rejection(number, "", shortened(" | ".join(cells)), reason)
                continue
            yield RawRow(number, dict(zip(header, cells, strict=True)), _position(file) / size)


def _json_lines(path: Path, encoding: str, size: int) -> SourceTable:
    columns: dict[str, None] = {}
    # Lines may differ in their fields: the columns are those of any line.
    for row in _json_line_rows(path, encoding, size):
        if isinstance(row, RawRow):
            columns.update(dict.fromkeys(row.values))
    return SourceTable(list(columns), _json_line_rows(path, encoding, size))


def _json_line_rows(path: Path, encoding: str, size: int) -> Iterator[RawRow | Rejection]:
    with path.open(encoding=encoding, errors="replace") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                values = json.loads(line)
            # A plain ValueError is a number of thousands of digits.
            except (ValueError, RecursionError) as error:
                yield Rejection(number, "", shortened(line), f"is not JSON: {error}")
                continue
            if not isinstance(values, dict):
                yield Rejection(number, "", shortened(line), "is not a JSON object")
                continue
            yield RawRow(number, values, _position(file) / size)


def _position(file: TextIO) -> int:
    """Bytes read so far: a text file that is iterated over does not tell, the bytes beneath it do."""
    return file.buffer.tell()


def _json(path: Path, encoding: str) -> SourceTable:
    try:
        content = json.loads(path.read_text(encoding=encoding, errors="replace"))
    except json.JSONDecodeError as error:
        raise InvalidInputError(
            f"{path} is not complete JSON: {error.msg.removesuffix(' starting at')} in line {error.lineno}, "
            f"column {error.colno}; nothing was imported."
        ) from None
    except ValueError as error:
        raise InvalidInputError(f"{path} holds a number that is too long: {error}; nothing was imported.") from None
    except RecursionError:
        raise InvalidInputError(f"{path} is nested too deeply to be a list of creators.") from None
    if isinstance(content, dict) and isinstance(content.get("creators"), list):
        content = content["creators"]
    if not isinstance(content, list):
        raise InvalidInputError(
            f"{path} holds no list of creators.", remedy='Write [{...}, ...] or {"creators": [...]}.'
        )
    columns = list(dict.fromkeys(key for item in content if isinstance(item, dict) for key in item))
    return SourceTable(columns, _items(content))


def _items(items: list[Any]) -> Iterator[RawRow | Rejection]:
    for number, item in enumerate(items, start=1):
        if isinstance(item, dict):
            yield RawRow(number, item, number / len(items))
        else:
            yield Rejection(number, "", shortened(item), "is not a JSON object")


def _parquet(path: Path) -> SourceTable:
    import polars

    try:
        frame = polars.read_parquet(path)
    except (polars.exceptions.PolarsError, OSError) as error:
        raise InvalidInputError(f"{path} is not a complete Parquet file: {str(error).splitlines()[0]}.") from None
    rows = (
        RawRow(number, row, number / frame.height) for number, row in enumerate(frame.iter_rows(named=True), start=1)
    )
    return SourceTable(frame.columns, rows)
