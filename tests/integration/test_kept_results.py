"""Pages of one ranked result, kept while the catalogue changes, and how each run found its creators."""

from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
import structlog
from fastapi.testclient import TestClient
from pgvector import HalfVector
from sqlalchemy import text
from tests.factories import add_campaign, add_creator

from influencerflow.database.engine import Database
from influencerflow.embeddings.registry import active_model
from influencerflow.matching import kept
from influencerflow.settings import Settings
from influencerflow.worker.worker import Worker

BRIEF: dict[str, Any] = {
    "product_name": "Lift Log",
    "brand_name": "Ironvale",
    "product_niche": "climbing",
    "target_audience": "Women in Germany",
    "total_budget": 9_000,
}
CREATORS = 130


@pytest.fixture
def many(database: Database) -> list[str]:
    """The last ten are not embedded yet."""
    rng = np.random.default_rng(4)
    with database.transaction() as connection:
        added = [add_creator(connection, about=None, country=("DE", "FR")[n % 2]) for n in range(CREATORS)]
        connection.execute(
            text("INSERT INTO creator_embeddings VALUES (:model, :id, CAST(:vector AS halfvec), '')"),
            [
                {"model": active_model(connection).id, "id": id_, "vector": HalfVector(rng.normal(size=384)).to_text()}
                for id_ in added[:-10]
            ],
        )
    return [str(creator_id) for creator_id in added]


def search(client: TestClient, **body: Any) -> dict[str, Any]:
    response = client.post("/api/ai/similaritysearch", json=body)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def problem(client: TestClient, **body: Any) -> dict[str, Any]:
    response = client.post("/api/ai/similaritysearch", json=body)
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert response.status_code == found["status"]
    return found


def ids(answer: dict[str, Any]) -> list[str]:
    return [match["id"] for match in answer["matches"]]


def test_pages_hold_together_while_the_catalogue_changes(
    client: TestClient, database: Database, many: list[str]
) -> None:
    plain = search(client, **BRIEF, limit=100)
    assert (plain["next_cursor"], plain["deleted"], plain["explain"]) == (None, 0, None)
    ranked = ids(plain) + ids(search(client, **BRIEF, limit=100, page=2))
    page = search(client, **BRIEF, limit=30, cursor="first")
    assert (page["total"], page["page"], page["pages"]) == (CREATORS, 1, 5)
    assert page["matches"] == plain["matches"][:30]
    with database.transaction() as connection:
        for _ in range(50):
            add_creator(connection, about="Climbing, bouldering, climbing", niche="climbing")
        gone = {"ids": [UUID(creator_id) for creator_id in [*ranked[5:8], *ranked[40:45], ranked[-1]]]}
        connection.execute(text("DELETE FROM creators WHERE id = ANY (:ids)"), gone)
        connection.execute(text("UPDATE creators SET name = 'Renamed', country = 'US'"))
    seen, deleted, ranks = ids(page), 0, [match["rank"] for match in page["matches"]]
    while page["next_cursor"]:
        page = search(client, cursor=page["next_cursor"], limit=30)
        assert {match["name"] for match in page["matches"]} == {"Renamed"}
        seen += ids(page)
        deleted += page["deleted"]
        ranks += [match["rank"] for match in page["matches"]]
    assert seen == [creator_id for creator_id in ranked if creator_id in seen]
    assert set(ranked) - set(seen) == {str(creator_id) for creator_id in gone["ids"]} - set(ranked[:30])
    assert deleted == 6
    assert ranks == [ranked.index(creator_id) + 1 for creator_id in seen]


def test_pages_may_differ_in_size_and_say_what_they_say_without_a_cursor(client: TestClient, many: list[str]) -> None:
    whole = (
        search(client, **BRIEF, limit=100, page=1)["matches"] + search(client, **BRIEF, limit=100, page=2)["matches"]
    )
    first = search(client, **BRIEF, limit=1, cursor="first")
    second = search(client, **BRIEF, limit=99, cursor=first["next_cursor"])
    third = search(client, cursor=second["next_cursor"], limit=100)
    assert first["matches"] + second["matches"] + third["matches"] == whole
    assert third["next_cursor"] is None
    assert second["understood"] == first["understood"] == third["understood"]
    again = search(client, **BRIEF, limit=99, cursor=first["next_cursor"])
    assert again == second


