"""The guide's endpoint, seen by a client written from the guide alone, and everything that can be wrong with a request."""

import json
import re
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from pydantic import BaseModel
from tests.factories import add_campaign, add_creator

from influencerflow.database.engine import Database
from influencerflow.settings import Settings
from influencerflow.worker.worker import Worker

BRIEF: dict[str, Any] = {
    "product_name": "Lift Log",
    "brand_name": "Ironvale",
    "product_description": None,
    "target_audience": "Women aged 22-45",
    "key_use_cases": ["first barbell programme"],
    "campaign_goal": None,
    "product_niche": "fitness",
    "total_budget": 10000,
    "limit": None,
}


# The guide's response models, as a client of it would have written them.
class GuideScores(BaseModel):
    niche_match: str
    audience_match: str
    engagement_score: str
    budget_fit: str


class GuideMatch(BaseModel):
    id: str
    influencer_name: str
    profile_image: str | None = None
    platform: str
    match_score: str
    niche: str
    followers: str
    followers_count_numeric: int
    engagement: str
    collaboration_rate: str
    detailed_scores: GuideScores


class GuideResponse(BaseModel):
    matches: list[GuideMatch]
    total: int
    page: int
    pages: int


@pytest.fixture
def catalogue(database: Database, settings: Settings) -> dict[str, str]:
    """Twenty-four creators: strength trainers first, cooks after; one about whom little is known."""
    with database.transaction() as connection:
        ids = {
            "lifter": add_creator(
                connection, name="Ana", about="Barbell coach for women", country="DE", language="de-AT"
            )
        }
        unknown = {"niche": None, "engagement_rate": None, "collaboration_rate": None}
        ids["unknown"] = add_creator(connection, name="Bo", about="Barbell and dumbbell workouts at the gym", **unknown)
        for number in range(22):
            add_creator(connection, name=f"Cook {number}", about=f"Pasta recipe number {number}", niche="food")
    Worker(database, settings).drain()
    return {name: str(value) for name, value in ids.items()}


def search(client: TestClient, **changes: Any) -> Any:
    return client.post("/api/ai/similaritysearch", json={**BRIEF, **changes})


def test_a_client_of_the_guide_gets_every_field_it_expects(client: TestClient, catalogue: dict[str, str]) -> None:
    response = GuideResponse.model_validate(search(client).json())
    assert (len(response.matches), response.total, response.page, response.pages) == (20, 24, 1, 2)
    ana = next(match for match in response.matches if match.id == catalogue["lifter"])
    assert ana.influencer_name == "Ana (@instagram)"
    assert re.fullmatch(r"\d{1,3}\.\d\d%", ana.match_score)
    assert (ana.engagement, ana.collaboration_rate, ana.followers) == ("3.4%", "$400", "12.5K")
    assert ana.detailed_scores.model_dump() == {
        "niche_match": "100.00%",
        "audience_match": "68.00%",
        "engagement_score": "70.00%",
        "budget_fit": "100.00%",
    }


def test_the_nearest_come_first_and_what_is_unknown_reads_so(client: TestClient, catalogue: dict[str, str]) -> None:
    matches = search(client).json()["matches"]
    assert {match["id"] for match in matches[:2]} == set(catalogue.values())
    assert [match["rank"] for match in matches] == list(range(1, 21))
    bo = next(match for match in matches if match["id"] == catalogue["unknown"])
    assert (bo["niche"], bo["engagement"], bo["collaboration_rate"]) == ("unknown", "unknown", "unknown")
    assert {reason["field"] for reason in bo["reasons"] if reason["kind"] == "unknown"} >= {"niche", "engagement_rate"}
    spans = [bo["about"][start:end] for reason in bo["reasons"] for start, end in reason["spans"]]
    assert "Barbell" in spans


def test_pages_are_disjoint_and_complete(client: TestClient, catalogue: dict[str, str]) -> None:
    pages = [search(client, limit=10, page=page).json() for page in (1, 2, 3)]
    ids = [match["id"] for page in pages for match in page["matches"]]
    assert len(ids) == len(set(ids)) == 24
    assert all((page["total"], page["pages"]) == (24, 3) for page in pages)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"countries": ["de"]}, 1),
        ({"languages": ["de"]}, 1),
        ({"niches": ["Food"]}, 22),
        ({"platforms": ["tiktok"]}, 0),
        ({"min_engagement": 1}, 23),
        ({"max_rate": 1000}, 23),
        ({"min_followers": 12_501}, 0),
        ({"min_followers": 1, "max_followers": 12_500, "niches": ["fitness"]}, 1),
        ({"platforms": []}, 24),
    ],
)
def test_filters_keep_exactly_what_passes(
    client: TestClient, catalogue: dict[str, str], filters: dict[str, Any], expected: int
) -> None:
    body = search(client, **filters).json()
    assert body["total"] == expected
    assert len(body["matches"]) == min(20, expected)


