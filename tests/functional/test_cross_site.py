"""What another site's form would send, and what our own pages send."""

from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from tests.factories import add_campaign

from influencerflow.database.engine import Database


@pytest.fixture
def campaign(database: Database) -> UUID:
    with database.transaction() as connection:
        return add_campaign(connection)


def runs(database: Database) -> int:
    with database.transaction() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM match_runs")) or 0)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "origin": "http://testserver"},
        {"origin": "https://evil.example"},
        {"origin": "http://testserver:8001"},
        {"origin": "http://testserver.evil.example"},
        {"origin": "null"},
        {"origin": ""},
    ],
)
def test_another_sites_post_is_refused_with_a_page_and_changes_nothing(
    client: TestClient, database: Database, campaign: UUID, headers: dict[str, str]
) -> None:
    answer = client.post(f"/campaigns/{campaign}/match", headers=headers)
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/html")
    assert "came from another site, so nothing was changed" in answer.text
    assert runs(database) == 0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "same-origin", "origin": "https://behind-a-proxy.example"},
        {"origin": "http://testserver"},
        {"origin": "https://matches.example:8443", "host": "Matches.example:8443"},
    ],
)
def test_our_own_pages_and_tools_without_a_browser_may(
    client: TestClient, database: Database, campaign: UUID, headers: dict[str, str]
) -> None:
    answer = client.post(f"/campaigns/{campaign}/match", headers=headers, follow_redirects=False)
    assert answer.status_code == 303
    assert runs(database) == 1


def test_a_link_from_another_site_may_be_followed(client: TestClient, campaign: UUID) -> None:
    headers = {"sec-fetch-site": "cross-site"}
    assert client.get(f"/campaigns/{campaign}", headers=headers).status_code == 200
    assert client.get("/", headers=headers).status_code == 200


def test_every_page_that_changes_something_refuses_other_sites(client: TestClient) -> None:
    """Also those that are added later: the check belongs to the router."""
    from influencerflow.web.cross_site import refuse_cross_site
    from influencerflow.web.pages import ROUTERS

    changing = [
        route for router in ROUTERS for route in router.routes if getattr(route, "methods", set()) - {"GET", "HEAD"}
    ]
    assert changing
    for route in changing:
        assert refuse_cross_site in [dependency.call for dependency in route.dependant.dependencies]  # type: ignore[attr-defined]
