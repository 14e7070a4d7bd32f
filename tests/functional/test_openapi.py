"""The description in /docs keeps its word: requests made up from it get answers that it describes."""

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.factories import add_campaign, add_creator

from influencerflow.database.engine import Database

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
WITHOUT_INPUT = ("/healthz", "/readyz", "/metrics", "/api/topics", "/api/models")
OPERATIONS = [
    *((method, "/api/creators") for method in ("GET", "POST")),
    *((method, "/api/creators/{creator_id}") for method in ("GET", "PATCH", "DELETE")),
    *((method, "/api/campaigns") for method in ("GET", "POST")),
    *((method, "/api/campaigns/{campaign_id}") for method in ("GET", "PATCH", "DELETE")),
    *(("POST", f"/api/campaigns/{{campaign_id}}/{action}") for action in ("duplicate", "restore")),
    ("POST", "/api/ai/similaritysearch"),
    *((method, "/api/campaigns/{campaign_id}/matches") for method in ("GET", "POST")),
    *((method, "/api/ai/feedback") for method in ("GET", "POST")),
    ("DELETE", "/api/ai/feedback/{feedback_id}"),
    ("GET", "/api/campaigns/{campaign_id}/shortlist"),
    *((method, "/api/campaigns/{campaign_id}/shortlist/{creator_id}") for method in ("PATCH", "DELETE")),
    *((method, "/api/exclusions") for method in ("GET", "POST")),
    ("DELETE", "/api/exclusions/{exclusion_id}"),
    *(("GET", path) for path in WITHOUT_INPUT),
]


@pytest.fixture
def api(app: FastAPI, database: Database) -> schemathesis.BaseSchema:
    """With the creator and the campaign of the examples, so that some of the made-up requests find them."""
    with database.transaction() as connection:
        add_creator(connection, id="7f1241fe-cff6-5c90-a230-282719853a71")
        add_campaign(connection, id="0b0a4a6e-6f3c-4c0e-9a52-3b1f5d0c7a11")
    return schemathesis.openapi.from_asgi("/openapi.json", app)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "path", "mode"),
    [
        *((method, path, GenerationMode.POSITIVE) for method, path in OPERATIONS),
        *((method, path, GenerationMode.NEGATIVE) for method, path in OPERATIONS if path not in WITHOUT_INPUT),
    ],
)
def test_answers_are_as_described(api: schemathesis.BaseSchema, method: str, path: str, mode: GenerationMode) -> None:
    """Of requests that keep to the description, and of requests that break it somewhere."""

    @given(case=api[path][method].as_strategy(generation_mode=mode))
    @settings(max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=CHECKS)

    ask()


def test_every_operation_is_tried(app: FastAPI) -> None:
    described = {(method.upper(), path) for path, operations in app.openapi()["paths"].items() for method in operations}
    assert described == set(OPERATIONS)
