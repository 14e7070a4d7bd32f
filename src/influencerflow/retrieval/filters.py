"""What a search may be narrowed by. A creator whose value is unknown does not pass a filter that asks for a value."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator, model_validator

from influencerflow.creators.importing.places import country_code, language_tag
from influencerflow.retrieval.conditions import Condition, PriceBands, condition, rate_of

Name = Annotated[str, Field(min_length=1, max_length=100)]
Names = Annotated[list[Name], Field(max_length=200)]
Age = Annotated[int, Field(ge=0, le=120)]
Percent = Annotated[float, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=0, le=10**11)]
Dollars = Annotated[float, Field(ge=0, le=10**9)]

_RANGES = ("followers", "engagement", "avg_views", "rate")


class AudienceShare(BaseModel):
    """At least so many percent of the audience are all of this; within one list, any of it.

    Only the shares by age, by gender, by country and by interest are known of an audience, so the share of women of 18-34
    in Germany is taken as the product of the three.
    """

    model_config = ConfigDict(extra="forbid")

    at_least: float = Field(gt=0, le=100, description="Percent of the audience.", examples=[40])
    genders: list[Literal["female", "male", "other"]] | None = None
    age_ranges: list[tuple[Age, Age]] | None = Field(None, description="First and last year.", examples=[[[18, 34]]])
    countries: Names | None = Field(None, description="ISO 3166 alpha-2.", examples=[["DE"]])
    interests: Names | None = None

    @model_validator(mode="after")
    def _says_of_whom(self) -> "AudienceShare":
        if not (self.genders or self.age_ranges or self.countries or self.interests):
            raise ValueError("say of whom: give genders, age_ranges, countries or interests")
        for first, last in self.age_ranges or ():
            if first > last:
                raise ValueError(f"the range {first}-{last} is empty: give the lower age first")
        return self

    @field_validator("countries")
    @classmethod
    def _countries_by_code(cls, values: list[str] | None) -> list[str] | None:
        return sorted({country_code(value) for value in values}) if values else values


class Filters(BaseModel):
    """All are joined by AND; the values of one list by OR; `exclude_` keeps what is unknown."""

    model_config = ConfigDict(extra="forbid")

    min_followers: Count | None = Field(None, description="Followers, at least.")
    max_followers: Count | None = Field(None, description="Followers, at most.")
    min_engagement: Percent | None = Field(None, description="Engagement rate in percent, at least.")
    max_engagement: Percent | None = Field(None, description="Engagement rate in percent, at most.")
    min_avg_views: Count | None = Field(None, description="Average views, at least.")
    max_avg_views: Count | None = Field(None, description="Average views, at most.")
    min_rate: Dollars | None = Field(None, description="USD per collaboration, at least.")
    max_rate: Dollars | None = Field(None, description="USD per collaboration, at most.")
    estimate_rates: bool | None = Field(None, description="Where no rate is known, its estimate (the middle) counts.")
    platforms: Names | None = Field(None, description="Any of these platforms.", examples=[["instagram", "tiktok"]])
    countries: Names | None = Field(None, description="Any of these countries, ISO 3166 alpha-2.", examples=[["DE"]])
    languages: Names | None = Field(None, description="Any of these languages, BCP 47.", examples=[["de", "en"]])
    niches: Names | None = Field(None, description="Any of these niches.", examples=[["fitness"]])
    exclude_platforms: Names | None = Field(None, description="None of these platforms.")
    exclude_countries: Names | None = Field(None, description="None of these countries.")
    exclude_languages: Names | None = Field(None, description="None of these languages.")
    exclude_niches: Names | None = Field(None, description="None of these niches.")
    audience: list[AudienceShare] | None = Field(
        None, max_length=10, description="Shares of the audience, all of them."
    )
    min_credibility: Percent | None = Field(None, description="Percent of the followers that are real, at least.")
    past_brands: Names | None = Field(None, description="Worked with any of these brands.")
    exclude_past_brands: Names | None = Field(None, description="Worked with none of these, such as competitors.")
    exclude_creator_ids: list[UUID] | None = Field(None, max_length=10_000, description="Creators to leave out.")
    exclude_contacted: bool | None = Field(None, description="Leave out who was contacted or hired, by any campaign.")
    has_contact: bool | None = Field(None, description="An e-mail address stands in the profile.")
    people_only: bool | None = Field(None, description="Leave out what reads like a shop, brand, venue or medium.")
    updated_since: date | None = Field(None, description="Figures refreshed on this day (UTC) or later.")

    _price_bands: PriceBands | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _ranges_are_not_empty(self) -> "Filters":
        for name in _RANGES:
            low, high = getattr(self, f"min_{name}"), getattr(self, f"max_{name}")
            if low is not None and high is not None and low > high:
                raise ValueError(
                    f"min_{name} ({low}) is greater than max_{name} ({high}): lower the one or raise the other"
                )
        return self

    @field_validator("countries", "exclude_countries")
    @classmethod
    def _countries_by_code(cls, values: list[str] | None) -> list[str] | None:
        return sorted({country_code(value) for value in values}) if values else values

    @field_validator("languages", "exclude_languages")
    @classmethod
    def _languages_by_tag(cls, values: list[str] | None) -> list[str] | None:
        return sorted({language_tag(value) for value in values}) if values else values

    def active(self) -> dict[str, Any]:
        """The filters that are set; an empty list, or false, filters nothing."""
        given = {name: value for name, value in self if not (value is None or value is False or value == [])}
        if self.min_rate is None and self.max_rate is None:
            given.pop("estimate_rates", None)
        return given

    def without(self, creator_ids: Sequence[UUID]) -> "Filters":
        """These, and nobody of those named."""
        if not creator_ids:
            return self
        left_out = {*(self.exclude_creator_ids or ()), *creator_ids}
        return self.model_copy(update={"exclude_creator_ids": sorted(left_out)})

    def with_prices(self, bands: PriceBands) -> "Filters":
        """The same, knowing what creators without a rate are likely to ask; without it, `estimate_rates` does nothing."""
        priced = self.model_copy()
        priced._price_bands = bands
        return priced

    def where(self) -> Condition:
        """An SQL condition over `creator_facets f` and its bound parameters."""
        values = {name: _comparable(name, value) for name, value in self.active().items()}
        return condition(values, self._price_bands)

    def rate(self) -> Condition:
        """The rate these look at, as an expression over `creator_facets f`, whether they bound it or not."""
        return rate_of(self._price_bands if self.estimate_rates else None)


def _comparable(name: str, value: Any) -> Any:
    """Languages in the granularity, and days as the moments, that facets are kept in; SQL folds the other words."""
    field = name.removeprefix("exclude_")
    if field == "languages":
        return sorted({item.strip().lower().split("-")[0] for item in value})
    if field == "updated_since":
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value
