"""/api/creators against a real database."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text
from tests.factories import add_creator

from influencerflow.database.engine import Database

ANNA = {"name": "Anna", "platform": "ig", "channel_name": "@anna", "followers_count_numeric": 125_000}


def created(client: TestClient, **values: Any) -> dict[str, Any]:
    response = client.post("/api/creators", json={**ANNA, **values})
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


def wrong_fields(response: Any, status: int = 422) -> list[str]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    return [error["field"] for error in response.json().get("errors", [])]


def test_create_read_change_delete(client: TestClient) -> None:
    anna = created(client, country="Deutschland", language="español")
    assert (anna["platform"], anna["followers_count"], anna["country"], anna["language"]) == (
        "instagram",
        "125K",
        "DE",
        "es",
    )
    path = f"/api/creators/{anna['id']}"
    assert client.get(path).json() == anna
    changed = client.patch(path, json={"followers_count_numeric": 1_200_000, "country": None}).json()
    assert (changed["followers_count"], changed["country"], changed["language"]) == ("1.2M", None, "es")
    assert client.delete(path).status_code == 204
    assert wrong_fields(client.get(path), 404) == []
    assert client.delete(path).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", None), ("platform", "myspace"), ("followers_count_numeric", -1),
        ("followers_count_numeric", 8_000_000_001), ("followers_count_numeric", True), ("engagement_rate", 100.5),
        ("engagement_rate", -0.1), ("collaboration_rate", -1), ("country", "Atlantis"), ("language", "Elvish of old"),
        ("about", "x" * 20_001), ("audience", {"age": {"18-24": 1.5}}), ("audience", {"gender": {"f": 0.9, "m": 0.9}}),
        ("audience", {"credibility": 2}), ("id", "not-a-uuid"), ("shoe_size", 43),
    ],
)  # fmt: skip
def test_values_out_of_bounds_are_named(client: TestClient, field: str, value: object) -> None:
    fields = wrong_fields(client.post("/api/creators", json={**ANNA, field: value}))
    assert [name.split(".")[0] for name in fields] == [field]
    assert client.get("/api/creators").json()["total"] == 0


def test_nul_and_half_characters_do_no_harm(client: TestClient) -> None:
    assert created(client, about="a\0b")["about"] == "ab"
    other = {**ANNA, "channel_name": "other"}
    assert client.post("/api/creators", json={**other, "audience": {"note": "\0"}}).status_code == 422
    half = b'{"name": "A\\ud800", "platform": "ig", "channel_name": "x"}'
    headers = {"content-type": "application/json"}
    assert client.post("/api/creators", content=half, headers=headers).status_code == 422
    assert client.get("/api/creators", params={"q": "\0"}).status_code == 422
    assert client.get("/api/creators").json()["total"] == 1


def test_a_taken_channel_or_id_names_who_has_it(client: TestClient) -> None:
    anna = created(client)
    ben = created(client, channel_name="ben")
    for response in (
        client.post("/api/creators", json={**ANNA, "channel_name": "ANNA"}),
        client.post("/api/creators", json={**ANNA, "channel_name": "new", "id": anna["id"]}),
        client.patch(f"/api/creators/{ben['id']}", json={"channel_name": "@Anna"}),
    ):
        assert wrong_fields(response, 409) == []
        assert anna["id"] in response.json()["detail"]
    assert client.patch(f"/api/creators/{anna['id']}", json={"channel_name": "Anna"}).status_code == 200


def test_list_filters_order_and_pages(client: TestClient, database: Database) -> None:
    with database.transaction() as connection:
        for number, followers in enumerate([10, None, 30, 20]):
            add_creator(
                connection,
                name=f"Name 100%_{number}",
                channel_name=f"chan{number}",
                followers_count_numeric=followers,
                country="DE" if number else None,
                language="pt-BR",
            )

    def names(**query: Any) -> list[str]:
        return [item["name"][-1] for item in client.get("/api/creators", params=query).json()["items"]]

    assert names() == ["2", "3", "0", "1"]
    assert names(min_followers=15) == ["2", "3"]
    assert names(max_followers=20) == ["3", "0"]
    assert names(country="de") == ["2", "3", "1"]
    assert (names(language="pt"), names(language="p")) == (names(), [])
    assert (names(q="@CHAN1"), names(q="100%_"), names(q="0__")) == (["1"], names(), [])
    page = client.get("/api/creators", params={"page": 2, "page_size": 3}).json()
    assert (page["total"], page["page"], page["pages"], len(page["items"])) == (4, 2, 2, 1)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"page": 0}, "page"), ({"page": 2}, "page"), ({"page_size": 0}, "page_size"), ({"page_size": -1}, "page_size"),
        ({"page_size": 101}, "page_size"), ({"page_size": "x"}, "page_size"),
        ({"min_followers": 2, "max_followers": 1}, "min_followers"),
    ],
)  # fmt: skip
def test_queries_out_of_bounds(client: TestClient, query: dict[str, Any], field: str) -> None:
    assert wrong_fields(client.get("/api/creators", params=query)) == [field]


def test_sql_in_every_string_is_text(client: TestClient) -> None:
    sql = "'; DROP TABLE creators; --"
    strings = ("name", "channel_name", "niche", "about", "followers_count", "profile_image", "source", "external_id")
    stored = created(client, **dict.fromkeys(strings, sql), past_brands=[sql])
    assert all(stored[field] == sql for field in strings)
    for field in ("platform", "country", "language"):
        assert wrong_fields(client.post("/api/creators", json={**ANNA, field: sql})) == [field]
    for field in ("platform", "country", "language", "niche", "q"):
        assert client.get("/api/creators", params={field: sql}).status_code == 200
    assert client.get("/api/creators").json()["total"] == 1


def test_bodies_and_ids_that_are_none(client: TestClient) -> None:
    headers = {"content-type": "application/json"}
    for body in (b'{"name": ', '{"name": "Zoë"}'.encode("latin-1"), b"[" * 100_000):
        assert wrong_fields(client.post("/api/creators", content=body, headers=headers)) == ["body"]
    assert wrong_fields(client.get("/api/creators/not-a-uuid")) == ["creator_id"]
    assert wrong_fields(client.get(f"/api/creators/{uuid4()}"), 404) == []


@pytest.fixture
def failing_commit(database: Database) -> Iterator[None]:
    """A deferred check fails at COMMIT, when the endpoint has returned already."""
    with database.transaction() as connection:
        connection.execute(
            text("""
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$;
                CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON creators DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW EXECUTE FUNCTION refuse();
            """)
        )
    return


@pytest.mark.usefixtures("failing_commit")
def test_a_commit_that_fails_is_not_reported_as_done(client: TestClient) -> None:
    response = client.post("/api/creators", json=ANNA)
    assert (response.status_code, "refused" in response.text) == (500, False)
    assert client.get("/api/creators").json()["total"] == 0


def test_every_operation_has_examples(app: FastAPI) -> None:
    description = app.openapi()
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            for status, answer in operation["responses"].items():
                assert status == "204" or answer["content"], where
                for kind, content in answer.get("content", {}).items():
                    assert has_example(description, content), (where, status)
                    if kind == "application/problem+json":
                        assert content["example"]["status"] == int(status)
            for content in operation.get("requestBody", {}).get("content", {}).values():
                assert has_example(description, content), where
            described = [p for p in operation.get("parameters", []) if p["in"] == "path"]
            assert all(p.get("examples") or p["schema"].get("examples") for p in described), where


def has_example(description: dict[str, Any], content: dict[str, Any]) -> bool:
    schema = content.get("schema", {})
    name = schema.get("$ref", "").rsplit("/")[-1]
    named = description["components"]["schemas"].get(name, {})
    return bool("example" in content or schema.get("examples") or named.get("examples"))
