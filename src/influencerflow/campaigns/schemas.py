"""A campaign over HTTP: a brief with a status."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pydantic.config import JsonDict

from influencerflow.campaigns.brief import Amount, Brief

Status = Literal["draft", "active", "completed"]

EXAMPLE: JsonDict = {
    "product_name": "TrailLight Tent",
    "brand_name": "Northern Meadow",
    "target_audience": "Hikers aged 25-45 in Germany and Austria",
    "key_use_cases": ["thru-hiking", "bikepacking"],
    "product_niche": "hiking",
    "total_budget": 20000,
    "status": "draft",
}
STORED_EXAMPLE: JsonDict = {
    "id": "0b0a4a6e-6f3c-4c0e-9a52-3b1f5d0c7a11",
    **EXAMPLE,
    "product_description": None,
    "campaign_goal": None,
    "created_at": "2026-05-04T09:30:00Z",
    "updated_at": "2026-05-04T09:30:00Z",
}


class CampaignCreate(Brief):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    status: Status = "draft"


class CampaignUpdate(BaseModel):
    """Only the fields given are changed; the campaign that results must be a valid one."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"total_budget": 25000}]})

    product_name: str | None = None
    brand_name: str | None = None
    product_description: str | None = None
    target_audience: str | None = None
    key_use_cases: list[str] | None = None
    campaign_goal: str | None = None
    product_niche: str | None = None
    total_budget: Amount | None = None
    status: Status | None = None


class Campaign(BaseModel):
    """As stored. An adopted platform's campaigns may lack what a new one must have."""

    model_config = ConfigDict(json_schema_extra={"examples": [STORED_EXAMPLE]})

    id: UUID
    brand_name: str | None
    product_name: str | None
    product_description: str | None
    target_audience: str | None
    key_use_cases: list[str] | None
    campaign_goal: str | None
    product_niche: str | None
    total_budget: float | None
    status: str | None
    created_at: datetime | None
    updated_at: datetime | None


class CampaignPage(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [STORED_EXAMPLE], "total": 1, "page": 1, "pages": 1}]}
    )

    items: list[Campaign]
    total: int
    page: int
    pages: int


def stored_values(campaign: Campaign) -> dict[str, Any]:
    return campaign.model_dump(exclude={"id", "created_at", "updated_at"})
