"""/api/exclusions"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from influencerflow.campaigns.repository import get_campaign
from influencerflow.creators import exclusions
from influencerflow.errors import FieldError, InvalidInputError, NotFoundError
from influencerflow.http import TransactionDependency, problems

router = APIRouter(prefix="/api/exclusions", tags=["exclusions"])

EXAMPLE: JsonDict = {
    "id": "c2f0a4a1-73cf-4a38-9f43-5f1f7c1e8f11",
    "campaign_id": None,
    "creator_id": None,
    "platform": "instagram",
    "handle": "trailwithtilda",
    "name": "trailwithtilda",
    "reason": "Exclusive with a competitor",
    "creators": 1,
    "created_at": "2026-05-04T09:31:00Z",
}
ExclusionId = Annotated[UUID, Path(examples=[EXAMPLE["id"]])]


class ExclusionsCreate(BaseModel):
    """Creators by id, or by handle: `anna`, `instagram:anna` or a link. Handles hold for creators imported later, too."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"handles": ["instagram:trailwithtilda"], "reason": "Asked us not to write"}]},
    )

    campaign_id: UUID | None = Field(None, description="Only in this campaign; null means everywhere.")
    creator_ids: Annotated[list[UUID], Field(max_length=1000)] = []
    handles: Annotated[list[Annotated[str, Field(max_length=500)]], Field(max_length=10_000)] = []
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern="^[^\\x00]*$")] | None = (
        None
    )


class Exclusion(BaseModel):
    """`creators`: how many of the catalogue it hits."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: UUID
    campaign_id: UUID | None
    creator_id: UUID | None
    platform: str | None
    handle: str | None
    name: str | None
    reason: str | None
    creators: int
    created_at: datetime


class ExclusionPage(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [EXAMPLE], "total": 1}]})

    items: list[Exclusion]
    total: int


class ExclusionsAdded(BaseModel):
    """`added` counts those that were not on the list before."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"added": 1}]})

    added: int


@router.post("", status_code=201, summary="Exclude creators", responses=problems(404, 422))
def add_exclusions(body: ExclusionsCreate, connection: TransactionDependency) -> ExclusionsAdded:
    """They are no longer found, anywhere or in one campaign."""
    if not body.creator_ids and not body.handles:
        raise InvalidInputError.of_field("handles", "give handles or creator_ids")
    if body.campaign_id:
        get_campaign(connection, body.campaign_id)
    if unknown := exclusions.unknown_creators(connection, body.creator_ids):
        raise NotFoundError(f"There is no creator {unknown[0]}.", remedy="GET /api/creators lists those there are.")
    handles, unread = exclusions.read_handles("\n".join(body.handles))
    if unread:
        wrong = [FieldError("handles", f"{item!r} is not a handle") for item in unread[:20]]
        raise InvalidInputError(
            f"handles: {wrong[0].message}.", remedy="Write `anna`, `instagram:anna` or a profile's link.", errors=wrong
        )
    scope, reason = body.campaign_id, body.reason
    added = exclusions.exclude_creators(connection, body.creator_ids, campaign_id=scope, reason=reason)
    added += exclusions.exclude_handles(connection, handles, campaign_id=scope, reason=reason)
    return ExclusionsAdded(added=added)


@router.get("", summary="List who is excluded", responses=problems(422))
def list_exclusions(
    connection: TransactionDependency,
    campaign_id: Annotated[UUID | None, Query(description="Left out: those that hold everywhere.")] = None,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> ExclusionPage:
    """The latest first."""
    rows, total = exclusions.list_exclusions(connection, campaign_id, offset=offset, limit=limit)
    return ExclusionPage(items=[Exclusion.model_validate(dict(row)) for row in rows], total=total)


@router.delete("/{exclusion_id}", status_code=204, summary="Lift an exclusion", responses=problems(404, 422))
def remove_exclusion(exclusion_id: ExclusionId, connection: TransactionDependency) -> Response:
    exclusions.remove_exclusion(connection, exclusion_id)
    return Response(status_code=204)
