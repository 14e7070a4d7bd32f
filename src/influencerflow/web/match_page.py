"""`/campaigns/{id}/match`: a campaign's matches. Everything it was asked is in its address."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection

from influencerflow.campaigns.brief import Brief
from influencerflow.campaigns.understanding import understand
from influencerflow.creators.repository import read_names
from influencerflow.errors import InvalidInputError
from influencerflow.matching import stored
from influencerflow.matching.prices import with_prices
from influencerflow.matching.stored import ORDERS
from influencerflow.monitoring.figures import embedding_figures
from influencerflow.retrieval.facets import read_facets
from influencerflow.retrieval.filters import Filters
from influencerflow.settings import Settings
from influencerflow.web.actions import standing
from influencerflow.web.campaign_frame import campaign_context, read_brief, read_campaign
from influencerflow.web.correction import CORRECTIONS
from influencerflow.web.facet_panel import filter_groups
from influencerflow.web.filter_form import filter_chips, show_filters
from influencerflow.web.frame import PageNumber, page_router, render
from influencerflow.web.match_form import EXAMPLES, FIELDS, MatchForm, read_match_form
from influencerflow.web.match_results import Results, read_results
from influencerflow.web.messages import t

router = page_router()


@dataclass(frozen=True, slots=True)
class Example:
    """A creator that shapes the list; `kind`: like or unlike, `link` takes it away."""

    kind: str
    name: str
    link: str


@router.get("/campaigns/{campaign_id}/match")
def match_page(request: Request, campaign_id: UUID, page: PageNumber = 1) -> Response:
    """Finds the matches the address asks for. One written otherwise, as forms do, leads to the same in short."""
    with request.app.state.database.transaction() as connection:
        campaign = read_campaign(connection, campaign_id)
        brief, missing = read_brief(campaign)
        if brief is None:
            context = campaign_context(request, connection, campaign, "match") | {"missing": missing}
            return render(request, "match_incomplete.html", context)
        form = _read_form(request, brief)
        if not form.errors and _given(request) != form.pairs(page=page):
            return RedirectResponse(form.link(page=page), status_code=303)
        settings: Settings = request.app.state.settings
        results = read_results(connection, settings, campaign_id, brief, form, page=page)
        context = campaign_context(request, connection, campaign, "match")
        context |= _filter_context(connection, settings, form) | _result_context(form, results, page)
        context |= standing(connection, campaign_id, [UUID(match.id) for match in results.matches])
        context["examples"] = _examples(connection, form)
        context["figures"] = embedding_figures(connection)
    status = 422 if form.errors else 503 if results.failure else 200
    return render(request, "match.html", context, status=status)


@router.post("/campaigns/{campaign_id}/match")
def rank_all(request: Request, campaign_id: UUID) -> Response:
    """Makes the whole list that is kept, of which the page had shown the first few, then leads back to it."""
    with request.app.state.database.transaction() as connection:
        brief, _ = read_brief(read_campaign(connection, campaign_id))
        if brief is None:
            raise InvalidInputError(t("match.incomplete"))
        form = _read_form(request, brief)
        filters, options = form.filters.filters, form.options
        if filters is not None and options is not None:
            stored.run_campaign(connection, request.app.state.settings, campaign_id, brief, filters, options)
    return RedirectResponse(form.link(), status_code=303)


def _given(request: Request) -> list[tuple[str, str]]:
    """What the address asks for; what others add to links, to count clicks by, is no matter."""
    return [pair for pair in request.query_params.multi_items() if pair[0] in (*FIELDS, "as_read")]


def _read_form(request: Request, brief: Brief) -> MatchForm:
    """The button `as_read` takes every correction back."""
    given = _given(request)
    if any(name == "as_read" for name, _ in given):
        given = [pair for pair in given if pair[0] not in CORRECTIONS]
    # Links of the page say no more than how they differ from its address.
    return read_match_form("match", given, understand(brief))


def _examples(connection: Connection, form: MatchForm) -> list[Example]:
    """What shapes the list, without those that are no longer in the catalogue."""
    names = read_names(connection, [UUID(item) for item in (*form.like, *form.unlike)])
    return [
        Example(kind, names[UUID(item)] or t("frame.unknown"), form.example(kind, item))
        for kind in EXAMPLES
        for item in getattr(form, kind)
        if UUID(item) in names
    ]


def _filter_context(connection: Connection, settings: Settings, form: MatchForm) -> dict[str, Any]:
    facets = read_facets(connection, with_prices(connection, settings, form.filters.filters or Filters()))
    return {
        "form": form.filters,
        "correction": form.correction,
        "errors": form.errors,
        "groups": filter_groups(form.filters, facets),
        "approximate": facets.approximate,
        "chips": [(chip, form.without_chip(chip)) for chip in filter_chips(form.filters.filters or Filters())],
    }


def _result_context(form: MatchForm, results: Results, page: int) -> dict[str, Any]:
    link = form.link()
    return {
        "asked": form,
        "results": results,
        "page": page,
        "orders": tuple(ORDERS),
        "here_ids": {match.id for match in results.matches},
        "widenings": [(item, replace(form, filters=show_filters(item.filters)).link()) for item in results.widenings],
        "page_link": f"{link}{'&' if '?' in link else '?'}",
        "planned_creators": form.correction.planned_creators,
    }
