"""Which creators a brief's runs find, and pages over many creators; vectors are written directly, so that meaning is known."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from pgvector import HalfVector
from sqlalchemy import Connection, event, text
from tests.factories import add_campaign, add_creator

from influencerflow.campaigns.brief import Brief
from influencerflow.campaigns.understanding import understand
from influencerflow.creators.signals import LEXICON_VERSION
from influencerflow.database.engine import Database
from influencerflow.embeddings.encoder import Vectors
from influencerflow.embeddings.local import LocalEncoder
from influencerflow.embeddings.registry import active_model
from influencerflow.matching.options import Correction, MatchOptions
from influencerflow.matching.query import query_aspects, query_vector
from influencerflow.matching.rank import rank_creators
from influencerflow.matching.schemas import MatchResult
from influencerflow.matching.service import MatchPage, find_matches
from influencerflow.matching.stored import is_stale, read_matches, read_run, run_campaign
from influencerflow.matching.wanted import Wanted
from influencerflow.retrieval.candidates import RetrievalQuery, retrieve_candidates
from influencerflow.retrieval.filters import Filters
from influencerflow.retrieval.lexical import LexicalQuery, lexical_query, word_scores
from influencerflow.settings import Settings

BRIEF = Brief(product_name="Lift Log", brand_name="Ironvale", product_niche="climbing", total_budget=9_000)
CREATORS, DEPTH, LIMIT = 700, 20, 100


def place(connection: Connection, creator_id: UUID, vector: Vectors) -> None:
    connection.execute(
        text("INSERT INTO creator_embeddings VALUES (:model, :id, CAST(:vector AS halfvec), '')"),
        {"model": active_model(connection).id, "id": creator_id, "vector": HalfVector(vector).to_text()},
    )


def read_as(connection: Connection, creator_id: UUID, **signals: Any) -> None:
    values = {"topics": "{}", "topic_keys": [], "countries": [], "account": "person", **signals}
    connection.execute(
        text("""
            UPDATE creator_signals SET topics = CAST(:topics AS jsonb), topic_keys = :topic_keys, countries = :countries,
                account = :account, lexicon_version = :version
            WHERE creator_id = :id
        """),
        {**values, "version": LEXICON_VERSION, "id": creator_id},
    )


@pytest.fixture(scope="module")
def brief_vector() -> Vectors:
    return query_vector(LocalEncoder(), query_aspects(BRIEF))


@pytest.fixture
def crowd(database: Database, brief_vector: Vectors) -> list[UUID]:
    """Creators about nothing, all nearer to the brief in meaning than anybody a test adds."""
    rng = np.random.default_rng(11)
    with database.transaction() as connection:
        added = [add_creator(connection, name=f"C{n}", niche=None, about=None) for n in range(40)]
        for creator_id in added:
            place(connection, creator_id, brief_vector + 0.01 * rng.normal(size=384).astype(np.float32))
            read_as(connection, creator_id)
    return added


def far_away(connection: Connection, brief_vector: Vectors, **values: Any) -> UUID:
    added = add_creator(connection, **{"niche": None, "about": None, "name": "Zed", **values})
    place(connection, added, -brief_vector)
    return added


def candidates(
    database: Database,
    vector: Vectors,
    words: LexicalQuery | None = None,
    topic_keys: Sequence[str] = (),
    countries: Sequence[str] = (),
    filters: Filters | None = None,
) -> list[UUID]:
    filters = filters or Filters()
    with database.transaction() as connection:
        model = active_model(connection)
        return retrieve_candidates(
            connection,
            model,
            RetrievalQuery(vector, words, topic_keys, countries),
            filters,
            depth=DEPTH,
        ).ids


def test_only_the_nearest_are_candidates_where_nothing_was_read(
    database: Database, crowd: list[UUID], brief_vector: Vectors
) -> None:
    with database.transaction() as connection:
        far_away(connection, brief_vector)
    found = candidates(database, brief_vector)
    assert len(found) == DEPTH
    assert set(found) <= set(crowd)


@pytest.mark.parametrize(
    ("column", "said"), [("about", "Bouldering!"), ("name", "Boulder Bo"), ("channel_name", "thebouldering")]
)
def test_words_find_whom_meaning_does_not(
    database: Database, crowd: list[UUID], brief_vector: Vectors, column: str, said: str
) -> None:
    with database.transaction() as connection:
        hidden = far_away(connection, brief_vector, **{column: said})
    words = lexical_query({"product_niche": "bouldering" if column != "name" else "boulder"})
    assert hidden in candidates(database, brief_vector, words)
    assert hidden not in candidates(database, brief_vector, lexical_query({"product_niche": "gardening"}))


def test_a_topic_finds_whom_meaning_does_not(database: Database, crowd: list[UUID], brief_vector: Vectors) -> None:
    with database.transaction() as connection:
        hidden = far_away(connection, brief_vector)
        read_as(connection, hidden, topics='{"climbing": 0.9}', topic_keys=["climbing"])
    assert hidden in candidates(database, brief_vector, topic_keys=["climbing", "hiking"])
    assert hidden not in candidates(database, brief_vector, topic_keys=["gardening"])


def test_a_country_finds_whom_meaning_does_not(database: Database, crowd: list[UUID], brief_vector: Vectors) -> None:
    with database.transaction() as connection:
        stated = far_away(connection, brief_vector, country="ng")
        said = far_away(connection, brief_vector)
        read_as(connection, said, countries=["NG"])
    assert {stated, said} <= set(candidates(database, brief_vector, countries=["NG", "GH"]))
    assert {stated, said}.isdisjoint(candidates(database, brief_vector, countries=["DE"]))


def test_every_run_keeps_to_the_filters(database: Database, crowd: list[UUID], brief_vector: Vectors) -> None:
    with database.transaction() as connection:
        shop = far_away(connection, brief_vector, about="Bouldering", country="NG")
        read_as(connection, shop, topic_keys=["climbing"], countries=["NG"], account="shop")
        unread = far_away(connection, brief_vector, about="Bouldering", country="NG")
    everything = {
        "words": lexical_query({"product_niche": "bouldering"}),
        "topic_keys": ["climbing"],
        "countries": ["NG"],
    }
    assert {shop, unread} <= set(candidates(database, brief_vector, **everything))
    people = candidates(database, brief_vector, **everything, filters=Filters(people_only=True))
    assert {shop, unread}.isdisjoint(people)
    assert set(people) <= set(crowd)


def test_nobody_is_a_candidate_twice(database: Database, crowd: list[UUID], brief_vector: Vectors) -> None:
    with database.transaction() as connection:
        for creator_id in crowd:
            read_as(connection, creator_id, topic_keys=["climbing"], countries=["NG"])
    found = candidates(database, brief_vector, topic_keys=["climbing"], countries=["NG"])
    assert len(found) == len(set(found)) == len(crowd)


def test_rare_words_count_most_and_unused_ones_nothing(database: Database, crowd: list[UUID]) -> None:
    with database.transaction() as connection:
        for number in range(20):
            add_creator(connection, niche=None, about="coffee", name=f"Cup {number}")
        common = add_creator(connection, niche=None, about="coffee", name="Ann")
        rare = add_creator(connection, niche=None, about="espresso", name="Ben")
        both = add_creator(connection, niche=None, about="coffee, Espresso!", name="Cy")
        neither = add_creator(connection, niche=None, about="tea", name="Di")
        query = lexical_query({"product_niche": "coffee espresso"})
        assert query is not None
        scores = word_scores(connection, query, [common, rare, both, neither])
        repeated = add_creator(connection, niche=None, about="coffee coffee coffee", name="Ed")
        assert word_scores(connection, query, [repeated])[repeated] == pytest.approx(scores[common], abs=0.01)
        assert word_scores(connection, query, []) == {}
    assert 0 < scores[common] < scores[rare] < scores[both] < 1
    assert neither not in scores


@pytest.mark.parametrize(
    "niche",
    ["women's fitness", "здоровʼя", "ʻokina ʼn", "⑴⑵⑶", "ﷺ", "½½½", "a:b & c | !(d)", "a" * 500, "spa", "the and", "'"],
)
def test_any_word_can_be_searched_for(database: Database, crowd: list[UUID], settings: Settings, niche: str) -> None:
    brief = BRIEF.model_copy(update={"product_niche": niche, "target_audience": f"{niche} " * 9})
    with database.transaction() as connection:
        assert find_matches(connection, settings, brief, Filters(), limit=5).matching == len(crowd)


@pytest.fixture
def many(database: Database, brief_vector: Vectors) -> list[UUID]:
    """Hundreds in every direction, beyond what the runs of a brief find; a person with two accounts only words find."""
    rng = np.random.default_rng(5)
    with database.transaction() as connection:
        added = [add_creator(connection, name=f"C{n}", niche=None, about=None) for n in range(CREATORS - 2)]
        for creator_id in added:
            place(connection, creator_id, rng.normal(size=384).astype(np.float32))
        for platform in ("instagram", "tiktok"):
            twin = {"name": "Ana Liftová", "platform": platform, "about": "climbing"}
            added.append(far_away(connection, brief_vector, **twin))
        for creator_id in added:
            read_as(connection, creator_id)
    return added


def pages(database: Database, settings: Settings, options: MatchOptions | None = None) -> list[MatchPage]:
    with database.transaction() as connection:
        return [
            find_matches(connection, settings, BRIEF, Filters(), options, page=page, limit=LIMIT)
            for page in range(1, CREATORS // LIMIT + 1)
        ]


def test_pages_are_disjoint_and_complete_beyond_the_candidates(
    database: Database, settings: Settings, many: list[UUID]
) -> None:
    found = [match for page in pages(database, settings) for match in page.matches]
    assert {UUID(match.id) for match in found} == set(many)
    assert [match.rank for match in found] == list(range(1, CREATORS + 1))


def test_percentages_never_rise_except_for_a_persons_further_accounts(
    database: Database, settings: Settings, many: list[UUID]
) -> None:
    found = [match for page in pages(database, settings) for match in page.matches]
    firsts = [match.scores.match_score for match in found if match.same_as is None]
    assert firsts == sorted(firsts, reverse=True)
    twins = [match for match in found if match.name == "Ana Liftová"]
    assert (twins[0].same_as, twins[1].same_as) == (None, twins[0].id)
    assert "Same person as Ana Liftová on" in " ".join(reason.text for reason in twins[1].reasons)


def test_scores_never_rise_from_the_candidates_on_to_the_rest(
    database: Database, many: list[UUID], brief_vector: Vectors
) -> None:
    with database.transaction() as connection:
        ranked = rank_creators(
            connection,
            active_model(connection),
            Wanted(BRIEF, understand(BRIEF)),
            brief_vector,
            Filters(),
            matching=CREATORS,
            depth=CREATORS,
        ).creators
    assert len(ranked) == CREATORS
    firsts = [item.score for item in ranked if item.same_as is None]
    assert firsts == sorted(firsts, reverse=True)


def test_diversity_reorders_the_best_and_loses_nobody(database: Database, settings: Settings, many: list[UUID]) -> None:
    plain = [match.id for page in pages(database, settings) for match in page.matches]
    kept = [match.id for page in pages(database, settings, MatchOptions(mmr_lambda=1.0)) for match in page.matches]
    mixed = [match.id for page in pages(database, settings, MatchOptions(mmr_lambda=0.3)) for match in page.matches]
    assert kept == plain
    assert mixed != plain
    assert mixed[0] == plain[0]
    assert sorted(mixed[:LIMIT]) == sorted(plain[:LIMIT])
    assert mixed[LIMIT:] == plain[LIMIT:]


@contextmanager
def counted_statements(database: Database) -> Iterator[list[str]]:
    statements: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", count)
    try:
        yield statements
    finally:
        event.remove(database.engine, "before_cursor_execute", count)


def test_a_search_takes_the_same_few_statements_however_many_it_finds(
    database: Database, settings: Settings, many: list[UUID]
) -> None:
    brief = BRIEF.model_copy(update={"target_audience": "Women in Nigeria"})
    with database.transaction() as connection:
        find_matches(connection, settings, brief, Filters(), limit=1)  # peer statistics are read once and kept
    taken = {}
    for limit in (1, 100):
        with database.transaction() as connection, counted_statements(database) as statements:
            find_matches(connection, settings, brief, Filters(), limit=limit)
        taken[limit] = len([statement for statement in statements if not statement.startswith("SET LOCAL")])
    # model, exclusions, counter of what is kept (total, peers: twice), four runs and the sizes of three, words, candidates,
    # profiles, nothing for examples
    assert taken == {1: 14, 100: 14}


def test_a_stored_run_answers_with_the_options_it_was_made_with(
    database: Database, settings: Settings, many: list[UUID]
) -> None:
    options = MatchOptions(mmr_lambda=0.5, understanding=Correction(topics=["coffee"], countries=["NG"]))
    with database.transaction() as connection:
        campaign = add_campaign(connection)
        run, cached = run_campaign(connection, settings, campaign, BRIEF, Filters(), options)
        assert not cached
        assert MatchOptions.model_validate(run.options) == options
        assert [topic["key"] for topic in run.understood["topics"]] == ["coffee"]
        direct = find_matches(connection, settings, BRIEF, Filters(), options, limit=20).matches
        assert [match.id for match in read_matches(connection, campaign, page=1, limit=20)] == ids(direct)
        assert run_campaign(connection, settings, campaign, BRIEF, Filters(), options)[1]
        assert not is_stale(connection, settings, BRIEF, run)
        assert not run_campaign(connection, settings, campaign, BRIEF, Filters(), MatchOptions())[1]


def test_a_run_that_asked_for_a_topic_that_is_gone_is_stale(
    database: Database, settings: Settings, crowd: list[UUID]
) -> None:
    with database.transaction() as connection:
        campaign = add_campaign(connection)
        run_campaign(connection, settings, campaign, BRIEF, Filters())
        connection.execute(
            text("UPDATE match_runs SET options = CAST(:options AS jsonb)"),
            {"options": '{"understanding": {"topics": ["gone"]}}'},
        )
        run = read_run(connection, campaign)
        assert run is not None
        assert is_stale(connection, settings, BRIEF, run)


def ids(matches: Sequence[MatchResult]) -> list[str]:
    return [match.id for match in matches]
