"""Browsing: every creator once in any order, forwards and backwards, whatever is unknown."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, text
from tests.factories import add_creator

from influencerflow.creators.catalogue import COUNTED, CataloguePage, Sort, browse
from influencerflow.database.engine import Database
from influencerflow.errors import InvalidInputError
from influencerflow.retrieval.filters import Filters

ALL = Filters()
SORTS: tuple[Sort, ...] = ("followers", "fewest", "engagement", "price", "name", "newest")


def filled(connection: Connection) -> None:
    """Ties and unknown values on either side of a page."""
    for number in range(23):
        add_creator(
            connection,
            name=f"Name {number // 3}" if number % 7 else f"ümlaut {number}",
            followers_count_numeric=None if number % 4 == 0 else 1_000 * (number // 3),
            engagement_rate=None if number % 3 == 0 else number / 7,
            collaboration_rate=None if number % 2 else 100.0 * (number % 5),
        )


def walked(connection: Connection, sort: Sort, *, limit: int = 4) -> tuple[list[CataloguePage], list[str]]:
    pages = [browse(connection, ALL, sort=sort, limit=limit)]
    while pages[-1].after:
        pages.append(browse(connection, ALL, sort=sort, limit=limit, after=pages[-1].after))
    return pages, [str(creator.id) for page in pages for creator in page.creators]


@pytest.mark.parametrize("sort", SORTS)
def test_every_creator_comes_once_and_back_again(database: Database, sort: Sort) -> None:
    with database.transaction() as connection:
        filled(connection)
        pages, forwards = walked(connection, sort)
        assert len(forwards) == len(set(forwards)) == 23
        assert pages[0].before is None
        backwards = [pages[-1]]
        while backwards[-1].before:
            backwards.append(browse(connection, ALL, sort=sort, limit=4, before=backwards[-1].before))
    ids = [str(creator.id) for page in backwards[::-1] for creator in page.creators]
    assert ids == forwards
    assert backwards[-1].after == pages[0].after


def test_orders_and_unknown_values_last(database: Database) -> None:
    with database.transaction() as connection:
        filled(connection)
        by: dict[str, list[Any]] = {}
        fields: dict[Sort, str] = {
            "followers": "followers_count_numeric",
            "fewest": "followers_count_numeric",
            "engagement": "engagement_rate",
            "price": "collaboration_rate",
        }
        for sort, field in fields.items():
            pages, _ = walked(connection, sort)
            by[sort] = [getattr(creator, field) for page in pages for creator in page.creators]
    by["price"] = [value or None for value in by["price"]]  # a rate of 0 is no price
    for sort, values in by.items():
        known = [value for value in values if value is not None]
        assert values == sorted(known, reverse=sort in {"followers", "engagement"}) + [None] * (23 - len(known)), sort


@pytest.mark.parametrize("sort", SORTS)
def test_a_page_deep_down_is_read_from_an_index(database: Database, sort: Sort) -> None:
    statements: list[tuple[str, Any]] = []
    with database.transaction() as connection:
        connection.execute(
            text("""
                INSERT INTO creators (name, platform, channel_name, followers_count_numeric, engagement_rate,
                                      collaboration_rate, created_at)
                SELECT 'C' || n, 'tiktok', 'c' || n, n * 7919 % 20000, n * 31 % 900 / 10.0, n * 17 % 5000,
                       now() - n * interval '1 second'
                FROM generate_series(1, 20000) n
            """)
        )
        connection.execute(text("ANALYZE creators"))
        page = browse(connection, ALL, sort=sort, limit=2_000)
        assert (page.total, page.exact) == (20_000, False)

        original = connection.execute

        def remembering(statement: Any, parameters: Any = None) -> Any:
            statements.append((statement, parameters))
            return original(statement, parameters)

        connection.execute = remembering  # type: ignore[method-assign]
        deep = browse(connection, ALL, sort=sort, limit=50, after=page.after)
        statement, parameters = next(item for item in statements if "ORDER BY" in str(item[0]))
        explained = text(f"EXPLAIN {statement}").bindparams(*statement._bindparams.values())
        plan = "\n".join(original(explained, parameters).scalars())
    assert len(deep.creators) == 50
    assert "Index Scan" in plan
    assert "Sort" not in plan


def test_filters_and_search_together(database: Database) -> None:
    with database.transaction() as connection:
        for name, handle, platform in (
            ("Ana 100%_", "ana", "tiktok"),
            ("Ben", "xanax", "instagram"),
            ("Cem", "cem", "tiktok"),
        ):
            add_creator(connection, name=name, channel_name=handle, platform=platform)

        def names(q: str, **filters: Any) -> list[str | None]:
            return [c.name for c in browse(connection, Filters(**filters), q=q, sort="name").creators]

        assert names("ANA") == ["Ana 100%_", "Ben"]
        assert names("@ana", platforms=["TikTok"]) == ["Ana 100%_"]
        assert (names("0%_"), names("a%a"), names("\\")) == (["Ana 100%_"], [], [])
        assert browse(connection, Filters(platforms=["tiktok"]), q="an").total == 1


def test_counting_stops_where_nobody_reads_on(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(
            text("""
                INSERT INTO creators (name, platform, channel_name)
                SELECT 'C' || n, 'tiktok', 'c' || n FROM generate_series(1, :many) n
            """),
            {"many": COUNTED + 5},
        )
        connection.execute(text("ANALYZE creators"))
        page = browse(connection, Filters(platforms=["tiktok"]))
        assert (page.total, page.exact) == (COUNTED, False)
        assert browse(connection, ALL).total == COUNTED + 5


@pytest.mark.parametrize("cursor", ["x", "bnVsbA", "WyJtYW55Iiwi", "WzEsMl0", "W251bGwsICJ4Il0", "é" * 40])
def test_a_cursor_that_is_none_is_said(database: Database, client: TestClient, cursor: str) -> None:
    with database.transaction() as connection, pytest.raises(InvalidInputError, match="after: is not a place"):
        browse(connection, ALL, after=cursor)
    answer = client.get("/api/creators/search", params={"after": cursor})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "after")


def test_a_cursor_of_another_order(database: Database) -> None:
    with database.transaction() as connection:
        filled(connection)
        by_name = browse(connection, ALL, sort="name", limit=2).after
    with database.transaction() as connection, pytest.raises(InvalidInputError, match="is not a place"):
        browse(connection, ALL, sort="newest", after=by_name)


def test_the_api_walks_to_the_end(client: TestClient, database: Database) -> None:
    with database.transaction() as connection:
        filled(connection)
    seen: list[str] = []
    query: dict[str, Any] = {"sort": "engagement", "limit": 10, "min_followers": 1_000}
    while True:
        answer = client.get("/api/creators/search", params=query).json()
        seen += [item["id"] for item in answer["items"]]
        if answer["next"] is None:
            break
        query["after"] = answer["next"]
    assert len(seen) == len(set(seen)) == answer["total"]
    wrong = client.get("/api/creators/search", params={"countries": "Narnia"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "countries")


def test_what_changed_is_recorded(client: TestClient, database: Database) -> None:
    with database.transaction() as connection:
        ana, ben = add_creator(connection, name="Ana", country=None), add_creator(connection, name="Ben")
    path = f"/api/creators/{ana}"
    client.patch(path, json={"followers_count_numeric": 20_000, "collaboration_rate": 500, "country": "DE"})
    client.patch(path, json={"followers_count_numeric": 30_000, "name": "Ana B."})
    client.patch(path, json={"name": "Ana B."})
    history = client.get(f"{path}/history").json()
    assert [(item["field"], item["before"], item["after"]) for item in history["changes"]] == [
        ("name", "Ana", "Ana B."),
        ("collaboration_rate", "400", "500"),
        ("country", None, "DE"),
    ]
    assert [(item["followers_count_numeric"], item["engagement_rate"]) for item in history["figures"]] == [
        (12_500, pytest.approx(3.4))
    ], "what the week began with, once a week"
    assert client.get(f"/api/creators/{ben}/history").json() == {"changes": [], "figures": []}
    with database.transaction() as connection:
        connection.execute(text("UPDATE creator_figures SET week = week - 7"))
    client.patch(path, json={"followers_count_numeric": 31_000})
    assert [f["followers_count_numeric"] for f in client.get(f"{path}/history").json()["figures"]] == [12_500, 30_000]
    client.delete(path)
    with database.transaction() as connection:
        counts = "SELECT (SELECT count(*) FROM creator_changes), (SELECT count(*) FROM creator_figures)"
        assert connection.execute(text(counts)).one() == (0, 0)
        connection.execute(text("UPDATE creators SET name = 'Benno'"))
        connection.execute(text("TRUNCATE creators CASCADE"))
        assert connection.execute(text(counts)).one() == (0, 0)


def test_notes(client: TestClient, database: Database) -> None:
    with database.transaction() as connection:
        ana, ben = add_creator(connection), add_creator(connection)
    path = f"/api/creators/{ana}/notes"
    first = client.post(path, json={"body": " Answers fast\r\nand well \0"}).json()
    client.post(path, json={"body": "Second"})
    assert first["body"] == "Answers fast\nand well"
    assert [note["body"] for note in client.get(path).json()["items"]] == ["Second", "Answers fast\nand well"]
    assert client.patch(f"{path}/{first['id']}", json={"body": "Slow"}).json()["body"] == "Slow"
    assert client.patch(f"/api/creators/{ben}/notes/{first['id']}", json={"body": "Slow"}).status_code == 404
    for body in ("", "  ", "x" * 5_001):
        assert client.post(path, json={"body": body}).status_code == 422
    assert client.delete(f"{path}/{first['id']}").status_code == 204
    assert client.delete(f"{path}/{first['id']}").status_code == 404
    assert [note["body"] for note in client.get(path).json()["items"]] == ["Second"]
    assert client.get("/api/creators/7f1241fe-cff6-5c90-a230-282719853a71/notes").status_code == 404
