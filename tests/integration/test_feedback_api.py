"""Verdicts, shortlists and exclusions against a real database."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from tests.factories import add_campaign, add_creator

from influencerflow.database.engine import Database
from influencerflow.matching.stored import SCORING_VERSION
from influencerflow.settings import Settings
from influencerflow.worker.worker import Worker


class Desk:
    """A campaign with four creators and its stored run."""

    def __init__(self, client: TestClient, database: Database, settings: Settings) -> None:
        self.client = client
        abouts = ["Barbell training", "Strength and deadlifts", "Pasta and wine", "Knitting"]
        with database.transaction() as connection:
            self.creators = [str(add_creator(connection, name=f"C{n}", about=about)) for n, about in enumerate(abouts)]
            self.campaign = str(add_campaign(connection))
        Worker(database, settings).drain()

    def run(self, **body: Any) -> list[dict[str, Any]]:
        answer = self.client.post(f"/api/campaigns/{self.campaign}/matches", json=body)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["matches"]
        return found

    def say(self, verdict: str, creator: int = 0, expected: int = 201, **values: Any) -> dict[str, Any]:
        body = {"campaign_id": self.campaign, "creator_id": self.creators[creator], "verdict": verdict, **values}
        answer = self.client.post("/api/ai/feedback", json=body)
        assert answer.status_code == expected, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def undo(self, feedback: dict[str, Any]) -> dict[str, Any]:
        answer = self.client.delete(f"/api/ai/feedback/{feedback['id']}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def listed(self) -> list[tuple[str, str | None]]:
        entries = self.client.get(f"/api/campaigns/{self.campaign}/shortlist").json()["entries"]
        assert [entry["position"] for entry in entries] == list(range(1, len(entries) + 1))
        return [(entry["name"], entry["status"]) for entry in entries]


@pytest.fixture
def desk(client: TestClient, database: Database, settings: Settings) -> Desk:
    return Desk(client, database, settings)


def test_a_verdict_keeps_the_list_it_was_said_of(desk: Desk) -> None:
    before = desk.say("relevant", 3)
    assert [before[name] for name in ("rank", "match_score", "scores", "model", "scoring_version")] == [None] * 5
    second = desk.run()[1]
    said = desk.say("not_relevant", desk.creators.index(second["id"]), reason="off_topic", comment="  No barbells ")
    assert (said["rank"], said["scoring_version"], said["comment"]) == (2, SCORING_VERSION, "No barbells")
    assert said["match_score"] == pytest.approx(second["scores"]["match_score"])
    assert said["scores"] == pytest.approx(second["scores"])
    assert said["model"].startswith("local/")
    assert said["fingerprint"]
    desk.run(niches=["nothing has this"])
    assert desk.client.get("/api/ai/feedback").json()["items"][0] == said, "a later run changes nothing of it"


def test_the_same_again_is_one_row_and_another_reason_is_another(desk: Desk) -> None:
    first = desk.say("rejected", reason="too_expensive")
    assert desk.say("rejected", expected=200, reason="too_expensive") == first
    second = desk.say("rejected", reason="wrong_place")
    assert second["id"] != first["id"]
    page = desk.client.get("/api/ai/feedback", params={"creator_id": desk.creators[0], "verdict": "rejected"}).json()
    assert [item["id"] for item in page["items"]] == [second["id"], first["id"]]
    desk.undo(second)
    assert desk.say("rejected", expected=200, reason="too_expensive") == first, "what held before holds again"
    assert desk.client.get("/api/ai/feedback", params={"undone": True}).json()["total"] == 2
    assert desk.client.get("/api/ai/feedback").json()["total"] == 1


def test_a_double_click_is_one_verdict(desk: Desk) -> None:
    with ThreadPoolExecutor(8) as pool:
        body = {"campaign_id": desk.campaign, "creator_id": desk.creators[0], "verdict": "shortlisted"}
        answers = list(pool.map(lambda _: desk.client.post("/api/ai/feedback", json=body), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert desk.listed() == [("C0", "shortlisted")]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"verdict": "meh"}, "verdict"),
        ({"verdict": None}, "verdict"),
        ({"reason": "vibes", "verdict": "rejected"}, "reason"),
        ({"comment": "x" * 2001}, "comment"),
        ({"comment": "a\x00b"}, "comment"),
        ({"rank": 1}, "rank"),
        ({"creator_id": "me"}, "creator_id"),
    ],
)
def test_what_is_wrong_is_named(client: TestClient, change: dict[str, Any], field: str) -> None:
    body = {"campaign_id": str(uuid4()), "creator_id": str(uuid4()), "verdict": "relevant", **change}
    answer = client.post("/api/ai/feedback", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_reasons_are_for_turning_down_and_unknown_ids_are_said(desk: Desk) -> None:
    assert "leave it out with shortlisted" in desk.say("shortlisted", expected=422, reason="off_topic")["detail"]
    assert desk.listed() == []
    body = {"campaign_id": desk.campaign, "creator_id": str(uuid4()), "verdict": "relevant"}
    assert "no creator" in desk.client.post("/api/ai/feedback", json=body).json()["detail"]
    body = {"campaign_id": str(uuid4()), "creator_id": desk.creators[0], "verdict": "relevant"}
    assert "no campaign" in desk.client.post("/api/ai/feedback", json=body).json()["detail"]
    assert desk.client.delete(f"/api/ai/feedback/{uuid4()}").status_code == 404


def test_verdicts_move_creators_on_and_off_the_shortlist_and_back(desk: Desk) -> None:
    desk.say("shortlisted", 0)
    contacted = desk.say("contacted", 1)
    assert desk.listed() == [("C0", "shortlisted"), ("C1", "contacted")]
    assert desk.say("rejected", 1)["verdict"] == "rejected"
    assert desk.listed()[1] == ("C1", "rejected"), "how it ended stays in sight"
    dismissed = desk.say("not_relevant", 0, reason="off_topic")
    assert desk.listed() == [("C1", "rejected")]
    undone = desk.undo(dismissed)
    assert undone["undone_at"]
    assert desk.undo(dismissed) == undone, "twice is once"
    assert desk.listed() == [("C0", "shortlisted"), ("C1", "rejected")], "at its old place"
    desk.undo(contacted)
    assert desk.listed() == [("C0", "shortlisted")]


def test_order_notes_and_removal(desk: Desk) -> None:
    path = f"/api/campaigns/{desk.campaign}/shortlist"
    for number in (0, 1, 2):
        desk.say("shortlisted", number)
    moved = desk.client.patch(f"{path}/{desk.creators[2]}", json={"position": 1, "note": " Ask about July "})
    assert [(entry["name"], entry["note"]) for entry in moved.json()["entries"]] == [
        ("C2", "Ask about July"),
        ("C0", None),
        ("C1", None),
    ]
    desk.client.patch(f"{path}/{desk.creators[2]}", json={"position": 99})
    assert [name for name, _ in desk.listed()] == ["C0", "C1", "C2"]
    assert desk.client.delete(f"{path}/{desk.creators[2]}").status_code == 204
    assert desk.client.delete(f"{path}/{desk.creators[2]}").status_code == 404
    assert desk.client.patch(f"{path}/{desk.creators[2]}", json={"position": 1}).status_code == 404
    assert desk.client.patch(f"{path}/{desk.creators[2]}", json={"note": "x"}).status_code == 404
    assert [name for name, _ in desk.listed()] == ["C0", "C1"]
    desk.say("shortlisted", 2)
    entries = desk.client.get(path).json()["entries"]
    assert (entries[2]["name"], entries[2]["note"]) == ("C2", "Ask about July"), "the note was kept"
    assert desk.client.patch(f"{path}/{desk.creators[2]}", json={"note": None}).json()["entries"][2]["note"] is None
    assert desk.client.get(f"/api/campaigns/{uuid4()}/shortlist").status_code == 404


def test_who_is_turned_down_leaves_the_matches_and_ranks_stay(desk: Desk) -> None:
    path = f"/api/campaigns/{desk.campaign}/matches"
    second = desk.run()[1]
    said = desk.say("not_relevant", desk.creators.index(second["id"]))
    page = desk.client.get(path, params={"limit": 2}).json()
    assert [match["rank"] for match in page["matches"]] == [1, 3]
    assert (page["total"], page["pages"], page["dismissed"], page["stale"]) == (3, 2, 1, False)
    everyone = desk.client.get(path, params={"dismissed": True}).json()
    assert ([match["rank"] for match in everyone["matches"]], everyone["total"]) == ([1, 2, 3, 4], 4)
    desk.undo(said)
    assert desk.client.get(path).json()["dismissed"] == 0


def test_excluded_creators_are_not_found_and_the_run_knows(desk: Desk, database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(
            text("UPDATE creators SET channel_name = '@Lifter' WHERE id = :id"), {"id": desk.creators[0]}
        )
    everyone = {match["name"] for match in desk.run()}
    body = {"handles": ["https://www.instagram.com/lifter/", "tiktok:C1", "not_here_yet"], "reason": "Asked us to stop"}
    assert desk.client.post("/api/exclusions", json=body).json() == {"added": 3}
    assert desk.client.post("/api/exclusions", json=body).json() == {"added": 0}
    assert desk.client.get(f"/api/campaigns/{desk.campaign}/matches").json()["stale"] is True
    assert {match["name"] for match in desk.run()} == everyone - {"C0"}
    only_here = {"creator_ids": [desk.creators[2]], "campaign_id": desk.campaign}
    assert desk.client.post("/api/exclusions", json=only_here).json() == {"added": 1}
    assert {match["name"] for match in desk.run()} == everyone - {"C0", "C2"}
    brief = {"product_name": "Lift Log", "brand_name": "Ironvale", "total_budget": 9000}
    elsewhere = desk.client.post("/api/ai/similaritysearch", json=brief).json()
    assert {match["name"] for match in elsewhere["matches"]} == everyone - {"C0"}
    listed = desk.client.get("/api/exclusions").json()
    assert {item["handle"]: item["creators"] for item in listed["items"]} == {"lifter": 1, "c1": 0, "not_here_yet": 0}
    for item in listed["items"]:
        assert desk.client.delete(f"/api/exclusions/{item['id']}").status_code == 204
    assert desk.client.delete(f"/api/exclusions/{listed['items'][0]['id']}").status_code == 404
    assert {match["name"] for match in desk.run()} == everyone - {"C2"}


def test_a_handle_holds_for_a_creator_imported_later(desk: Desk, database: Database, settings: Settings) -> None:
    desk.client.post("/api/exclusions", json={"handles": ["youtube:latecomer", "instagram:C9"]})
    with database.transaction() as connection:
        add_creator(connection, name="Late", platform="youtube", channel_name="@LateComer")
        add_creator(connection, name="Other", platform="youtube", channel_name="c9")
    Worker(database, settings).drain()
    names = {match["name"] for match in desk.run()}
    assert "Late" not in names
    assert "Other" in names, "of that handle on another platform"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"handles": ["two words"]},
        {"handles": ["https://example.com/anna"]},
        {"handles": ["myspace:anna"]},
        {"handles": ["@"]},
    ],
)
def test_what_is_no_handle_is_refused_whole(client: TestClient, body: dict[str, Any]) -> None:
    given = {**body, "handles": [*body["handles"], "anna"]} if body else body
    answer = client.post("/api/exclusions", json=given)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "handles"
    assert client.get("/api/exclusions").json()["total"] == 0


def test_examples_reshape_the_order_and_leave_what_a_match_is_worth(desk: Desk) -> None:
    plain = desk.run()
    last = plain[-1]
    shaped = desk.run(like=[last["id"]])
    assert next(match["rank"] for match in shaped if match["id"] == last["id"]) < last["rank"]
    scores = {match["id"]: match["scores"]["match_score"] for match in plain}
    assert {match["id"]: match["scores"]["match_score"] for match in shaped} == pytest.approx(scores)
    away = desk.run(unlike=[plain[0]["id"]])
    assert [match["id"] for match in away] != [match["id"] for match in shaped]
    both = {"like": [last["id"]], "unlike": [last["id"]]}
    assert desk.client.post(f"/api/campaigns/{desk.campaign}/matches", json=both).status_code == 422
    assert [match["id"] for match in desk.run(like=[str(uuid4())])] == [match["id"] for match in plain]


def test_deleting_a_creator_takes_what_was_said_along(desk: Desk, database: Database) -> None:
    desk.say("shortlisted", 0)
    desk.say("shortlisted", 1)
    desk.client.post("/api/exclusions", json={"creator_ids": desk.creators[:1], "campaign_id": desk.campaign})
    assert desk.client.delete(f"/api/creators/{desk.creators[0]}").status_code == 204
    assert desk.listed() == [("C1", "shortlisted")]
    with database.transaction() as connection:
        rows = {
            table: f"SELECT count(*) FROM {table}" for table in ("feedback", "shortlist_entries", "excluded_creators")
        }
        counted = {table: connection.scalar(text(statement)) for table, statement in rows.items()}
    assert counted == {"feedback": 1, "shortlist_entries": 1, "excluded_creators": 0}


def test_who_was_contacted_is_found_by_index(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = connection.scalars(
            text("""
                EXPLAIN SELECT FROM feedback WHERE creator_id = :id AND verdict IN ('contacted', 'hired')
                AND undone_at IS NULL
            """),
            {"id": UUID(int=1)},
        )
        assert "feedback_contacted_idx" in "\n".join(plan)
