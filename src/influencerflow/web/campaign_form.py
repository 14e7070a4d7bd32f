"""The form a campaign is created and edited by: as written, with what is wrong or was guessed beside each field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from influencerflow.campaigns.pasted import Found, PastedBrief
from influencerflow.campaigns.schemas import Campaign, CampaignCreate
from influencerflow.creators.importing.figures import parse_money
from influencerflow.http import field_errors
from influencerflow.web import text as reading
from influencerflow.web.messages import t

LINES = ("product_name", "brand_name", "product_niche", "total_budget", "status")
AREAS = ("product_description", "target_audience", "key_use_cases", "campaign_goal")
FIELDS = (*LINES, *AREAS)
_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class CampaignForm:
    """`values` is what the fields show; `given` what is to be stored, None when `errors` names fields.

    `found` tells, for a brief that was pasted, which words a field was filled from.
    """

    values: Mapping[str, str]
    given: dict[str, Any] | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    found: Mapping[str, Found] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def empty_form() -> CampaignForm:
    return CampaignForm(dict.fromkeys(FIELDS, "") | {"status": "draft"})


def show_campaign(campaign: Campaign) -> CampaignForm:
    values = {name: getattr(campaign, name) or "" for name in FIELDS}
    values["key_use_cases"] = "\n".join(campaign.key_use_cases or [])
    values["total_budget"] = reading.number(campaign.total_budget) if campaign.total_budget else ""
    return CampaignForm(values)


def show_pasted(pasted: PastedBrief) -> CampaignForm:
    """To be confirmed: nothing is stored yet."""
    values = dict(empty_form().values) | {name: found.value for name, found in pasted.found.items()}
    if values["total_budget"]:
        values["total_budget"] = reading.number(float(values["total_budget"]))
    return CampaignForm(values, found=pasted.found, notes=pasted.notes)


def read_campaign_form(given: Mapping[str, str]) -> CampaignForm:
    """The budget may be written as people write it (`$5,000`, `20k`), use cases one a line."""
    values = {name: given.get(name, "").replace("\r\n", "\n").strip()[: _LONGEST + 1] for name in FIELDS}
    values["status"] = values["status"] or "draft"
    parsed: dict[str, Any] = {name: value or None for name, value in values.items()}
    parsed["key_use_cases"] = [line.strip() for line in values["key_use_cases"].split("\n") if line.strip()] or None
    errors: dict[str, str] = {
        name: t(f"campaigns.error.{name}") for name in ("product_name", "brand_name") if not values[name]
    }
    parsed["total_budget"] = _budget(values["total_budget"], errors)
    if not errors:
        try:
            return CampaignForm(values, CampaignCreate.model_validate(parsed).model_dump())
        except ValidationError as error:
            errors = {item.field.split(".")[0]: item.message for item in field_errors(error.errors())}
    return CampaignForm(values, errors=errors)


def _budget(written: str, errors: dict[str, str]) -> float | None:
    if not written:
        errors["total_budget"] = t("campaigns.error.total_budget")
        return None
    try:
        budget = parse_money(written[:60])
    except ValueError as error:
        errors["total_budget"] = f"“{written[:60]}” {error}"
        return None
    if budget <= 0:
        errors["total_budget"] = t("campaigns.error.total_budget")
    return budget
