"""The guide's endpoint, and a campaign's stored matches."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Path, Query, Request, Response
from pydantic import ValidationError
from sqlalchemy import Connection

from influencerflow.campaigns import repository as campaigns
from influencerflow.campaigns.brief import Brief
from influencerflow.campaigns.schemas import STORED_EXAMPLE
from influencerflow.campaigns.understanding import Understanding
from influencerflow.errors import InvalidInputError, NotFoundError
from influencerflow.http import TransactionDependency, field_errors, problems
from influencerflow.lexicon.topics import topics
from influencerflow.matching import examples, kept, stored
from influencerflow.matching.present import explained
from influencerflow.matching.schemas import (
    DEFAULT_LIMIT,
    CampaignMatchesRequest,
    CampaignMatchesResponse,
    Limit,
    PageNumber,
    SimilaritySearchRequest,
    SimilaritySearchResponse,
    TopicOut,
)
from influencerflow.matching.service import check_page, find_matches, page_count
from influencerflow.settings import Settings

router = APIRouter(tags=["matching"])

CampaignId = Annotated[UUID, Path(examples=[STORED_EXAMPLE["id"]])]


@router.post(
    "/api/ai/similaritysearch",
    summary="Find the creators that fit a brief",
    response_model=SimilaritySearchResponse,
    responses=problems(404, 422, 502),
)
def similarity_search(body: SimilaritySearchRequest, request: Request) -> Response:
    """Ranks every creator that passes the filters by how well its profile fits the brief.

    One that was added just now is found by its words until it is embedded, seconds later (`provisional`).
    `understood` shows what was read from the brief; send corrections as `understanding`.

    `page` ranks anew each time. With `cursor: "first"`, and then each answer's `next_cursor`, pages come from one result that
    is kept for an hour: nobody is on two of them or on none, whatever changes meanwhile.
    """
    # All in one thread, the snapshot and the writing of the answer too: handed from thread to thread it waits each time, while
    # other searches compute.
    with request.app.state.database.snapshot() as connection:
        answer = _search(body, request, connection)
    return Response(answer.model_dump_json(), media_type="application/json")


@router.get(
    "/api/topics",
    summary="List the topics briefs and profiles are read by",
    responses={200: {"content": {"application/json": {"example": examples.TOPICS}}}, **problems()},
)
def list_topics() -> list[TopicOut]:
    """`understanding.topics` of a request names them by `key`."""
    return [
        TopicOut(key=topic.key, label=topic.label, broader=list(topic.broader)) for topic in topics().by_key.values()
    ]


@router.post(
    "/api/campaigns/{campaign_id}/matches",
    summary="Run a campaign's matching and store it",
    responses=problems(404, 422, 502),
)
def run_matches(
    campaign_id: CampaignId,
    request: Request,
    connection: TransactionDependency,
    body: Annotated[CampaignMatchesRequest | None, Body(examples=[{"platforms": ["instagram"], "limit": 20}])] = None,
) -> CampaignMatchesResponse:
    """Answers with the first page. If nothing changed since the stored run, that run is the answer (`cached`)."""
    body = body or CampaignMatchesRequest()
    brief = campaign_brief(connection, campaign_id)
    settings: Settings = request.app.state.settings
    run, cached = stored.run_campaign(connection, settings, campaign_id, brief, body.filters(), body.options())
    return _page(connection, run, page=1, limit=body.limit, cached=cached, stale=False)


@router.get(
    "/api/campaigns/{campaign_id}/matches",
    summary="Page through a campaign's stored matches",
    responses=problems(404, 422),
)
def read_matches(
    campaign_id: CampaignId,
    request: Request,
    connection: TransactionDependency,
    page: Annotated[PageNumber, Query(description="From 1.")] = 1,
    limit: Annotated[Limit, Query(description="Matches a page.")] = DEFAULT_LIMIT,
    dismissed: Annotated[bool, Query(description="With those turned down by feedback.")] = False,
) -> CampaignMatchesResponse:
    """`stale` tells that the brief, the catalogue, the model or the scoring changed since the run."""
    brief = campaign_brief(connection, campaign_id)
    run = stored.read_run(connection, campaign_id)
    if run is None:
        raise NotFoundError(
            "This campaign has no stored matches yet.", remedy=f"POST /api/campaigns/{campaign_id}/matches first."
        )
    stale = stored.is_stale(connection, request.app.state.settings, brief, run)
    return _page(connection, run, page=page, limit=limit, cached=True, stale=stale, dismissed=dismissed)


def campaign_brief(connection: Connection, campaign_id: UUID) -> Brief:
    """Raises NotFoundError for an unknown campaign, InvalidInputError for one whose brief is not complete."""
    return _brief(campaigns.get_campaign(connection, campaign_id).model_dump(include=set(Brief.model_fields)))


def _search(body: SimilaritySearchRequest, request: Request, connection: Connection) -> SimilaritySearchResponse:
    settings: Settings = request.app.state.settings
    if body.cursor not in (None, kept.FIRST):
        return _kept_response(kept.read_page(connection, settings, body), body)
    brief = _complete_brief(connection, body)
    if body.cursor:
        kept.forget_results(request.app.state.database)
        return _kept_response(kept.keep_result(connection, settings, body, brief), body)
    found = find_matches(
        connection,
        settings,
        brief,
        body.filters(),
        body.options(),
        page=body.page,
        limit=body.limit,
        campaign_id=body.campaign_id,
    )
    return SimilaritySearchResponse(
        matches=found.matches,
        total=found.matching,
        page=body.page,
        pages=page_count(found.matching, body.limit),
        understood=found.understood,
        explain=explained(found.runs) if body.explain else None,
    )


def _complete_brief(connection: Connection, body: SimilaritySearchRequest) -> Brief:
    fields = {}
    if body.campaign_id:
        campaign = campaigns.get_campaign(connection, body.campaign_id)
        fields = campaign.model_dump(include=set(Brief.model_fields), exclude_none=True)
    return _brief({**fields, **body.given_brief()})


def _brief(fields: dict[str, object]) -> Brief:
    try:
        return Brief.model_validate(fields)
    except ValidationError as error:
        wrong = field_errors(error.errors())
        raise InvalidInputError(
            f"The brief cannot be used: {wrong[0].field}: {wrong[0].message}.",
            remedy="Give product_name, brand_name and a total_budget above 0, or a campaign_id that has them.",
            errors=wrong,
        ) from None


def _kept_response(page: kept.KeptPage, body: SimilaritySearchRequest) -> SimilaritySearchResponse:
    return SimilaritySearchResponse(
        matches=page.matches,
        total=page.matching,
        page=page.first // body.limit + 1,
        pages=page_count(page.kept, body.limit),
        understood=page.understood,
        next_cursor=page.next_cursor,
        deleted=page.deleted,
        explain=explained(page.runs) if body.explain else None,
    )


def _page(
    connection: Connection,
    run: stored.StoredRun,
    *,
    page: int,
    limit: int,
    cached: bool,
    stale: bool,
    dismissed: bool = False,
) -> CampaignMatchesResponse:
    total = stored.count_matches(connection, run.campaign_id, dismissed=dismissed)
    pages = page_count(total, limit)
    check_page(page, pages)
    return CampaignMatchesResponse(
        matches=stored.read_matches(connection, run.campaign_id, page=page, limit=limit, dismissed=dismissed),
        total=total,
        page=page,
        pages=pages,
        campaign_id=run.campaign_id,
        matching=run.total,
        dismissed=run.stored - stored.count_matches(connection, run.campaign_id),
        computed_at=run.computed_at.isoformat(),
        cached=cached,
        stale=stale,
        filters=run.filters,
        options=run.options,
        understood=Understanding.model_validate(run.understood),
    )
