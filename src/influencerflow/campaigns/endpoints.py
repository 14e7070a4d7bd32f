"""/api/campaigns"""

import math
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import ValidationError

from influencerflow.campaigns import repository
from influencerflow.campaigns.schemas import (
    STORED_EXAMPLE,
    Campaign,
    CampaignCreate,
    CampaignPage,
    CampaignUpdate,
    Status,
    stored_values,
)
from influencerflow.errors import InvalidInputError
from influencerflow.http import TransactionDependency, field_errors, problems

router = APIRouter(prefix="/api/campaigns", tags=["campaigns"])

CampaignId = Annotated[UUID, Path(examples=[STORED_EXAMPLE["id"]])]


@router.post("", status_code=201, summary="Create a campaign", responses=problems(422))
def create_campaign(body: CampaignCreate, connection: TransactionDependency) -> Campaign:
    return repository.create_campaign(connection, body.model_dump())


@router.get("", summary="List campaigns", responses=problems(422))
def list_campaigns(
    connection: TransactionDependency,
    status: Status | None = None,
    q: Annotated[str | None, Query(max_length=200, description="Part of the brand, product or niche.")] = None,
    page: Annotated[int, Query(ge=1, le=10**9)] = 1,
    page_size: Annotated[int, Query(ge=1, le=100)] = 20,
) -> CampaignPage:
    items, total = repository.list_campaigns(
        connection, status=status, q=q, offset=(page - 1) * page_size, limit=page_size
    )
    pages = math.ceil(total / page_size)
    if page > max(pages, 1):
        raise InvalidInputError.of_field("page", f"{page} is past the end: the last page is {max(pages, 1)}")
    return CampaignPage(items=items, total=total, page=page, pages=pages)


@router.get("/{campaign_id}", summary="Read a campaign", responses=problems(404, 422))
def get_campaign(campaign_id: CampaignId, connection: TransactionDependency) -> Campaign:
    return repository.get_campaign(connection, campaign_id)


@router.patch("/{campaign_id}", summary="Change a campaign", responses=problems(404, 422))
def update_campaign(campaign_id: CampaignId, body: CampaignUpdate, connection: TransactionDependency) -> Campaign:
    given = body.model_dump(exclude_unset=True)
    merged = {**stored_values(repository.get_campaign(connection, campaign_id)), **given}
    try:
        values = CampaignCreate.model_validate(merged).model_dump(include=set(given))
    except ValidationError as error:
        problems = field_errors(error.errors())
        raise InvalidInputError(f"{problems[0].field}: {problems[0].message}.", errors=problems) from None
    return repository.update_campaign(connection, campaign_id, values)


@router.post(
    "/{campaign_id}/duplicate", status_code=201, summary="Copy a campaign's brief", responses=problems(404, 422)
)
def duplicate_campaign(campaign_id: CampaignId, connection: TransactionDependency) -> Campaign:
    """As a draft, without matches."""
    return repository.duplicate_campaign(connection, campaign_id)


@router.delete("/{campaign_id}", status_code=204, summary="Delete a campaign", responses=problems(404, 422))
def delete_campaign(campaign_id: CampaignId, connection: TransactionDependency) -> Response:
    """It can be restored for 30 days, with its matches; after that it is gone."""
    repository.delete_campaign(connection, campaign_id)
    return Response(status_code=204)


@router.post("/{campaign_id}/restore", summary="Bring a deleted campaign back", responses=problems(404, 422))
def restore_campaign(campaign_id: CampaignId, connection: TransactionDependency) -> Campaign:
    """One that is not deleted is left as it is."""
    return repository.restore_campaign(connection, campaign_id)
