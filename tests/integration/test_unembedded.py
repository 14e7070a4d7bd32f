"""Creators before they are embedded: found by their words at once, honest about what is not known, then by meaning."""

from uuid import UUID

import pytest
from sqlalchemy import text
from tests.factories import add_campaign, add_creator

from influencerflow.campaigns.brief import Brief
from influencerflow.database.engine import Database
from influencerflow.matching.options import MatchOptions
from influencerflow.matching.service import MatchPage, find_matches
from influencerflow.matching.stored import is_stale, run_campaign
from influencerflow.monitoring.figures import embedding_figures, progress_notes
from influencerflow.retrieval.filters import Filters
from influencerflow.settings import Settings
from influencerflow.worker.worker import Worker

BRIEF = Brief(product_name="Lift Log", brand_name="Ironvale", product_niche="strength training", total_budget=9_000)
EMBEDDED = ("Strength training for runners", "Strength training and mobility", "Sourdough and rye", "I knit socks")


@pytest.fixture
def waiting(database: Database, settings: Settings) -> tuple[UUID, UUID]:
    """Two that wait for the worker, beside four it has embedded: one uses the brief's words, the other none of them."""
    with database.transaction() as connection:
        for about in EMBEDDED:
            add_creator(connection, niche=None, about=about)
    Worker(database, settings).drain()
    with database.transaction() as connection:
        spoken = add_creator(connection, niche=None, about="Strength training at home", platform="tiktok")
        return spoken, add_creator(connection, niche=None, about="Recetas veganas")


def search(database: Database, settings: Settings, page: int = 1, limit: int = 20, **filters: object) -> MatchPage:
    with database.snapshot() as connection:
        asked = Filters.model_validate(filters)
        return find_matches(connection, settings, BRIEF, asked, page=page, limit=limit)


def test_a_creator_added_just_now_is_found_by_its_words(
    database: Database, settings: Settings, waiting: tuple[UUID, UUID]
) -> None:
    spoken, silent = map(str, waiting)
    found = search(database, settings)
    order = [match.id for match in found.matches]
    assert (found.matching, len(order), order[-1]) == (6, 6, silent)
    match = found.matches[order.index(spoken)]
    # Neither above every creator whose meaning is known to fit, nor below those that do not fit.
    assert 0 < order.index(spoken) < 4
    assert (match.scores.similarity, match.match_score_basis) == (None, "provisional")
    unknown = [reason.text for reason in match.reasons if reason.kind == "unknown"]
    assert "Meaning unknown; not embedded yet, so only words were compared" in unknown
    scores = [match.scores.match_score for match in found.matches]
    assert scores == sorted(scores, reverse=True)
    assert {match.match_score_basis for match in found.matches if match.id not in (spoken, silent)} == {"calibrated"}


def test_totals_and_pages_count_everybody_that_passes_the_filters(
    database: Database, settings: Settings, waiting: tuple[UUID, UUID]
) -> None:
    pages = [search(database, settings, page=page, limit=2) for page in (1, 2, 3)]
    ids = [match.id for page in pages for match in page.matches]
    assert ids == [match.id for match in search(database, settings).matches]
    assert {page.matching for page in pages} == {6}
    only = search(database, settings, platforms=["tiktok"])
    assert (only.matching, [match.id for match in only.matches]) == (1, [str(waiting[0])])


def test_diversity_leaves_those_without_a_vector_alone(
    database: Database, settings: Settings, waiting: tuple[UUID, UUID]
) -> None:
    with database.snapshot() as connection:
        found = find_matches(connection, settings, BRIEF, Filters(), MatchOptions(mmr_lambda=0.5))
    assert len({match.id for match in found.matches}) == 6


def test_nothing_embedded_at_all_is_searched_by_words(database: Database, settings: Settings) -> None:
    with database.transaction() as connection:
        ids = [str(add_creator(connection, niche=None, about=about)) for about in EMBEDDED]
    found = search(database, settings)
    assert found.matching == 4
    assert {match.id for match in found.matches[:2]} == set(ids[:2])


def test_a_stored_run_is_stale_once_the_worker_has_embedded_them(
    database: Database, settings: Settings, waiting: tuple[UUID, UUID]
) -> None:
    with database.transaction() as connection:
        campaign = add_campaign(connection)
        run, _ = run_campaign(connection, settings, campaign, BRIEF, Filters())
        assert (run.total, run.stored) == (6, 6)
    Worker(database, settings).drain()
    with database.transaction() as connection:
        assert is_stale(connection, settings, BRIEF, run)
    assert {match.match_score_basis for match in search(database, settings).matches} == {"calibrated"}


def test_how_long_edits_took_is_measured(database: Database, settings: Settings, waiting: tuple[UUID, UUID]) -> None:
    with database.transaction() as connection:
        connection.execute(text("UPDATE embedding_jobs SET enqueued_at = enqueued_at - interval '60 seconds'"))
        before = embedding_figures(connection)
    assert before.queue.oldest_due_seconds >= 60
    assert (before.embedded, before.creators, before.queue.queued) == (4, 6, 2)
    assert progress_notes(before) == ["2 of 6 creators are not embedded yet: they are found by their words."]
    Worker(database, settings).drain()
    with database.transaction() as connection:
        after = embedding_figures(connection)
    assert after.freshness is not None
    assert after.freshness.edits == 6
    assert after.freshness.p50_seconds < 60 <= after.freshness.p95_seconds
    assert (after.queue.oldest_due_seconds, progress_notes(after)) == (0, [])
