"""What may go wrong during an import: a bad value costs its row, anything worse leaves the catalogue as it was."""

import datetime
import errno
import resource
import signal
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars
import psycopg
import pytest
from sqlalchemy import Connection, text
from tests.factories import add_creator

from influencerflow.creators.importing import upsert
from influencerflow.creators.importing.service import ImportOptions, ImportResult, import_creators
from influencerflow.database.engine import Database
from influencerflow.errors import DatabaseUnavailableError, InfluencerFlowError, InvalidInputError

GOOD = '{"name": "Good", "platform": "ig", "handle": "good"}\n'
MANY = "name,platform,handle\n" + "".join(f"N{number},ig,h{number}\n" for number in range(3000))
copy_rows = upsert.copy_rows


def written(folder: Path, content: str | bytes, name: str = "creators.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def imported(database: Database, path: Path, **options: Any) -> ImportResult:
    return import_creators(database, path, ImportOptions(**options), report=path.with_suffix(".rejected.csv"))


def stored(database: Database, columns: str = "name") -> list[tuple[Any, ...]]:
    with database.transaction() as connection:
        return [tuple(row) for row in connection.execute(text(f"SELECT {columns} FROM creators ORDER BY name"))]


@pytest.mark.parametrize(
    ("extra", "field"),
    [
        ('"audience": {"note": "\\u0000"}', "audience"), ('"audience": {"note": "\\ud800"}', "audience"),
        ('"audience": {"age": {"18-24": NaN}}', "audience"), ('"audience": "{broken"', "audience"),
        ('"followers": ' + "9" * 400, "followers_count_numeric"), ('"followers": ' + "9" * 5000, ""),
        ('"followers": "1' + " " * 100_000 + '!"', "followers_count_numeric"),
        ('"country": "' + "x" * 1_000_000 + '"', "country"), ('"past_brands": "[broken"', "past_brands"),
    ],
)  # fmt: skip
def test_a_value_no_database_takes_costs_only_its_row(
    database: Database, tmp_path: Path, extra: str, field: str
) -> None:
    bad = '{"name": "Bad", "platform": "ig", "handle": "bad", ' + extra + "}\n"
    result = imported(database, written(tmp_path, bad + GOOD, "rows.jsonl"))
    assert [(item.row, item.field) for item in result.rejections] == [(1, field)]
    assert len(result.rejections[0].value) <= 200
    assert stored(database) == [("Good",)]


def test_dates_and_decimals_of_parquet(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    row = {"name": "A", "platform": "ig", "handle": "a", "about": datetime.date(2026, 5, 4), "er": Decimal("3.4")}
    polars.DataFrame([row]).write_parquet(path)
    assert imported(database, path).inserted == 1
    assert stored(database, "engagement_rate") == [(3.4,)]


@pytest.mark.parametrize("text_", ["125K", "125000", "125,000"])
def test_a_display_text_alone_can_be_filtered_by(database: Database, tmp_path: Path, text_: str) -> None:
    imported(database, written(tmp_path, f'name;platform;handle;followers_count\nA;ig;a;"{text_}"\n'))
    assert stored(database, "followers_count_numeric") == [(125_000,)]


def test_external_ids_without_a_source_are_the_platforms_own(database: Database, tmp_path: Path) -> None:
    path = written(tmp_path, "name,platform,external_id\nA,ig,1\nB,tiktok,1\n")
    assert imported(database, path).inserted == 2
    assert imported(database, path).unchanged == 2
    assert imported(database, written(tmp_path, "name,platform,external_id\nC,ig,1\n")).updated == 1


def test_a_move_to_another_platform_takes_no_channel_there(database: Database, tmp_path: Path) -> None:
    with database.transaction() as connection:
        mover = add_creator(connection, name="Mover", channel_name="x")
        add_creator(connection, name="Owner", platform="tiktok", channel_name="x")
    result = imported(database, written(tmp_path, f"id,name,platform\n{mover},Mover,tiktok\n"))
    assert (result.updated, "belongs to creator" in result.rejections[0].reason) == (0, True)
    assert stored(database, "platform") == [("instagram",), ("tiktok",)]


def test_an_adopted_table_without_the_unique_index(database: Database, tmp_path: Path) -> None:
    with database.transaction() as connection:
        connection.execute(text("DROP INDEX creators_platform_channel_key"))
        for _ in range(2):
            add_creator(connection, name="Twin", channel_name="twin")
    path = written(tmp_path, "name,platform,handle,er\nTwin,ig,@TWIN,9\n")
    assert imported(database, path).updated == 1
    assert imported(database, path).unchanged == 1
    assert sorted(rate for (rate,) in stored(database, "engagement_rate")) == [3.4, 9.0]


def test_delimiters_are_told_from_what_they_separate(database: Database, tmp_path: Path) -> None:
    header = 'name;"followers";handle;"bio, and, more, here"\nA;1;a;x\n'
    assert imported(database, written(tmp_path, header), constants={"platform": "ig"}).inserted == 1
    for number, delimiter in enumerate(",;\t|"):
        rows = f"name,handle\nN{number},n{number}\n".replace(",", delimiter)
        assert imported(database, written(tmp_path, rows), constants={"platform": "yt"}).inserted == 1


def test_what_is_wrong_with_the_whole_file_is_said_once(database: Database, tmp_path: Path) -> None:
    path = written(tmp_path, "name,handle\nA,a\n")
    with pytest.raises(InvalidInputError, match="--set platform=NAME"):
        imported(database, path)
    with pytest.raises(InvalidInputError, match="platform=myspace: is not a platform"):
        imported(database, path, constants={"platform": "myspace"})
    with pytest.raises(InvalidInputError, match="mapped to that field already"):
        imported(database, path, constants={"platform": "ig"}, mapping={"name": "about", "handle": "about"})


def test_a_report_never_replaces_the_file_it_is_about(database: Database, tmp_path: Path) -> None:
    path = written(tmp_path, "name,platform,handle\nA,nowhere,a\n")
    before = path.read_bytes()
    with pytest.raises(InvalidInputError, match="is the file to import"):
        import_creators(database, path, ImportOptions(), report=path)
    assert path.read_bytes() == before


def test_a_report_that_does_not_fit_leaves_neither_half_a_report_nor_a_row(database: Database, tmp_path: Path) -> None:
    """A limit on the size of a file stops a writer in the middle, as a full disk does."""
    rows = "name,platform,handle\nGood,ig,good\n" + "".join(f"N{number},myspace,h{number}\n" for number in range(3000))
    path, report = written(tmp_path, rows), tmp_path / "report.csv"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, before[1]))
    try:
        with pytest.raises(InfluencerFlowError, match=r"report\.csv cannot be written: .*; nothing was imported"):
            import_creators(database, path, ImportOptions(), report=report)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert stored(database) == []
    assert not report.exists()


