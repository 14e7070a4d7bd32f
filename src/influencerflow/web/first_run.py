"""What a newcomer is shown above the campaigns: a first match in three clicks, then how to bring creators of their own."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection, text

from influencerflow.sample.load import read_briefs
from influencerflow.web.frame import page_router

router = page_router()
_COOKIE, _COOKIE_SECONDS = "first-run", 365 * 86_400


@dataclass(frozen=True, slots=True)
class FirstRun:
    """`match` before the first match of a campaign of the sample, `bring` while all creators are the sample's."""

    step: Literal["match", "bring"]
    campaign_id: UUID | None = None
    product_name: str | None = None
    brand_name: str | None = None


def read_first_run(request: Request, connection: Connection) -> FirstRun | None:
    """None once it has served, or was sent away."""
    if _COOKIE in request.cookies:
        return None
    has_own, has_run = connection.execute(
        text("""
            SELECT EXISTS (SELECT FROM creators WHERE source IS DISTINCT FROM 'sample'), EXISTS (SELECT FROM match_runs)
        """)
    ).one()
    if has_own:
        return None
    if has_run:
        return FirstRun("bring")
    row = connection.execute(
        text("""
            SELECT c.id, c.product_name, c.brand_name
            FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS sample (id, position) JOIN campaigns c USING (id)
            ORDER BY sample.position LIMIT 1
        """),
        {"ids": sample_campaigns()},
    ).one_or_none()
    return FirstRun("match", *row) if row else None


@router.post("/first-run/dismiss")
def dismiss() -> Response:
    response = RedirectResponse("/", status_code=303)
    response.set_cookie(_COOKIE, "done", max_age=_COOKIE_SECONDS, httponly=True, samesite="lax")
    return response


@lru_cache(maxsize=1)
def sample_campaigns() -> list[str]:
    """Ids, in the order of the file."""
    return [brief["id"] for brief in read_briefs()]
