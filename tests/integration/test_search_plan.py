"""Which plan PostgreSQL chose, and that no plan loses a creator."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from pgvector import HalfVector
from sqlalchemy import text

from influencerflow.database.engine import Database
from influencerflow.embeddings.copies import copy_vectors
from influencerflow.embeddings.index_build import build_index
from influencerflow.embeddings.registry import EmbeddingModel, active_model
from influencerflow.retrieval import focus, lexical
from influencerflow.retrieval.candidates import on_topics
from influencerflow.retrieval.counting import count_matching
from influencerflow.retrieval.dense import (
    Run,
    dense_run,
    exact_statement,
    execute,
    few_statement,
    nearest_statement,
    prefer_index,
)
from influencerflow.retrieval.filters import Filters
from influencerflow.retrieval.lexical import LexicalQuery
from influencerflow.retrieval.plan import (
    AT_ONCE,
    MAX_EF_SEARCH,
    MIN_SCAN,
    Decision,
    Plan,
    catalogue_size,
    estimates,
)

CREATORS = 3_000
HALF = Filters(max_followers=CREATORS // 2)


@pytest.fixture
def model(database: Database) -> EmbeddingModel:
    """Random vectors: the plan depends on how many there are, not on what they mean."""
    rng = np.random.default_rng(7)
    with database.transaction() as connection:
        model = active_model(connection)
        connection.execute(
            text("""
                INSERT INTO creators (name, platform, channel_name, followers_count_numeric)
                SELECT 'C' || n, 'instagram', 'c' || n, n FROM generate_series(1, :n) n
            """),
            {"n": CREATORS},
        )
        ids = connection.scalars(text("SELECT id FROM creators")).all()
        connection.execute(
            text("INSERT INTO creator_embeddings VALUES (:model, :id, CAST(:vector AS halfvec), '')"),
            [{"model": model.id, "id": id_, "vector": HalfVector(rng.normal(size=384)).to_text()} for id_ in ids],
        )
        connection.execute(text("ANALYZE"))
    build_index(database, model)
    return model


QUERY = np.ones(384, dtype=np.float32)


def explain(database: Database, statement: str, filters: Filters, scan: int = 0, **parameters: Any) -> str:
    with database.transaction() as connection:
        if scan:
            prefer_index(connection, scan)
        values = {**filters.where().parameters, "query": HalfVector(QUERY).to_text(), "depth": 20, "scan": scan}
        return "\n".join(connection.scalars(text(f"EXPLAIN {statement}"), {**values, **parameters}))


def run(database: Database, model: EmbeddingModel, filters: Filters, depth: int = 20) -> Run:
    with database.transaction() as connection:
        return dense_run(connection, model, QUERY, filters, depth=depth)


def exactly(database: Database, model: EmbeddingModel, filters: Filters, depth: int = 20) -> list[UUID]:
    with database.transaction() as connection:
        rows = execute(
            connection, exact_statement(model, filters.where()), QUERY, filters.where().parameters, depth=depth
        )
    return [row.creator_id for row in rows]


@pytest.mark.parametrize("filters", [Filters(), HALF])
@pytest.mark.parametrize("scan", [MIN_SCAN, 2 * MAX_EF_SEARCH])
def test_the_nearest_come_from_the_vector_index(
    database: Database, model: EmbeddingModel, filters: Filters, scan: int
) -> None:
    used = explain(database, nearest_statement(model, filters.where()), filters, scan, model_id=model.id)
    assert f"Index Scan using creator_embeddings_{model.id}_hnsw" in used


def test_what_passes_is_compared_where_it_lies(database: Database, model: EmbeddingModel) -> None:
    narrow = Filters(max_followers=5)
    for statement in (exact_statement(model, narrow.where()), few_statement(model, narrow.where())):
        used = explain(database, statement, narrow, at_once=AT_ONCE)
        assert "creator_facets_followers_idx" in used
        assert "creator_embeddings" not in used


def test_until_it_is_copied_the_model_s_own_table_is_compared(database: Database, model: EmbeddingModel) -> None:
    copied = exactly(database, model, HALF)
    uncopied = replace(model, copied=False)
    assert f"creator_embeddings_{model.id}" in explain(database, exact_statement(uncopied, HALF.where()), HALF)
    assert exactly(database, uncopied, HALF) == copied
    assert run(database, uncopied, HALF).ids[:5] == copied[:5]


def test_a_plain_search_takes_the_index_and_a_narrow_one_does_not(database: Database, model: EmbeddingModel) -> None:
    assert run(database, model, Filters()).decision.plan is Plan.EXACT  # 3,000 are compared as fast
    with pretended_size(database, 1_000_000):
        plain, narrow = run(database, model, Filters()), run(database, model, Filters(max_followers=50))
    assert plain.decision.plan is Plan.HNSW
    assert narrow.decision == Decision(Plan.EXACT, 50)


def test_a_filter_nobody_near_the_query_passes_is_compared_whole(database: Database, model: EmbeddingModel) -> None:
    nearest_first = exactly(database, model, Filters(), CREATORS)
    with database.transaction() as connection:
        connection.execute(
            text("UPDATE creators SET country = 'DE' WHERE id = ANY (:far)"), {"far": nearest_first[-AT_ONCE:]}
        )
    far = Filters(countries=["DE"])
    with pretended_size(database, 1_000_000):
        found = run(database, model, far)
    assert found.decision.plan is Plan.EXACT
    assert found.decision.tried == (MIN_SCAN,)  # nobody there passes
    assert found.ids == exactly(database, model, far)


def test_a_focus_too_large_to_be_compared_is_walked_and_finds_the_same(
    database: Database, model: EmbeddingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = exactly(database, model, Filters(), CREATORS)[-500:]
    with database.transaction() as connection:
        connection.execute(text("UPDATE creator_signals SET topic_keys = '{climbing}'"))
        connection.execute(
            text("UPDATE creator_signals SET topic_keys = '{chess}' WHERE creator_id = ANY (:far)"), {"far": far}
        )
        for topic, plan in (("climbing", Plan.HNSW), ("chess", Plan.EXACT)):
            monkeypatch.setattr(focus, "EXACT_LIMIT", 10_000)
            compared = focus.focused_run(connection, model, QUERY, HALF, on_topics([topic]), depth=20)
            monkeypatch.setattr(focus, "EXACT_LIMIT", 100)
            walked = focus.focused_run(connection, model, QUERY, HALF, on_topics([topic]), depth=20)
            assert (compared.decision.plan, walked.decision.plan) == (Plan.EXACT, plan)
            # The index of random vectors is not exact to the last one.
            assert len(set(walked.ids) & set(compared.ids)) >= (18 if plan is Plan.HNSW else 20)
            assert len(walked.ids) == 20


def test_a_word_too_many_use_takes_the_nearest_and_who_waits_for_a_vector(
    database: Database, model: EmbeddingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = LexicalQuery({"instagrammer": 1.0}, ())
    with database.transaction() as connection:
        connection.execute(text("UPDATE creators SET about = 'An instagrammer' WHERE followers_count_numeric <= 300"))
        waiting = connection.scalar(
            text("INSERT INTO creators (name, platform, about) VALUES ('W', 'x', 'instagrammer') RETURNING id")
        )
        monkeypatch.setattr(lexical, "RANKED", 100)
        found, _ = lexical.lexical_run(connection, model, QUERY, words, Filters(), depth=20)
        nearest = dense_run(connection, model, QUERY, Filters(max_followers=300), depth=20).ids
    assert found == [*nearest, waiting]


@pytest.mark.parametrize(("most", "expected"), [(0, 0), (7, 7), (50, 20), (2_500, 20)])
def test_exactly_as_many_as_there_are(database: Database, model: EmbeddingModel, most: int, expected: int) -> None:
    filters = Filters(max_followers=most)
    with database.transaction() as connection:
        assert count_matching(connection, filters) == most
    found = run(database, model, filters)
    assert len(found.candidates) == expected
    assert found.ids == exactly(database, model, filters)


def test_the_statements_after_a_search_are_planned_as_ever(database: Database, model: EmbeddingModel) -> None:
    with database.transaction() as connection, pretended_size(database, 1_000_000):
        assert dense_run(connection, model, QUERY, Filters(), depth=20).decision.plan is Plan.HNSW
        assert connection.scalar(text("SHOW enable_sort")) == "on"


def test_a_new_vector_is_copied_and_an_activated_model_anew(database: Database, model: EmbeddingModel) -> None:
    with database.transaction() as connection:
        differing = """SELECT count(*) FROM creator_embeddings e JOIN creator_facets f USING (creator_id)
                       WHERE e.model_id = :id AND f.vector IS DISTINCT FROM e.embedding_vector"""
        assert connection.scalar(text(differing), {"id": model.id}) == 0
        connection.execute(text("UPDATE creator_facets SET vector = NULL"))
        connection.execute(text("UPDATE embedding_models SET copied = false"))
        assert not active_model(connection).copied
    copy_vectors(database)
    with database.transaction() as connection:
        assert connection.scalar(text(differing), {"id": model.id}) == 0
        assert active_model(connection).copied


@contextmanager
def pretended_size(database: Database, creators: int) -> Iterator[None]:
    """The plan a catalogue of that size gets, over this small one."""
    kept = estimates(database.engine)
    with database.transaction() as connection:
        catalogue_size(connection)
    kept.creators = (float(creators), float("inf"))
    try:
        yield
    finally:
        kept.creators = (0.0, 0.0)
        kept.shares.clear()


def test_only_words_that_folding_leaves_alone_are_not_folded(database: Database) -> None:
    asked = [chr(code) for code in range(0x20, 0x180)]
    asked += [word for one in asked for word in (f"a{one}b", f"a {one}", f"{one} b", f"a{one} {one}b")]
    left = {word for word in asked if "facet_words" not in Filters(niches=[word]).where().sql}
    with database.transaction() as connection:
        folded = dict(
            connection.execute(
                text("SELECT w, facet_word(w) FROM unnest(CAST(:asked AS text[])) AS w"), {"asked": asked}
            ).all()
        )
    assert {word: folded[word] for word in left} == {word: word for word in left}
    assert {"a", "a b", "a&b", "+ b"} <= left
    assert "facet_words" in Filters(niches=["yoga", "Yoga"]).where().sql
