"""`/` lists campaigns; `/campaigns/{id}` shows a brief and its matches."""

from collections.abc import Callable, Coroutine
from importlib.resources import files
from typing import Annotated, Any
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter, Body, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from sqlalchemy import Connection, text

from influencerflow.campaigns import repository as campaigns
from influencerflow.errors import DatabaseUnavailableError, InfluencerFlowError, NotFoundError
from influencerflow.http import TransactionDependency
from influencerflow.matching import stored
from influencerflow.matching.endpoints import campaign_brief
from influencerflow.matching.service import page_count
from influencerflow.monitoring.figures import embedding_figures
from influencerflow.retrieval.filters import Filters
from influencerflow.web import text as reading
from influencerflow.web.forms import FilterForm, read_form, show_filters

PAGE_SIZE = 20
_FOLDER = files("influencerflow.web")
templates = Jinja2Templates(directory=str(_FOLDER / "templates"))
templates.env.globals.update(
    money=reading.money, number=reading.number, ago=reading.ago, marked=reading.marked, initials=reading.initials
)
templates.env.trim_blocks = templates.env.lstrip_blocks = True

# Nothing but our own style sheet: a stranger's profile image must not call into the operator's network.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


class PageRoute(APIRoute):
    """Errors of pages are pages; the API's stay problem details."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_with_error_page(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError:
                return error_page(request, NotFoundError("There is no such page.", remedy="Start from the campaigns."))
            except InfluencerFlowError as error:
                return error_page(request, error)

        return handle_with_error_page


router = APIRouter(route_class=PageRoute, include_in_schema=False, default_response_class=HTMLResponse)


def mount_static(app: FastAPI) -> None:
    app.mount("/static", StaticFiles(directory=str(_FOLDER / "static")), name="static")


def error_page(request: Request, error: InfluencerFlowError) -> Response:
    gone = isinstance(error, DatabaseUnavailableError)
    title = "The database does not answer" if gone else "Not found" if error.status == 404 else error.title
    return render(request, "error.html", {"title": title, "error": error}, status=error.status)


def render(request: Request, name: str, context: dict[str, Any], *, status: int = 200) -> Response:
    return templates.TemplateResponse(request, name, context, status_code=status, headers=_HEADERS)


@router.get("/")
def campaign_list(
    request: Request,
    connection: TransactionDependency,
    q: Annotated[str | None, Query(max_length=200)] = None,
    page: Annotated[int, Query(ge=1, le=10**6)] = 1,
) -> Response:
    items, total = campaigns.list_campaigns(
        connection, status=None, q=q, offset=(page - 1) * PAGE_SIZE, limit=PAGE_SIZE
    )
    pages = page_count(total, PAGE_SIZE)
    _check_page(page, pages)
    runs = {item.id: run for item in items if (run := stored.read_run(connection, item.id))}
    context = {"campaigns": items, "runs": runs, "total": total, "page": page, "pages": pages, "q": q or ""}
    return render(request, "campaigns.html", context | {"figures": embedding_figures(connection)})


@router.get("/campaigns/{campaign_id}")
def campaign_page(
    request: Request,
    campaign_id: UUID,
    connection: TransactionDependency,
    page: Annotated[int, Query(ge=1, le=10**6)] = 1,
) -> Response:
    run = stored.read_run(connection, campaign_id)
    form = show_filters(run.filters if run else {})
    return _campaign(request, connection, campaign_id, form, page=page)


@router.post("/campaigns/{campaign_id}/matches")
def find_campaign_matches(
    request: Request, campaign_id: UUID, connection: TransactionDependency, body: Annotated[bytes, Body()] = b""
) -> Response:
    """Runs the matching, then sends the browser to the page, so that reloading does not run it again."""
    form = read_form(dict(parse_qsl(body.decode("utf-8", "replace"))))
    if form.filters is None:
        return _campaign(request, connection, campaign_id, form, status=422)
    brief = campaign_brief(connection, campaign_id)
    stored.run_campaign(connection, request.app.state.settings, campaign_id, brief, form.filters)
    return RedirectResponse(f"/campaigns/{campaign_id}#matches", status_code=303)


def _campaign(
    request: Request, connection: Connection, campaign_id: UUID, form: FilterForm, *, page: int = 1, status: int = 200
) -> Response:
    campaign = campaigns.get_campaign(connection, campaign_id)
    run = stored.read_run(connection, campaign_id)
    pages = page_count(run.stored, PAGE_SIZE) if run else 0
    _check_page(page, pages)
    context: dict[str, Any] = {
        "campaign": campaign,
        "run": run,
        "form": form,
        "page": page,
        "pages": pages,
        "page_size": PAGE_SIZE,
        "figures": embedding_figures(connection),
        "platforms": _platforms(connection),
        "matches": stored.read_matches(connection, campaign_id, page=page, limit=PAGE_SIZE) if run else [],
        "stale": False,
    }
    if run:
        current = stored.fingerprint(
            connection, campaign_brief(connection, campaign_id), Filters.model_validate(run.filters)
        )
        context["stale"] = current != run.fingerprint
    return render(request, "campaign.html", context, status=status)


def _platforms(connection: Connection) -> list[str]:
    return list(
        connection.scalars(text("SELECT DISTINCT lower(platform) FROM creators WHERE platform IS NOT NULL ORDER BY 1"))
    )


def _check_page(page: int, pages: int) -> None:
    if page > max(pages, 1):
        raise NotFoundError(f"There is no page {page}; the last one is page {max(pages, 1)}.")
