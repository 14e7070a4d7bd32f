"""The brief: what a campaign seeks, in the fields of the guide's request."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, field_validator


def _refuse_truth_values(value: Any) -> Any:
    """Pydantic would read true as 1."""
    if isinstance(value, bool):
        raise ValueError("true and false are no amount")  # noqa: TRY004 - pydantic reports ValueError
    return value


Amount = Annotated[float, BeforeValidator(_refuse_truth_values)]
Line = Annotated[str, Field(max_length=500)]
Paragraph = Annotated[str, Field(max_length=20_000)]


class Brief(BaseModel):
    """Optional fields may be null; blank text counts as null."""

    product_name: Line = Field(min_length=1, examples=["TrailLight Tent"])
    brand_name: Line = Field(min_length=1, examples=["Northern Meadow"])
    product_description: Paragraph | None = Field(None, examples=["A two-person tent that weighs less than a kilo."])
    target_audience: Paragraph | None = Field(None, examples=["Hikers aged 25-45 in Germany and Austria"])
    key_use_cases: list[Line] | None = Field(None, max_length=50, examples=[["thru-hiking", "bikepacking"]])
    campaign_goal: Paragraph | None = Field(None, examples=["500 pre-orders"])
    product_niche: Line | None = Field(None, examples=["hiking"])
    total_budget: Amount = Field(gt=0, le=1e12, allow_inf_nan=False, description="USD", examples=[20000])

    @field_validator("*", mode="before")
    @classmethod
    def _tidy(cls, value: Any) -> Any:
        """Surrounding space says nothing, and PostgreSQL stores no NUL."""
        if isinstance(value, str):
            return value.replace("\0", "").strip()
        return value

    @field_validator("product_description", "target_audience", "campaign_goal", "product_niche")
    @classmethod
    def _blank_is_null(cls, value: str | None) -> str | None:
        return value or None

    @field_validator("key_use_cases")
    @classmethod
    def _drop_blank_use_cases(cls, value: list[str] | None) -> list[str] | None:
        return [item.replace("\0", "").strip() for item in value if item.strip()] if value else None
