"""`/` lists campaigns; `/campaigns/{id}` shows a brief and its matches. Every state has a link, and none needs scripts."""

from collections.abc import Callable, Coroutine
from hashlib import sha256
from importlib.resources import files
from typing import Annotated, Any
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from pydantic import ValidationError
from sqlalchemy import Connection, text
from starlette.exceptions import HTTPException

from influencerflow.campaigns import repository as campaigns
from influencerflow.campaigns.brief import Brief
from influencerflow.campaigns.schemas import Campaign
from influencerflow.campaigns.understanding import Understanding, understand
from influencerflow.creators.platforms import platform_title
from influencerflow.creators.repository import read_audiences
from influencerflow.errors import DatabaseUnavailableError, InfluencerFlowError, NotFoundError
from influencerflow.lexicon.topics import topics
from influencerflow.matching import stored
from influencerflow.matching.options import MatchOptions
from influencerflow.matching.service import page_count
from influencerflow.monitoring.figures import embedding_figures
from influencerflow.retrieval.filters import Filters
from influencerflow.scoring.reasons import LEAST_PRICE
from influencerflow.web import text as reading
from influencerflow.web.correction import CORRECTIONS, account_kinds
from influencerflow.web.cross_site import refuse_cross_site
from influencerflow.web.match_form import FIELDS, MatchForm, read_match_form, show_match_form

PAGE_SIZE = 20
log = structlog.get_logger()

_FOLDER = files("influencerflow.web")
templates = Jinja2Templates(directory=str(_FOLDER / "templates"))
templates.env.trim_blocks = templates.env.lstrip_blocks = True
for _function in (
    reading.money, reading.number, reading.score, reading.ago, platform_title, reading.country, reading.language,
    reading.account, reading.marked, reading.initials, reading.avatar, reading.rate, reading.niche_note,
    reading.audience_note, reading.engagement_note, reading.budget_note,
):  # fmt: skip
    templates.env.globals[_function.__name__] = _function
templates.env.filters["gap"] = reading.gap
templates.env.globals["topic_labels"] = sorted(topic.label for topic in topics().by_key.values())
templates.env.globals["account_kinds"] = account_kinds()
# In the style sheet's address, so that a browser never shows new pages with an old style.
templates.env.globals["least_price"] = LEAST_PRICE
templates.env.globals["style_version"] = sha256((_FOLDER / "static" / "style.css").read_bytes()).hexdigest()[:12]

# Nothing but our own style sheet: a stranger's profile image must not call into the operator's network.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-cache",
}

PageNumber = Annotated[int, Query(ge=1, le=10**6)]


class PageRoute(APIRoute):
    """Errors of pages are pages; the API's stay problem details."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_with_error_page(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError:
                return html_error(request, 404, "Page not found", "There is nothing at this address.")
            except HTTPException as error:
                return html_error(request, error.status_code, error.detail, "The request could not be answered.")
            except DatabaseUnavailableError as error:
                log.warning("database unavailable", path=request.url.path, reason=error.message)
                return html_error(
                    request, 503, "The database does not answer", "Nothing is lost. Try again in a moment.", retry=True
                )
            except InfluencerFlowError as error:
                title = "Not found" if error.status == 404 else error.title
                return html_error(request, error.status, title, str(error), retry=error.status == 503)
            except Exception:
                log.exception("unexpected error", path=request.url.path)
                return html_error(request, 500, "Something went wrong", "The server's log says what.", retry=True)

        return handle_with_error_page


router = APIRouter(
    route_class=PageRoute,
    include_in_schema=False,
    default_response_class=HTMLResponse,
    dependencies=[Depends(refuse_cross_site)],
)


def mount_static(app: FastAPI) -> None:
    app.mount("/static", StaticFiles(directory=str(_FOLDER / "static")), name="static")


def html_error(request: Request, status: int, title: str, detail: str, *, retry: bool = False) -> Response:
    """A friendly page; `retry` offers to ask again, which only makes sense for what was a GET."""
    context = {"status": status, "title": title, "detail": detail, "retry": retry and request.method == "GET"}
    return _render(request, "error.html", context, status=status)


def _render(request: Request, name: str, context: dict[str, Any], *, status: int = 200) -> Response:
    return templates.TemplateResponse(request, name, context, status_code=status, headers=_HEADERS)


@router.get("/")
def campaign_list(request: Request, q: str = "", page: PageNumber = 1) -> Response:
    q = q.replace("\0", "").strip()[:200]
    with request.app.state.database.transaction() as connection:
        items, total = campaigns.list_campaigns(
            connection, status=None, q=q or None, offset=(page - 1) * PAGE_SIZE, limit=PAGE_SIZE
        )
        pages = page_count(total, PAGE_SIZE)
        _check_page(page, pages)
        runs = {item.id: run for item in items if (run := stored.read_run(connection, item.id))}
        figures = embedding_figures(connection)
    context = {"campaigns": items, "runs": runs, "total": total, "page": page, "pages": pages, "q": q}
    return _render(request, "campaigns.html", context | {"figures": figures})


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
    _check_page(page, pages)
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
    return _render(request, "campaign.html", context, status=422 if shown.errors else status)


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


def _check_page(page: int, pages: int) -> None:
    last = max(pages, 1)
    if page > last:
        raise NotFoundError(f"There is no page {page:,}; the last one is page {last:,}.")
