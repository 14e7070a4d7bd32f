"""Searches by way of memory: what is proposed there, what changed since, and when PostgreSQL searches by itself."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import numpy as np
import pytest
from pgvector import HalfVector
from sqlalchemy import Connection, text
from tests.conftest import cloned, database_url, run_sql

from influencerflow.database.embedded import EmbeddedServer
from influencerflow.database.engine import Database
from influencerflow.embeddings.registry import EmbeddingModel, active_model
from influencerflow.errors import DatabaseUnavailableError
from influencerflow.retrieval import focus, memory_keeper
from influencerflow.retrieval.candidates import on_topics
from influencerflow.retrieval.columns import Passing
from influencerflow.retrieval.conditions import Condition
from influencerflow.retrieval.dense import Run, dense_run, exact_statement, execute
from influencerflow.retrieval.filters import AudienceShare, Filters
from influencerflow.retrieval.memory import NUMBERS, WORDS, MemoryIndex, held, hold
from influencerflow.retrieval.memory_keeper import keep_in_memory, refresh
from influencerflow.retrieval.memory_read import read_changes, read_index
from influencerflow.retrieval.memory_run import compare_statement
from influencerflow.retrieval.plan import Plan, estimates

CREATORS = 3_000
QUERY = np.ones(384, dtype=np.float32)
ROOM = 100


@pytest.fixture(scope="module")
def stocked(server: EmbeddedServer, template: str) -> Iterator[str]:
    run_sql(server, f"CREATE DATABASE template_memory TEMPLATE {template}")
    database = Database(database_url(server, "template_memory"))
    with database.transaction() as connection:
        add(connection, CREATORS)
    with database.autocommit() as connection:
        connection.execute(text("VACUUM ANALYZE"))
    database.close()
    yield "template_memory"
    run_sql(server, "DROP DATABASE template_memory")


@pytest.fixture
def database(server: EmbeddedServer, stocked: str) -> Iterator[Database]:
    yield from cloned(server, stocked)


@pytest.fixture
def model(database: Database, monkeypatch: pytest.MonkeyPatch) -> EmbeddingModel:
    monkeypatch.setattr(memory_keeper, "WORTH_HOLDING", 1)
    assert refresh(database, ROOM)
    with database.transaction() as connection:
        return active_model(connection)


def add(connection: Connection, count: int, *, start: int = 1, near: float | None = None) -> list[UUID]:
    """With `near`, their vectors are the query's but for so much noise."""
    ids = connection.scalars(
        text("""
            INSERT INTO creators (name, platform, country, niche, about, followers_count_numeric)
            SELECT 'C' || n, CASE WHEN n % 3 = 0 THEN 'Insta  gram' ELSE 'tiktok' END, CASE WHEN n % 2 = 0 THEN 'DE' END,
                   'niche ' || n % 7, CASE WHEN n % 5 = 0 THEN 'me@example.org' END, n
            FROM generate_series(CAST(:start AS int), :start + :n - 1) n RETURNING id
        """),
        {"n": count, "start": start},
    ).all()
    embed(connection, list(ids), near=near)
    return list(ids)


def embed(connection: Connection, ids: list[UUID], *, near: float | None = None) -> None:
    rng = np.random.default_rng(len(ids))
    model = active_model(connection)
    noise = rng.normal(size=(len(ids), 384))
    vectors = noise if near is None else 1 + near * noise
    connection.execute(
        text("""
            INSERT INTO creator_embeddings VALUES (:model, :id, CAST(:vector AS halfvec), '')
            ON CONFLICT (model_id, creator_id) DO UPDATE SET embedding_vector = excluded.embedding_vector
        """),
        [
            {"model": model.id, "id": id_, "vector": HalfVector(vector).to_text()}
            for id_, vector in zip(ids, vectors, strict=True)
        ],
    )


def run(database: Database, model: EmbeddingModel, filters: Filters, depth: int = 20) -> Run:
    with database.transaction() as connection:
        return dense_run(connection, model, QUERY, filters, depth=depth)


