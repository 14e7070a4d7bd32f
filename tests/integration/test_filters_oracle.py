"""Random filters over random catalogues against a plain Python reading of `creators`: no wrong row, none missing."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pgvector import HalfVector
from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql import bindparam
from tests.conftest import database_url, run_sql
from tests.integration.test_search_plan import pretended_size

from influencerflow.creators.peers import read_peer_statistics
from influencerflow.database.embedded import EmbeddedServer
from influencerflow.database.engine import Database
from influencerflow.database.migrate import migrate
from influencerflow.embeddings.registry import active_model, ensure_active_model
from influencerflow.matching.prices import price_bands
from influencerflow.retrieval.conditions import PriceBand
from influencerflow.retrieval.dense import dense_run
from influencerflow.retrieval.filters import AudienceShare, Filters
from influencerflow.scoring.benchmarks import Benchmarks, load_benchmarks
from influencerflow.scoring.budget import estimate_price
from influencerflow.scoring.creator import CreatorFigures
from influencerflow.scoring.demographics import Demographics, read_audience
from influencerflow.scoring.peers import PeerStatistics
from influencerflow.settings import Settings

CREATORS = 300
NOTHING = (None, float("nan"), -1)
FOLLOWERS = (0, 1, 999, 1_000, 10_000, 12_345, 100_000, 2_500_000)
VIEWS = (0, 1, 500, 12_000, 999_999)
ENGAGEMENTS = (0.0, 0.5, 1.25, 3.0, 3.01, 12.5, 100.0)
RATES = (0.0, 50.0, 199.99, 200.0, 1_500.0, 1e6)
PLATFORMS = ("instagram", "Instagram", " TikTok", "youtube", "YOUTUBE ", "twitch", "")
COUNTRIES = (None, "DE", "de", " us", "US", "GB", "fr ", "")
LANGUAGES = (None, "de", "EN", "en-US", "pt_BR", "pt", " fr")
NICHES = (None, "fitness", "Fitness", " Home  Cooking ", "home cooking", "ÉPICERIE", "épicerie", "")
BRANDS = ("Nike", "nike ", "ADIDAS", "Café  Noir", "café noir", "", None)
ABOUTS = (
    None, "", "Mail me: ana.b+work@example.co.uk!", "x@y", "a@b.c", "@ana on insta.gram", "ben@mail.example.com",
    "écris@exämple.fr",
)  # fmt: skip
DAYS = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 2))
ACCOUNTS = (None, "person", "shop")
LABELS = {
    "gender": ("female", "Women", "M", "male", "non-binary", "robots", " F "),
    "age": ("13-17", "18-24", "25 to 34", "35–44", "45+", "55+", "24-18", "age 18-24", "adults"),
    "country": ("DE", "de", "Germany", "Deutschland", "United States", "usa", "The U.S.A.", "Côte d’Ivoire", "cote d'ivoire",
                "FRA", "Other", "Europe", "UK", "ドイツ"),
    "interest": ("Beauty", "beauty ", "Home  Cooking", "fitness", ""),
}  # fmt: skip
VALUES = (0, 0.1, 0.25, 0.3, 0.45, 0.5, 0.6, 1, 1.0, 10, 30, 45, 55, 60, 100, "40%", " 30 ", "0.4", "12,5", ".5", "45 %",
          "4e1", "nan", "", None, True, -1, 1e400, 1e-320, 10**310, "٤٥", "45\u00a0%", [1], {"a": 1})  # fmt: skip


def random_audience(rng: random.Random) -> Any:
    if rng.random() < 0.1:
        return rng.choice([None, [], "text", 7, {}, {"gender": [1, 2]}, {"age": None}])
    audience: dict[str, Any] = {}
    for dimension, labels in LABELS.items():
        if rng.random() < 0.6:
            chosen = rng.sample(labels, rng.randint(1, 4))
            audience[dimension] = {label: rng.choice(VALUES) for label in chosen}
            if rng.random() < 0.7:  # one that can be read
                parts = np.array([rng.random() + 0.01 for _ in chosen])
                shares = parts / parts.sum() * rng.choice([1, 1, 0.97, 0.9, 0.85, 1.05, 100, 95])
                audience[dimension] = {label: round(float(x), 3) for label, x in zip(chosen, shares, strict=True)}
                if rng.random() < 0.2:
                    audience[dimension] = {label: f"{value}%" for label, value in audience[dimension].items()}
    if rng.random() < 0.5:
        audience["credibility"] = rng.choice([0.75, 75, "75%", 0, 1, 100, 101, -1, "high", None, 0.7499])
    if rng.random() < 0.2:
        audience["sample_size"] = rng.choice([0, 0.5, 1, 5000, "0", "700", None])
    return {name: _stored(value) for name, value in audience.items()}


def _stored(value: Any) -> Any:
    """JSON has no infinity; the digits of 1e400 are written out by the statement that needs them."""
    if isinstance(value, dict):
        return {key: _stored(item) for key, item in value.items()}
    return 10**400 if value == float("inf") else value


def random_row(rng: random.Random, *, adopted: bool) -> dict[str, Any]:
    def figure(values: tuple[Any, ...], *, whole: bool = False) -> Any:
        unknown = [value for value in NOTHING if not (whole and isinstance(value, float))]
        return rng.choice(unknown) if rng.random() < 0.2 else rng.choice(values)

    moment = datetime.combine(rng.choice(DAYS), rng.choice([time(), time(23, 59, 59), time(12)]), UTC)
    return {
        "platform": rng.choice(PLATFORMS),
        "niche": rng.choice(NICHES),
        "about": rng.choice(ABOUTS),
        "followers_count_numeric": figure(FOLLOWERS, whole=True),
        "avg_views": figure(VIEWS, whole=not adopted),
        "engagement_rate": figure(ENGAGEMENTS),
        "collaboration_rate": figure(RATES),
        "country": rng.choice(COUNTRIES),
        "language": rng.choice(LANGUAGES),
        "audience": random_audience(rng) if rng.random() < 0.7 else None,
        "past_brands": rng.sample(BRANDS, rng.randint(0, 3)) if rng.random() < 0.6 else None,
        "updated_at": None if rng.random() < 0.1 else moment,
    }


COLUMNS = tuple(random_row(random.Random(0), adopted=False))
INSERT = text(f"""
    INSERT INTO creators (name, channel_name, {", ".join(COLUMNS)})
    VALUES ('C', :channel, {", ".join(f":{name}" for name in COLUMNS)})
