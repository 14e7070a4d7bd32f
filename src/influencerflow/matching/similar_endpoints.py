"""GET /api/creators/similar"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.config import JsonDict

from influencerflow.creators.schemas import STORED_EXAMPLE, Creator
from influencerflow.errors import InvalidInputError
from influencerflow.http import SnapshotDependency, field_errors, problems
from influencerflow.matching.similar import similar_creators
from influencerflow.retrieval.filters import Filters

router = APIRouter(tags=["creators"])

_EXAMPLE: JsonDict = {"creator": STORED_EXAMPLE, "score": 0.62, "shared_topics": ["Hiking"]}
_OTHER = "816ea5ff-0615-5fcc-a03e-2a48deeba177"


class SimilarOut(BaseModel):
    """`score` orders the list; it is no chance of success."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    creator: Creator
    score: float
    shared_topics: list[str]


class SimilarResponse(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_EXAMPLE]}]})

    items: list[SimilarOut]


@router.get(
    "/api/creators/similar", summary="Find creators like these and unlike those", responses=problems(404, 409, 422)
)
def find_similar(
    connection: SnapshotDependency,
    like: Annotated[list[UUID], Query(description="Creators to resemble.", examples=[[STORED_EXAMPLE["id"]]])],
    unlike: Annotated[list[UUID] | None, Query(description="Creators to be unlike.", examples=[[_OTHER]])] = None,
    platforms: Annotated[list[str] | None, Query(max_length=200, examples=[["tiktok"]])] = None,
    countries: Annotated[list[str] | None, Query(max_length=200, examples=[["DE"]])] = None,
    languages: Annotated[list[str] | None, Query(max_length=200, examples=[["de"]])] = None,
    min_followers: Annotated[int | None, Query(ge=0, le=10**11)] = None,
    max_followers: Annotated[int | None, Query(ge=0, le=10**11)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> SimilarResponse:
    """Searches for the mean of the examples, less three quarters of the mean of those to be unlike, in texts and topics.

    The examples themselves are left out.
    """
    try:
        filters = Filters(
            platforms=platforms,
            countries=countries,
            languages=languages,
            min_followers=min_followers,
            max_followers=max_followers,
        )
    except ValidationError as error:
        wrong = field_errors(error.errors())
        raise InvalidInputError(f"{wrong[0].field}: {wrong[0].message}.", errors=wrong) from None
    found = similar_creators(connection, like, unlike or [], filters, limit=limit)
    items = [
        SimilarOut(creator=item.creator, score=item.score, shared_topics=list(item.shared_topics)) for item in found
    ]
    return SimilarResponse(items=items)
