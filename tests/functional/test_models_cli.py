"""A change of models as an operator makes it, command by command."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.hashing_provider import hashing_provider
from fastapi.testclient import TestClient
from sqlalchemy import text
from tests.factories import add_campaign, add_creator
from tests.functional.test_cli import refused, run, url_of

from influencerflow.app import create_app
from influencerflow.cli.models import _percent, _size
from influencerflow.database.engine import Database
from influencerflow.embeddings import lifecycle
from influencerflow.settings import Settings
from influencerflow.worker.worker import Worker

BIOS = ("Barbell training for beginners", "Sourdough and rye", "Trail running", "Recetas veganas", "I knit socks")


@pytest.fixture
def values(database: Database, settings: Settings) -> Iterator[dict[str, str]]:
    """The environment of the commands; the catalogue is embedded with the local model, and there is one campaign."""
    with database.transaction() as connection:
        for about in BIOS:
            add_creator(connection, niche=None, about=about)
        add_campaign(connection)
        connection.execute(text("INSERT INTO campaigns (brand_name) VALUES ('Without a product')"))
    Worker(database, settings).drain()
    with hashing_provider() as url:
        yield {
            "INFLUENCERFLOW_DATABASE_URL": url_of(database),
            "OPENAI_BASE_URL": url,
            "INFLUENCERFLOW_OPENAI_MODEL": "hashed-256",
            "INFLUENCERFLOW_OPENAI_DIMENSIONS": "256",
        }


@pytest.mark.slow
def test_a_change_from_adding_to_retiring(database: Database, values: dict[str, str], tmp_path: Path) -> None:
    added = run("models", "add", "--encoder", "openai", **values).stdout
    assert added.startswith("Model 2: openai hashed-256, 256 dimensions, text version 2.")
    assert added.endswith("Next: influencerflow models build 2\n")
    assert "is not complete" in refused(run("models", "activate", "2", **values))
    built = run("models", "build", "2", **values)
    assert built.stdout.startswith("Model 2 has 5 of 5 creators, 0 failed;")
    compared = run("models", "compare", "2", "--moves", **values).stdout
    assert "Ironvale: Lift Log" in compared
    assert "Left out: 1 without a complete brief." in compared
    assert "No calibration is shipped for model 2" in added
    figures = json.loads(run("models", "compare", "2", "--json", **values).stdout)
    assert (figures["overlap"], figures["coverage_after"], len(figures["briefs"][0]["moves"])) == (1.0, 1.0, 5)
    judged = judgments(database, tmp_path)
    better = json.loads(run("models", "compare", "2", *judged, "--json", **values).stdout)
    assert better["ndcg_difference"]["briefs"] == 1
    activated = run("models", "activate", "2", **values).stdout
    assert "answers from now on, in place of model 1" in activated
    assert "models rollback" in activated
    assert "is active already" in refused(run("models", "activate", "2", **values))
    assert "Model 1 (local" in run("models", "rollback", **values).stdout
    run("models", "activate", "2", **values)
    assert "are free" in run("models", "retire", "1", **values).stdout
    first, second = json.loads(run("models", "list", "--json", **values).stdout)
    assert (first["state"], first["size_bytes"], second["state"], second["coverage"]) == ("retired", 0, "active", 1.0)
    assert "no model to go back to" in refused(run("models", "rollback", **values))
    assert "retired" in run("models", "list", **values).stdout


def judgments(database: Database, folder: Path) -> tuple[str, ...]:
    brief = {
        "qid": "b1",
        "product_name": "Lift Log",
        "brand_name": "Ironvale",
        "total_budget": 1000,
        "product_niche": "barbell",
    }
    (folder / "briefs.jsonl").write_text(json.dumps(brief))
    with database.transaction() as connection:
        fitting = connection.scalar(text("SELECT id FROM creators WHERE about LIKE 'Barbell%'"))
    (folder / "qrels.tsv").write_text(f"b1 0 {fitting} 3\n")
    return "--briefs", str(folder / "briefs.jsonl"), "--qrels", str(folder / "qrels.tsv")


def test_models_over_http_and_what_readiness_notes(database: Database, settings: Settings) -> None:
    with database.transaction() as connection:
        add_creator(connection)
    with hashing_provider() as url:
        both = settings.model_copy(update={"openai_base_url": url})
        lifecycle.register(database, both, "openai", "hashed-256", 256)
        with TestClient(create_app(database, settings)) as client:
            (local, other) = client.get("/api/models").json()
            ready = client.get("/readyz").json()
            metrics, page = client.get("/metrics").text, client.get("/").text
            with database.transaction() as connection:
                add_creator(connection)
            notes = client.get("/readyz").json()["notes"]
    assert (local["state"], local["coverage"], local["calibrated"]) == ("active", 0.0, True)
    assert (other["state"], other["indexed"], other["dimensions"]) == ("building", False, 256)
    assert ready["status"] == "ready"
    assert any("cannot be used by this process" in note and "OPENAI_API_KEY" in note for note in ready["notes"])
    assert "1 of 1 creators are not embedded yet: they are found by their words." in ready["notes"]
    assert any("hashed-256, building): 1 creators are due" in note for note in notes)
    assert 'influencerflow_active_model{id="1",model="multilingual-e5-small-q4-centred"} 1.0' in metrics
    assert "found by their words" in page


def test_sizes_and_shares_read_well() -> None:
    assert [_size(size) for size in (0, 8192, 3 << 20, 5 << 30)] == ["0 kB", "8 kB", "3.0 MB", "5.0 GB"]
    assert [_percent(share) for share in (1.0, 0.99999, 0.5)] == ["100%", "99.9%", "50.0%"]
