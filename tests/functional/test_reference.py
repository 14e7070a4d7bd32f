"""`/docs`: the API's reference, complete, and with nothing from elsewhere."""

import json
import re
import shlex
from html import unescape

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, expect
from tests.browsing import accessibility_report, open_page, problems, sideways

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def test_every_operation_and_schema_is_there_and_every_link_leads_somewhere(app: FastAPI, client: TestClient) -> None:
    page = client.get("/docs").text
    ids = re.findall(r' id="([^"]+)"', page)
    described = app.openapi()
    operations = [operation for methods in described["paths"].values() for operation in methods.values()]
    assert {operation["operationId"] for operation in operations} <= set(ids)
    assert {f"schema-{name}" for name in described["components"]["schemas"]} <= set(ids)
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    assert len(ids) == len(set(ids))
    assert "&amp;#34;" not in page, "escaped once"


def test_requests_can_be_pasted_as_they_stand(client: TestClient) -> None:
    commands = [
        unescape(found) for found in re.findall(r"<code>(curl .*?)</code>", client.get("/docs").text, re.DOTALL)
    ]
    assert len(commands) > 30
    answered = {}
    for command in commands:
        words = shlex.split(command.replace("\\\n", " "))
        method = words[words.index("-X") + 1] if "-X" in words else "GET"
        address = next(word for word in words if word.startswith("http://testserver/"))
        body = json.loads(words[words.index("-d") + 1]) if "-d" in words else None
        answered[f"{method} {address.split('?')[0][17:]}"] = client.request(method, address, json=body).status_code
    # Ids of examples are nobody's here: 404. An empty body of what may be left out is one, too.
    assert {status for status in answered.values() if status not in (200, 201, 204)} <= {404}
    assert answered["POST /api/campaigns"] == 201
    assert answered["POST /api/ai/similaritysearch"] == 200


def test_it_needs_nothing_from_elsewhere(browser: Browser, address: str) -> None:
    page = open_page(browser, "about:blank", width=360, javascript=True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    answer = page.goto(f"{address}/docs")
    assert answer is not None
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    expect(page.get_by_role("heading", name="Find the creators that fit a brief")).to_have_count(1)
    assert asked
    assert all(url.startswith(address) for url in asked)
    assert problems(page) == []
    assert sideways(page) <= 0


@pytest.mark.parametrize("dark", [False, True])
def test_it_is_accessible(browser: Browser, address: str, dark: bool) -> None:
    assert accessibility_report(browser, f"{address}/docs", dark=dark) == ""
