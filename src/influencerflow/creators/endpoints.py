"""/api/creators"""

import math
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from influencerflow.creators import repository
from influencerflow.creators.schemas import STORED_EXAMPLE, Creator, CreatorCreate, CreatorPage, CreatorUpdate
from influencerflow.errors import InvalidInputError
from influencerflow.http import TransactionDependency, problems

router = APIRouter(prefix="/api/creators", tags=["creators"])

CreatorId = Annotated[UUID, Path(examples=[STORED_EXAMPLE["id"]])]
Term = Annotated[str | None, Query(max_length=200)]
Followers = Annotated[int | None, Query(ge=0, le=10**11)]


@router.post("", status_code=201, summary="Create a creator", responses=problems(409, 422))
def create_creator(body: CreatorCreate, connection: TransactionDependency) -> Creator:
    """It is queued for embedding at once and found by searches seconds later."""
    return repository.create_creator(connection, body.model_dump(mode="python") | _audience(body))


@router.get("", summary="List creators", responses=problems(422))
def list_creators(
    connection: TransactionDependency,
    platform: Term = None,
    country: Term = None,
    language: Term = None,
    niche: Term = None,
    q: Annotated[str | None, Query(max_length=200, description="Part of a name or handle.")] = None,
    min_followers: Followers = None,
    max_followers: Followers = None,
    page: Annotated[int, Query(ge=1, le=10**9)] = 1,
    page_size: Annotated[int, Query(ge=1, le=100)] = 20,
) -> CreatorPage:
    """The most followed first. A creator whose value is unknown does not pass a filter on that value."""
    if min_followers is not None and max_followers is not None and min_followers > max_followers:
        raise InvalidInputError.of_field("min_followers", f"is greater than max_followers ({max_followers})")
    items, total = repository.list_creators(
        connection,
        platform=platform,
        country=country,
        language=language,
        niche=niche,
        q=q,
        min_followers=min_followers,
        max_followers=max_followers,
        offset=(page - 1) * page_size,
        limit=page_size,
    )
    pages = math.ceil(total / page_size)
    if page > max(pages, 1):
        raise InvalidInputError.of_field("page", f"{page} is past the end: the last page is {max(pages, 1)}")
    return CreatorPage(items=items, total=total, page=page, pages=pages)


@router.get("/{creator_id}", summary="Read a creator", responses=problems(404, 422))
def get_creator(creator_id: CreatorId, connection: TransactionDependency) -> Creator:
    return repository.get_creator(connection, creator_id)


@router.patch("/{creator_id}", summary="Change a creator", responses=problems(404, 409, 422))
def update_creator(creator_id: CreatorId, body: CreatorUpdate, connection: TransactionDependency) -> Creator:
    """Changing name, niche or bio queues a new embedding; changing statistics does not."""
    values = body.model_dump(exclude_unset=True)
    if "audience" in values:
        values |= _audience(body)
    return repository.update_creator(connection, creator_id, values)


@router.delete(
    "/{creator_id}",
    status_code=204,
    summary="Delete a creator with its vectors and matches",
    responses=problems(404, 422),
)
def delete_creator(creator_id: CreatorId, connection: TransactionDependency) -> Response:
    repository.delete_creator(connection, creator_id)
    return Response(status_code=204)


def _audience(body: CreatorCreate | CreatorUpdate) -> dict[str, object]:
    """Dates as text, as JSON has them."""
    return {"audience": body.audience.model_dump(mode="json", exclude_none=True) if body.audience else None}
