"""Who must not be shown: everywhere (`/exclusions`) or in one campaign; pasted or uploaded as handles."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from influencerflow.creators import exclusions
from influencerflow.errors import InvalidInputError, NotFoundError
from influencerflow.matching.service import page_count
from influencerflow.web.actions import back_to, creator_ids, field, sent_form, short_name
from influencerflow.web.campaign_frame import campaign_context, read_campaign
from influencerflow.web.frame import PageNumber, check_page, done, page_router, render
from influencerflow.web.messages import t

router = page_router()
PAGE_SIZE = 100
MOST_UPLOADED = 2_000_000
_MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class _Form:
    """What the fields show, and what is wrong with them, by name."""

    values: dict[str, str]
    errors: dict[str, str]


async def sent_list(request: Request) -> list[tuple[str, str]]:
    """The form's text fields, with the lines of an uploaded file under `handles`."""
    sent = await request.form()
    pairs = []
    for name, value in sent.multi_items():
        if isinstance(value, str):
            pairs.append((name, value))
        elif value.filename:
            content = await value.read(MOST_UPLOADED + 1)
            if len(content) > MOST_UPLOADED:
                raise InvalidInputError.of_field("file", t("exclusions.too_large"))
            pairs.append(("handles", content.decode("utf-8-sig", errors="replace")))
    return pairs


Sent = Annotated[list[tuple[str, str]], Depends(sent_list)]
SentText = Annotated[list[tuple[str, str]], Depends(sent_form)]


@router.get("/exclusions")
def everywhere(request: Request, page: PageNumber = 1) -> Response:
    return _page(request, None, page=page)


@router.get("/campaigns/{campaign_id}/exclusions")
def in_campaign(request: Request, campaign_id: UUID, page: PageNumber = 1) -> Response:
    return _page(request, campaign_id, page=page)


@router.post("/exclusions")
def add_everywhere(request: Request, sent: Sent) -> Response:
    return _add(request, None, sent)


@router.post("/campaigns/{campaign_id}/exclusions")
def add_in_campaign(request: Request, campaign_id: UUID, sent: Sent) -> Response:
    return _add(request, campaign_id, sent)


@router.post("/exclusions/{exclusion_id}/remove")
def remove(request: Request, exclusion_id: UUID) -> Response:
    # Pressed twice, it is gone already.
    with request.app.state.database.transaction() as connection, suppress(NotFoundError):
        exclusions.remove_exclusion(connection, exclusion_id)
    return done(back_to(request, "/exclusions"), "exclusions.lifted")


@router.post("/exclusions/creators")
def add_creators(request: Request, sent: SentText) -> Response:
    """From a list or a creator's page: those selected, everywhere or in the campaign named."""
    ids = creator_ids([value for name, value in sent if name == "creator_id"])
    scope = creator_ids([value for name, value in sent if name == "campaign_id" and value])
    back = back_to(request, "/exclusions")
    if not ids:
        return done(back, "actions.nobody")
    with request.app.state.database.transaction() as connection:
        if scope:
            read_campaign(connection, scope[0])
        campaign_id, reason = scope[0] if scope else None, field(sent, "reason")[:500]
        exclusions.exclude_creators(connection, ids, campaign_id=campaign_id, reason=reason)
        name = short_name(connection, ids[0])
    return done(back, "exclusions.excluded", n=len(ids), name=name)


def _add(request: Request, campaign_id: UUID | None, sent: list[tuple[str, str]]) -> Response:
    """All that could be read are added; what could not is said, and stays in the field."""
    written = "\n".join(value for name, value in sent if name == "handles")
    handles, unread = exclusions.read_handles(written)
    reason = field(sent, "reason")[:500]
    with request.app.state.database.transaction() as connection:
        if campaign_id:
            read_campaign(connection, campaign_id)
        added = exclusions.exclude_handles(connection, handles, campaign_id=campaign_id, reason=reason)
    if unread or not handles:
        said = [f"“{item}”" for item in unread[:_MOST_SHOWN]]
        more = len(unread) - len(said)
        error = t("exclusions.unread", n=len(unread), items=", ".join(said)) if unread else t("exclusions.nothing")
        values = {"handles": "\n".join(unread), "reason": reason}
        return _page(request, campaign_id, page=1, values=values, error=error, added=added, more=more)
    here = f"/campaigns/{campaign_id}/exclusions" if campaign_id else "/exclusions"
    return done(here, "exclusions.added", n=added)


def _page(
    request: Request,
    campaign_id: UUID | None,
    *,
    page: int,
    values: dict[str, str] | None = None,
    error: str | None = None,
    added: int = 0,
    more: int = 0,
) -> Response:
    with request.app.state.database.transaction() as connection:
        campaign = read_campaign(connection, campaign_id) if campaign_id else None
        rows, total = exclusions.list_exclusions(
            connection, campaign_id, offset=(page - 1) * PAGE_SIZE, limit=PAGE_SIZE
        )
        context = campaign_context(request, connection, campaign, "match") if campaign else {"campaign": None}
    pages = page_count(total, PAGE_SIZE)
    check_page(page, pages)
    form = _Form(values or {"handles": "", "reason": ""}, {"handles": error} if error else {})
    context |= {"rows": rows, "total": total, "page": page, "pages": pages, "form": form}
    context |= {"added": added, "more": more}
    name = "shortlist/campaign_exclusions.html" if campaign else "shortlist/exclusions.html"
    return render(request, name, context, status=422 if error else 200)
