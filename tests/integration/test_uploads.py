"""Imports by upload: checked, imported and reported in the background; whatever happens, all or nothing."""

import io
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Connection, text
from tests.factories import add_creator

from influencerflow.creators.importing import runner, uploads, upsert
from influencerflow.creators.importing.runner import run_due
from influencerflow.creators.importing.service import ImportOptions
from influencerflow.creators.importing.uploads import Upload
from influencerflow.database.engine import Database
from influencerflow.errors import ConflictError, InvalidInputError

ROWS = "name,platform,handle,followers\nAna,ig,ana,10K\nBen,ig,ben,many\nCem,myspace,cem,5\nDora,ig,dora,7\n"


def uploaded(database: Database, content: str | bytes, filename: str = "creators.csv") -> UUID:
    file = io.BytesIO(content if isinstance(content, bytes) else content.encode())
    with database.transaction() as connection:
        return uploads.store_upload(connection, filename, file)


def state(database: Database, upload_id: UUID) -> Upload:
    with database.transaction() as connection:
        return uploads.read_upload(connection, upload_id)


def checked(database: Database, content: str | bytes, filename: str = "creators.csv") -> Upload:
    upload_id = uploaded(database, content, filename)
    assert run_due(database) == 1
    return state(database, upload_id)


def imported(database: Database, upload: Upload) -> Upload:
    with database.transaction() as connection:
        uploads.queue_import(connection, upload.id)
    run_due(database)
    return state(database, upload.id)


def names(database: Database) -> list[str]:
    with database.transaction() as connection:
        return list(connection.scalars(text("SELECT name FROM creators ORDER BY name")))


def test_a_check_tells_what_an_import_would_do_and_changes_nothing(database: Database) -> None:
    with database.transaction() as connection:
        add_creator(connection, name="Ana", channel_name="ana", followers_count_numeric=1)
    upload = checked(database, ROWS)
    assert (upload.state, upload.task, upload.kept, upload.reported) == ("done", "check", True, True)
    assert upload.columns is not None
    assert upload.columns["suggested"] == {
        "name": "name", "platform": "platform", "handle": "channel_name", "followers": "followers_count_numeric",
    }  # fmt: skip
    assert upload.columns["samples"]["name"] == ["Ana", "Ben", "Cem"]
    expected = upload.outcome or {}
    assert (expected["inserted"], expected["updated"], expected["unchanged"], expected["rejected"]) == (1, 1, 0, 2)
    assert [(item["row"], item["field"]) for item in expected["rejections"]] == [
        (3, "followers_count_numeric"),
        (4, "platform"),
    ]
    assert names(database) == ["Ana"]
    done = imported(database, upload)
    assert done.imported
    assert {key: (done.outcome or {})[key] for key in expected} == expected, "as the check said"
    assert (done.kept, names(database)) == (False, ["Ana", "Dora"])
    with database.transaction() as connection:
        report = uploads.read_report(connection, upload.id)
    assert report.splitlines()[:2] == ["row,field,value,reason", "3,followers_count_numeric,many,is not a number"]


def test_what_is_missing_is_said_and_mended_with_other_options(database: Database) -> None:
    upload = checked(database, "Wer,Konto\nAna,ana\nBen,ben\n")
    assert upload.state == "failed"
    assert "No column is one we know: Wer, Konto" in (upload.error or "")
    assert "--map" not in (upload.error or "")
    assert upload.columns is not None
    assert upload.columns["samples"] == {"Wer": ["Ana", "Ben"], "Konto": ["ana", "ben"]}
    with database.transaction() as connection:
        uploads.queue_check(connection, upload.id, ImportOptions({"Wer": "name", "Konto": "channel_name"}))
    run_due(database)
    again = state(database, upload.id)
    assert again.error == (
        "creators.csv has no column with the platform. Choose the column that holds it, or one platform for all rows."
    )
    options = ImportOptions({"Wer": "name", "Konto": "channel_name"}, {"platform": "tiktok"})
    with database.transaction() as connection:
        uploads.queue_check(connection, upload.id, options)
    run_due(database)
    assert (state(database, upload.id).outcome or {})["inserted"] == 2


@pytest.mark.parametrize(
    ("content", "filename", "said"),
    [
        (b"PK\3\4" + b"\0" * 100, "creators.xlsx", "is an Excel workbook"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 500, "a.csv", "a.csv is not text"),
        (b'[{"name": "A"', "a.json", "is not complete JSON"),
        (b"[" * 100_000, "a.json", "a.json is nested too deeply"),
        (b"PAR1 not really", "a.parquet", "is not a complete Parquet file"),
        (b"name,name\nA,B\n", "a.csv", "The column 'name' is there twice"),
        ("x" * 2_000_000, "a.csv", "No column is one we know"),
        (b'"' + b"x,y\n" * 10_000, "a.csv", "the header cannot be read"),
    ],
)
def test_a_file_that_is_none_says_why(database: Database, content: bytes, filename: str, said: str) -> None:
    upload = checked(database, content, filename)
    assert upload.state == "failed"
    assert said in (upload.error or "")
    assert len(upload.error or "") < 1_000
    assert "upload." not in (upload.error or ""), "by its own name"


@pytest.mark.parametrize(
    ("content", "filename"),
    [
        ("name,platform,handle\nZoë,ig,zoe\n".encode("utf-16"), "a.csv"),
        ("name;platform;handle\nZoë Müller;ig;zoe\nÄnne Groß;ig;ag\n".encode("cp1252"), "../../a.csv"),
        ('{"name": "Zoë \\ud800\\u0000", "platform": "ig", "handle": "zoe"}\n'.encode(), "C:\\x\\a.jsonl"),
    ],
)
def test_encodings_and_names_that_are_not_plain(database: Database, content: bytes, filename: str) -> None:
    upload = checked(database, content, filename)
    assert upload.filename in {"a.csv", "a.jsonl"}
    assert imported(database, upload).imported
    assert any(name.startswith("Zoë") for name in names(database))


