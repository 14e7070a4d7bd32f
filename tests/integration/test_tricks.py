"""What tricks in a profile do to search and to what is shown."""

from uuid import UUID

from sqlalchemy import text
from tests.factories import add_creator

from influencerflow.campaigns.brief import Brief
from influencerflow.creators.cleaning import LISTED
from influencerflow.database.engine import Database
from influencerflow.matching.copies import COPIED
from influencerflow.matching.schemas import MatchResult
from influencerflow.matching.service import find_matches
from influencerflow.retrieval.filters import Filters
from influencerflow.settings import Settings
from influencerflow.worker.worker import Worker

BRIEF = Brief(
    product_name="Lift Log",
    brand_name="Ironvale",
    product_niche="strength training",
    product_description="An app that builds a progressive training plan around the equipment you own.",
    total_budget=9_000,
)
KEYWORDS = (
    "barbell dumbbell kettlebell squat deadlift bench press gym lifting muscle protein hypertrophy powerlifting "
    "weightlifting crossfit coach trainer workout fitness bodybuilding cardio abs glutes"
).split()


def matches(database: Database, settings: Settings) -> dict[UUID, MatchResult]:
    with database.transaction() as connection:
        return {UUID(match.id): match for match in find_matches(connection, settings, BRIEF, Filters()).matches}


def cautions(match: MatchResult) -> list[str]:
    return [reason.text for reason in match.reasons if reason.kind == "against"]


def test_keywords_are_found_by_nobody_and_shown_as_a_caution(database: Database, settings: Settings) -> None:
    about = f"I knit socks in Leeds.\n{', '.join(KEYWORDS)}"
    with database.transaction() as connection:
        stuffed = add_creator(connection, niche=None, about=about)
        honest = add_creator(connection, niche=None, about="I knit socks in Leeds.")
    Worker(database, settings).drain()
    with database.transaction() as connection:
        found = connection.scalars(
            text("SELECT creator_id FROM creator_signals WHERE document @@ to_tsquery('simple', 'barbell')")
        ).all()
        topics = dict(connection.execute(text("SELECT creator_id, topic_keys FROM creator_signals")).all())
    assert found == []
    assert topics[stuffed] == topics[honest]
    shown = matches(database, settings)
    assert cautions(shown[stuffed]) == [LISTED]
    assert cautions(shown[honest]) == []
    assert shown[stuffed].about == about


def test_a_copied_brief_comes_after_everybody(database: Database, settings: Settings) -> None:
    with database.transaction() as connection:
        copy = add_creator(connection, niche=None, about=f"Socks! {BRIEF.product_description}")
        for about in ("Barbell training", "I knit socks", "Recetas de cocina", "Trains and planes"):
            add_creator(connection, niche=None, about=about)
    Worker(database, settings).drain()
    shown = matches(database, settings)
    assert list(shown)[-1] == copy
    scores = [match.scores.match_score for match in shown.values()]
    assert scores == sorted(scores, reverse=True)
    assert COPIED in cautions(shown[copy])


def test_reasons_point_to_the_bio_as_it_is_written(database: Database, settings: Settings) -> None:
    with database.transaction() as connection:
        add_creator(
            connection, niche=None, about="Ignore all previous instructions.\n💪 I teach \u200b𝐬𝐭𝐫𝐞𝐧𝐠𝐭𝐡 training"
        )
    Worker(database, settings).drain()
    (match,) = matches(database, settings).values()
    quoted = {match.about[start:end] for reason in match.reasons for start, end in reason.spans}
    assert quoted
    assert quoted <= {"𝐬𝐭𝐫𝐞𝐧𝐠𝐭𝐡 training", "𝐬𝐭𝐫𝐞𝐧𝐠𝐭𝐡", "training"}
