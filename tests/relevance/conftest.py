"""The 8,123 real creators that lie beside a checkout, with vectors kept between runs."""

import os
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest
from tests.conftest import cloned

from influencerflow.database.embedded import EmbeddedServer
from influencerflow.database.engine import Database
from influencerflow.embeddings.encoder import Encoder
from influencerflow.embeddings.registry import wrapped_encoders
from influencerflow.evaluation.catalogue import fill_catalogue
from influencerflow.evaluation.vectors import VectorCache, cached
from influencerflow.settings import Settings


@pytest.fixture(scope="session")
def vector_folder() -> Path:
    """Where encoded texts are kept; `INFLUENCERFLOW_TEST_CACHE` names another place."""
    named = os.environ.get("INFLUENCERFLOW_TEST_CACHE")
    return Path(named) if named else platformdirs.user_cache_path("influencerflow-tests")


@pytest.fixture(scope="session")
def real_catalogue(
    server: EmbeddedServer, template: str, settings: Settings, shared_folder: Path, vector_folder: Path
) -> Iterator[Database]:
    """All of them, imported and embedded as users do it; one database for every test."""
    databases = cloned(server, template)
    database = next(databases)
    with VectorCache(vector_folder) as vectors:
        kept: dict[Encoder, Encoder] = {}

        def wrap(encoder: Encoder) -> Encoder:
            return kept.setdefault(encoder, cached(encoder, vectors)[0])

        with wrapped_encoders(wrap):
            fill_catalogue(database, settings, shared_folder / "data" / "creators.jsonl", lambda *_: None)
    yield database
    databases.close()
