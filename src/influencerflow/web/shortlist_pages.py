"""A campaign's shortlist: its order, notes, what it adds up to, and everything as a table or on paper."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from influencerflow.errors import InvalidInputError, NotFoundError
from influencerflow.feedback import overview, service, shortlist
from influencerflow.feedback.export import SHORTLIST_COLUMNS, Cell, match_cells
from influencerflow.feedback.overview import Listed
from influencerflow.feedback.schemas import MAX_TEXT, FeedbackCreate
from influencerflow.web.actions import back_to, creator_ids, field, sent_form, short_name
from influencerflow.web.campaign_frame import campaign_context, read_brief, read_campaign
from influencerflow.web.downloads import Format, table_response
from influencerflow.web.frame import done, page_router, render
from influencerflow.web.messages import t

router = page_router()
Sent = Annotated[list[tuple[str, str]], Depends(sent_form)]
Chosen = Annotated[list[str], Query(alias="creator_id")]


@router.get("/campaigns/{campaign_id}/shortlist")
def shortlist_page(request: Request, campaign_id: UUID) -> Response:
    with request.app.state.database.transaction() as connection:
        campaign = read_campaign(connection, campaign_id)
        listed = overview.read_listed(connection, request.app.state.settings, campaign_id, read_brief(campaign)[0])
        context = campaign_context(request, connection, campaign, "shortlist") | {
            "listed": listed,
            "totals": overview.add_up(listed),
        }
    return render(request, "shortlist/page.html", context)


@router.get("/campaigns/{campaign_id}/shortlist.{extension}")
def export_shortlist(request: Request, campaign_id: UUID, extension: Format, chosen: Chosen = []) -> Response:  # noqa: B006
    """All of it, or those chosen."""
    ids = set(creator_ids(chosen))
    with request.app.state.database.snapshot() as connection:
        campaign = read_campaign(connection, campaign_id)
        listed = overview.read_listed(connection, request.app.state.settings, campaign_id, read_brief(campaign)[0])
    rows = [_cells(item) for item in listed if not ids or item.entry.creator_id in ids]
    return table_response(extension, SHORTLIST_COLUMNS, rows, t("shortlist.title"), campaign)


def _cells(item: Listed) -> dict[str, Cell]:
    """A creator that is not embedded yet has its name and what was said, and no scores."""
    entry = item.entry
    known: dict[str, Cell] = {
        "name": entry.name,
        "platform": entry.platform,
        "handle": entry.channel_name.lstrip("@") if entry.channel_name else None,
        "creator_id": str(entry.creator_id),
    }
    if item.match:
        known = match_cells(item.match, ranked=item.ranked)
    return {"position": entry.position, "status": entry.status, "note": entry.note, **known, "price_usd": item.rate}


@router.post("/campaigns/{campaign_id}/shortlist/{creator_id}/move")
def move(request: Request, campaign_id: UUID, creator_id: UUID, sent: Sent) -> Response:
    to = field(sent, "to")
    if not (to.isascii() and to.isdecimal() and 0 < len(to) <= 5):
        raise InvalidInputError.of_field("to", t("shortlist.no_position"))
    with request.app.state.database.transaction() as connection:
        read_campaign(connection, campaign_id)
        shortlist.move(connection, campaign_id, creator_id, max(int(to), 1))
        name = short_name(connection, creator_id)
        entries = shortlist.read_shortlist(connection, campaign_id).entries
    position = next(entry.position for entry in entries if entry.creator_id == creator_id)
    return done(_entry(campaign_id, creator_id), "shortlist.moved", name=name, position=position)


@router.post("/campaigns/{campaign_id}/shortlist/{creator_id}/note")
def write_note(request: Request, campaign_id: UUID, creator_id: UUID, sent: Sent) -> Response:
    note = field(sent, "note").replace("\r\n", "\n")
    if len(note) > MAX_TEXT:
        raise InvalidInputError.of_field("note", t("shortlist.long_note", most=MAX_TEXT))
    with request.app.state.database.transaction() as connection:
        read_campaign(connection, campaign_id)
        shortlist.write_note(connection, campaign_id, creator_id, note)
    return done(_entry(campaign_id, creator_id), "shortlist.noted" if note else "shortlist.note_removed")


@router.post("/campaigns/{campaign_id}/shortlist/{creator_id}/remove")
def remove(request: Request, campaign_id: UUID, creator_id: UUID) -> Response:
    with request.app.state.database.transaction() as connection:
        try:
            service.remove_from_shortlist(connection, campaign_id, creator_id)
        except NotFoundError:
            # Pressed twice, or by two people: it is as they wanted.
            read_campaign(connection, campaign_id)
        name = short_name(connection, creator_id)
    restore = f"/campaigns/{campaign_id}/shortlist/{creator_id}/restore"
    return done(back_to(request, f"/campaigns/{campaign_id}/shortlist"), "shortlist.removed", undo=restore, name=name)


@router.post("/campaigns/{campaign_id}/shortlist/{creator_id}/restore")
def restore(request: Request, campaign_id: UUID, creator_id: UUID) -> Response:
    """Back at its place, with its note."""
    given = FeedbackCreate(campaign_id=campaign_id, creator_id=creator_id, verdict="shortlisted")
    with request.app.state.database.transaction() as connection:
        service.give_feedback(connection, given)
        name = short_name(connection, creator_id)
    return done(back_to(request, _entry(campaign_id, creator_id)), "shortlist.restored", name=name)


def _entry(campaign_id: UUID, creator_id: UUID) -> str:
    return f"/campaigns/{campaign_id}/shortlist#creator-{creator_id}"
