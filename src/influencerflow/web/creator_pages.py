"""`/creators/{id}`: all there is to know about one creator, and notes about it; `/creators/similar`: others like some."""

from typing import Annotated
from uuid import UUID

from fastapi import Form, Query, Request, Response
from pydantic import ValidationError
from sqlalchemy import Connection, text

from influencerflow.creators import notes
from influencerflow.creators.catalogue import list_platforms
from influencerflow.creators.notes import LONGEST_NOTE, NoteIn
from influencerflow.errors import ConflictError, InvalidInputError, NotFoundError
from influencerflow.matching.similar import MOST_EXAMPLES, SimilarCreator, similar_creators
from influencerflow.web.catalogue_form import read_catalogue_form
from influencerflow.web.creator_view import read_creator_view
from influencerflow.web.frame import done, page_router, render
from influencerflow.web.messages import t
from influencerflow.web.similar_link import SimilarLink

router = page_router()
_SHOWN = 48

NoteBody = Annotated[str, Form(max_length=10 * LONGEST_NOTE)]


@router.get("/creators/similar")
def similar_page(
    request: Request,
    like: Annotated[list[UUID] | None, Query()] = None,
    unlike: Annotated[list[UUID] | None, Query()] = None,
) -> Response:
    given = dict(request.query_params)
    form = read_catalogue_form(given)
    link = SimilarLink(tuple(dict.fromkeys(like or [])), tuple(dict.fromkeys(unlike or [])), form.values)
    problem: str | None = None
    found: list[SimilarCreator] = []
    with request.app.state.database.snapshot() as connection:
        names = _names(connection, [*link.like, *link.unlike])
        if link.like and not form.errors:
            try:
                found = similar_creators(connection, link.like, link.unlike, form.filters, limit=_SHOWN)
            except (ConflictError, InvalidInputError) as error:
                problem = str(error)
        platforms = list_platforms(connection)
    context = {
        "link": link, "form": form, "found": found, "names": names, "problem": problem, "platforms": platforms,
        "most": MOST_EXAMPLES,
    }  # fmt: skip
    return render(request, "creators/similar.html", context, status=422 if form.errors or problem else 200)


@router.get("/creators/{creator_id}")
def creator_page(request: Request, creator_id: UUID) -> Response:
    return _page(request, creator_id)


@router.post("/creators/{creator_id}/notes")
def add_note(request: Request, creator_id: UUID, body: NoteBody = "") -> Response:
    note = _read_note(body)
    if note is None:
        return _page(request, creator_id, written=body, problem=_problem(body))
    with request.app.state.database.transaction() as connection:
        added = notes.add_note(connection, creator_id, note)
    return done(f"/creators/{creator_id}#notes", "creator.note_added", undo=_path(creator_id, added.id, "delete"))


@router.post("/creators/{creator_id}/notes/{note_id}")
def edit_note(request: Request, creator_id: UUID, note_id: UUID, body: NoteBody = "") -> Response:
    note = _read_note(body)
    if note is None:
        return _page(request, creator_id, editing=note_id, written=body, problem=_problem(body))
    with request.app.state.database.transaction() as connection:
        notes.edit_note(connection, creator_id, note_id, note)
    return done(f"/creators/{creator_id}#notes", "creator.note_saved")


@router.post("/creators/{creator_id}/notes/{note_id}/delete")
def delete_note(request: Request, creator_id: UUID, note_id: UUID) -> Response:
    with request.app.state.database.transaction() as connection:
        notes.delete_note(connection, creator_id, note_id)
    return done(f"/creators/{creator_id}#notes", "creator.note_deleted", undo=_path(creator_id, note_id, "restore"))


@router.post("/creators/{creator_id}/notes/{note_id}/restore")
def restore_note(request: Request, creator_id: UUID, note_id: UUID) -> Response:
    with request.app.state.database.transaction() as connection:
        notes.restore_note(connection, creator_id, note_id)
    return done(f"/creators/{creator_id}#notes", "creator.note_restored")


def _page(
    request: Request, creator_id: UUID, *, editing: UUID | None = None, written: str = "", problem: str | None = None
) -> Response:
    """`written` is kept in the form of the note it belongs to, a new one unless `editing`."""
    with request.app.state.database.snapshot() as connection:
        view = read_creator_view(connection, request.app.state.settings, creator_id)
    context = {
        "view": view, "editing": editing, "written": written, "problem": problem, "longest_note": LONGEST_NOTE,
        "link": SimilarLink((creator_id,)),
    }  # fmt: skip
    return render(request, "creators/creator.html", context, status=422 if problem else 200)


def _path(creator_id: UUID, note_id: UUID, what: str) -> str:
    return f"/creators/{creator_id}/notes/{note_id}/{what}"


def _read_note(body: str) -> NoteIn | None:
    try:
        return NoteIn(body=body)
    except ValidationError:
        return None


def _problem(body: str) -> str:
    if not body.strip():
        return t("creator.note_empty")
    return t("creator.note_long", n=len(body.strip()), most=LONGEST_NOTE)


def _names(connection: Connection, ids: list[UUID]) -> dict[UUID, str]:
    """Raises NotFoundError for a creator that is not there."""
    rows = connection.execute(text("SELECT id, name FROM creators WHERE id = ANY (:ids)"), {"ids": ids})
    names = {row.id: row.name or t("creators.unnamed") for row in rows}
    if len(names) < len(set(ids)):
        raise NotFoundError(t("creator.gone"))
    return names
