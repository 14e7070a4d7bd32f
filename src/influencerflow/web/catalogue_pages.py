"""`/creators`: the catalogue, a page at a time."""

from fastapi import Request, Response
from sqlalchemy import Connection, text

from influencerflow.creators.catalogue import browse, list_platforms
from influencerflow.errors import InvalidInputError
from influencerflow.web import creator_text, portraits  # noqa: F401 - for the templates
from influencerflow.web.catalogue_form import SORTS, read_catalogue_form
from influencerflow.web.frame import done, page_router, render

router = page_router()
PAGE = 50


@router.get("/creators")
def creator_list(request: Request, after: str | None = None, before: str | None = None) -> Response:
    form = read_catalogue_form(dict(request.query_params))
    with request.app.state.database.snapshot() as connection:
        try:
            page = browse(connection, form.filters, q=form.q, sort=form.sort, after=after, before=before, limit=PAGE)
        except InvalidInputError:  # a link that was cut short: the list still has a beginning
            page = browse(connection, form.filters, q=form.q, sort=form.sort, limit=PAGE)
        context = {
            "form": form,
            "page": page,
            "sorts": SORTS,
            "platforms": list_platforms(connection),
            "sample": has_sample(connection),
            "any": bool(page.creators) or bool(connection.scalar(text("SELECT EXISTS (SELECT FROM creators)"))),
        }
    return render(request, "creators/browse.html", context, status=422 if form.errors else 200)


@router.post("/creators/sample/remove")
def remove_sample(request: Request) -> Response:
    """The invented creators go, with their matches; campaigns stay."""
    with request.app.state.database.transaction() as connection:
        removed = connection.execute(text("DELETE FROM creators WHERE source = 'sample' AND external_id IS NOT NULL"))
        count = removed.rowcount
    return done("/creators", "creators.sample_removed", n=count)


def has_sample(connection: Connection) -> bool:
    """Whether the invented creators are among them."""
    found = "SELECT EXISTS (SELECT FROM creators WHERE source = 'sample' AND external_id IS NOT NULL)"
    return bool(connection.scalar(text(found)))
