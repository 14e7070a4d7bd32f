"""Works off uploaded files in a process of its own: parsing would hold up every page of the process that serves them.

`python -m influencerflow.creators.importing.runner` works until nothing is due, on the database of
INFLUENCERFLOW_DATABASE_URL. Whatever ends it, the catalogue is as it was, and the next runner begins anew.
"""

import io
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Connection

from influencerflow.creators.importing import uploads
from influencerflow.creators.importing.service import (
    FileColumns,
    ImportResult,
    Progress,
    check_import,
    import_creators,
    read_columns,
    write_rejections,
)
from influencerflow.creators.importing.uploads import Upload
from influencerflow.creators.platforms import PLATFORMS
from influencerflow.database.engine import Database
from influencerflow.errors import InfluencerFlowError

log = structlog.get_logger()
_HEARTBEAT_SECONDS = 1.0
_SHOWN_REJECTIONS, _SHOWN_REASONS = 20, 12
# Readers speak to the command line; here the same is done in the page.
_WORDS = {
    "add --set platform=NAME if the whole file is of one": "choose one platform for all rows",
    "Add --set platform=NAME if all its creators are of one, or name the column with --map COLUMN=platform.": (
        "Choose the column that holds it, or one platform for all rows."
    ),
    "Otherwise name the columns with --map COLUMN=FIELD.": "Otherwise choose what each column is.",
    "--set ": "",
    "--map ": "",
}


class Runner:
    """Starts the process when there is something to do; one at a time for each process that serves pages."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="imports", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        environment = os.environ | {"INFLUENCERFLOW_DATABASE_URL": self._database.url}
        command = [sys.executable, "-m", "influencerflow.creators.importing.runner"]
        subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False)


def run_due(database: Database) -> int:
    """Works off what is due; returns how many files that were."""
    done = 0
    while True:
        with database.transaction() as connection:
            upload = uploads.claim(connection)
        if upload is None:
            return done
        _work(database, upload)
        done += 1


def _work(database: Database, upload: Upload) -> None:
    if upload.attempts > uploads.MOST_ATTEMPTS:
        _fail(database, upload, "Reading this file was broken off several times. Split it, and try with a part.")
        return
    try:
        with tempfile.TemporaryDirectory(prefix="import-") as folder, _heartbeat(database, upload) as heartbeat:
            path = _written(database, upload, Path(folder))
            try:
                (_check if upload.task == "check" else _import)(database, upload, path, heartbeat.note)
            except InfluencerFlowError as error:
                _fail(database, upload, str(error).replace(str(path), upload.filename))
    except MemoryError:
        _fail(database, upload, "This file is too large to be read in one piece. Split it.")
    except InfluencerFlowError:
        raise
    except Exception as error:
        log.exception("an import failed unexpectedly", file=upload.filename)
        _fail(database, upload, f"Something unexpected went wrong ({type(error).__name__}); the log says what.")


def _check(database: Database, upload: Upload, path: Path, progress: Progress) -> None:
    columns = read_columns(path)
    options = upload.options or _named_platform(upload, columns)
    with database.transaction() as connection:
        uploads.keep_reading(connection, upload, _storable(asdict(columns)), options)
    result = check_import(database, path, replace(upload, options=options).import_options(), progress=progress)
    with database.transaction() as connection:
        _finish(connection, result, upload=upload)


def _import(database: Database, upload: Upload, path: Path, progress: Progress) -> None:
    finish = partial(_finish, upload=upload)
    import_creators(database, path, upload.import_options(), progress=progress, finish=finish)


def _named_platform(upload: Upload, columns: FileColumns) -> dict[str, Any]:
    """Exports of one platform often name it in the file's name alone: `tiktok_influencers.csv`."""
    words = set(re.split(r"[^a-z]+", upload.filename.lower()))
    named = [platform for platform in PLATFORMS if platform in words and len(platform) > 3]
    if len(named) != 1 or "platform" in columns.suggested.values():
        return {}
    return {"constants": {"platform": named[0]}}


def _written(database: Database, upload: Upload, folder: Path) -> Path:
    """The file under its own ending, which tells JSON from CSV."""
    path = folder / f"upload{Path(upload.filename).suffix.lower()[:10]}"
    with database.transaction() as connection, path.open("wb") as file:
        for content in uploads.content_of(connection, upload.id):
            file.write(content)
    return path


def _finish(connection: Connection, result: ImportResult, *, upload: Upload) -> None:
    report = None
    if result.rejections:
        written = io.StringIO()
        write_rejections(written, result.rejections)
        report = _storable(written.getvalue())
    uploads.finish(connection, upload, "done", outcome=_outcome(result), report=report)


def _outcome(result: ImportResult) -> dict[str, Any]:
    reasons = Counter((item.field, item.reason) for item in result.rejections)
    outcome: dict[str, Any] = _storable(
        {
            "mapping": result.mapping,
            "inserted": result.inserted,
            "updated": result.updated,
            "unchanged": result.unchanged,
            "rejected": result.rejected_rows,
            "rejections": [asdict(item) for item in result.rejections[:_SHOWN_REJECTIONS]],
            "reasons": [
                {"field": name, "reason": reason, "count": count}
                for (name, reason), count in reasons.most_common(_SHOWN_REASONS)
            ],
        }
    )
    return outcome


def _storable(value: Any) -> Any:
    """In the page's words, without NUL and half characters, which PostgreSQL does not store."""
    if isinstance(value, str):
        return _in_page_words(value.replace("\0", "")).encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return value


def _fail(database: Database, upload: Upload, error: str) -> None:
    with database.transaction() as connection:
        uploads.finish(connection, upload, "failed", error=_storable(error))


def _in_page_words(message: str) -> str:
    for said, instead in _WORDS.items():
        message = message.replace(said, instead)
    return message


class _Heartbeat:
    """Keeps the lease, and tells how far the file is read."""

    def __init__(self, database: Database, upload: Upload) -> None:
        self._database, self._upload = database, upload
        self._progress = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="import-lease", daemon=True)

    def note(self, progress: float) -> None:
        self._progress = progress

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._stopping.wait(_HEARTBEAT_SECONDS):
            # Of an outage the import itself will tell.
            with suppress(InfluencerFlowError), self._database.transaction() as connection:
                uploads.keep_lease(connection, self._upload, self._progress)


@contextmanager
def _heartbeat(database: Database, upload: Upload) -> Iterator[_Heartbeat]:
    heartbeat = _Heartbeat(database, upload)
    heartbeat.start()
    try:
        yield heartbeat
    finally:
        heartbeat.stop()


def main() -> None:
    database = Database(os.environ["INFLUENCERFLOW_DATABASE_URL"], pool_size=3)
    try:
        # A server that has gone away, or an interruption: the lease runs out, and the next runner begins anew.
        with suppress(InfluencerFlowError, KeyboardInterrupt):
            run_due(database)
    finally:
        database.close()


if __name__ == "__main__":
    main()
