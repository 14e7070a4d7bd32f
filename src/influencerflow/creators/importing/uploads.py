"""Uploaded files and what became of them: `creator_imports`, which pages read and `runner` works off."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from influencerflow.creators.importing.service import ImportOptions
from influencerflow.errors import ConflictError, InvalidInputError, NotFoundError

LEASE_SECONDS = 15
# A file that takes its process down with it three times would do so again.
MOST_ATTEMPTS = 3
# A file nobody went on with, and the record of an import, are kept for so long.
FILE_DAYS, RECORD_DAYS = 7, 90
_AT_ONCE = 2
_PART_BYTES = 1 << 20
_COLUMNS = """id, filename, size, task, state, options, columns, outcome, error, progress, attempts, lease,
    report IS NOT NULL AS reported,
    EXISTS (SELECT FROM creator_import_files f WHERE f.import_id = creator_imports.id) AS kept, created_at, updated_at"""


@dataclass(frozen=True, slots=True)
class Upload:
    """`columns`, `outcome`: FileColumns and the counts of an ImportResult, as JSON; `progress` between 0 and 1.

    `kept`: whether the file is still there; `reported`: whether there is a report of rejected rows.
    """

    id: UUID
    filename: str
    size: int
    task: str
    state: str
    options: dict[str, Any]
    columns: dict[str, Any] | None
    outcome: dict[str, Any] | None
    error: str | None
    progress: float
    attempts: int
    lease: UUID | None
    reported: bool
    kept: bool
    created_at: datetime
    updated_at: datetime

    @property
    def busy(self) -> bool:
        return self.state in {"queued", "running"}

    @property
    def imported(self) -> bool:
        return self.task == "import" and self.state == "done"

    def import_options(self) -> ImportOptions:
        return ImportOptions(**self.options)


def store_upload(connection: Connection, filename: str, file: IO[bytes]) -> UUID:
    """Keeps the file and queues the check of it. Raises InvalidInputError for an empty one."""
    forget_old(connection)
    name = Path(filename.replace("\\", "/")).name.replace("\0", "").strip()[:200] or "upload"
    upload_id: UUID = connection.execute(
        text("INSERT INTO creator_imports (filename, size) VALUES (:name, 0) RETURNING id"), {"name": name}
    ).scalar_one()
    size = 0
    for part, content in enumerate(iter(lambda: file.read(_PART_BYTES), b"")):
        size += len(content)
        connection.execute(
            text("INSERT INTO creator_import_files (import_id, part, content) VALUES (:id, :part, :content)"),
            {"id": upload_id, "part": part, "content": content},
        )
    if not size:
        raise InvalidInputError(f"{name} is empty.", remedy="Choose a CSV, JSON, JSONL or Parquet file with creators.")
    connection.execute(text("UPDATE creator_imports SET size = :size WHERE id = :id"), {"id": upload_id, "size": size})
    return upload_id


def read_upload(connection: Connection, upload_id: UUID) -> Upload:
    """Raises NotFoundError."""
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM creator_imports WHERE id = :id"), {"id": upload_id}
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no import {upload_id}.")
    return Upload(*row)


def list_uploads(connection: Connection, *, limit: int = 20) -> list[Upload]:
    """The newest first."""
    rows = connection.execute(
        text(f"SELECT {_COLUMNS} FROM creator_imports ORDER BY created_at DESC LIMIT :limit"), {"limit": limit}
    )
    return [Upload(*row) for row in rows]


def read_report(connection: Connection, upload_id: UUID) -> str:
    """CSV. Raises NotFoundError where nothing was rejected."""
    report: str | None = connection.scalar(text("SELECT report FROM creator_imports WHERE id = :id"), {"id": upload_id})
    if report is None:
        raise NotFoundError("This import has no report of rejected rows.")
    return report


def queue_check(connection: Connection, upload_id: UUID, options: ImportOptions) -> None:
    """Reads the file again, with these options. Raises ConflictError while it is being worked on, or without the file."""
    _queue(
        connection,
        upload_id,
        "check",
        {name: getattr(options, name) for name in ("mapping", "constants", "engagement_as")},
    )


def queue_import(connection: Connection, upload_id: UUID) -> None:
    """With the options of the last check. Raises ConflictError."""
    _queue(connection, upload_id, "import", None)


def discard(connection: Connection, upload_id: UUID) -> None:
    """Forgets a file that was not imported. Raises ConflictError for one that is just being imported."""
    deleted = connection.execute(
        text("DELETE FROM creator_imports WHERE id = :id AND NOT (task = 'import' AND state = 'running')"),
        {"id": upload_id},
    )
    if not deleted.rowcount:
        read_upload(connection, upload_id)
        raise ConflictError("This file is being imported just now.", remedy="Wait until it is done.")


def forget_old(connection: Connection) -> None:
    parameters = {"files": FILE_DAYS, "records": RECORD_DAYS}
    for statement in (
        """DELETE FROM creator_import_files f USING creator_imports i
           WHERE i.id = f.import_id AND i.state <> 'running' AND i.updated_at < now() - make_interval(days => :files)""",
        "DELETE FROM creator_imports WHERE state <> 'running' AND updated_at < now() - make_interval(days => :records)",
    ):
        connection.execute(text(statement), parameters)


def _queue(connection: Connection, upload_id: UUID, task: str, options: dict[str, Any] | None) -> None:
    queued = connection.execute(
        text("""
            UPDATE creator_imports i
            SET task = :task, state = 'queued', options = coalesce(:options, options), outcome = NULL, error = NULL,
                report = NULL, progress = 0, attempts = 0, updated_at = now()
            WHERE id = :id AND state IN ('done', 'failed')
              AND EXISTS (SELECT FROM creator_import_files f WHERE f.import_id = i.id)
        """).bindparams(bindparam("options", type_=JSONB(none_as_null=True))),
        {"id": upload_id, "task": task, "options": options},
    )
    if not queued.rowcount:
        upload = read_upload(connection, upload_id)
        reason = "is being worked on just now" if upload.busy else "is no longer here"
        raise ConflictError(f"{upload.filename} {reason}.", remedy="Look at its state, or upload it again.")


# For the runner -----------------------------------------------------------------------------------------------------


def claim(connection: Connection) -> Upload | None:
    """The next that is due, also one whose process went away; None when there is none, or enough is being worked on."""
    row = connection.execute(
        text(f"""
            UPDATE creator_imports
            SET state = 'running', attempts = attempts + 1, progress = 0, updated_at = now(),
                lease = gen_random_uuid(),
                lease_expires_at = now() + make_interval(secs => :seconds)
            WHERE id = (
                SELECT id FROM creator_imports
                WHERE (state = 'queued' OR (state = 'running' AND lease_expires_at < now()))
                  AND (SELECT count(*) FROM creator_imports WHERE state = 'running' AND lease_expires_at >= now()) < :most
                ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED
            )
            RETURNING {_COLUMNS}
        """),
        {"seconds": LEASE_SECONDS, "most": _AT_ONCE},
    ).one_or_none()
    return Upload(*row) if row else None


def is_due(connection: Connection) -> bool:
    """Whether something waits for a runner."""
    due = "state = 'queued' OR (state = 'running' AND lease_expires_at < now())"
    return bool(connection.scalar(text(f"SELECT EXISTS (SELECT FROM creator_imports WHERE {due})")))


def content_of(connection: Connection, upload_id: UUID) -> Iterator[bytes]:
    """The file, a part at a time."""
    statement = text("SELECT content FROM creator_import_files WHERE import_id = :id AND part = :part")
    part = 0
    while (content := connection.scalar(statement, {"id": upload_id, "part": part})) is not None:
        yield bytes(content)
        part += 1


def keep_lease(connection: Connection, upload: Upload, progress: float) -> None:
    connection.execute(
        text("""
            UPDATE creator_imports SET progress = :progress, lease_expires_at = now() + make_interval(secs => :seconds)
            WHERE id = :id AND state = 'running' AND lease = :lease
        """),
        {"id": upload.id, "lease": upload.lease, "progress": progress, "seconds": LEASE_SECONDS},
    )


def keep_reading(connection: Connection, upload: Upload, columns: dict[str, Any], options: dict[str, Any]) -> None:
    """What was found in the file, also if the check fails; whoever looks at it can change the options."""
    connection.execute(
        text(
            "UPDATE creator_imports SET columns = :columns, options = :options WHERE id = :id AND lease = :lease"
        ).bindparams(bindparam("columns", type_=JSONB), bindparam("options", type_=JSONB)),
        {"id": upload.id, "lease": upload.lease, "columns": columns, "options": options},
    )


def finish(
    connection: Connection,
    upload: Upload,
    state: str,
    *,
    outcome: dict[str, Any] | None = None,
    error: str | None = None,
    report: str | None = None,
) -> None:
    """Raises ConflictError when another process has taken it over meanwhile. An imported file is deleted."""
    finished = connection.execute(
        text("""
            UPDATE creator_imports
            SET state = :state, outcome = :outcome, error = :error, report = :report, progress = 1, lease_expires_at = NULL,
                updated_at = now()
            WHERE id = :id AND state = 'running' AND lease = :lease
        """).bindparams(bindparam("outcome", type_=JSONB(none_as_null=True))),
        {
            "id": upload.id,
            "lease": upload.lease,
            "state": state,
            "outcome": outcome,
            "error": error,
            "report": report,
        },
    )
    if not finished.rowcount:
        raise ConflictError(f"Another process has taken {upload.filename} over meanwhile.")
    if upload.task == "import" and state == "done":
        connection.execute(text("DELETE FROM creator_import_files WHERE import_id = :id"), {"id": upload.id})