def test_nobody_passes_the_filters(client: TestClient, many: list[str]) -> None:
    nobody = search(client, **BRIEF, cursor="first", platforms=["vine"])
    assert (nobody["matches"], nobody["next_cursor"], nobody["pages"]) == ([], None, 0)


def test_a_cursor_keeps_the_filters_the_options_and_the_campaign_of_its_search(
    client: TestClient, database: Database, many: list[str]
) -> None:
    with database.transaction() as connection:
        campaign = str(add_campaign(connection))
    asked = {"campaign_id": campaign, "countries": ["DE"], "planned_creators": 3, "mmr_lambda": 0.5}
    first = search(client, **asked, limit=10, cursor="first")
    with database.transaction() as connection:
        connection.execute(text("UPDATE campaigns SET total_budget = 1, product_niche = 'food'"))
    second = search(client, cursor=first["next_cursor"], limit=10)
    assert {match["country"] for match in second["matches"]} == {"DE"}
    assert second["total"] == CREATORS // 2
    assert search(client, **asked, limit=10, cursor=first["next_cursor"]) == second


@pytest.mark.parametrize("cursor", ["", "second", "ÄÖÜ", "AAAA", "A" * 100])
def test_what_is_no_cursor_is_said(client: TestClient, cursor: str) -> None:
    said = problem(client, cursor=cursor)
    assert said["status"] == 422
    assert said["errors"][0]["field"] == "cursor"
    assert "next_cursor" in said["remedy"]


def test_expired_foreign_and_contradicted_cursors_say_what_to_do(
    client: TestClient, database: Database, many: list[str]
) -> None:
    foreign = kept._cursor(uuid4(), 20)
    assert 'cursor "first"' in problem(client, cursor=foreign)["remedy"]
    cursor = search(client, **BRIEF, cursor="first")["next_cursor"]
    for changed in ({"total_budget": 1}, {"countries": ["DE"]}, {"people_only": True}, {"mmr_lambda": 0.1}):
        said = problem(client, **{**BRIEF, **changed, "cursor": cursor})
        assert (said["status"], next(iter(changed)) in said["detail"]) == (422, True)
    assert problem(client, **BRIEF, cursor=cursor, page=2)["status"] == 422
    with database.transaction() as connection:
        connection.execute(text("UPDATE kept_results SET created_at = now() - interval '61 minutes'"))
    said = problem(client, cursor=cursor)
    assert (said["status"], said["remedy"]) == (404, 'Search anew with cursor "first".')


def test_what_is_kept_no_longer_is_cleared_away_by_the_next_search_and_by_the_worker(
    client: TestClient, database: Database, settings: Settings, many: list[str]
) -> None:
    def age(condition: str) -> None:
        with database.transaction() as connection:
            connection.execute(
                text(f"UPDATE kept_results SET created_at = now() - interval '2 hours' WHERE {condition}")
            )

    def count() -> int:
        with database.transaction() as connection:
            return int(connection.scalar(text("SELECT count(*) FROM kept_results")) or 0)

    search(client, **BRIEF, cursor="first")
    age("true")
    search(client, **BRIEF, cursor="first")
    assert count() == 1
    age("true")
    Worker(database, settings)._forget_results()
    assert count() == 0
    with database.transaction() as connection:
        connection.execute(
            text("""
                INSERT INTO kept_results
                SELECT gen_random_uuid(), now() - make_interval(secs => n), '{}', '{}', m.id, 0, '{}', '{}', '{}', '{}'
                FROM generate_series(1, 1005) n, embedding_models m
            """)
        )
    kept.forget_results(database)
    assert count() == 1000


def test_a_search_explains_how_it_found_its_creators(client: TestClient, many: list[str]) -> None:
    with structlog.testing.capture_logs() as logs:
        explained = search(client, **BRIEF, explain=True, limit=20, countries=["DE"])["explain"]
    assert explained["meaning"] == {"plan": "exact", "estimate": 60, "scanned": None, "tried": [], "found": 60}
    assert {"topics", "countries", "words"} <= set(explained)
    line = next(entry for entry in logs if entry["event"] == "ranked")
    assert (line["log_level"], line["matching"], line["meaning"]["found"]) == ("debug", 65, 60)
    first = search(client, **BRIEF, explain=True, cursor="first")
    assert first["explain"]["rest"]["found"] == CREATORS - 10  # kept as deep as there are creators
    assert search(client, cursor=first["next_cursor"], explain=True)["explain"] == {}
