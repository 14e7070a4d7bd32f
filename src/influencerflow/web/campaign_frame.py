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

# In this order. A section is shown once there is a page at its path: the line-up keeps its place until then.
SECTIONS = {"overview": "", "match": "/match", "shortlist": "/shortlist", "lineup": "/lineup"}


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
    paths = {name: root + path for name, path in SECTIONS.items() if has_page(request, root + path)}
    if run:
        paths["match"] = show_match_form(paths["match"], run.filters, run.options, understood(campaign)).link()
    counts = {"shortlist": count_shortlisted(connection, campaign.id)}
    sections = [Section(name, path, counts.get(name)) for name, path in paths.items()]
    return {"campaign": campaign, "sections": sections, "here": here, "run": run}
