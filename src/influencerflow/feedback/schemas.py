"""Verdicts and shortlists over HTTP."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict

from influencerflow.feedback.verdicts import NEGATIVE, Reason, Verdict

MAX_TEXT = 2_000
_CREATOR, _CAMPAIGN = "7f1241fe-cff6-5c90-a230-282719853a71", "0b0a4a6e-6f3c-4c0e-9a52-3b1f5d0c7a11"

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_TEXT, pattern="^[^\\x00]*$")]

EXAMPLE: JsonDict = {
    "campaign_id": _CAMPAIGN,
    "creator_id": _CREATOR,
    "verdict": "not_relevant",
    "reason": "wrong_place",
    "comment": "Moved to Portugal last year",
}
STORED_EXAMPLE: JsonDict = {
    "id": "5d3a1f0e-9a0b-4d3c-8f57-0c2f6f7a9b10",
    **EXAMPLE,
    "rank": 7,
    "match_score": 71.4,
    "scores": {
        "match_score": 71.4,
        "niche_match": 80,
        "audience_match": 62.5,
        "engagement_score": 70,
        "budget_fit": 90,
        "similarity": 0.41,
    },
    "model": "local/multilingual-e5-small-q4-centred",
    "scoring_version": 4,
    "fingerprint": "9f2c6f4b1d0e",
    "created_at": "2026-05-04T09:31:00Z",
    "undone_at": None,
}
ENTRY_EXAMPLE: JsonDict = {
    "creator_id": _CREATOR,
    "name": "Trail with Tilda",
    "platform": "instagram",
    "channel_name": "trailwithtilda",
    "position": 1,
    "note": "Ask about July",
    "status": "shortlisted",
    "added_at": "2026-05-04T09:31:00Z",
}


class FeedbackCreate(BaseModel):
    """A verdict on a creator for a campaign. Saying again what holds already changes nothing."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    campaign_id: UUID
    creator_id: UUID
    verdict: Verdict
    reason: Reason | None = Field(None, description="Why not; only with `not_relevant` and `rejected`.")
    comment: Text | None = Field(None, description="In your own words.")

    @model_validator(mode="after")
    def _reasons_are_against(self) -> "FeedbackCreate":
        if self.reason and self.verdict not in NEGATIVE:
            raise ValueError(
                f"reason says why a creator does not fit: leave it out with {self.verdict}, and use comment instead"
            )
        self.comment = self.comment or None
        return self


class Feedback(BaseModel):
    """As stored. Rank, scores, model and version are those of the campaign's stored list at that moment; null if the
    creator was not in it."""

    model_config = ConfigDict(json_schema_extra={"examples": [STORED_EXAMPLE]}, protected_namespaces=())

    id: UUID
    campaign_id: UUID
    creator_id: UUID
    verdict: Verdict
    reason: str | None
    comment: str | None
    rank: int | None
    match_score: float | None
    scores: dict[str, Any] | None
    model: str | None = Field(description="Provider and name of the embedding model.")
    scoring_version: int | None
    fingerprint: str | None = Field(
        description="Tells lists apart: of the brief, filters, options, model and catalogue."
    )
    created_at: datetime
    undone_at: datetime | None


class FeedbackPage(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [STORED_EXAMPLE], "total": 1, "page": 1, "pages": 1}]}
    )

    items: list[Feedback]
    total: int
    page: int
    pages: int


class ShortlistEntry(BaseModel):
    """`status` is the verdict that holds."""

    model_config = ConfigDict(json_schema_extra={"examples": [ENTRY_EXAMPLE]})

    creator_id: UUID
    name: str | None
    platform: str | None
    channel_name: str | None
    position: int = Field(description="From 1.")
    note: str | None
    status: Verdict | None
    added_at: datetime


class Shortlist(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"campaign_id": _CAMPAIGN, "entries": [ENTRY_EXAMPLE]}]})

    campaign_id: UUID
    entries: list[ShortlistEntry]


class ShortlistChange(BaseModel):
    """Only what is given is changed."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"position": 1, "note": "Ask about July"}]}
    )

    position: int | None = Field(None, ge=1, le=10_000, description="Where to, from 1; past the end is the end.")
    note: Text | None = Field(None, description="Replaces the note; null or empty takes it away.")
