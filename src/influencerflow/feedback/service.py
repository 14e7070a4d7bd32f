"""Saying something of a creator, and taking it back: the log and the shortlist change together."""

from uuid import UUID

from sqlalchemy import Connection, text

from influencerflow.campaigns.repository import get_campaign
from influencerflow.creators.repository import get_creator
from influencerflow.feedback import repository, shortlist
from influencerflow.feedback.schemas import Feedback, FeedbackCreate
from influencerflow.feedback.verdicts import LISTING


def give_feedback(connection: Connection, given: FeedbackCreate) -> tuple[Feedback, bool]:
    """The verdict that holds now, and whether it is a new one. Raises NotFoundError for campaign or creator.

    `shortlisted`, `contacted` and `hired` put a creator on the shortlist, `not_relevant` takes it off.
    """
    get_campaign(connection, given.campaign_id)
    get_creator(connection, given.creator_id)
    _take_turns(connection, given.campaign_id, given.creator_id)
    current = repository.current_feedback(connection, given.campaign_id, given.creator_id)
    said = (given.verdict, given.reason, given.comment)
    if current and (current.verdict, current.reason, current.comment) == said:
        return current, False
    added = repository.add_feedback(connection, given)
    if given.verdict in LISTING:
        shortlist.put_on(connection, given.campaign_id, given.creator_id)
    elif given.verdict == "not_relevant":
        shortlist.take_off(connection, given.campaign_id, given.creator_id)
    return added, True


def undo_feedback(connection: Connection, feedback_id: UUID) -> Feedback:
    """What held before holds again, on the shortlist too. Twice is once. Raises NotFoundError."""
    feedback, undone = repository.take_back(connection, feedback_id)
    if not undone:
        return feedback
    pair = feedback.campaign_id, feedback.creator_id
    if feedback.verdict in LISTING and not _still(connection, *pair):
        shortlist.take_off(connection, *pair)
    elif feedback.verdict == "not_relevant" and _still(connection, *pair):
        shortlist.put_on(connection, *pair)
    return feedback


def remove_from_shortlist(connection: Connection, campaign_id: UUID, creator_id: UUID) -> None:
    """Says nothing against the creator; that it was contacted or hired stays known. Raises NotFoundError."""
    get_campaign(connection, campaign_id)
    _take_turns(connection, campaign_id, creator_id)
    if not shortlist.take_off(connection, campaign_id, creator_id):
        raise shortlist.not_listed(creator_id)
    repository.take_back_shortlisted(connection, campaign_id, creator_id)


def _still(connection: Connection, campaign_id: UUID, creator_id: UUID) -> bool:
    """Whether what was said and not taken back has the creator on the shortlist."""
    last = connection.scalar(
        text("""
            SELECT verdict FROM feedback
            WHERE campaign_id = :campaign_id AND creator_id = :creator_id AND undone_at IS NULL
              AND verdict IN ('shortlisted', 'contacted', 'hired', 'not_relevant')
            ORDER BY created_at DESC, id DESC LIMIT 1
        """),
        {"campaign_id": campaign_id, "creator_id": creator_id},
    )
    return last in LISTING


def _take_turns(connection: Connection, campaign_id: UUID, creator_id: UUID) -> None:
    """Of two equal verdicts at once, one is stored."""
    key = {"key": f"feedback {campaign_id} {creator_id}"}
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), key)
