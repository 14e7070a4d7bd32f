"""`/` lists campaigns; `/campaigns/...` creates, shows, edits, copies and deletes them."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from influencerflow.campaigns import repository as campaigns
from influencerflow.campaigns.pasted import read_pasted
from influencerflow.campaigns.schemas import Campaign
from influencerflow.errors import InvalidInputError
from influencerflow.matching import stored
from influencerflow.matching.service import page_count
from influencerflow.monitoring.figures import embedding_figures
from influencerflow.web.campaign_form import (
    CampaignForm,
    empty_form,
    read_campaign_form,
    show_campaign,
    show_pasted,
)
from influencerflow.web.campaign_frame import campaign_context, read_brief, read_campaign, understood
from influencerflow.web.first_run import read_first_run
from influencerflow.web.frame import PAGE_SIZE, PageNumber, check_page, done, page_router, render
from influencerflow.web.match_form import show_match_form
from influencerflow.web.messages import t

router = page_router()
STATUSES = ("draft", "active", "completed")


async def sent_form(request: Request) -> dict[str, str]:
    """The texts of a form that was sent, the last of each name."""
    sent = await request.form()
    return {name: value for name, value in sent.multi_items() if isinstance(value, str)}


SentForm = Annotated[dict[str, str], Depends(sent_form)]


@router.get("/")
def campaign_list(request: Request, q: str = "", status: str = "", page: PageNumber = 1) -> Response:
    q, status = (written.replace("\0", "").strip()[:200] for written in (q, status))
    with request.app.state.database.transaction() as connection:
        items, total = campaigns.list_campaigns(
            connection, status=status or None, q=q or None, offset=(page - 1) * PAGE_SIZE, limit=PAGE_SIZE
        )
        pages = page_count(total, PAGE_SIZE)
        check_page(page, pages)
        context = {
            "campaigns": items,
            "runs": stored.read_runs(connection, [item.id for item in items]),
            "counts": campaigns.count_by_status(connection, q or None),
            "figures": embedding_figures(connection),
            "first_run": read_first_run(request, connection),
        }
    return render(
        request, "campaigns.html", context | {"total": total, "page": page, "pages": pages, "q": q, "status": status}
    )


@router.get("/campaigns/new")
def new_campaign(request: Request) -> Response:
    return _form_page(request, empty_form())


@router.post("/campaigns/new")
def create_campaign(request: Request, sent: SentForm) -> Response:
    """Leads to the first matches."""
    form = read_campaign_form(sent)
    if form.given is None:
        return _form_page(request, form, status=422)
    with request.app.state.database.transaction() as connection:
        created = campaigns.create_campaign(connection, form.given)
    return done(f"/campaigns/{created.id}/match", "campaigns.done.created", name=form.given["product_name"])


@router.post("/campaigns/read")
def read_pasted_brief(request: Request, sent: SentForm) -> Response:
    """The form, filled from a text that was pasted; nothing is stored before it is confirmed."""
    text = sent.get("text", "")
    try:
        return _form_page(request, show_pasted(read_pasted(text)), text=text)
    except InvalidInputError as error:
        return _form_page(request, empty_form(), text=text, text_error=error.errors[0].message, status=422)


@router.get("/campaigns/read")
def to_new_campaign(request: Request) -> Response:
    """Where the browser is after it has sent a text; asking for it again begins anew."""
    return _form_page(request, empty_form())


@router.get("/campaigns/{campaign_id}")
def overview(request: Request, campaign_id: UUID) -> Response:
    with request.app.state.database.transaction() as connection:
        campaign = read_campaign(connection, campaign_id)
        context = campaign_context(request, connection, campaign, "overview")
        run, (_, missing) = context["run"], read_brief(campaign)
        read = understood(campaign)
        form = show_match_form("", run.filters if run else {}, run.options if run else {}, read)
        context |= {
            "missing": missing,
            "correction": form.correction,
            "top": stored.read_matches(connection, campaign_id, page=1, limit=5) if run else [],
            "figures": embedding_figures(connection),
        }
    return render(request, "campaign.html", context)


@router.get("/campaigns/{campaign_id}/edit")
def edit_campaign(request: Request, campaign_id: UUID) -> Response:
    with request.app.state.database.transaction() as connection:
        campaign = read_campaign(connection, campaign_id)
    return _form_page(request, show_campaign(campaign), campaign)


@router.post("/campaigns/{campaign_id}/edit")
def change_campaign(request: Request, campaign_id: UUID, sent: SentForm) -> Response:
    with request.app.state.database.transaction() as connection:
        campaign = read_campaign(connection, campaign_id)
        form = read_campaign_form(sent)
        if form.given is None:
            return _form_page(request, form, campaign, status=422)
        campaigns.update_campaign(connection, campaign_id, form.given)
    return done(f"/campaigns/{campaign_id}", "campaigns.done.changed")


@router.post("/campaigns/{campaign_id}/duplicate")
def duplicate_campaign(request: Request, campaign_id: UUID) -> Response:
    """Leads to the copy's form, since a copy is made to be changed."""
    with request.app.state.database.transaction() as connection:
        campaign = read_campaign(connection, campaign_id)
        copy = campaigns.duplicate_campaign(connection, campaign_id)
    undo = f"/campaigns/{copy.id}/delete"
    return done(f"/campaigns/{copy.id}/edit", "campaigns.done.duplicated", undo=undo, name=_name(campaign))


@router.post("/campaigns/{campaign_id}/delete")
def delete_campaign(request: Request, campaign_id: UUID) -> Response:
    with request.app.state.database.transaction() as connection:
        campaign = read_campaign(connection, campaign_id)
        campaigns.delete_campaign(connection, campaign_id)
    return done("/", "campaigns.done.deleted", undo=f"/campaigns/{campaign_id}/restore", name=_name(campaign))


@router.post("/campaigns/{campaign_id}/restore")
def restore_campaign(request: Request, campaign_id: UUID) -> Response:
    with request.app.state.database.transaction() as connection:
        campaign = campaigns.restore_campaign(connection, campaign_id)
    return done("/", "campaigns.done.restored", name=_name(campaign))


def _name(campaign: Campaign) -> str:
    return (campaign.product_name or t("campaigns.no_product"))[:100]


def _form_page(
    request: Request,
    form: CampaignForm,
    campaign: Campaign | None = None,
    *,
    text: str = "",
    text_error: str = "",
    status: int = 200,
) -> Response:
    own = form.values["status"]
    context = {
        "form": form,
        "campaign": campaign,
        # An adopted platform's own states stay what they are until somebody chooses another.
        "statuses": STATUSES if own in STATUSES else (*STATUSES, own),
        "pasted": CampaignForm({"text": text}, errors={"text": text_error} if text_error else {}),
    }
    return render(request, "campaign_form.html", context, status=status)
