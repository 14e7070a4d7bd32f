"""What the pages of verdicts and shortlists share: where to go back to, whom a form is about, and what holds of whom."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Request
from sqlalchemy import Connection

from influencerflow.creators.repository import get_creator
from influencerflow.errors import InvalidInputError
from influencerflow.feedback import repository
from influencerflow.feedback.verdicts import REASONS
from influencerflow.web.frame import templates
from influencerflow.web.messages import t

MOST_AT_ONCE = 40
MOST_COMPARED = 5
_LONGEST_NAME = 60


async def sent_form(request: Request) -> list[tuple[str, str]]:
    """The text fields of the form that was sent."""
    sent = await request.form()
    return [(name, value) for name, value in sent.multi_items() if isinstance(value, str)]


def field(pairs: Sequence[tuple[str, str]], name: str) -> str:
    """The first value of that name, without surrounding space; empty when it was not sent."""
    return next((value for key, value in pairs if key == name), "").replace("\0", "").strip()


def creator_ids(values: Sequence[str]) -> list[UUID]:
    """Each once. Raises InvalidInputError for what is no id, and for more than a page of them."""
    try:
        ids = list(dict.fromkeys(UUID(value) for value in values))
    except ValueError:
        raise InvalidInputError.of_field("creator_id", t("actions.no_id")) from None
    if len(ids) > MOST_AT_ONCE:
        raise InvalidInputError.of_field("creator_id", t("actions.too_many", most=MOST_AT_ONCE))
    return ids


def back_to(request: Request, fallback: str) -> str:
    """The page of ours the form was on, as browsers say in Referer."""
    came = urlsplit(request.headers.get("referer", ""))
    if came.netloc != request.headers.get("host") or not came.path.startswith("/") or came.path.startswith("//"):
        return fallback
    return f"{came.path}?{came.query}" if came.query else came.path


def short_name(connection: Connection, creator_id: UUID) -> str:
    """For a message about what was done."""
    name = get_creator(connection, creator_id).name or t("frame.unknown")
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"


def standing(connection: Connection, campaign_id: UUID, ids: Sequence[UUID]) -> dict[str, Any]:
    """What `_actions.html` needs to know of the creators a page shows, by their ids as text."""
    said = repository.standing_verdicts(connection, campaign_id, ids)
    elsewhere = repository.contacted_elsewhere(connection, campaign_id, ids)
    return {
        "said": {str(key): row for key, row in said.items()},
        "elsewhere": {str(key): row for key, row in elsewhere.items()},
        "dismissed": repository.count_dismissed(connection, campaign_id),
    }


templates.env.globals["verdict_reasons"] = REASONS