def exactly(database: Database, model: EmbeddingModel, filters: Filters, depth: int = 20) -> list[UUID]:
    condition = filters.where()
    with database.transaction() as connection:
        rows = execute(connection, exact_statement(model, condition), QUERY, condition.parameters, depth=depth)
    return [row.creator_id for row in rows]


@pytest.mark.parametrize(
    "filters",
    [
        Filters(),
        Filters(min_followers=1_000, max_followers=1_500),
        Filters(platforms=["INSTA gram"], countries=["Germany"], niches=["Niche 3"]),
        Filters(exclude_countries=["DE"], exclude_niches=["niche 1"], has_contact=True),
        Filters(countries=["FR"]),
        Filters(max_followers=7),
    ],
)
def test_finds_what_comparing_everybody_finds(database: Database, model: EmbeddingModel, filters: Filters) -> None:
    for depth in (1, 20, 200):
        found = run(database, model, filters, depth)
        assert found.decision.plan is Plan.MEMORY
        assert found.ids == exactly(database, model, filters, depth)


def test_what_memory_does_not_know_postgresql_looks_at(database: Database, model: EmbeddingModel) -> None:
    """Few of those proposed pass then, and more are proposed; what may be rare is not looked for there at all."""
    nearest = exactly(database, model, Filters(), 200)
    left_out = Filters(exclude_creator_ids=nearest)
    found = run(database, model, left_out)
    assert found.decision.plan is Plan.MEMORY
    assert found.decision.tried == (32,)
    assert found.ids == exactly(database, model, left_out)
    for every, depth in ((2, 150), (5, 150), (10, 150), (2, 20), (4, 1), (20, 900)):
        thinned = Filters(exclude_creator_ids=exactly(database, model, Filters(), 2_000)[::every])
        found = run(database, model, thinned, depth)
        assert found.decision.plan is Plan.MEMORY
        assert found.ids == exactly(database, model, thinned, depth)
    audience = Filters(audience=[AudienceShare(at_least=10, genders=["female"])])
    assert run(database, model, audience).decision.plan is Plan.EXACT


def test_two_indexes_serve_the_comparison(database: Database, model: EmbeddingModel) -> None:
    index = held(database.engine)
    assert index is not None
    proposed = index.ids_of(index.nearest(QUERY, Passing(index.size), 50))
    parameters = {"proposed": proposed, "query": HalfVector(QUERY), "most": 20}
    with database.transaction() as connection:
        statement = f"EXPLAIN {compare_statement(Condition(), index.since)}"
        plan = "\n".join(connection.scalars(text(statement), parameters))
    assert "Bitmap Index Scan on creator_facets_pkey" in plan
    assert "Bitmap Index Scan on creator_facets_changed_by_idx" in plan
    assert "creator_embeddings" not in plan


def test_only_the_comparison_is_planned_for_all_parameters(database: Database, model: EmbeddingModel) -> None:
    """What depends on how selective a filter is is planned anew, which it is as long as it is not prepared."""

    def prepared(*, remembered: bool) -> list[tuple[bool, bool]]:
        index = held(database.engine)
        hold(database.engine, index if remembered else None)
        with database.transaction() as connection:
            for followers in range(10):
                dense_run(connection, model, QUERY, Filters(min_followers=followers), depth=20)
            rows = connection.execute(text("SELECT statement, generic_plans FROM pg_prepared_statements")).all()
        hold(database.engine, index)
        return [("changed_by >=" in row.statement, row.generic_plans > 0) for row in rows]

    assert prepared(remembered=False) == []
    assert prepared(remembered=True) == [(True, True)]


