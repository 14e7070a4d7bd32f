"""/api/campaigns against a real database."""

from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from influencerflow.database.engine import Database

BRIEF = {"product_name": "Lift Log", "brand_name": "Ironvale", "total_budget": 9000}


def created(client: TestClient, **values: Any) -> dict[str, Any]:
    response = client.post("/api/campaigns", json={**BRIEF, **values})
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


def wrong_fields(response: Any) -> list[str]:
    assert response.status_code == 422, response.text
    assert response.headers["content-type"] == "application/problem+json"
    return [error["field"] for error in response.json()["errors"]]


def test_create_read_change_delete(client: TestClient) -> None:
    campaign = created(client, product_niche="  ", key_use_cases=["first programme", " "], target_audience=None)
    assert (campaign["status"], campaign["product_niche"], campaign["key_use_cases"]) == (
        "draft",
        None,
        ["first programme"],
    )
    path = f"/api/campaigns/{campaign['id']}"
    assert client.get(path).json() == campaign
    changed = client.patch(path, json={"status": "active", "total_budget": 25}).json()
    assert (changed["status"], changed["total_budget"], changed["brand_name"]) == ("active", 25, "Ironvale")
    assert client.delete(path).status_code == 204
    assert (client.get(path).status_code, client.patch(path, json={"status": "active"}).status_code) == (404, 404)


def test_a_deleted_campaign_is_nowhere_until_it_is_restored_with_its_matches(
    client: TestClient, database: Database
) -> None:
    kept, deleted = created(client), created(client, product_name="Gone Tomorrow")
    path = f"/api/campaigns/{deleted['id']}"
    client.post(f"{path}/matches")
    client.delete(path)
    assert [item["id"] for item in client.get("/api/campaigns").json()["items"]] == [kept["id"]]
    for answer in (client.delete(path), client.get(f"{path}/matches"), client.post(f"{path}/duplicate")):
        assert answer.status_code == 404
    assert client.post("/api/ai/similaritysearch", json={"campaign_id": deleted["id"]}).status_code == 404
    assert client.post(f"{path}/restore").json()["product_name"] == "Gone Tomorrow"
    assert client.get(f"{path}/matches").status_code == 200
    assert client.post(f"{path}/restore").status_code == 200, "once more changes nothing"
    client.delete(path)
    with database.transaction() as connection:
        connection.execute(
            text("UPDATE campaigns SET deleted_at = now() - interval '31 days' WHERE deleted_at IS NOT NULL")
        )
    client.delete(f"/api/campaigns/{kept['id']}")
    assert client.post(f"{path}/restore").status_code == 404, "after 30 days it is gone"
    assert client.post(f"/api/campaigns/{kept['id']}/restore").status_code == 200


def test_a_copy_has_the_brief_and_nothing_else(client: TestClient) -> None:
    campaign = created(client, status="active", key_use_cases=["first programme"])
    copy = client.post(f"/api/campaigns/{campaign['id']}/duplicate")
    assert copy.status_code == 201
    own = {"id", "status", "created_at", "updated_at"}
    assert {k: v for k, v in copy.json().items() if k not in own} == {k: v for k, v in campaign.items() if k not in own}
    assert (copy.json()["status"], copy.json()["id"] == campaign["id"]) == ("draft", False)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("product_name", ""), ("product_name", "  "), ("product_name", None), ("product_name", "x" * 501),
        ("brand_name", None), ("total_budget", 0), ("total_budget", -5), ("total_budget", "much"), ("total_budget", True),
        ("total_budget", None), ("product_description", "x" * 20_001), ("key_use_cases", ["x"] * 51), ("status", "paused"),
        ("status", None), ("shoe_size", 43),
    ],
)  # fmt: skip
def test_values_out_of_bounds_are_named(client: TestClient, field: str, value: object) -> None:
    assert wrong_fields(client.post("/api/campaigns", json={**BRIEF, field: value})) == [field]
    path = f"/api/campaigns/{created(client)['id']}"
    before = client.get(path).json()
    assert wrong_fields(client.patch(path, json={field: value})) == [field]
    assert client.get(path).json() == before


def test_list_filters_and_pages(client: TestClient, database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("INSERT INTO campaigns (product_name, created_at) VALUES ('Adopted', NULL)"))
    created(client, product_name="Old")
    created(client, product_name="New 100%", status="active")

    def names(**query: Any) -> list[str]:
        return [item["product_name"] for item in client.get("/api/campaigns", params=query).json()["items"]]

    assert names() == ["New 100%", "Old", "Adopted"]
    assert (names(status="active"), names(q="IRON"), names(q="0%"), names(q="_")) == (
        ["New 100%"],
        ["New 100%", "Old"],
        ["New 100%"],
        [],
    )
    page = client.get("/api/campaigns", params={"page": 2, "page_size": 2}).json()
    assert (page["total"], page["pages"], len(page["items"])) == (3, 2, 1)


@pytest.mark.parametrize(
    ("query", "field"),
    [({"page": 0}, "page"), ({"page": 2}, "page"), ({"page_size": 101}, "page_size"), ({"status": "paused"}, "status")],
)
def test_queries_out_of_bounds(client: TestClient, query: dict[str, Any], field: str) -> None:
    assert wrong_fields(client.get("/api/campaigns", params=query)) == [field]


def test_sql_in_every_string_is_text(client: TestClient) -> None:
    sql = "'; DROP TABLE campaigns; --"
    fields = (
        "product_name",
        "brand_name",
        "product_description",
        "target_audience",
        "campaign_goal",
        "product_niche",
    )
    stored = created(client, **dict.fromkeys(fields, sql), key_use_cases=[sql])
    assert all(stored[field] == sql for field in fields)
    assert stored["key_use_cases"] == [sql]
    assert client.get("/api/campaigns", params={"q": sql}).json()["total"] == 1


def test_an_unknown_campaign(client: TestClient) -> None:
    response = client.get(f"/api/campaigns/{uuid4()}")
    assert (response.status_code, response.json()["title"]) == (404, "Not found")
    assert wrong_fields(client.get("/api/campaigns/1")) == ["campaign_id"]
