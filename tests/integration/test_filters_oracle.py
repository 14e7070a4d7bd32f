"""Random filters over random catalogues against a plain Python reading of `creators`: no wrong row, none missing."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from tests.conftest import database_url, run_sql
from tests.random_catalogue import (
    ADOPTED,
    BRANDS,
    CREATORS,
    DAYS,
    ENGAGEMENTS,
    FOLLOWERS,
    NICHES,
    PLATFORMS,
    QUERY,
    RATES,
    VIEWS,
    Catalogue,
    churn,
    embed,
    insert,
    read_catalogue,
)

from influencerflow.database.embedded import EmbeddedServer
from influencerflow.database.engine import Database
from influencerflow.database.migrate import migrate
from influencerflow.embeddings.index_build import build_index
from influencerflow.embeddings.registry import active_model, ensure_active_model
from influencerflow.retrieval.dense import dense_run, exact_statement, execute, walk
from influencerflow.retrieval.filters import AudienceShare, Filters
from influencerflow.retrieval.memory import hold
from influencerflow.retrieval.memory_read import read_index
from influencerflow.retrieval.plan import MAX_EF_SEARCH, Plan
from influencerflow.settings import Settings


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
    with database.transaction() as connection:
        model = active_model(connection)
    build_index(database, model)  # so few would get none by themselves
    yield read_catalogue(database)
    database.close()
    run_sql(server, f"DROP DATABASE {name} WITH (FORCE)")


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
    database, by_index, by_memory = catalogue.database, 0, 0
    with database.snapshot() as connection:
        memory = read_index(connection, active_model(connection))

    @settings(_EXAMPLES, max_examples=70)
    @given(asked=filters(), depth=st.sampled_from([1, 20, 150, 1000]))
    def check(asked: Filters, depth: int) -> None:
        nonlocal by_index, by_memory
        passing = catalogue.expected(asked)
        expected = [key for key in catalogue.nearest if key in passing][:depth]
        condition = asked.with_prices(catalogue.bands).where()
        with database.transaction() as connection:
            model = active_model(connection)
            for read, held in ((model, None), (replace(model, copied=False), None), (model, memory)):
                hold(database.engine, held)
                run = dense_run(connection, read, QUERY, asked.with_prices(catalogue.bands), depth=depth)
                assert run.ids == expected
                by_memory += run.decision.plan is Plan.MEMORY
                rows = execute(connection, exact_statement(read, condition), QUERY, condition.parameters, depth=depth)
                assert [row.creator_id for row in rows] == expected
            # The index holds them all, and what it finds is enough or nothing.
            walked = walk(connection, model, QUERY, condition, depth=depth, scan=MAX_EF_SEARCH)
        assert walked.ids == (expected if len(expected) == depth else [])
        by_index += bool(walked.ids)

    try:
        check()
    finally:
        hold(database.engine, None)
    assert by_index > 10
    assert by_memory > 10


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
