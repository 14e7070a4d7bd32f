"""What people write about a creator."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.config import JsonDict
from sqlalchemy import Connection, text

from influencerflow.creators.repository import get_creator
from influencerflow.errors import NotFoundError

LONGEST_NOTE = 5_000
_COLUMNS = "id, creator_id, body, created_at, updated_at"
NOTE_EXAMPLE: JsonDict = {
    "id": "3a9f6d1c-8c1e-4f5e-9a43-6f0a3f6f2b10",
    "creator_id": "7f1241fe-cff6-5c90-a230-282719853a71",
    "body": "Answers within a day. Wants the product two weeks ahead.",
    "created_at": "2026-05-04T09:30:00Z",
    "updated_at": "2026-05-04T09:30:00Z",
}


class NoteIn(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"body": NOTE_EXAMPLE["body"]}]})

    body: Annotated[str, Field(min_length=1, max_length=LONGEST_NOTE)]

    @field_validator("body", mode="before")
    @classmethod
    def _tidy(cls, value: object) -> object:
        """Browsers send line breaks as CR LF, which would count twice."""
        return value.replace("\0", "").replace("\r\n", "\n").strip() if isinstance(value, str) else value


class Note(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [NOTE_EXAMPLE]})

    id: UUID
    creator_id: UUID
    body: str
    created_at: datetime
    updated_at: datetime


def list_notes(connection: Connection, creator_id: UUID) -> list[Note]:
    """The newest first. Raises NotFoundError for an unknown creator."""
    get_creator(connection, creator_id)
    rows = connection.execute(
        text(f"""
            SELECT {_COLUMNS} FROM creator_notes WHERE creator_id = :id AND deleted_at IS NULL
            ORDER BY created_at DESC, id
        """),
        {"id": creator_id},
    ).mappings()
    return [Note.model_validate(dict(row)) for row in rows]


def add_note(connection: Connection, creator_id: UUID, note: NoteIn) -> Note:
    get_creator(connection, creator_id)
    statement = f"INSERT INTO creator_notes (creator_id, body) VALUES (:creator_id, :body) RETURNING {_COLUMNS}"
    row = connection.execute(text(statement), {"creator_id": creator_id, "body": note.body}).mappings().one()
    return Note.model_validate(dict(row))


def edit_note(connection: Connection, creator_id: UUID, note_id: UUID, note: NoteIn) -> Note:
    """Raises NotFoundError."""
    return _change(connection, creator_id, note_id, "body = :body, updated_at = now()", "IS NULL", {"body": note.body})


def delete_note(connection: Connection, creator_id: UUID, note_id: UUID) -> None:
    """It can be restored. Raises NotFoundError."""
    _change(connection, creator_id, note_id, "deleted_at = now()", "IS NULL", {})


def restore_note(connection: Connection, creator_id: UUID, note_id: UUID) -> Note:
    """Raises NotFoundError for one that was not deleted."""
    return _change(connection, creator_id, note_id, "deleted_at = NULL", "IS NOT NULL", {})


def _change(
    connection: Connection, creator_id: UUID, note_id: UUID, change: str, deleted: str, values: dict[str, str]
) -> Note:
    row = (
        connection.execute(
            text(f"""
                UPDATE creator_notes SET {change}
                WHERE id = :id AND creator_id = :creator_id AND deleted_at {deleted} RETURNING {_COLUMNS}
            """),
            {"id": note_id, "creator_id": creator_id, **values},
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        remedy = f"GET /api/creators/{creator_id}/notes lists those there are."
        raise NotFoundError(f"Creator {creator_id} has no note {note_id}.", remedy=remedy)
    return Note.model_validate(dict(row))
