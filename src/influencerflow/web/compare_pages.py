"""Creators side by side, on one page of paper each, and matches as a table."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Query, Request, Response
from sqlalchemy import Connection

from influencerflow.campaigns.schemas import Campaign
from influencerflow.creators.repository import get_creator, read_audiences
from influencerflow.errors import NotFoundError
from influencerflow.feedback import overview, shortlist
from influencerflow.feedback.export import COLUMNS, match_cells
from influencerflow.matching import stored
from influencerflow.matching.options import MatchOptions
from influencerflow.matching.schemas import MatchResult
from influencerflow.retrieval.filters import Filters
from influencerflow.settings import Settings
from influencerflow.web.actions import MOST_COMPARED, creator_ids, standing
from influencerflow.web.campaign_frame import campaign_context, read_brief, read_campaign
from influencerflow.web.downloads import Format, table_response
from influencerflow.web.frame import page_router, render
from influencerflow.web.messages import t

router = page_router()
Chosen = Annotated[list[str], Query(alias="creator_id")]


@router.get("/campaigns/{campaign_id}/compare")
def compare(request: Request, campaign_id: UUID, chosen: Chosen = []) -> Response:  # noqa: B006
    """At most five: of more, the first five are shown, and that is said."""
    ids = creator_ids(chosen)
    compared = ids[:MOST_COMPARED]
    with request.app.state.database.transaction() as connection:
        campaign = read_campaign(connection, campaign_id)
        matches, _ = _read(connection, request.app.state.settings, campaign, compared)
        context = campaign_context(request, connection, campaign, "match") | {
            "matches": matches,
            "best": {name: _best([getattr(match.scores, name) for match in matches]) for name in _SCORES},
            "audiences": read_audiences(connection, [match.id for match in matches]),
            "left_out": len(ids) - len(compared),
            "not_ready": len(compared) - len(matches),
            "without": {match.id: _without(match.id, matches) for match in matches},
            "planned_creators": _planned_creators(connection, campaign_id),
            **standing(connection, campaign_id, compared),
        }
    return render(request, "shortlist/compare.html", context)


@router.get("/campaigns/{campaign_id}/creators/{creator_id}/sheet")
def sheet(request: Request, campaign_id: UUID, creator_id: UUID) -> Response:
    """Everything about one creator for one campaign, on one printed page."""
    return _sheets(request, campaign_id, [creator_id])


@router.get("/campaigns/{campaign_id}/sheets")
def sheets(request: Request, campaign_id: UUID, chosen: Chosen = []) -> Response:  # noqa: B006
    """One page each of those chosen, or of all on the shortlist."""
    ids = creator_ids(chosen)
    if not ids:
        with request.app.state.database.transaction() as connection:
            read_campaign(connection, campaign_id)
            ids = [entry.creator_id for entry in shortlist.read_shortlist(connection, campaign_id).entries]
    return _sheets(request, campaign_id, ids)


@router.get("/campaigns/{campaign_id}/matches.{extension}")
def export_matches(request: Request, campaign_id: UUID, extension: Format, chosen: Chosen = []) -> Response:  # noqa: B006
    """The stored run without those turned down, or those chosen of it."""
    ids = set(creator_ids(chosen))
    with request.app.state.database.transaction() as connection:
        campaign = read_campaign(connection, campaign_id)
        if ids:
            matches, ranked = _read(connection, request.app.state.settings, campaign, sorted(ids))
            matches.sort(key=lambda match: (match.id not in ranked, match.rank))
        else:
            _complete(connection, request.app.state.settings, campaign)
            matches = stored.read_matches(connection, campaign_id, page=1, limit=stored.STORED_MATCHES)
            ranked = {match.id for match in matches}
    rows = [match_cells(match, ranked=match.id in ranked) for match in matches]
    return table_response(extension, COLUMNS, rows, t("shortlist.matches"), campaign)


def _complete(connection: Connection, settings: Settings, campaign: Campaign) -> None:
    """All that a list keeps of the one seen last, of which the page may have needed the first few only."""
    run, brief = stored.read_run(connection, campaign.id), read_brief(campaign)[0]
    if run and brief and not run.complete:
        filters, options = Filters.model_validate(run.filters), MatchOptions.model_validate(run.options)
        stored.run_campaign(connection, settings, campaign.id, brief, filters, options)


def _sheets(request: Request, campaign_id: UUID, ids: list[UUID]) -> Response:
    with request.app.state.database.transaction() as connection:
        campaign = read_campaign(connection, campaign_id)
        matches, ranked = _read(connection, request.app.state.settings, campaign, ids)
        if not matches:
            for creator_id in ids:
                get_creator(connection, creator_id)
            raise NotFoundError(t("shortlist.not_ready" if read_brief(campaign)[0] and ids else "shortlist.no_sheet"))
        entries = shortlist.read_shortlist(connection, campaign_id).entries
        run = stored.read_run(connection, campaign_id)
        context = {
            "campaign": campaign,
            "matches": matches,
            "ranked": ranked,
            "audiences": read_audiences(connection, [match.id for match in matches]),
            "notes": {str(entry.creator_id): entry.note for entry in entries},
            "computed_at": run.computed_at if run else None,
            "planned_creators": _planned_creators(connection, campaign_id),
            **standing(connection, campaign_id, ids),
        }
    return render(request, "shortlist/sheet.html", context)


_SCORES = ("match_score", "niche_match", "audience_match", "engagement_score", "budget_fit")


def _read(
    connection: Connection, settings: Settings, campaign: Campaign, ids: list[UUID]
) -> tuple[list[MatchResult], set[str]]:
    """In the order asked for, without those that cannot be read against the brief; and who of them is in the stored run."""
    matches, ranked = overview.read_named(connection, settings, campaign.id, read_brief(campaign)[0], ids)
    return [matches[creator_id] for creator_id in ids if creator_id in matches], set(map(str, ranked))


def _planned_creators(connection: Connection, campaign_id: UUID) -> int:
    run = stored.read_run(connection, campaign_id)
    return MatchOptions.model_validate(run.options if run else {}).planned_creators


def _best(values: list[float]) -> float | None:
    """What stands out: nothing does where all are alike, or where there is one."""
    return max(values) if values and max(values) > min(values) else None


def _without(creator_id: str, matches: list[MatchResult]) -> str:
    return urlencode([("creator_id", match.id) for match in matches if match.id != creator_id])
