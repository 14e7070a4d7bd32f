"""Forms that say something of creators, for one campaign; each answers with where it was, and an Undo."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response
from pydantic import ValidationError

from influencerflow.errors import InvalidInputError
from influencerflow.feedback import repository, service
from influencerflow.feedback.schemas import FeedbackCreate
from influencerflow.feedback.verdicts import VERDICTS
from influencerflow.http import field_errors
from influencerflow.web.actions import back_to, creator_ids, field, sent_form, short_name
from influencerflow.web.campaign_frame import campaign_context, read_campaign
from influencerflow.web.frame import done, page_router, render
from influencerflow.web.messages import t

router = page_router()
Sent = Annotated[list[tuple[str, str]], Depends(sent_form)]


@router.post("/campaigns/{campaign_id}/verdicts")
def say(request: Request, campaign_id: UUID, sent: Sent) -> Response:
    """Of one creator, or of all that were selected."""
    ids = creator_ids([value for name, value in sent if name == "creator_id"])
    back = back_to(request, f"/campaigns/{campaign_id}/match")
    if not ids:
        return done(back, "actions.nobody")
    # In one order, so that two people who say something of the same creators wait for each other instead of both failing.
    given = [_verdict(campaign_id, creator_id, sent) for creator_id in sorted(ids)]
    with request.app.state.database.transaction() as connection:
        read_campaign(connection, campaign_id)
        said = [service.give_feedback(connection, item) for item in given]
        name = short_name(connection, ids[0])
    new = [feedback.id.hex for feedback, is_new in said if is_new]
    undo = f"/campaigns/{campaign_id}/verdicts/{'.'.join(new)}/undo" if new else None
    if len(ids) > 1:
        return done(back, f"actions.several.{given[0].verdict}", undo=undo, n=len(ids))
    return done(back, f"actions.said.{given[0].verdict}", undo=undo, name=name)


@router.post("/campaigns/{campaign_id}/verdicts/{feedback_ids}/undo")
def undo(request: Request, campaign_id: UUID, feedback_ids: str) -> Response:
    """Takes back what one form has said: its verdicts, joined by dots."""
    ids = creator_ids(feedback_ids.split("."))
    with request.app.state.database.transaction() as connection:
        read_campaign(connection, campaign_id)
        undone = [service.undo_feedback(connection, feedback_id) for feedback_id in sorted(ids)]
    return done(back_to(request, f"/campaigns/{campaign_id}/match"), "actions.undone", n=len(undone))


@router.get("/campaigns/{campaign_id}/dismissed")
def dismissed(request: Request, campaign_id: UUID) -> Response:
    """Who was turned down, and why; each can be brought back."""
    with request.app.state.database.transaction() as connection:
        campaign = read_campaign(connection, campaign_id)
        rows = repository.list_dismissed(connection, campaign_id)
        context = campaign_context(request, connection, campaign, "match") | {"rows": rows}
    return render(request, "shortlist/dismissed.html", context)


def _verdict(campaign_id: UUID, creator_id: UUID, sent: list[tuple[str, str]]) -> FeedbackCreate:
    verdict = field(sent, "verdict")
    if verdict not in VERDICTS:
        raise InvalidInputError.of_field("verdict", t("actions.no_verdict"))
    values = {"reason": field(sent, "reason") or None, "comment": field(sent, "comment") or None}
    try:
        return FeedbackCreate.model_validate(
            {"campaign_id": campaign_id, "creator_id": creator_id, "verdict": verdict, **values}
        )
    except ValidationError as error:
        wrong = field_errors(error.errors())
        raise InvalidInputError(f"{wrong[0].field}: {wrong[0].message}", errors=wrong) from None
