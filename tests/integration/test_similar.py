"""More like these, less like those, over real vectors of the local model."""

from uuid import UUID, uuid4

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from tests.factories import add_creator

from influencerflow.database.engine import Database
from influencerflow.errors import InvalidInputError
from influencerflow.matching.similar import example_query, similar_creators, topic_cosine
from influencerflow.retrieval.filters import Filters
from influencerflow.settings import Settings
from influencerflow.worker.worker import Worker

BIOS = {
    "baker": "Sourdough bread, every crumb of it. Baking from a small kitchen",
    "cook": "Weeknight dinners and bread. Cooking for five",
    "pastry": "Croissants, cakes and bread: pastry from scratch",
    "lifter": "Barbell squats and deadlifts. Strength training",
    "runner": "Marathon training, one long run at a time",
    "gym": "Gym workouts for beginners: barbells and squats",
    "eater": "Protein pancakes for lifters: cooking and barbell squats",
}


@pytest.fixture
def people(database: Database, settings: Settings) -> dict[str, UUID]:
    with database.transaction() as connection:
        ids = {
            name: add_creator(
                connection, name=name, niche=None, about=about, platform="tiktok" if name == "gym" else "x"
            )
            for name, about in BIOS.items()
        }
    Worker(database, settings).drain()
    return ids


def found(
    database: Database, people: dict[str, UUID], like: str, unlike: str = "", **filters: object
) -> list[str | None]:
    with database.transaction() as connection:
        similar = similar_creators(
            connection,
            [people[name] for name in like.split()],
            [people[name] for name in unlike.split()],
            Filters.model_validate(filters),
        )
    return [item.creator.name for item in similar]


def test_those_of_the_same_kind_come_first_without_the_examples(database: Database, people: dict[str, UUID]) -> None:
    near = found(database, people, "lifter")
    assert set(near) == set(BIOS) - {"lifter"}
    assert near[0] == "gym"
    assert set(found(database, people, "baker")[:2]) == {"cook", "pastry"}
    assert found(database, people, "lifter", platforms=["tiktok"]) == ["gym"]


def test_a_negative_example_pushes_its_kind_down(database: Database, people: dict[str, UUID]) -> None:
    before, after = found(database, people, "eater"), found(database, people, "eater", "gym")
    assert before.index("lifter") < before.index("cook")
    assert after.index("cook") < after.index("lifter")


def test_several_examples_meet_in_the_middle(database: Database, people: dict[str, UUID]) -> None:
    assert found(database, people, "baker lifter")[:3].count("eater") == 1


def test_the_api_explains_by_shared_topics(client: TestClient, people: dict[str, UUID], database: Database) -> None:
    answer = client.get("/api/creators/similar", params={"like": str(people["lifter"]), "limit": 2}).json()
    assert answer["items"][0]["creator"]["name"] == "gym"
    assert "Strength training" in answer["items"][0]["shared_topics"]
    assert answer["items"][0]["score"] > answer["items"][1]["score"]
    with database.transaction() as connection:
        unread = add_creator(connection, name="New here")
    for query, status, field in (
        ({}, 422, "like"),
        ({"like": [str(people["gym"])], "unlike": [str(people["gym"])]}, 422, "unlike"),
        ({"like": [str(uuid4())]}, 404, None),
        ({"like": [str(unread)]}, 409, None),
        ({"like": [str(uuid4()) for _ in range(21)]}, 422, "like"),
        ({"like": [str(people["gym"])], "countries": "Narnia"}, 422, "countries"),
    ):
        problem = client.get("/api/creators/similar", params=query)
        assert problem.status_code == status, query
        assert (problem.json().get("errors") or [{"field": None}])[0]["field"] == field


def test_the_same_catalogue_always_gives_the_same_list(database: Database, people: dict[str, UUID]) -> None:
    assert found(database, people, "cook") == found(database, people, "cook")
    with database.transaction() as connection:
        connection.execute(text("ANALYZE"))
    assert found(database, people, "cook") == found(database, people, "cook")


def test_centring_is_what_makes_a_negative_example_felt() -> None:
    """All vectors share the first axis; the second and third tell them apart."""

    def unit(*values: float) -> np.ndarray:
        return np.array([values], dtype=np.float32) / np.linalg.norm(values)

    common, one, other = unit(10, 0, 0)[0], unit(10, 1, 1), unit(10, 1, -1)
    query = example_query(one, other, common)
    assert abs(query[0]) < 0.1
    assert query[2] > query[1] > 0, "away from the negative one, still on the side both are on"
    assert np.linalg.norm(query) == pytest.approx(1)
    with pytest.raises(InvalidInputError, match="cancel each other out"):
        example_query(np.array([[0.0, 1.0]]), np.empty((0, 2)), np.array([0.0, 1.0]))


def test_topics_are_compared_by_strength() -> None:
    assert topic_cosine({"a": 1.0}, {"a": 0.5}) == pytest.approx(1)
    assert topic_cosine({"a": 1.0, "b": -0.5}, {"b": 1.0}) < 0
    assert topic_cosine({}, {"a": 1.0}) == topic_cosine({"a": 1.0}, {}) == 0