def test_excluded_creators_stay_out(client: TestClient, catalogue: dict[str, str]) -> None:
    body = search(client, exclude_creator_ids=list(catalogue.values())).json()
    assert body["total"] == 22
    assert not {match["id"] for match in body["matches"]} & set(catalogue.values())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"product_name": ""}, "product_name"),
        ({"product_name": "  "}, "product_name"),
        ({"total_budget": 0}, "total_budget"),
        ({"total_budget": -5}, "total_budget"),
        ({"total_budget": None}, "total_budget"),
        ({"min_followers": 10, "max_followers": 5}, "request"),
        ({"limit": 0}, "limit"),
        ({"limit": -1}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"page": 0}, "page"),
        ({"page": 99}, "page"),
        ({"exclude_creator_ids": ["nobody"]}, "exclude_creator_ids.0"),
    ],
)
def test_a_bad_request_names_the_field(
    client: TestClient, catalogue: dict[str, str], changes: dict[str, Any], field: str
) -> None:
    response = search(client, **changes)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert field in [error["field"] for error in response.json()["errors"]]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"null", b'{"product_name": "A', b"[" * 100_000, '{"product_name": "Zo\u00eb"}'.encode("latin-1"),
        b'{"product_name": "A", "brand_name": "B", "total_budget": NaN}',
        b'{"product_name": "A", "brand_name": "B", "total_budget": 1e999}',
        b'{"product_name": "\\ud800", "brand_name": "B", "total_budget": 5}',
        b'{"product_name": "A", "brand_name": "B", "total_budget": 5, "product_description": "' + b"x" * 10_000_000 + b'"}',
    ],
    ids=lambda body: ascii(body)[:40],
)  # fmt: skip
def test_a_body_that_is_no_brief_is_a_problem_with_a_field(client: TestClient, body: bytes) -> None:
    for path in ("/api/ai/similaritysearch", "/api/campaigns"):
        response = client.post(path, content=body, headers={"content-type": "application/json"})
        assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
        assert response.json()["errors"][0]["field"] in {"body", "product_name", "total_budget", "product_description"}
        assert len(response.text) < 5_000
    assert client.get("/api/campaigns").json()["total"] == 0


def test_a_brief_without_its_content_type_is_told_so(client: TestClient) -> None:
    response = client.post("/api/ai/similaritysearch", content=json.dumps(BRIEF))
    assert response.json()["errors"] == [
        {"field": "body", "message": "must be a JSON object, sent with the content type application/json"}
    ]


@pytest.mark.parametrize("path", ["/api/campaigns/{}", "/api/campaigns/{}/matches", "/campaigns/{}"])
def test_an_unknown_campaign_is_a_404_wherever_it_is_asked_for(client: TestClient, path: str) -> None:
    assert client.get(path.format(uuid4())).status_code == 404
    assert client.post(f"/api/campaigns/{uuid4()}/matches").status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"min_followers": -1}, "min_followers"),
        ({"shoe": 1}, "shoe"),
    ],
)
def test_a_bad_request_for_stored_matches_names_the_field_and_stores_nothing(
    client: TestClient, database: Database, changes: dict[str, Any], field: str
) -> None:
    with database.transaction() as connection:
        campaign = add_campaign(connection)
    response = client.post(f"/api/campaigns/{campaign}/matches", json=changes)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, field)
    assert client.get(f"/api/campaigns/{campaign}/matches").status_code == 404


def test_sql_in_every_text_is_only_text(client: TestClient, catalogue: dict[str, str]) -> None:
    evil = "'; DROP TABLE creators; --"
    texts = {key: evil for key, value in BRIEF.items() if isinstance(value, str)}
    lists = {name: [evil] for name in ("platforms", "niches", "key_use_cases")}
    assert search(client, **texts, **lists).json()["total"] == 0
    for name in ("countries", "languages"):
        refused = search(client, **{name: [evil]})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, name)
    assert search(client).json()["total"] == 24


def test_a_campaign_supplies_what_the_request_leaves_out(
    client: TestClient, catalogue: dict[str, str], database: Database
) -> None:
    with database.transaction() as connection:
        campaign = add_campaign(connection)
    body = client.post("/api/ai/similaritysearch", json={"campaign_id": str(campaign), "limit": 2}).json()
    assert {match["id"] for match in body["matches"]} == set(catalogue.values())
    unknown = client.post("/api/ai/similaritysearch", json={"campaign_id": str(uuid4())})
    assert unknown.status_code == 404


def test_stored_matches_are_reused_until_something_changes(
    client: TestClient, catalogue: dict[str, str], database: Database
) -> None:
    with database.transaction() as connection:
        campaign = add_campaign(connection)
    url = f"/api/campaigns/{campaign}/matches"
    assert client.get(url).status_code == 404
    first = client.post(url).json()
    assert (first["cached"], first["total"], first["matching"]) == (False, 24, 24)
    assert client.post(url).json()["cached"] is True
    stored = client.get(url, params={"page": 2}).json()
    assert (len(stored["matches"]), stored["stale"], stored["matches"][0]["rank"]) == (4, False, 21)
    assert client.get(url, params={"page": 3}).status_code == 422

    client.patch(f"/api/creators/{catalogue['lifter']}", json={"engagement_rate": 9.0})
    assert client.get(url).json()["stale"] is True
    again = client.post(url).json()
    ana = next(match for match in again["matches"] if match["id"] == catalogue["lifter"])
    assert (again["cached"], ana["detailed_scores"]["engagement_score"]) == (False, "90.00%")

    client.patch(f"/api/campaigns/{campaign}", json={"product_niche": "food"})
    assert client.post(url).json()["cached"] is False
    assert client.post(url, json={"niches": ["food"]}).json()["total"] == 22


def test_database_gone_in_the_middle_is_a_503(client: TestClient, database: Database) -> None:
    database.engine.dispose()
    database.engine = Database("postgresql://nobody@127.0.0.1:9/none").engine
    response = search(client)
    assert (response.status_code, response.json()["title"]) == (503, "Database unavailable")
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    assert "influencerflow_database_up 0.0" in client.get("/metrics").text
    page = client.get("/")
    assert page.status_code == 503
    assert "does not answer" in page.text
