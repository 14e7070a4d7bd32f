"""/api/ai/feedback, and a campaign's shortlist."""

import math
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from influencerflow.campaigns.repository import get_campaign
from influencerflow.campaigns.schemas import STORED_EXAMPLE as CAMPAIGN_EXAMPLE
from influencerflow.creators.schemas import STORED_EXAMPLE as CREATOR_EXAMPLE
from influencerflow.errors import InvalidInputError
from influencerflow.feedback import repository, service, shortlist
from influencerflow.feedback.schemas import (
    STORED_EXAMPLE,
    Feedback,
    FeedbackCreate,
    FeedbackPage,
    Shortlist,
    ShortlistChange,
)
from influencerflow.feedback.verdicts import Verdict
from influencerflow.http import TransactionDependency, problems

router = APIRouter(tags=["feedback"])

CampaignId = Annotated[UUID, Path(examples=[CAMPAIGN_EXAMPLE["id"]])]
CreatorId = Annotated[UUID, Path(examples=[CREATOR_EXAMPLE["id"]])]
FeedbackId = Annotated[UUID, Path(examples=[STORED_EXAMPLE["id"]])]


@router.post(
    "/api/ai/feedback",
    status_code=201,
    summary="Say what became of a match",
    responses={200: {"model": Feedback, "description": "This verdict holds already"}, **problems(404, 422)},
)
def give_feedback(body: FeedbackCreate, response: Response, connection: TransactionDependency) -> Feedback:
    """Stores the verdict with rank, scores, model and scoring version of the campaign's stored list at this moment.

    `shortlisted`, `contacted` and `hired` put the creator on the shortlist; `not_relevant` and `rejected` take it out of
    the campaign's matches. A later verdict replaces an earlier one; both stay in the log.
    """
    feedback, is_new = service.give_feedback(connection, body)
    response.status_code = 201 if is_new else 200
    return feedback


@router.get("/api/ai/feedback", summary="List what has been said", responses=problems(422))
def list_feedback(
    connection: TransactionDependency,
    campaign_id: UUID | None = None,
    creator_id: UUID | None = None,
    verdict: Verdict | None = None,
    undone: Annotated[bool, Query(description="With those taken back.")] = False,
    page: Annotated[int, Query(ge=1, le=10**9)] = 1,
    page_size: Annotated[int, Query(ge=1, le=100)] = 20,
) -> FeedbackPage:
    """The latest first."""
    items, total = repository.list_feedback(
        connection,
        campaign_id=campaign_id,
        creator_id=creator_id,
        verdict=verdict,
        undone=undone,
        offset=(page - 1) * page_size,
        limit=page_size,
    )
    pages = math.ceil(total / page_size)
    if page > max(pages, 1):
        raise InvalidInputError.of_field("page", f"{page} is past the end: the last page is {max(pages, 1)}")
    return FeedbackPage(items=items, total=total, page=page, pages=pages)


@router.delete("/api/ai/feedback/{feedback_id}", summary="Take a verdict back", responses=problems(404, 422))
def undo_feedback(feedback_id: FeedbackId, connection: TransactionDependency) -> Feedback:
    """What held before it holds again. The verdict stays in the log, with `undone_at`."""
    return service.undo_feedback(connection, feedback_id)


@router.get("/api/campaigns/{campaign_id}/shortlist", summary="Read a shortlist", responses=problems(404, 422))
def read_shortlist(campaign_id: CampaignId, connection: TransactionDependency) -> Shortlist:
    """In its order. `POST /api/ai/feedback` with `shortlisted` adds to it."""
    get_campaign(connection, campaign_id)
    return shortlist.read_shortlist(connection, campaign_id)


@router.patch(
    "/api/campaigns/{campaign_id}/shortlist/{creator_id}",
    summary="Move a creator on the shortlist, or change its note",
    responses=problems(404, 422),
)
def change_entry(
    campaign_id: CampaignId, creator_id: CreatorId, body: ShortlistChange, connection: TransactionDependency
) -> Shortlist:
    get_campaign(connection, campaign_id)
    if body.position is not None:
        shortlist.move(connection, campaign_id, creator_id, body.position)
    if "note" in body.model_fields_set:
        shortlist.write_note(connection, campaign_id, creator_id, body.note)
    return shortlist.read_shortlist(connection, campaign_id)


@router.delete(
    "/api/campaigns/{campaign_id}/shortlist/{creator_id}",
    status_code=204,
    summary="Take a creator off the shortlist",
    responses=problems(404, 422),
)
def remove_from_shortlist(
    campaign_id: CampaignId, creator_id: CreatorId, connection: TransactionDependency
) -> Response:
    """Says nothing against the creator: it stays among the matches. Its note is kept for when it comes back."""
    service.remove_from_shortlist(connection, campaign_id, creator_id)
    return Response(status_code=204)
