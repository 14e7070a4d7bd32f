"""What the pages of one campaign share: reading it, its brief, and the sections it has."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Request
from pydantic import ValidationError
from sqlalchemy import Connection

from influencerflow.campaigns import repository as campaigns
from influencerflow.campaigns.brief import Brief
from influencerflow.campaigns.schemas import Campaign
from influencerflow.campaigns.understanding import Understanding, understand
from influencerflow.errors import NotFoundError
from influencerflow.feedback.shortlist import count_shortlisted
from influencerflow.matching import stored
from influencerflow.web.frame import has_page
from influencerflow.web.match_form import show_match_form
from influencerflow.web.messages import t


@dataclass(frozen=True, slots=True)
class Section:
    """A tab: the key of its name in `campaigns.toml`, where it leads."""

    name: str
    path: str
    count: int | None = None


def read_campaign(connection: Connection, campaign_id: UUID) -> Campaign:
    """Raises NotFoundError."""
    try:
        return campaigns.get_campaign(connection, campaign_id)
    except NotFoundError:
        raise NotFoundError(t("campaigns.gone")) from None


def read_brief(campaign: Campaign) -> tuple[Brief | None, list[str]]:
    """The brief, or the names of what an adopted platform's campaign lacks of one."""
    try:
        return Brief.model_validate(campaign.model_dump(include=set(Brief.model_fields))), []
    except ValidationError as error:
        return None, sorted({str(item["loc"][0]) for item in error.errors()})


def understood(campaign: Campaign) -> Understanding:
    """Nothing of a brief that is not complete."""
    brief, _ = read_brief(campaign)
    return understand(brief) if brief else Understanding()


def campaign_context(request: Request, connection: Connection, campaign: Campaign, here: str) -> dict[str, Any]:
    """For `_campaign.html`; `here` is the section's name. The way to AI Match leads to the list that was seen last."""
    root = f"/campaigns/{campaign.id}"
    run = stored.read_run(connection, campaign.id)
    match = f"{root}/match"
    seen = show_match_form(match, run.filters, run.options, understood(campaign)).link() if run else match
    sections = [Section("overview", root), Section("match", seen)]
    # Sections that other rooms may add. The line-up will be the last of them.
    if has_page(request, "/campaigns/{campaign_id}/shortlist"):
        sections.append(Section("shortlist", f"{root}/shortlist", count_shortlisted(connection, campaign.id)))
    return {"campaign": campaign, "sections": sections, "here": here, "run": run}