def test_empty_files_and_files_that_are_gone(database: Database) -> None:
    with pytest.raises(InvalidInputError, match=r"creators\.csv is empty"):
        uploaded(database, b"")
    upload = imported(database, checked(database, ROWS))
    with database.transaction() as connection:
        assert connection.scalar(text("SELECT count(*) FROM creator_import_files")) == 0
        with pytest.raises(ConflictError, match="is no longer here"):
            uploads.queue_import(connection, upload.id)


def test_a_queued_file_is_not_queued_again_and_can_be_discarded(database: Database) -> None:
    upload_id = uploaded(database, ROWS)
    with database.transaction() as connection, pytest.raises(ConflictError, match="is being worked on"):
        uploads.queue_import(connection, upload_id)
    with database.transaction() as connection:
        uploads.discard(connection, upload_id)
        assert connection.scalar(text("SELECT count(*) FROM creator_import_files")) == 0
    assert run_due(database) == 0


def test_a_runner_that_lost_its_file_to_another_imports_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = checked(database, ROWS)
    with database.transaction() as connection:
        uploads.queue_import(connection, upload.id)
        first = uploads.claim(connection)
        assert first is not None
    with database.transaction() as connection:
        assert uploads.claim(connection) is None, "its lease is good"
        connection.execute(text("UPDATE creator_imports SET lease_expires_at = now() - interval '1 second'"))
        assert uploads.is_due(connection)
        second = uploads.claim(connection)
        assert second is not None
    with pytest.raises(ConflictError, match="taken"):
        runner._work(database, first)
    assert names(database) == []
    runner._work(database, second)
    assert names(database) == ["Ana", "Dora"]


def test_a_server_that_goes_away_leaves_nothing_half_written(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = checked(database, ROWS)
    merge = upsert.merge

    def terminated(connection: Connection) -> Any:
        counts = merge(connection)
        backend = connection.scalar(text("SELECT pg_backend_pid()"))
        with psycopg.connect(database.url.replace("+psycopg", ""), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (backend,))
        return counts

    monkeypatch.setattr(upsert, "merge", terminated)
    failed = imported(database, upload)
    assert (failed.state, failed.kept, names(database)) == ("failed", True, [])
    assert "nothing was imported" in (failed.error or "")
    monkeypatch.undo()
    assert imported(database, failed).imported
    assert names(database) == ["Ana", "Dora"]


def test_a_file_that_takes_its_process_down_is_given_up(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    upload_id = uploaded(database, ROWS)

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "check_import", killed)
    for _ in range(uploads.MOST_ATTEMPTS):
        with pytest.raises(KeyboardInterrupt):
            run_due(database)
        with database.transaction() as connection:
            connection.execute(text("UPDATE creator_imports SET lease_expires_at = now() - interval '1 second'"))
    assert run_due(database) == 1
    assert (state(database, upload_id).state, state(database, upload_id).kept) == ("failed", True)
    assert "broken off several times" in (state(database, upload_id).error or "")


def test_progress_is_told_while_a_file_is_read(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "_HEARTBEAT_SECONDS", 0.01)
    seen: list[tuple[str, bool]] = []
    copy_rows = upsert.copy_rows

    def watched(connection: Connection, rows: Any) -> None:
        copy_rows(connection, rows)
        for _ in range(500):
            now = state(database, upload_id)
            if now.progress > 0:
                break
        seen.append((now.state, now.progress > 0))

    monkeypatch.setattr(upsert, "copy_rows", watched)
    upload_id = uploaded(database, "name,platform,handle\n" + "".join(f"N{n},ig,h{n}\n" for n in range(1_000)))
    run_due(database)
    assert seen == [("running", True)]


def test_old_files_and_records_are_forgotten(database: Database) -> None:
    kept, forgotten = checked(database, ROWS), checked(database, ROWS)
    with database.transaction() as connection:
        statement = text("UPDATE creator_imports SET updated_at = now() - make_interval(days => :days) WHERE id = :id")
        connection.execute(statement, {"id": kept.id, "days": uploads.FILE_DAYS + 1})
        connection.execute(statement, {"id": forgotten.id, "days": uploads.RECORD_DAYS + 1})
        uploads.forget_old(connection)
        assert [(item.id, item.kept) for item in uploads.list_uploads(connection)] == [(kept.id, False)]


@pytest.mark.slow
def test_the_process_works_off_what_is_due(database: Database, tmp_path: Path) -> None:
    upload_id = uploaded(database, ROWS)
    environment = {
        "INFLUENCERFLOW_DATABASE_URL": database.url,
        "PYTHONPATH": ":".join(sys.path),
        "TMPDIR": str(tmp_path),
    }
    command = [sys.executable, "-m", "influencerflow.creators.importing.runner"]
    subprocess.run(command, env=environment, check=True, timeout=60)
    assert state(database, upload_id).state == "done"
    assert list(tmp_path.iterdir()) == []


def test_the_files_name_may_tell_the_platform(database: Database) -> None:
    rows = "name,handle\nAna,ana\n"
    assert (checked(database, rows, "TikTok-export 2026.csv").outcome or {})["inserted"] == 1
    assert "no column with the platform" in (checked(database, rows, "tiktok and youtube.csv").error or "")
