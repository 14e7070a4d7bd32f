"""Peer statistics out of a real catalogue."""

import pytest
from sqlalchemy import text
from tests.factories import add_creator

from influencerflow.creators.peers import SAMPLED_CREATORS, read_peer_statistics
from influencerflow.database.engine import Database
from influencerflow.scoring.benchmarks import load_benchmarks

BENCHMARKS = load_benchmarks()


def test_quantiles_by_platform_and_tier(database: Database) -> None:
    with database.transaction() as connection:
        for number in range(101):
            add_creator(
                connection,
                platform="Instagram" if number % 2 else "instagram",
                followers_count_numeric=20_000,
                engagement_rate=number / 10,
                avg_views=2_000 + 40 * number,
                collaboration_rate=100.0,
            )
        add_creator(connection, followers_count_numeric=50_000, engagement_rate=50.0)
        add_creator(connection, followers_count_numeric=None, engagement_rate=99.0)
        peers = read_peer_statistics(connection, BENCHMARKS)
    micro = peers.of("INSTAGRAM", "micro")
    assert micro.engagement_rate is not None
    assert micro.engagement_rate.count == 101
    assert micro.engagement_rate.at(0.25) == pytest.approx(2.5)
    assert micro.engagement_rate.share_below(9.9) == pytest.approx(0.99)
    assert micro.views_per_follower is not None
    assert micro.views_per_follower.at(0.5) == pytest.approx(0.2)
    assert micro.cpm is not None
    assert micro.cpm.at(0.0) == pytest.approx(100 / 6)
    assert micro.price_per_follower is not None
    assert micro.price_per_follower.at(0.5) == pytest.approx(0.005)
    assert peers.of("instagram", "mid").engagement_rate is not None
    assert peers.of("instagram", "mid").views_per_follower is None
    assert peers.of("tiktok", "micro").engagement_rate is None


def test_nonsense_of_adopted_tables_is_left_out(database: Database) -> None:
    with database.transaction() as connection:
        for rate, price, views in ((3.0, 400.0, 1_000), (float("nan"), float("nan"), 0), (5_000.0, -1.0, None)):
            add_creator(connection, engagement_rate=rate, collaboration_rate=price, avg_views=views)
        add_creator(connection, followers_count_numeric=0)
        micro = read_peer_statistics(connection, BENCHMARKS).of("instagram", "micro")
    assert micro.engagement_rate is not None
    assert (micro.engagement_rate.count, micro.engagement_rate.at(1.0)) == (1, 3.0)
    assert micro.cpm is not None
    assert (micro.cpm.count, micro.cpm.at(0.5)) == (1, 400.0)
    assert micro.price_per_follower is not None
    assert micro.price_per_follower.count == 1


def test_average_audiences_of_group_platform_and_catalogue(database: Database) -> None:
    with database.transaction() as connection:
        add_creator(connection, audience={"gender": {"female": 0.8, "male": 0.2}})
        add_creator(connection, audience={"gender": {"female": 40, "male": 60}, "country": {"DE": 0.5}})
        add_creator(connection, platform="tiktok", audience={"gender": {"female": 0.3, "male": 0.7}})
        add_creator(connection, followers_count_numeric=10**6, audience={"gender": {"female": 0.0, "male": 1.0}})
        for audience in (
            {"gender": "f"},
            {"gender": {"female": None}},
            {"gender": {"female": 250}},
            {"gender": {}},
            [],
            "x",
            1,
        ):
            add_creator(connection, audience=audience)
        peers = read_peer_statistics(connection, BENCHMARKS)
    group = peers.average_audience("Instagram", "micro", "gender", at_least=2)
    assert group is not None
    assert (group.count, group.shares["female"]) == (2, pytest.approx(0.6))
    platform = peers.average_audience("instagram", "micro", "gender", at_least=3)
    assert platform is not None
    assert (platform.count, platform.shares["female"]) == (3, pytest.approx(0.4))
    everybody = peers.average_audience("instagram", "micro", "gender", at_least=4)
    assert everybody is not None
    assert (everybody.count, everybody.shares["female"]) == (4, pytest.approx(0.375))
    assert peers.average_audience("instagram", "micro", "gender", at_least=5) is None
    country = peers.average_audience("instagram", "micro", "country", at_least=1)
    assert country is not None
    assert (country.count, country.shares) == (1, {"DE": 0.5})


def test_labels_of_averages_are_spelt_as_those_they_are_compared_with(database: Database) -> None:
    with database.transaction() as connection:
        for audience in (
            {"gender": {"female": 0.8, "male": 0.2}, "age": {"55+": 1}, "country": {"DE": 0.5}},
            {"gender": {"Women": 40, "M": 60, "?": 0}, "age": {"55 – 74": 1}, "country": {"Germany": 0.5, "FR": 0.2}},
        ):
            add_creator(connection, audience=audience)
        peers = read_peer_statistics(connection, BENCHMARKS)

    def shares(dimension: str) -> object:
        average = peers.average_audience("instagram", "micro", dimension, at_least=2)
        return average and dict(average.shares)

    assert shares("gender") == pytest.approx({"female": 0.6, "male": 0.4})
    assert shares("age") == {"55-74": 1}
    assert shares("country") == pytest.approx({"DE": 0.5, "FR": 0.1})


def test_an_empty_catalogue_has_no_peers(database: Database) -> None:
    with database.transaction() as connection:
        peers = read_peer_statistics(connection, BENCHMARKS)
    assert (dict(peers.groups), dict(peers.audiences)) == ({}, {})


def test_a_large_catalogue_is_sampled(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(
            text("""
                INSERT INTO creators (name, platform, channel_name, followers_count_numeric, engagement_rate)
                SELECT 'C' || n, 'tiktok', 'c' || n, 20000, n * 7919 % 1000 / 100.0 FROM generate_series(1, 5000) n
            """)
        )
        # What ANALYZE would leave behind of a table four times the sample.
        connection.execute(
            text("UPDATE pg_class SET reltuples = :rows WHERE oid = 'creators'::regclass"),
            {"rows": 4 * SAMPLED_CREATORS},
        )
        rates = read_peer_statistics(connection, BENCHMARKS).of("tiktok", "micro").engagement_rate
    assert rates is not None
    assert 250 < rates.count < 2_500
    assert rates.at(0.5) == pytest.approx(5, abs=1)
