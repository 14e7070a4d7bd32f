"""/api/creators/{id}/notes"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict

from influencerflow.creators import notes
from influencerflow.creators.notes import NOTE_EXAMPLE, Note, NoteIn
from influencerflow.creators.schemas import STORED_EXAMPLE
from influencerflow.http import TransactionDependency, problems

router = APIRouter(prefix="/api/creators/{creator_id}/notes", tags=["creators"])

CreatorId = Annotated[UUID, Path(examples=[STORED_EXAMPLE["id"]])]
NoteId = Annotated[UUID, Path(examples=[NOTE_EXAMPLE["id"]])]


class NoteList(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [NOTE_EXAMPLE]}]})

    items: list[Note]


@router.get("", summary="List a creator's notes", responses=problems(404, 422))
def list_notes(creator_id: CreatorId, connection: TransactionDependency) -> NoteList:
    """The newest first."""
    return NoteList(items=notes.list_notes(connection, creator_id))


@router.post("", status_code=201, summary="Write a note about a creator", responses=problems(404, 422))
def add_note(creator_id: CreatorId, body: NoteIn, connection: TransactionDependency) -> Note:
    return notes.add_note(connection, creator_id, body)


@router.patch("/{note_id}", summary="Change a note", responses=problems(404, 422))
def edit_note(creator_id: CreatorId, note_id: NoteId, body: NoteIn, connection: TransactionDependency) -> Note:
    return notes.edit_note(connection, creator_id, note_id, body)


@router.delete("/{note_id}", status_code=204, summary="Delete a note", responses=problems(404, 422))
def delete_note(creator_id: CreatorId, note_id: NoteId, connection: TransactionDependency) -> Response:
    notes.delete_note(connection, creator_id, note_id)
    return Response(status_code=204)
