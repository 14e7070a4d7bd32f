"""The guide's request and response to the letter, and what is added to them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic.config import JsonDict

from influencerflow.campaigns.brief import Amount, Brief
from influencerflow.campaigns.understanding import Understanding
from influencerflow.matching import examples
from influencerflow.matching.options import MatchOptions
from influencerflow.retrieval.filters import Filters

DEFAULT_LIMIT = 20
MAX_LIMIT = 100

Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT)]
PageNumber = Annotated[int, Field(ge=1, le=10**9)]

EXAMPLE_BRIEF: JsonDict = {
    "product_name": "TrailLight Tent",
    "brand_name": "Northern Meadow",
    "product_description": "A two-person tent that weighs less than a kilo.",
    "target_audience": "Hikers aged 25-45 in Germany and Austria",
    "key_use_cases": ["thru-hiking", "bikepacking", "wild camping"],
    "campaign_goal": "500 pre-orders",
    "product_niche": "hiking",
    "total_budget": 20000,
    "min_followers": 5000,
    "limit": 10,
}


class _MatchRequest(Filters, MatchOptions):
    def filters(self) -> Filters:
        return Filters.model_validate(self.model_dump(include=set(Filters.model_fields)))

    def options(self) -> MatchOptions:
        return MatchOptions.model_validate(self.model_dump(include=set(MatchOptions.model_fields)))


class SimilaritySearchRequest(_MatchRequest):
    """A brief and filters. With `campaign_id`, the brief's fields may be left out and are read from the campaign."""

    # The guide's clients may send fields of their own; they are ignored as the guide's models ignore them.
    model_config = ConfigDict(extra="ignore", json_schema_extra={"examples": [EXAMPLE_BRIEF]})

    product_name: str | None = None
    brand_name: str | None = None
    product_description: str | None = None
    target_audience: str | None = None
    key_use_cases: list[str] | None = None
    campaign_goal: str | None = None
    product_niche: str | None = None
    total_budget: Amount | None = None
    campaign_id: UUID | None = Field(
        None, description="Read what the request leaves out of the brief from this campaign."
    )
    limit: Limit = Field(DEFAULT_LIMIT, description=f"Matches a page, 1-{MAX_LIMIT}; null means {DEFAULT_LIMIT}.")
    page: PageNumber = Field(1, description="From 1.")
    cursor: Annotated[str, Field(max_length=100)] | None = Field(
        None,
        description='"first" keeps the ranked result for an hour, so that its pages hold together while the catalogue changes;'
        " the answer's `next_cursor` then leads to the next page, and nothing else needs to be sent with it.",
        examples=[None],
    )
    explain: bool = Field(False, description="Answer with how each run found its candidates, and why that way.")

    @field_validator("limit", mode="before")
    @classmethod
    def _null_limit_is_default(cls, value: Any) -> Any:
        return DEFAULT_LIMIT if value is None else value

    @model_validator(mode="after")
    def _one_way_to_page(self) -> "SimilaritySearchRequest":
        if self.cursor is not None and self.page != 1:
            raise ValueError("page and cursor are two ways to page: give one of them")
        return self

    @field_validator("explain", mode="before")
    @classmethod
    def _null_explains_nothing(cls, value: Any) -> Any:
        return False if value is None else value

    @field_validator("page", mode="before")
    @classmethod
    def _null_page_is_first(cls, value: Any) -> Any:
        return 1 if value is None else value

    def given_brief(self) -> dict[str, Any]:
        """The brief's fields the request does give."""
        return self.model_dump(include=set(Brief.model_fields), exclude_none=True)


class DetailedScores(BaseModel):
    niche_match: str
    audience_match: str
    engagement_score: str
    budget_fit: str


class Scores(BaseModel):
    """The same figures as numbers between 0 and 100. `similarity` is the cosine, to compare within one list only.

    It is null for a creator that is not embedded yet.
    """

    match_score: float
    niche_match: float
    audience_match: float
    engagement_score: float
    budget_fit: float
    similarity: float | None


class ReasonOut(BaseModel):
    """`spans` are [start, end) character offsets into `about`."""

    kind: Literal["for", "against", "unknown"]
    field: str
    text: str
    spans: list[tuple[int, int]] = []