def test_a_full_disk_while_reading_leaves_no_row(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(connection: Connection, rows: Iterable[Any]) -> None:
        def until_full() -> Iterator[Any]:
            for number, row in enumerate(rows):
                if number == 2000:
                    raise OSError(errno.ENOSPC, "No space left on device")
                yield row

        copy_rows(connection, until_full())

    monkeypatch.setattr(upsert, "copy_rows", no_space)
    with pytest.raises(InfluencerFlowError, match=r"No space left on device; nothing was imported"):
        imported(database, written(tmp_path, MANY))
    assert stored(database) == []


@pytest.mark.parametrize("interruption", ["ctrl-c", "server gone"])
def test_an_interruption_leaves_no_row(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interruption: str
) -> None:
    def interrupted(connection: Connection, rows: Iterable[Any]) -> None:
        backend = connection.scalar(text("SELECT pg_backend_pid()"))

        def until_interrupted() -> Iterator[Any]:
            for number, row in enumerate(rows):
                if number == 2000 and interruption == "ctrl-c":
                    raise KeyboardInterrupt
                if number == 2000:
                    plain = database.url.replace("postgresql+psycopg", "postgresql")
                    with psycopg.connect(plain, autocommit=True) as other:
                        other.execute("SELECT pg_terminate_backend(%s, 5000)", (backend,))
                yield row

        copy_rows(connection, until_interrupted())

    monkeypatch.setattr(upsert, "copy_rows", interrupted)
    expected = KeyboardInterrupt if interruption == "ctrl-c" else DatabaseUnavailableError
    with pytest.raises(expected):
        imported(database, written(tmp_path, MANY))
    assert stored(database) == []
    monkeypatch.undo()
    assert imported(database, tmp_path / "creators.csv").inserted == 3000
