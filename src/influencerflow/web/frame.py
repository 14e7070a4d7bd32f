"""What every page shares: templates, headers, errors as pages, the message about what was just done."""

import json
import re
from collections.abc import Callable, Coroutine
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import Annotated, Any
from urllib.parse import quote, unquote

import structlog
from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from jinja2.ext import Extension
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Scope

from influencerflow.errors import DatabaseUnavailableError, InfluencerFlowError, NotFoundError
from influencerflow.web.cross_site import refuse_cross_site
from influencerflow.web.messages import current_locale, t, use_locale

PAGE_SIZE = 20
PageNumber = Annotated[int, Query(ge=1, le=10**6)]
# The message's key in `frame.toml`, and where it leads; shown once there is a page at it.
NAVIGATION = (("frame.campaigns", "/"), ("frame.creators", "/creators"), ("frame.feedback", "/feedback"))
STYLES = ("tokens", "layout", "controls", "components", "campaigns", "match", "shortlist", "creators", "reference")

# Nothing but our own: a stranger's profile image must not call into the operator's network.
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-cache",
}
_FLASH, _FLASH_SECONDS, _LONGEST_FLASH = "flash", 60, 2_000
_FOLDER = files("influencerflow.web")
log = structlog.get_logger()


class _WithoutIndents(Extension):
    """What indents templates for their readers would be up to a tenth of a page. Values that are put in stay as they are."""

    def preprocess(self, source: str, _name: str | None, _filename: str | None = None) -> str:
        return re.sub(r"(?m)^[ \t]+", "", source)


templates = Jinja2Templates(directory=str(_FOLDER / "templates"))
templates.env.add_extension(_WithoutIndents)
templates.env.trim_blocks = templates.env.lstrip_blocks = True
templates.env.globals |= {"t": t, "current_locale": current_locale, "styles": STYLES}


def expose(*functions: Callable[..., Any]) -> None:
    """Makes functions callable from every template, by their names."""
    templates.env.globals |= {function.__name__: function for function in functions}


class PageRoute(APIRoute):
    """Errors of pages are pages; the API's stay problem details."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_page(request: Request) -> Response:
            use_locale(request.headers.get("accept-language", ""))
            try:
                response = await handle(request)
            except Exception as error:
                response = _error_page(request, error)
            for name, value in _HEADERS.items():
                response.headers.setdefault(name, value)
            return response

        return handle_page


def page_router() -> APIRouter:
    """Every page's router: what other sites send is refused."""
    return APIRouter(
        route_class=PageRoute,
        include_in_schema=False,
        default_response_class=HTMLResponse,
        dependencies=[Depends(refuse_cross_site)],
    )


def _error_page(request: Request, error: Exception) -> Response:
    if isinstance(error, RequestValidationError):
        return html_error(request, 404, t("error.no_page"), t("error.no_page_detail"))
    if isinstance(error, HTTPException):
        return html_error(request, error.status_code, error.detail, t("error.unanswered"))
    if isinstance(error, DatabaseUnavailableError):
        log.warning("database unavailable", path=request.url.path, reason=error.message)
        return html_error(request, 503, t("error.database"), t("error.database_detail"), retry=True)
    if isinstance(error, InfluencerFlowError):
        title = t("error.not_found") if error.status == 404 else error.title
        return html_error(request, error.status, title, str(error), retry=error.status == 503)
    log.error("unexpected error", path=request.url.path, exc_info=error)
    return html_error(request, 500, t("error.unexpected"), t("error.unexpected_detail"), retry=True)


def html_error(request: Request, status: int, title: str, detail: str, *, retry: bool = False) -> Response:
    """A friendly page; `retry` offers to ask again, which only makes sense for what was a GET."""
    context = {"status": status, "title": title, "detail": detail, "retry": retry and request.method == "GET"}
    return render(request, "error.html", context, status=status)


def render(request: Request, name: str, context: dict[str, Any], *, status: int = 200) -> Response:
    """The page; it says what was just done (see `done`), once."""
    navigation = [item for item in NAVIGATION if has_page(request, item[1])]
    context |= {"flash": _read_flash(request), "navigation": navigation}
    response = templates.TemplateResponse(request, name, context, status_code=status)
    if _FLASH in request.cookies:
        response.delete_cookie(_FLASH)
    return response


def has_page(request: Request, path: str) -> bool:
    """Whether a GET of this path is answered; routers nest, so that their paths cannot be listed."""
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": [], "path_params": {}}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)


def done(url: str, message: str, *, undo: str | None = None, **values: str | int) -> Response:
    """To `url`, which will say `t(message, **values)` with an Undo button that posts to the path `undo`."""
    response = RedirectResponse(url, status_code=303)
    said = json.dumps({"message": message, "undo": undo, "values": values})
    response.set_cookie(_FLASH, quote(said), max_age=_FLASH_SECONDS, httponly=True, samesite="lax")
    return response


def _read_flash(request: Request) -> dict[str, Any] | None:
    """A cookie is the visitor's to write: what is not one of ours is none."""
    try:
        said = json.loads(unquote(request.cookies[_FLASH][:_LONGEST_FLASH]))
        undo = said["undo"] if str(said["undo"]).startswith("/") and "//" not in said["undo"] else None
        return {"text": t(said["message"], **said["values"]), "undo": undo}
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return None


def check_page(page: int, pages: int) -> None:
    """Raises NotFoundError for a page past the end."""
    last = max(pages, 1)
    if page > last:
        raise NotFoundError(t("error.past_the_end", page=page, last=last))


@lru_cache(maxsize=64)
def _fingerprint(name: str) -> str:
    return sha256((_FOLDER / "static" / name).read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """The address of a static file, which changes with its content: no browser shows new pages with an old style."""
    return f"/static/{name}?v={_fingerprint(name)}"


class _Static(StaticFiles):
    """An address with a fingerprint may be kept for good."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        kept = b"v=" in scope["query_string"] and response.status_code < 400
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if kept else "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def mount_static(app: FastAPI) -> None:
    app.mount("/static", _Static(directory=str(_FOLDER / "static")), name="static")


expose(asset)
