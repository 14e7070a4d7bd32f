"""Real PostgreSQL and a real Chromium for every test that needs one: a server a session, a database cloned from a migrated
template, the application on a port of its own."""

import itertools
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, sync_playwright
from tools.ensure_browser import find_browser

from influencerflow.database.embedded import EmbeddedServer
from influencerflow.database.engine import Database
from influencerflow.database.migrate import migrate
from influencerflow.embeddings.registry import ensure_active_model
from influencerflow.settings import Settings

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    started = EmbeddedServer(tmp_path_factory.mktemp("home"))
    yield started
    started.close()


def run_sql(server: EmbeddedServer, statement: str) -> None:
    with psycopg.connect(server.url.replace("/influencerflow?", "/postgres?"), autocommit=True) as connection:
        connection.execute(statement)


def database_url(server: EmbeddedServer, name: str) -> str:
    return server.url.replace("/influencerflow?", f"/{name}?")


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("settings-home"), encoder="local")


@pytest.fixture(scope="session")
def template(server: EmbeddedServer, settings: Settings) -> str:
    run_sql(server, "CREATE DATABASE template_migrated")
    database = Database(database_url(server, "template_migrated"))
    migrate(database)
    with database.transaction() as connection:
        ensure_active_model(connection, settings)
    database.close()
    return "template_migrated"


@pytest.fixture
def empty_database_url(server: EmbeddedServer) -> Iterator[str]:
    """A database without any table."""
    name = f"empty_{next(_numbers)}"
    run_sql(server, f"CREATE DATABASE {name}")
    yield database_url(server, name)
    run_sql(server, f"DROP DATABASE {name} WITH (FORCE)")


def cloned(server: EmbeddedServer, template: str) -> Iterator[Database]:
    """A database of its own with what the template has."""
    name = f"test_{next(_numbers)}"
    run_sql(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    clone = Database(database_url(server, name))
    yield clone
    clone.close()
    run_sql(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(server: EmbeddedServer, template: str) -> Iterator[Database]:
    """A migrated database of the test's own, with the local model active."""
    yield from cloned(server, template)


@pytest.fixture
def app(database: Database, settings: Settings) -> FastAPI:
    from influencerflow.app import create_app

    return create_app(database, settings)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as started:
        yield started


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find_browser()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium")
        pytest.skip("no Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
        started = playwright.chromium.launch(executable_path=path, args=arguments)
        yield started
        started.close()


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """Real creators and judged briefs, where they are there."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not (folder / "relevance" / "qrels.tsv").exists():
        pytest.skip("the judged briefs are not beside this checkout")
    return folder