class PriceEstimateOut(BaseModel):
    """USD for one collaboration. `basis`: prices of comparable creators of the catalogue, or published benchmarks."""

    low: float
    mid: float
    high: float
    basis: Literal["catalogue", "benchmark"]


class MatchDetails(BaseModel):
    """What the sub-scores rest on. `same_as`: the better-ranked account of the same person.

    `match_score_basis`: `provisional` until the creator is embedded; its nearness in meaning is assumed to be a middling one.
    """

    match_score_basis: Literal["calibrated", "percentile", "provisional"]
    niche_basis: Literal["none", "exact", "table", "related", "unrelated", "inferred", "unknown"]
    inferred_niche: str | None = None
    audience_basis: Literal["demographics", "profile", "guide"]
    audience_confidence: float = Field(description="0-1")
    in_target_reach: int | None = Field(None, description="People of the target audience that one post reaches.")
    engagement_percentile: float | None = Field(None, description="0-100, within platform and tier.")
    authenticity_score: float | None = Field(None, description="0-100; null when nothing could be checked.")
    price_estimate: PriceEstimateOut | None = Field(None, description="Only where the creator names no price.")
    account: str | None = Field(None, description="`person`, `shop`, `brand`, ...; null while not read yet.")
    same_as: str | None = None


class GuideMatch(BaseModel):
    """The guide's own fields. What is unknown reads "unknown" where the guide has text, and null elsewhere."""

    id: str
    influencer_name: str
    profile_image: str | None = None
    platform: str
    match_score: str
    niche: str
    followers: str
    followers_count_numeric: int | None
    engagement: str
    collaboration_rate: str
    detailed_scores: DetailedScores


# Pydantic takes the fields of the last base first: an answer begins with what the guide's clients look for.
class MatchResult(MatchDetails, GuideMatch):
    """The guide's fields, and what is added to them."""

    rank: int
    scores: Scores
    reasons: list[ReasonOut]
    name: str
    channel_name: str | None = None
    about: str | None = None
    country: str | None = None
    language: str | None = None


class RunOut(BaseModel):
    """How a run (`meaning`, `topics`, `countries`, `words`, `rest`) found its creators.

    `exact` compares every creator that passes the filters, `hnsw` takes the nearest from the vector index and of those the
    ones that pass, `memory` compares those that seem nearest to the copy of the catalogue in memory. `estimate`: how many pass,
    as far as it was looked into; `scanned`: how many of the nearest were compared;
    `tried`: how many before, too few of which passed.
    """

    plan: Literal["exact", "hnsw", "memory"]
    estimate: int | None
    scanned: int | None
    tried: list[int]
    found: int


class MatchPageResponse(BaseModel):
    matches: list[MatchResult]
    total: int
    page: int
    pages: int
    understood: Understanding = Field(description="What was read from the brief; `understanding` corrects it.")


class SimilaritySearchResponse(MatchPageResponse):
    """`total` counts the creators that pass the filters; `pages` is total / limit, rounded up.

    With a cursor, `total` is as of when the result was kept, and `pages` is of what is kept: at most 10,000 creators.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [examples.RESPONSE]})

    next_cursor: str | None = Field(None, description="Of the next page, where a cursor was sent; null on the last.")
    deleted: int = Field(0, description="Creators this page skips: they were deleted since the result was kept.")
    explain: dict[str, RunOut] | None = Field(
        None, description="By run, where it was asked for; empty for a page of a kept result, which runs nothing."
    )


class TopicOut(BaseModel):
    """`broader`: keys of the topics this one is part of."""

    key: str
    label: str
    broader: list[str]


class CampaignMatchesRequest(_MatchRequest):
    """Filters and options of a campaign's stored run."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"platforms": ["instagram"], "limit": 20}]}
    )

    limit: Limit = DEFAULT_LIMIT


class CampaignMatchesResponse(MatchPageResponse):
    """`total` counts the stored matches shown, of the best of `matching` creators; `dismissed` those feedback turned down,
    which keep their ranks. `stale`: something changed since."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CAMPAIGN_RESPONSE]})

    campaign_id: UUID
    matching: int
    dismissed: int
    computed_at: str
    cached: bool
    stale: bool
    filters: dict[str, Any]
    options: dict[str, Any]