def test_a_large_focus_is_found_among_the_nearest_or_compared(
    database: Database, model: EmbeddingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    nearest = exactly(database, model, Filters(), CREATORS)
    near, rare = nearest[:1_000], nearest[-30:]
    with database.transaction() as connection:
        for topic, ids in (("climbing", near), ("chess", rare)):
            connection.execute(
                text("UPDATE creator_signals SET topic_keys = CAST(:topics AS text[]) WHERE creator_id = ANY (:ids)"),
                {"topics": [topic], "ids": ids},
            )
        for limit, plan in ((CREATORS, Plan.EXACT), (10, Plan.MEMORY)):
            monkeypatch.setattr(focus, "EXACT_LIMIT", limit)
            climbing = focus.focused_run(connection, model, QUERY, Filters(), on_topics(["climbing"]), depth=20)
            assert (climbing.ids, climbing.decision.plan) == (near[:20], plan)
            # So rare that everybody is proposed in the end.
            chess = focus.focused_run(connection, model, QUERY, Filters(), on_topics(["chess"]), depth=20)
            assert (chess.ids, chess.decision.plan) == (rare[:20], plan)


def test_what_changed_since_is_searched_at_once(database: Database, model: EmbeddingModel) -> None:
    with database.transaction() as connection:
        new = add(connection, 3, start=CREATORS + 1, near=0.01)
        nearest = exactly(database, model, Filters(), 3)
        connection.execute(text("DELETE FROM creators WHERE id = :id"), {"id": nearest[0]})
        connection.execute(text("UPDATE creators SET country = 'AT' WHERE id = :id"), {"id": nearest[1]})
    assert run(database, model, Filters()).ids[:3] == sorted(new, key=exactly(database, model, Filters(), 3).index)
    assert run(database, model, Filters()).ids == exactly(database, model, Filters())
    assert run(database, model, Filters(countries=["AT"])).ids == [nearest[1]]
    assert run(database, model, Filters(countries=["AT"])).decision.plan is Plan.MEMORY


def test_what_is_committed_after_it_was_read_is_searched(database: Database, model: EmbeddingModel) -> None:
    """Transactions are numbered when they begin, not when they end."""
    hold(database.engine, None)
    with database.engine.begin() as late:
        new = add(late, 1, start=CREATORS + 1, near=0.01)
        with database.transaction() as other:
            other.execute(text("UPDATE creators SET country = 'IT' WHERE followers_count_numeric = 1"))
        assert refresh(database, ROOM)
        assert run(database, model, Filters()).ids[:1] != new
    found = run(database, model, Filters())
    assert found.decision.plan is Plan.MEMORY
    assert found.ids[:1] == new


def content(index: MemoryIndex, without: UUID | None = None) -> list[tuple[object, ...]]:
    """By creator; bytes of vectors are left out, since another sample has other directions."""
    columns = index.columns()
    numbers = [columns.numbers[name].astype(str) for name in NUMBERS]
    words = [columns.words[name] for name in WORDS]
    found = zip((id_.tobytes() for id_ in columns.ids), *numbers, *words, strict=True)
    return sorted(row for row in found if without is None or row[0] != without.bytes)


def test_reading_what_changed_comes_to_reading_everything(database: Database, model: EmbeddingModel) -> None:
    old = held(database.engine)
    assert old is not None
    with database.transaction() as connection:
        add(connection, 40, start=CREATORS + 1)
        connection.execute(text("UPDATE creators SET country = 'AT', avg_views = 7 WHERE followers_count_numeric < 50"))
        gone = connection.scalar(text("DELETE FROM creators WHERE followers_count_numeric = 77 RETURNING id"))
    with database.snapshot() as connection:
        changed, anew = read_changes(connection, model, old), read_index(connection, model)
    assert (old.size, changed.size, anew.size) == (CREATORS, CREATORS + 40, CREATORS + 39)
    assert changed.since == anew.since > old.since
    assert content(changed, without=gone) == content(anew)
    assert content(old, without=gone) != content(anew)


def test_many_changes_are_taken_over(database: Database, model: EmbeddingModel) -> None:
    before = held(database.engine)
    assert not refresh(database, ROOM)
    with database.transaction() as connection:
        connection.execute(text("UPDATE creators SET country = 'AT' WHERE followers_count_numeric <= 600"))
    assert refresh(database, ROOM)
    after = held(database.engine)
    assert before is not None
    assert after is not None
    assert after.since > before.since
    # Of so many, a sample is counted.
    assert run(database, model, Filters(countries=["AT"])).decision.estimate == pytest.approx(600, rel=0.4)
    assert run(database, model, Filters(countries=["AT"]), 1_000).ids == exactly(
        database, model, Filters(countries=["AT"]), 1_000
    )
    assert not refresh(database, ROOM), "nothing changed since"


def test_a_small_catalogue_and_one_without_room_are_not_held(
    database: Database, model: EmbeddingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not refresh(database, 1)
    assert held(database.engine) is None
    assert refresh(database, ROOM)
    monkeypatch.setattr(memory_keeper, "WORTH_HOLDING", CREATORS + 1)
    assert not refresh(database, ROOM)
    assert held(database.engine) is None
    assert run(database, model, Filters()).ids == exactly(database, model, Filters())


def test_another_model_is_not_searched_in_this_one_s_memory(database: Database, model: EmbeddingModel) -> None:
    assert run(database, replace(model, copied=False), Filters()).decision.plan is Plan.EXACT
    assert run(database, replace(model, id=model.id + 1), Filters()).decision.plan is not Plan.MEMORY


def test_numbers_of_another_server_are_not_taken_for_changes(database: Database, model: EmbeddingModel) -> None:
    """As after a dump was restored elsewhere, where transactions have not come that far."""
    with database.transaction() as connection:
        connection.execute(text("ALTER TABLE creator_facets DISABLE TRIGGER creator_facets_note_changed"))
        connection.execute(text("UPDATE creator_facets SET changed_by = '99999999' WHERE followers <= 1000"))
        connection.execute(text("ALTER TABLE creator_facets ENABLE TRIGGER creator_facets_note_changed"))
    hold(database.engine, None)
    assert refresh(database, ROOM)
    index = held(database.engine)
    assert index is not None
    with database.transaction() as connection:
        changed = text("SELECT count(*) FROM creator_facets WHERE changed_by >= CAST(:since AS xid8)")
        assert connection.scalar(changed, {"since": str(index.since)}) == 0


def test_a_thread_keeps_it(database: Database, model: EmbeddingModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_keeper, "_LOOK_SECONDS", 0.05)
    monkeypatch.setattr(memory_keeper, "_BUSY", 1.0)
    hold(database.engine, None)
    estimates(database.engine).creators = (float(CREATORS), float("inf"))
    with keep_in_memory(database, ROOM):
        _until(lambda: held(database.engine) is not None)
        with database.transaction() as connection:
            connection.execute(text("UPDATE creators SET country = 'AT'"))
        _until(lambda: run(database, model, Filters(countries=["AT"])).decision.estimate == CREATORS)


def test_a_reading_that_fails_leaves_postgresql_to_search_and_is_tried_again(
    database: Database, model: EmbeddingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_keeper, "_LOOK_SECONDS", 0.05)
    monkeypatch.setattr(memory_keeper, "_AFTER_FAILURE_SECONDS", 0.05)
    cuts = []

    def cut(connection: Connection, model: EmbeddingModel) -> MemoryIndex:
        with database.engine.connect() as other:
            pid = connection.scalar(text("SELECT pg_backend_pid()"))
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        cuts.append(pid)
        return read_index(connection, model)

    monkeypatch.setattr(memory_keeper, "read_index", cut)
    hold(database.engine, None)
    with keep_in_memory(database, ROOM):
        assert run(database, model, Filters()).ids == exactly(database, model, Filters())
        _until(lambda: len(cuts) > 1)
        assert held(database.engine) is None
        monkeypatch.setattr(memory_keeper, "read_index", read_index)
        _until(lambda: held(database.engine) is not None)


def _until(true: "object") -> None:
    waiting = threading.Event()
    for _ in range(200):
        if true():  # type: ignore[operator]
            return
        waiting.wait(0.05)
    raise AssertionError("it did not come true within ten seconds")


def test_a_session_that_is_lost_is_said_and_the_next_search_has_another(
    database: Database, model: EmbeddingModel
) -> None:
    def lose_and_search() -> None:
        with database.transaction() as connection:
            session = connection.scalar(text("SELECT pg_backend_pid()"))
            with database.transaction() as other:
                other.execute(text("SELECT pg_terminate_backend(:session, 5000)"), {"session": session})
            dense_run(connection, model, QUERY, Filters(), depth=20)

    with pytest.raises(DatabaseUnavailableError, match="cannot be reached"):
        lose_and_search()
    assert run(database, model, Filters()).decision.plan is Plan.MEMORY