""").bindparams(bindparam("audience", type_=JSONB(none_as_null=True)))
ADOPTED = """
CREATE TABLE creators (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name varchar(200) NOT NULL, platform varchar(50), niche varchar(80),
    about text, channel_name text, followers_count_numeric integer, engagement_rate numeric, collaboration_rate numeric,
    avg_views double precision, country varchar(20), language varchar(20), audience jsonb, past_brands varchar(50)[],
    updated_at timestamptz)
"""


@dataclass(slots=True)
class Catalogue:
    database: Database
    rows: dict[UUID, Any]
    audiences: dict[UUID, Demographics]
    prices: tuple[Benchmarks, PeerStatistics]
    bands: list[PriceBand]
    nearest: list[UUID] = field(default_factory=list)

    def expected(self, filters: Filters) -> set[UUID]:
        return {key for key, row in self.rows.items() if passes(row, self.audiences[key], filters, *self.prices)}


@pytest.fixture(scope="module", params=[1, 2, 3], ids=["fresh", "other", "adopted"])
def catalogue(
    request: pytest.FixtureRequest, server: EmbeddedServer, template: str, settings: Settings
) -> Iterator[Catalogue]:
    rng, adopted = random.Random(request.param), request.param == 3
    name = f"oracle_{request.param}"
    run_sql(server, f"CREATE DATABASE {name} TEMPLATE {'template1' if adopted else template}")
    database = Database(database_url(server, name))
    if adopted:
        with database.transaction() as connection:
            connection.execute(text(ADOPTED))
            insert(connection, rng, CREATORS // 2, adopted=True)
        migrate(database)
        with database.transaction() as connection:
            ensure_active_model(connection, settings)
    churn(database, rng, adopted=adopted)
    embed(database)
    yield read_catalogue(database)
    database.close()
    run_sql(server, f"DROP DATABASE {name} WITH (FORCE)")


def insert(connection: Connection, rng: random.Random, count: int, *, adopted: bool) -> None:
    rows = [{"channel": f"c{rng.random()}", **random_row(rng, adopted=adopted)} for _ in range(count)]
    connection.execute(INSERT, rows)


def churn(database: Database, rng: random.Random, *, adopted: bool) -> None:
    """Rows come, change one by one and all at once, go, and come back."""
    with database.transaction() as connection:
        insert(connection, rng, CREATORS, adopted=adopted)
        ids = list(connection.scalars(text("SELECT id FROM creators ORDER BY channel_name")))
        for creator_id in ids[:50]:
            row = random_row(rng, adopted=adopted)
            for column in rng.sample(COLUMNS, rng.randint(1, 4)):
                statement = text(f"UPDATE creators SET {column} = :value WHERE id = :id")
                if column == "audience":
                    statement = statement.bindparams(bindparam("value", type_=JSONB(none_as_null=True)))
                connection.execute(statement, {"value": row[column], "id": creator_id})
        for statement in (
            "UPDATE creators SET followers_count_numeric = followers_count_numeric + 1 WHERE country ILIKE 'de'",
            "UPDATE creators SET audience = NULL, past_brands = NULL WHERE language = 'pt'",
            "UPDATE creators SET niche = upper(niche), engagement_rate = 'NaN' WHERE platform = 'twitch'",
            "INSERT INTO creators (name, platform, channel_name, audience, past_brands)"
            " SELECT name, 'twitch', channel_name || ' too', audience, past_brands FROM creators WHERE platform = 'youtube'",
            "DELETE FROM creators WHERE country = 'fr '",
            "UPDATE creators SET platform = platform WHERE false",
        ):
            connection.execute(text(statement))
        connection.execute(
            text(
                "UPDATE creator_signals SET account = (CAST(:accounts AS text[]))[1 + abs(hashtext(creator_id::text)) % 3]"
            ),
            {"accounts": list(ACCOUNTS)},
        )


def embed(database: Database) -> None:
    """Random vectors for more than half."""
    rng = np.random.default_rng(3)
    with database.transaction() as connection:
        model = active_model(connection)
        ids = connection.scalars(text("SELECT id FROM creators ORDER BY id")).all()
        vectors = [HalfVector(rng.normal(size=model.dimensions)).to_text() for _ in ids]
        connection.execute(
            text("""
                INSERT INTO creator_embeddings (model_id, creator_id, embedding_vector, content_hash)
                SELECT :model, id, CAST(vector AS halfvec), '' FROM unnest(CAST(:ids AS uuid[]), CAST(:vectors AS text[]))
                    AS v (id, vector)
            """),
            {"model": model.id, "ids": ids[::10] + ids[1::2], "vectors": vectors[::10] + vectors[1::2]},
        )
        connection.execute(text("ANALYZE"))


QUERY = np.ones(384, dtype=np.float32)


def read_catalogue(database: Database) -> Catalogue:
    with database.transaction() as connection:
        rows = connection.execute(
            text("""
                SELECT c.*, s.account FROM creators c JOIN creator_signals s ON s.creator_id = c.id
            """)
        ).mappings()
        by_id = {row["id"]: row for row in rows}
        benchmarks = load_benchmarks()
        peers = read_peer_statistics(connection, benchmarks)
        nearest = connection.scalars(
            text("""
                SELECT creator_id FROM (SELECT creator_id, embedding_vector <=> CAST(:query AS halfvec) AS distance
                                        FROM creator_embeddings) d ORDER BY distance, creator_id
            """),
            {"query": HalfVector(QUERY).to_text()},
        ).all()
        return Catalogue(
            database,
            by_id,
            {key: read_audience(row["audience"]) for key, row in by_id.items()},
            (benchmarks, peers),
            price_bands(benchmarks, peers),
            list(nearest),
        )


# The oracle ----------------------------------------------------------------------------------------------------------


def known(value: Any) -> float | None:
    return float(value) if value is not None and 0 <= float(value) < float("inf") else None


def word(value: str | None) -> str:
    return " ".join((value or "").lower().split())


def within(value: float | None, low: float | None, high: float | None) -> bool:
    if low is None and high is None:
        return True
    return value is not None and (low is None or value >= low) and (high is None or value <= high)


def rate(row: Any, filters: Filters, benchmarks: Benchmarks, peers: PeerStatistics) -> float | None:
    named = known(row["collaboration_rate"])
    if named or not filters.estimate_rates:
        return named or None
    followers, views = known(row["followers_count_numeric"]), known(row["avg_views"])
    figures = CreatorFigures(
        platform=word(row["platform"]),
        followers_count_numeric=None if followers is None else int(followers),
        avg_views=None if views is None else int(views),
    )
    estimate = estimate_price(figures, benchmarks, peers)
    return estimate.mid if estimate else None


def has_email(about: str | None) -> bool:
    for written in (about or "").split():
        before, at, domain = written.rstrip("!.").partition("@")
        ending = domain.rpartition(".")[2]
        if at and before and "." in domain and len(ending) >= 2 and ending.isalpha():
            return True
    return False


def share(demographics: Demographics, asked: AudienceShare) -> float:
    shares, product = demographics.shares, 1.0
    for dimension, wanted in (("gender", asked.genders), ("country", asked.countries), ("interest", asked.interests)):
        if wanted:
            found = shares.get(dimension, {})
            names = {word(name) for name in wanted} if dimension == "interest" else set(wanted)
            product *= min(1.0, sum(value for label, value in found.items() if label in names))
    if asked.age_ranges:
        years = {year for first, last in asked.age_ranges for year in range(first, last + 1)}
        reached = 0.0
        for label, value in shares.get("age", {}).items():
            first, last = map(int, label.split("-"))
            reached += value * sum(year in years for year in range(first, last + 1)) / (last - first + 1)
        product *= min(1.0, reached)
    return product


def passes(row: Any, demographics: Demographics, f: Filters, benchmarks: Benchmarks, peers: PeerStatistics) -> bool:
    brands = {word(brand) for brand in row["past_brands"] or ()} - {""}
    facts = {
        "platforms": word(row["platform"]),
        "countries": word(row["country"]).upper(),
        "languages": word(row["language"]).replace("_", "-").split("-")[0],
        "niches": word(row["niche"]),
    }
    for name, fact in facts.items():
        for asked, wanted in ((getattr(f, name), True), (getattr(f, f"exclude_{name}"), False)):
            folded = {word(item).split("-")[0] if name == "languages" else word(item) for item in asked or ()}
            among = bool(fact) and fact.lower() in folded
            if asked and among is not wanted:
                return False
    moment = row["updated_at"]
    return (
        within(known(row["followers_count_numeric"]), f.min_followers, f.max_followers)
        and within(known(row["engagement_rate"]), f.min_engagement, f.max_engagement)
        and within(known(row["avg_views"]), f.min_avg_views, f.max_avg_views)
        and within(rate(row, f, benchmarks, peers), f.min_rate, f.max_rate)
        and within(
            demographics.credibility, None if f.min_credibility is None else f.min_credibility / 100 - 1e-9, None
        )
        and (not f.past_brands or bool(brands & {word(brand) for brand in f.past_brands}))
        and (not f.exclude_past_brands or not brands & {word(brand) for brand in f.exclude_past_brands})
        and row["id"] not in (f.exclude_creator_ids or ())
        and (not f.has_contact or has_email(row["about"]))
        and (not f.people_only or row["account"] == "person")
        and (f.updated_since is None or (moment is not None and moment.date() >= f.updated_since))
        and all(share(demographics, asked) >= asked.at_least / 100 - 1e-9 for asked in f.audience or ())
    )


# Random filters ------------------------------------------------------------------------------------------------------

# Estimates are not compared with bounds they might meet exactly: what is rounded last then decides.
_BOUNDS = {
    "followers": (*FOLLOWERS, 5, 50_000),
    "engagement": (*ENGAGEMENTS, 2.0),
    "avg_views": (*VIEWS, 100),
    "rate": tuple(value + 0.0137 for value in RATES),
}


@st.composite
def filters(draw: st.DrawFn) -> Filters:
    values: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from(sorted(_CHOICES)), min_size=1, max_size=4, unique=True)):
        if name in _BOUNDS:
            low, high = sorted(draw(st.tuples(*2 * [st.sampled_from(_BOUNDS[name])])))
            side = draw(st.sampled_from(("min", "max", "both")))
            values |= {f"min_{name}": low} if side != "max" else {}
            values |= {f"max_{name}": high} if side != "min" else {}
            values["estimate_rates"] = draw(st.booleans()) if name == "rate" else values.get("estimate_rates")
        else:
            values[name] = draw(_CHOICES[name])
    return Filters(**values)


def some(values: tuple[str | None, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from([value for value in values if value]), min_size=0, max_size=3)


def _valid(**values: Any) -> bool:
    return any(values[name] for name in ("genders", "age_ranges", "countries", "interests"))


_SHARES = (
    st.fixed_dictionaries(
        {
            "at_least": st.sampled_from([0.5, 10, 25, 30, 45, 50, 60, 90, 95, 100]),
            "genders": st.none() | st.lists(st.sampled_from(["female", "male", "other"]), max_size=2, unique=True),
            "age_ranges": st.none()
            | st.lists(st.sampled_from([(18, 24), (18, 34), (20, 22), (0, 120), (30, 60), (13, 13)]), max_size=2),
            "countries": st.none() | some(("DE", "us", "Germany", "GB", "CI", "FR")),
            "interests": st.none() | some(("Beauty", "home cooking", "fitness", "chess")),
        }
    )
    .filter(lambda values: _valid(**values))
    .map(lambda values: AudienceShare(**values))
)
_LISTS = {
    "platforms": some((*PLATFORMS, "vine")),
    "countries": some(("DE", "us", "France", "GB", "JP")),
    "languages": some(("de", "en-GB", "portuguese", "fr")),
    "niches": some((*NICHES, "chess", " ")),
    "past_brands": some((*BRANDS, "Puma")),
}
_CHOICES: dict[str, Any] = {
    **_BOUNDS,
    **_LISTS,
    **{f"exclude_{name}": strategy for name, strategy in _LISTS.items()},
    "audience": st.lists(_SHARES, min_size=1, max_size=2),
    "min_credibility": st.sampled_from([0, 50, 75, 75.01, 100]),
    "has_contact": st.booleans(),
    "people_only": st.booleans(),
    "updated_since": st.sampled_from([*DAYS, date(2026, 1, 3)]),
}
_EXAMPLES = settings(
    max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.mark.slow
def test_filters_find_exactly_what_passes(catalogue: Catalogue) -> None:
    found_some = 0
    with catalogue.database.transaction() as connection:

        @_EXAMPLES
        @given(asked=filters())
        def check(asked: Filters) -> None:
            nonlocal found_some
            condition = asked.with_prices(catalogue.bands).where()
            found = set(
                connection.scalars(
                    text(f"SELECT creator_id FROM creator_facets f WHERE {condition.sql}"), condition.parameters
                )
            )
            wrong = [catalogue.rows[key] for key in found ^ catalogue.expected(asked)]
            assert not wrong, asked.active()
            found_some += bool(found)

        check()
    assert found_some > 200


@pytest.mark.slow
def test_every_plan_returns_the_nearest_that_pass(catalogue: Catalogue) -> None:
    database, taken = catalogue.database, set()

    @settings(_EXAMPLES, max_examples=70)
    @given(asked=filters(), depth=st.sampled_from([1, 20, 150, 1000]))
    def check(asked: Filters, depth: int) -> None:
        passing = catalogue.expected(asked)
        expected = [key for key in catalogue.nearest if key in passing][:depth]
        priced = asked.with_prices(catalogue.bands)
        with database.transaction() as connection:
            model = active_model(connection)
            runs = [dense_run(connection, model, QUERY, priced, depth=depth)]
            runs.append(dense_run(connection, replace(model, copied=False), QUERY, priced, depth=depth))
            with pretended_size(database, 1_000_000):
                connection.execute(text("SET LOCAL hnsw.ef_search = 1000"))
                runs.append(dense_run(connection, model, QUERY, priced, depth=depth))
        taken.update(run.decision.plan for run in runs)
        for run in runs:
            assert run.ids == expected

    check()


def test_facets_are_what_a_fresh_look_reads(catalogue: Catalogue) -> None:
    """After rows came, changed and went."""
    columns = """creator_id, followers, avg_views, engagement, rate, credibility, updated_at, has_contact, platform, country,
                 language, niche, past_brands"""
    kept, read = f"SELECT {columns} FROM creator_facets", f"SELECT {columns} FROM creator_facets_read"
    audiences = "SELECT creator_id, shares FROM creator_audiences"
    anew = "SELECT creator_id, shares FROM read_audiences(ARRAY(SELECT id FROM creators))"
    with catalogue.database.transaction() as connection:
        for one, other in ((kept, read), (read, kept), (audiences, anew), (anew, audiences)):
            assert connection.execute(text(f"{one} EXCEPT {other}")).all() == []
        assert connection.scalar(text("SELECT count(*) FROM creator_facets")) == len(catalogue.rows)
