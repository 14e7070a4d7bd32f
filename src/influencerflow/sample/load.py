"""Puts the invented sample into an empty database, in one transaction."""

import json
from importlib.resources import files
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from influencerflow.creators.display import followers_text
from influencerflow.database.engine import Database
from influencerflow.database.tables import campaigns, creators


def read_briefs() -> list[dict[str, Any]]:
    """The sample's campaigns."""
    found: list[dict[str, Any]] = json.loads(
        (files("influencerflow.sample") / "campaigns.json").read_text(encoding="utf-8")
    )
    return found


def load_sample(database: Database) -> None:
    folder = files("influencerflow.sample")
    lines = (folder / "creators.jsonl").read_text(encoding="utf-8").strip().split("\n")
    people = [json.loads(line) for line in lines]
    briefs = read_briefs()
    for row in people:
        row["followers_count"] = followers_text(row["followers_count_numeric"])
    with database.transaction() as connection:
        for table, rows in ((creators, people), (campaigns, briefs)):
            connection.execute(insert(table), [{**row, "id": UUID(row["id"])} for row in rows])
