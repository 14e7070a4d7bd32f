"""A creator over HTTP, and the audience both the API and the import check."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.config import JsonDict

from influencerflow.creators.importing.figures import MAX_FOLLOWERS
from influencerflow.creators.importing.places import country_code, language_tag
from influencerflow.creators.platforms import handle, platform_name

Share = Annotated[float, Field(ge=0, le=1)]
Shares = Annotated[dict[Annotated[str, Field(max_length=100)], Share], Field(max_length=300)]
Count = Annotated[int, Field(ge=0, le=10**15)]

EXAMPLE: JsonDict = {
    "name": "Trail with Tilda",
    "platform": "instagram",
    "channel_name": "trailwithtilda",
    "niche": "hiking",
    "about": "Hut to hut through the Alps. Packing lists, not pep talks.",
    "followers_count_numeric": 48200,
    "engagement_rate": 4.1,
    "collaboration_rate": 650,
    "country": "AT",
    "language": "de",
}
STORED_EXAMPLE: JsonDict = {
    "id": "7f1241fe-cff6-5c90-a230-282719853a71",
    **EXAMPLE,
    "followers_count": "48.2K",
    "avg_views": None,
    "profile_image": None,
    "audience": {"country": {"DE": 0.6, "AT": 0.3}, "sample_size": 1200},
    "past_brands": ["Northern Meadow"],
    "source": None,
    "external_id": None,
    "created_at": "2026-05-04T09:30:00Z",
    "updated_at": "2026-05-04T09:30:00Z",
}


class Audience(BaseModel):
    """Shares between 0 and 1. Platforms may keep more here; it is stored as it comes."""

    model_config = ConfigDict(extra="allow")

    age: Shares | None = None
    gender: Shares | None = None
    country: Shares | None = None
    interest: Shares | None = None
    credibility: Share | None = None
    sample_size: Count | None = None
    as_of: date | None = None

    @field_validator("age", "gender", "country")
    @classmethod
    def _shares_of_a_whole(cls, value: dict[str, float] | None) -> dict[str, float] | None:
        if value and sum(value.values()) > 1.01:
            raise ValueError(f"shares add up to {sum(value.values()):.2f}; write fractions of 1")
        return value


class _Fields(BaseModel):
    model_config = ConfigDict(extra="forbid")

    channel_name: str | None = Field(None, max_length=300)
    niche: str | None = Field(None, max_length=200)
    about: str | None = Field(None, max_length=20_000)
    followers_count: str | None = Field(None, max_length=50, description="Display text; derived when absent.")
    followers_count_numeric: int | None = Field(None, ge=0, le=MAX_FOLLOWERS)
    engagement_rate: float | None = Field(None, ge=0, le=100, description="Percent.")
    avg_views: Count | None = None
    collaboration_rate: float | None = Field(None, ge=0, le=10**9, description="USD per collaboration.")
    country: str | None = Field(None, max_length=100, description="ISO 3166 alpha-2, or a name.")
    language: str | None = Field(None, max_length=100, description="BCP 47, or a name.")
    profile_image: str | None = Field(None, max_length=2_000)
    audience: Audience | None = None
    past_brands: list[Annotated[str, Field(max_length=200)]] | None = Field(None, max_length=500)
    source: str | None = Field(None, max_length=200)
    external_id: str | None = Field(None, max_length=300)

    @field_validator("*", mode="before")
    @classmethod
    def _tidy(cls, value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError("true and false are no value of this field")  # noqa: TRY004 - pydantic reports ValueError
        return value.replace("\0", "").strip() or None if isinstance(value, str) else value

    @field_validator("country")
    @classmethod
    def _country_code(cls, value: str | None) -> str | None:
        return country_code(value) if value else None

    @field_validator("language")
    @classmethod
    def _language_tag(cls, value: str | None) -> str | None:
        return language_tag(value) if value else None

    @field_validator("channel_name")
    @classmethod
    def _handle(cls, value: str | None) -> str | None:
        return handle(value) if value else None


class CreatorCreate(_Fields):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    id: UUID | None = Field(None, description="Yours to choose; made up when absent.")
    name: str = Field(min_length=1, max_length=500)
    platform: str = Field(min_length=1, max_length=50)

    @field_validator("platform")
    @classmethod
    def _platform_name(cls, value: str) -> str:
        return platform_name(value)


class CreatorUpdate(_Fields):
    """Only the fields given are changed; null makes a field unknown."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"engagement_rate": 4.6}]})

    name: str = Field("", min_length=1, max_length=500)
    platform: str = Field("", min_length=1, max_length=50)

    @field_validator("platform")
    @classmethod
    def _platform_name(cls, value: str) -> str:
        return platform_name(value)


class Creator(BaseModel):
    """As stored; what is unknown is null."""

    model_config = ConfigDict(json_schema_extra={"examples": [STORED_EXAMPLE]})

    id: UUID
    name: str | None
    platform: str | None
    channel_name: str | None
    niche: str | None
    about: str | None
    followers_count: str | None
    followers_count_numeric: int | None
    engagement_rate: float | None
    avg_views: int | None
    collaboration_rate: float | None
    country: str | None
    language: str | None
    profile_image: str | None
    audience: dict[str, Any] | None
    past_brands: list[str] | None
    source: str | None
    external_id: str | None
    created_at: datetime | None
    updated_at: datetime | None


class CreatorPage(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [STORED_EXAMPLE], "total": 1, "page": 1, "pages": 1}]}
    )

    items: list[Creator]
    total: int
    page: int
    pages: int
