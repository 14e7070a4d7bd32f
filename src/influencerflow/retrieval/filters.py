"""What a search may be narrowed by. A creator whose value is unknown does not pass a filter on that value."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from influencerflow.creators.importing.places import country_code, language_tag

Names = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=200)]

_CLAUSES = {
    "min_followers": "c.followers_count_numeric >= :min_followers",
    "max_followers": "c.followers_count_numeric <= :max_followers",
    "min_engagement": "c.engagement_rate >= :min_engagement",
    "max_rate": "c.collaboration_rate <= :max_rate",
    "platforms": "lower(c.platform) = ANY (:platforms)",
    "countries": "upper(c.country) = ANY (:countries)",
    "languages": "lower(split_part(c.language, '-', 1)) = ANY (:languages)",
    "niches": "lower(c.niche) = ANY (:niches)",
    "exclude_creator_ids": "c.id <> ALL (:exclude_creator_ids)",
    "people_only": """EXISTS (SELECT FROM creator_signals a
                              WHERE a.creator_id = c.id AND a.account = 'person' AND CAST(:people_only AS boolean))""",
}


class Filters(BaseModel):
    """All are joined by AND; the values of one list by OR."""

    model_config = ConfigDict(extra="forbid")

    min_followers: int | None = Field(None, ge=0, le=10**11, description="Followers, at least.")
    max_followers: int | None = Field(None, ge=0, le=10**11, description="Followers, at most.")
    min_engagement: float | None = Field(None, ge=0, le=100, description="Engagement rate in percent, at least.")
    max_rate: float | None = Field(None, ge=0, le=10**9, description="USD per collaboration, at most.")
    platforms: Names | None = Field(None, description="Any of these platforms.", examples=[["instagram", "tiktok"]])
    countries: Names | None = Field(None, description="Any of these countries, ISO 3166 alpha-2.", examples=[["DE"]])
    languages: Names | None = Field(None, description="Any of these languages, BCP 47.", examples=[["de", "en"]])
    niches: Names | None = Field(None, description="Any of these niches.", examples=[["fitness"]])
    exclude_creator_ids: list[UUID] | None = Field(None, max_length=10_000, description="Creators to leave out.")
    people_only: bool | None = Field(None, description="Leave out what reads like a shop, brand, venue or medium.")

    @model_validator(mode="after")
    def _range_is_not_empty(self) -> "Filters":
        if (
            self.min_followers is not None
            and self.max_followers is not None
            and self.min_followers > self.max_followers
        ):
            raise ValueError(
                f"min_followers ({self.min_followers}) is greater than max_followers ({self.max_followers}): "
                "lower the one or raise the other"
            )
        return self

    @field_validator("countries")
    @classmethod
    def _countries_by_code(cls, values: list[str] | None) -> list[str] | None:
        return sorted({country_code(value) for value in values}) if values else values

    @field_validator("languages")
    @classmethod
    def _languages_by_tag(cls, values: list[str] | None) -> list[str] | None:
        return sorted({language_tag(value) for value in values}) if values else values

    def active(self) -> dict[str, Any]:
        """The filters that are set; an empty list, or `people_only` false, filters nothing."""
        values = {name: getattr(self, name) for name in _CLAUSES}
        return {name: value for name, value in values.items() if value not in (None, []) and value is not False}

    def without(self, creator_ids: Sequence[UUID]) -> "Filters":
        """These, and nobody of those named."""
        if not creator_ids:
            return self
        left_out = {*(self.exclude_creator_ids or ()), *creator_ids}
        return self.model_copy(update={"exclude_creator_ids": sorted(left_out)})

    def where(self) -> tuple[str, dict[str, Any]]:
        """An SQL condition over `creators c` and its bound parameters."""
        parameters = {name: _comparable(name, value) for name, value in self.active().items()}
        return " AND ".join(_CLAUSES[name] for name in parameters) or "true", parameters


def _comparable(name: str, value: Any) -> Any:
    """Lists in the case, and languages in the granularity, that the condition compares with."""
    if name == "countries":
        return [item.strip().upper() for item in value]
    if name == "languages":
        return [item.strip().lower().split("-")[0] for item in value]
    if name in {"platforms", "niches"}:
        return [item.strip().lower() for item in value]
    return value
