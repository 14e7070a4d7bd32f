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
from influencerflow.errors import DatabaseUnavailableError, InfluencerFlowError, NotFoundError
from influencerflow.matching import stored
from influencerflow.matching.service import page_count
from influencerflow.monitoring.figures import embedding_figures
from influencerflow.retrieval.filters import Filters
from influencerflow.web import text as reading
from influencerflow.web.cross_site import refuse_cross_site
from influencerflow.web.forms import FIELDS, FilterForm, query_string, read_form, show_filters

PAGE_SIZE = 20
log = structlog.get_logger()

_FOLDER = files("influencerflow.web")
templates = Jinja2Templates(directory=str(_FOLDER / "templates"))
templates.env.trim_blocks = templates.env.lstrip_blocks = True
for _name in ("money", "number", "score", "ago", "platform", "country", "language", "marked", "initials", "avatar"):
    templates.env.globals[_name] = getattr(reading, _name)
# In the style sheet's address, so that a browser never shows new pages with an old style.
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
    """Filters in the address fill the form; without any, those of the stored run do."""
    given = [(name, value) for name, value in request.query_params.multi_items() if name in FIELDS]
    with request.app.state.database.transaction() as connection:
        return _campaign(request, connection, campaign_id, read_form(given) if given else None, page=page)


@router.get("/campaigns/{campaign_id}/matches")
def to_campaign_page(campaign_id: UUID) -> Response:
    """Where the browser is after a form with mistakes; asking for it again shows the campaign."""
    return RedirectResponse(f"/campaigns/{campaign_id}", status_code=303)


async def _sent_form(request: Request) -> FilterForm:
    sent = await request.form()
    return read_form([(name, value) for name, value in sent.multi_items() if isinstance(value, str)])


@router.post("/campaigns/{campaign_id}/matches")
def find_campaign_matches(
    request: Request, campaign_id: UUID, form: Annotated[FilterForm, Depends(_sent_form)]
) -> Response:
    """Runs the matching, then sends the browser to the page, so that reloading does not run it again."""
    with request.app.state.database.transaction() as connection:
        brief, _ = _read_brief(_read_campaign(connection, campaign_id))
        if form.filters is None or brief is None:
            return _campaign(request, connection, campaign_id, form, status=422)
        stored.run_campaign(connection, request.app.state.settings, campaign_id, brief, form.filters)
    query = query_string(show_filters(form.filters.active()))
    return RedirectResponse(f"/campaigns/{campaign_id}{'?' if query else ''}{query}#matches", status_code=303)


def _campaign(
    request: Request,
    connection: Connection,
    campaign_id: UUID,
    form: FilterForm | None,
    *,
    page: int = 1,
    status: int = 200,
) -> Response:
    campaign = _read_campaign(connection, campaign_id)
    brief, missing = _read_brief(campaign)
    run = stored.read_run(connection, campaign_id)
    ran_with = Filters.model_validate(run.filters) if run else Filters.model_validate({})
    pages = page_count(run.stored, PAGE_SIZE) if run else 0
    _check_page(page, pages)
    shown_form = form or show_filters(run.filters if run else {})
    query = query_string(shown_form) if form else ""
    context = {
        "campaign": campaign,
        "missing": missing,
        "run": run,
        "passing": max(run.total, run.stored) if run else 0,
        "chips": reading.filter_chips(ran_with),
        "matches": stored.read_matches(connection, campaign_id, page=page, limit=PAGE_SIZE) if run else [],
        "stale": bool(run and brief and stored.is_stale(connection, request.app.state.settings, brief, run)),
        "form": shown_form,
        "other_filters": bool(run and form and form.filters and not _same(form.filters, ran_with)),
        "link": f"/campaigns/{campaign_id}?{query}{'&' if query else ''}",
        "page": page,
        "pages": pages,
        "figures": embedding_figures(connection),
        "platforms": _platforms(connection, shown_form.platforms),
    }
    return _render(request, "campaign.html", context, status=422 if shown_form.errors else status)


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


def _same(asked: Filters, ran_with: Filters) -> bool:
    """Whether both let the same creators through, as far as the form can say."""
    return query_string(show_filters(asked.active())) == query_string(show_filters(ran_with.active()))


def _platforms(connection: Connection, chosen: tuple[str, ...]) -> list[str]:
    known = connection.scalars(text("SELECT DISTINCT lower(platform) FROM creators WHERE platform IS NOT NULL"))
    return sorted({*known, *chosen})


def _check_page(page: int, pages: int) -> None:
    last = max(pages, 1)
    if page > last:
        raise NotFoundError(f"There is no page {page:,}; the last one is page {last:,}.")
