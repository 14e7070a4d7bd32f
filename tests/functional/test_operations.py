"""/healthz, /readyz and /metrics, in good days and bad ones."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from influencerflow.app import create_app
from influencerflow.database.engine import Database
from influencerflow.embeddings.registry import add_model
from influencerflow.settings import Settings


def not_ready(client: TestClient, check: str) -> str:
    """What /readyz says of the check that fails; the ones before it pass, and the process lives all the same."""
    answer = client.get("/readyz")
    body = answer.json()
    assert (answer.status_code, body["status"], list(body["checks"])[-1]) == (503, "not ready", check)
    assert all(said == "ok" for name, said in body["checks"].items() if name not in (check, "model"))
    assert client.get("/healthz").status_code == 200
    return str(body["checks"][check])


def test_ready(client: TestClient) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    assert list(answer.json()["checks"]) == ["database", "schema", "model", "encoder"]


def test_requests_are_timed_by_route_and_status_not_by_path(client: TestClient) -> None:
    client.get("/api/creators/7f1241fe-cff6-5c90-a230-282719853a71")
    client.get("/nowhere")
    timed = [line for line in client.get("/metrics").text.splitlines() if "request_seconds_count" in line]
    assert sorted(timed) == [
        'influencerflow_request_seconds_count{method="GET",route="/api/creators/{creator_id}",status="404"} 1.0',
        'influencerflow_request_seconds_count{method="GET",route="unmatched",status="404"} 1.0',
    ]


def test_a_database_that_is_down_is_not_ready(settings: Settings) -> None:
    gone = Database("postgresql://nobody@127.0.0.1:9/none")
    with TestClient(create_app(gone, settings)) as client:
        assert "cannot be reached" in not_ready(client, "database")
        assert "influencerflow_database_up 0.0" in client.get("/metrics").text
    gone.close()


def test_an_empty_or_older_schema_is_not_ready(
    client: TestClient, database: Database, empty_database_url: str, settings: Settings
) -> None:
    with database.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert "influencerflow migrate" in not_ready(client, "schema")
    empty = Database(empty_database_url)
    with TestClient(create_app(empty, settings), raise_server_exceptions=False) as other:
        assert "influencerflow migrate" in not_ready(other, "schema")
        assert other.get("/metrics").status_code == 200
    empty.close()


def test_no_active_model_is_not_ready(client: TestClient, database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("UPDATE embedding_models SET state = 'retired'"))
    assert "No embedding model is active" in not_ready(client, "model")


@pytest.mark.parametrize(("key", "ready"), [(None, False), ("sk-any", True)])
def test_a_missing_key_is_not_ready(database: Database, settings: Settings, key: str | None, ready: bool) -> None:
    with database.transaction() as connection:
        connection.execute(text("UPDATE embedding_models SET state = 'retired'"))
        add_model(connection, "openai", "text-embedding-3-small", 1536, state="active")
    keyed = settings.model_copy(update={"openai_api_key": key and Settings(openai_api_key=key).openai_api_key})
    with TestClient(create_app(database, keyed)) as client:
        if ready:
            assert client.get("/readyz").status_code == 200
        else:
            assert "OPENAI_API_KEY" in not_ready(client, "encoder")
