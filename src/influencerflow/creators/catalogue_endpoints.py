"""GET /api/creators/search walks through the catalogue; GET /api/creators/{id}/history tells what changed."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.config import JsonDict

from influencerflow.creators.catalogue import LONGEST_SEARCH, Sort, browse
from influencerflow.creators.history import read_changes, read_figures
from influencerflow.creators.repository import get_creator
from influencerflow.creators.schemas import STORED_EXAMPLE, Creator
from influencerflow.errors import InvalidInputError
from influencerflow.http import SnapshotDependency, field_errors, problems
from influencerflow.retrieval.filters import Filters

router = APIRouter(prefix="/api/creators", tags=["creators"])

CreatorId = Annotated[UUID, Path(examples=[STORED_EXAMPLE["id"]])]
Texts = Annotated[list[Annotated[str, Query(max_length=100)]] | None, Query(max_length=200)]
Followers = Annotated[int | None, Query(ge=0, le=10**11)]
_FOUND: JsonDict = {"items": [STORED_EXAMPLE], "total": 1, "total_is_exact": True, "next": None}
_HISTORY: JsonDict = {
    "changes": [{"changed_at": "2026-05-04T09:30:00Z", "field": "collaboration_rate", "before": "600", "after": "650"}],
    "figures": [{"week": "2026-05-04", "followers_count_numeric": 47900, "engagement_rate": 4.2, "avg_views": None}],
}


class CatalogueSlice(BaseModel):
    """`next` is what to send as `after` for the creators that follow; null at the end.

    `total` is exact up to 10,000; beyond, `total_is_exact` is false and it is a lower bound or an estimate.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_FOUND]})

    items: list[Creator]
    total: int
    total_is_exact: bool
    next: str | None


class ChangeOut(BaseModel):
    changed_at: datetime
    field: str
    before: str | None
    after: str | None


class FiguresOut(BaseModel):
    week: date
    followers_count_numeric: int | None
    engagement_rate: float | None
    avg_views: int | None


class History(BaseModel):
    """`changes` of profile and price, the newest first. `figures`: what they were when a week (its Monday) began."""

    model_config = ConfigDict(json_schema_extra={"examples": [_HISTORY]})

    changes: list[ChangeOut]
    figures: list[FiguresOut]


@router.get("/search", summary="Walk through the catalogue in any order", responses=problems(422))
def search_creators(
    connection: SnapshotDependency,
    q: Annotated[str | None, Query(max_length=LONGEST_SEARCH, description="Part of a name or handle.")] = None,
    sort: Sort = "followers",
    after: Annotated[str | None, Query(max_length=1_000, description="`next` of the answer before.")] = None,
    platforms: Texts = None,
    countries: Texts = None,
    languages: Texts = None,
    niches: Texts = None,
    min_followers: Followers = None,
    max_followers: Followers = None,
    min_engagement: Annotated[float | None, Query(ge=0, le=100, description="Percent.")] = None,
    max_rate: Annotated[float | None, Query(ge=0, le=10**9, description="USD per collaboration.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> CatalogueSlice:
    """Creators whose value is unknown come last. Every slice takes the same time, however far down it is."""
    try:
        filters = Filters(
            platforms=platforms,
            countries=countries,
            languages=languages,
            niches=niches,
            min_followers=min_followers,
            max_followers=max_followers,
            min_engagement=min_engagement,
            max_rate=max_rate,
        )
    except ValidationError as error:
        wrong = field_errors(error.errors())
        raise InvalidInputError(f"{wrong[0].field}: {wrong[0].message}.", errors=wrong) from None
    page = browse(connection, filters, q=q, sort=sort, after=after, limit=limit)
    return CatalogueSlice(items=page.creators, total=page.total, total_is_exact=page.exact, next=page.after)


@router.get("/{creator_id}/history", summary="What changed about a creator", responses=problems(404, 422))
def creator_history(creator_id: CreatorId, connection: SnapshotDependency) -> History:
    """The last 50 changes, and two years of weekly figures."""
    get_creator(connection, creator_id)
    return History.model_validate(
        {
            "changes": read_changes(connection, creator_id),
            "figures": read_figures(connection, creator_id),
        },
        from_attributes=True,
    )
