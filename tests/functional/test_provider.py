"""A provider that refuses the key or is not there, as the command line, the API and /readyz tell it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from tests.factories import add_creator
from tests.functional.test_cli import BRIEF, refused, run

from influencerflow.app import create_app
from influencerflow.database.engine import Database
from influencerflow.embeddings.registry import add_model
from influencerflow.settings import Settings


class _Refusing(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.dumps(
            {"error": {"message": "Incorrect API key provided", "type": "invalid_request_error"}}
        ).encode()
        self.send_response(401)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def refusing_url() -> Iterator[str]:
    """A server that speaks OpenAI's protocol and takes no key."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Refusing)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def openai_database(database: Database) -> Database:
    """One creator, not embedded yet; the active model is a provider's."""
    with database.transaction() as connection:
        add_creator(connection)
        connection.execute(text("UPDATE embedding_models SET state = 'retired'"))
        add_model(connection, "openai", "text-embedding-3-small", 1536, state="active")
        connection.execute(text("DELETE FROM embedding_jobs WHERE model_id = 1"))
    return database


def test_a_wrong_key_is_one_line_and_costs_no_attempt(
    openai_database: Database, refusing_url: str, tmp_path: Path
) -> None:
    values = {
        "INFLUENCERFLOW_DATABASE_URL": openai_database.url,
        "OPENAI_API_KEY": "sk-wrong",
        "OPENAI_BASE_URL": refusing_url,
    }
    drained = run("worker", "--drain", **values)
    said = drained.stderr.splitlines()[-1]
    assert (drained.returncode, "Traceback" in drained.stderr, "sk-wrong" in said) == (2, False, False)
    assert said.startswith("Error: The embedding provider refused the key: ")
    with openai_database.transaction() as connection:
        assert connection.execute(text("SELECT state, attempts FROM embedding_jobs")).all() == [("queued", 0)]
    brief = tmp_path / "brief.json"
    brief.write_text(json.dumps(BRIEF))
    assert "OPENAI_API_KEY" in refused(run("match", str(brief), **values))


@pytest.mark.parametrize(("url", "said"), [(None, "refused the key"), ("http://127.0.0.1:9/v1", "does not answer")])
def test_a_search_that_cannot_be_encoded_is_a_503_that_says_why(
    openai_database: Database, settings: Settings, refusing_url: str, url: str | None, said: str
) -> None:
    keyed = Settings(home=settings.home, openai_api_key="sk-wrong", openai_base_url=url or refusing_url)  # type: ignore[arg-type]
    with TestClient(create_app(openai_database, keyed), raise_server_exceptions=False) as client:
        answer = client.post("/api/ai/similaritysearch", json=BRIEF)
        campaign = client.post("/api/campaigns", json=BRIEF).json()["id"]
        page = client.get(f"/campaigns/{campaign}/match")
    assert (answer.status_code, answer.json()["title"]) == (503, "Encoder unavailable")
    assert said in answer.json()["detail"]
    assert page.status_code == 503
    assert said in page.text
