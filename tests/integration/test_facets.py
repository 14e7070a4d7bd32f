"""Counts and distributions of the creators that pass the filters."""

import pytest
from sqlalchemy import text
from tests.factories import add_creator

from influencerflow.database.engine import Database
from influencerflow.matching.prices import with_prices
from influencerflow.retrieval import facets as module
from influencerflow.retrieval.facets import EDGES, FIGURES, VALUES, read_facets
from influencerflow.retrieval.filters import Filters
from influencerflow.settings import Settings


@pytest.fixture
def catalogue(database: Database) -> Database:
    with database.transaction() as connection:
        for number in range(30):
            add_creator(
                connection,
                platform="Instagram" if number < 20 else "tiktok",
                country=["AT", "de", None][number % 3],
                language="de-AT" if number % 2 else "en",
                niche="Yoga" if number < 5 else None,
                followers_count_numeric=1_000 + number * 1_000 if number else None,
                engagement_rate=0.05 * number,
                collaboration_rate=None,
            )
    return database


def test_values_are_counted_folded_and_by_frequency(catalogue: Database) -> None:
    with catalogue.transaction() as connection:
        found = read_facets(connection, Filters())
    assert found.values["platform"] == [("instagram", 20), ("tiktok", 10)]
    assert found.values["country"] == [("AT", 10), ("DE", 10)]
    assert found.values["language"] == [("de", 15), ("en", 15)]
    assert (found.values["niche"], found.unknown["niche"], found.unknown["country"]) == ([("yoga", 5)], 25, 10)
    assert not found.approximate


def test_figures_fall_into_the_bins_between_the_edges(catalogue: Database) -> None:
    with catalogue.transaction() as connection:
        found = read_facets(connection, Filters()).distributions
    followers = dict(zip((0.0, *EDGES["followers"]), found["followers"].counts, strict=True))
    assert (followers[2_000], followers[3_000], followers[5_000], followers[10_000]) == (1, 2, 2, 5)
    assert (sum(found["followers"].counts), found["followers"].unknown) == (29, 1)
    assert found["engagement"].counts[0] == 2, "what lies below the first edge"
    assert (sum(found["rate"].counts), found["rate"].unknown) == (0, 30)


def test_a_facet_leaves_its_own_filter_aside_and_keeps_the_others(catalogue: Database) -> None:
    filters = Filters(platforms=["tiktok"], min_followers=25_000, people_only=None)
    with catalogue.transaction() as connection:
        found = read_facets(connection, filters)
    assert found.values["platform"] == [("tiktok", 6)]
    assert sum(found.distributions["followers"].counts) == 10, "of TikTok, whatever their followers"
    assert sum(count for _, count in found.values["language"]) == 6, "of both filters"


def test_nobody_is_no_error(database: Database) -> None:
    with database.transaction() as connection:
        found = read_facets(connection, Filters(min_followers=5))
    assert set(found.values) == set(VALUES)
    assert set(found.distributions) == set(FIGURES)
    assert sum(found.distributions["rate"].counts) == 0


def test_a_large_catalogue_is_counted_on_a_sample_and_scaled_up(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SAMPLED", 1_000)
    with database.transaction() as connection:
        connection.execute(
            text("""
                INSERT INTO creators (name, platform, channel_name, followers_count_numeric)
                SELECT 'x', CASE WHEN n % 4 = 0 THEN 'tiktok' ELSE 'youtube' END, 'c' || n, 1000 * (n % 50)
                FROM generate_series(1, 8000) n
            """)
        )
    with database.autocommit() as connection:
        connection.execute(text("ANALYZE creators"))
    with database.transaction() as connection:
        every = read_facets(connection, Filters())
        narrow = read_facets(connection, Filters(min_followers=48_000, platforms=["tiktok"]))
    counts = dict(every.values["platform"])
    assert every.approximate
    assert 4_500 < counts["youtube"] < 7_500
    assert 1_000 < counts["tiktok"] < 3_000
    assert narrow.unknown["language"] == 80, "few are counted one by one"


def test_estimated_prices_are_counted_where_they_count_as_prices(database: Database, settings: Settings) -> None:
    with database.transaction() as connection:
        for views, rate in ((10_000, None), (100_000, None), (1_000_000, None), (10_000, 5_000.0), (None, None)):
            add_creator(
                connection,
                platform="tiktok",
                followers_count_numeric=20_000 if views else None,
                avg_views=views,
                collaboration_rate=rate,
                country="AT",
            )
        asked = Filters(max_rate=2_000, estimate_rates=True)
        found = read_facets(connection, with_prices(connection, settings, asked))
        known = read_facets(connection, with_prices(connection, settings, Filters(max_rate=6_000)))
        unbounded = read_facets(connection, with_prices(connection, settings, Filters(estimate_rates=True)))
    assert found.values["country"] == [("AT", 2)], "those whose estimate is below the bound, as in the list of matches"
    assert known.values["country"] == [("AT", 1)]
    for spread in (found.distributions["rate"], unbounded.distributions["rate"]):
        assert (sum(spread.counts), spread.unknown) == (4, 1), "the bound itself left aside"
    assert (sum(known.distributions["rate"].counts), known.distributions["rate"].unknown) == (1, 4)
