"""`/` lists campaigns; `/campaigns/{id}` shows a brief and its matches. Every state has a link, and none needs scripts."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from sqlalchemy import Connection, text

from influencerflow.campaigns import repository as campaigns
from influencerflow.campaigns.brief import Brief
from influencerflow.campaigns.schemas import Campaign
from influencerflow.campaigns.understanding import Understanding, understand
from influencerflow.creators.platforms import platform_title
from influencerflow.creators.repository import read_audiences
from influencerflow.errors import NotFoundError
from influencerflow.lexicon.topics import topics
from influencerflow.matching import stored
from influencerflow.matching.options import MatchOptions
from influencerflow.matching.service import page_count
from influencerflow.monitoring.figures import embedding_figures
from influencerflow.retrieval.filters import Filters
from influencerflow.scoring.reasons import LEAST_PRICE
from influencerflow.web import text as reading
from influencerflow.web.correction import CORRECTIONS, account_kinds
from influencerflow.web.frame import PAGE_SIZE, PageNumber, check_page, expose, page_router, render, templates
from influencerflow.web.match_form import FIELDS, MatchForm, read_match_form, show_match_form

expose(
    reading.money, reading.number, reading.percent, reading.score, reading.ago, reading.exact, reading.day, platform_title,
    reading.country, reading.language, reading.account, reading.status_name, reading.marked, reading.rate,
    reading.niche_note, reading.audience_note, reading.engagement_note, reading.budget_note,
)  # fmt: skip
templates.env.filters["gap"] = reading.gap
templates.env.globals["topic_labels"] = sorted(topic.label for topic in topics().by_key.values())
templates.env.globals["account_kinds"] = account_kinds()
templates.env.globals["least_price"] = LEAST_PRICE

router = page_router()


@router.get("/")
def campaign_list(request: Request, q: str = "", page: PageNumber = 1) -> Response:
    q = q.replace("\0", "").strip()[:200]
    with request.app.state.database.transaction() as connection:
        items, total = campaigns.list_campaigns(
            connection, status=None, q=q or None, offset=(page - 1) * PAGE_SIZE, limit=PAGE_SIZE
        )
        pages = page_count(total, PAGE_SIZE)
        check_page(page, pages)
        runs = {item.id: run for item in items if (run := stored.read_run(connection, item.id))}
        figures = embedding_figures(connection)
    context = {"campaigns": items, "runs": runs, "total": total, "page": page, "pages": pages, "q": q}
    return render(request, "campaigns.html", context | {"figures": figures})


@router.get("/campaigns/{campaign_id}")
def campaign_page(request: Request, campaign_id: UUID, page: PageNumber = 1) -> Response:
    """What is in the address fills the form; without any of it, the stored run does."""
    given = [(name, value) for name, value in request.query_params.multi_items() if name in FIELDS]
    with request.app.state.database.transaction() as connection:
        campaign = _read_campaign(connection, campaign_id)
        form = read_match_form(given, _understood(campaign)) if given else None
        return _campaign(request, connection, campaign, form, page=page)


@router.get("/campaigns/{campaign_id}/matches")
def to_campaign_page(campaign_id: UUID) -> Response:
    """Where the browser is after a form with mistakes; asking for it again shows the campaign."""
    return RedirectResponse(f"/campaigns/{campaign_id}", status_code=303)


async def _sent_pairs(request: Request) -> list[tuple[str, str]]:
    """The form that was sent; its button `as_read` takes every correction back."""
    sent = await request.form()
    pairs = [(name, value) for name, value in sent.multi_items() if isinstance(value, str)]
    return [pair for pair in pairs if pair[0] not in CORRECTIONS] if "as_read" in sent else pairs


@router.post("/campaigns/{campaign_id}/matches")
def find_campaign_matches(
    request: Request, campaign_id: UUID, pairs: Annotated[list[tuple[str, str]], Depends(_sent_pairs)]
) -> Response:
    """Runs the matching, then sends the browser to the page, so that reloading does not run it again."""
    with request.app.state.database.transaction() as connection:
        campaign = _read_campaign(connection, campaign_id)
        brief, _ = _read_brief(campaign)
        form = read_match_form(pairs, _understood(campaign))
        filters, options = form.filters.filters, form.correction.options
        if filters is None or options is None or brief is None:
            return _campaign(request, connection, campaign, form, status=422)
        stored.run_campaign(connection, request.app.state.settings, campaign_id, brief, filters, options)
    query = f"?{form.asked}" if form.asked else ""
    return RedirectResponse(f"/campaigns/{campaign_id}{query}#matches", status_code=303)


def _campaign(
    request: Request,
    connection: Connection,
    campaign: Campaign,
    form: MatchForm | None,
    *,
    page: int = 1,
    status: int = 200,
) -> Response:
    brief, missing = _read_brief(campaign)
    run = stored.read_run(connection, campaign.id)
    ran_with = show_match_form(run.filters if run else {}, run.options if run else {}, _understood(campaign))
    pages = page_count(run.stored, PAGE_SIZE) if run else 0
    check_page(page, pages)
    shown = form or ran_with
    query = form.query if form else ""
    matches = stored.read_matches(connection, campaign.id, page=page, limit=PAGE_SIZE) if run else []
    context = {
        "campaign": campaign,
        "missing": missing,
        "run": run,
        "planned_creators": MatchOptions.model_validate(run.options if run else {}).planned_creators,
        "passing": max(run.total, run.stored) if run else 0,
        "chips": reading.filter_chips(Filters.model_validate(run.filters if run else {})),
        "matches": matches,
        "audiences": read_audiences(connection, [match.id for match in matches]),
        "stale": bool(run and brief and stored.is_stale(connection, request.app.state.settings, brief, run)),
        "form": shown.filters,
        "correction": shown.correction,
        "errors": shown.errors,
        "asks_otherwise": bool(run and form and not form.errors and form.asked != ran_with.asked),
        "link": f"/campaigns/{campaign.id}?{query}{'&' if query else ''}",
        "page": page,
        "pages": pages,
        "figures": embedding_figures(connection),
        "platforms": _platforms(connection, shown.filters.platforms),
    }
    return render(request, "campaign.html", context, status=422 if shown.errors else status)


def _understood(campaign: Campaign) -> Understanding:
    """Nothing of a brief that is not complete."""
    brief, _ = _read_brief(campaign)
    return understand(brief) if brief else Understanding()


def _read_campaign(connection: Connection, campaign_id: UUID) -> Campaign:
    try:
        return campaigns.get_campaign(connection, campaign_id)
    except NotFoundError:
        raise NotFoundError("This campaign does not exist, or it was deleted.") from None


def _read_brief(campaign: Campaign) -> tuple[Brief | None, list[str]]:
    """The brief, or what an adopted platform's campaign lacks of one."""
    try:
        return Brief.model_validate(campaign.model_dump(include=set(Brief.model_fields))), []
    except ValidationError as error:
        return None, sorted({str(item["loc"][0]).replace("_", " ") for item in error.errors()})


def _platforms(connection: Connection, chosen: tuple[str, ...]) -> list[str]:
    known = connection.scalars(text("SELECT DISTINCT lower(platform) FROM creators WHERE platform IS NOT NULL"))
    return sorted({*known, *chosen})
