"""The pages in a real Chromium, over a real server, with JavaScript off: everything must work without it."""

import os
import re
import threading
import time
from collections.abc import Iterator
from urllib.parse import quote
from uuid import UUID

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, sync_playwright
from tests.factories import add_campaign, add_creator
from tools.ensure_browser import find_browser

from influencerflow.database.engine import Database
from influencerflow.settings import Settings
from influencerflow.worker.worker import Worker

pytestmark = [pytest.mark.slow, pytest.mark.browser]
HOSTILE = "<script>document.title='hacked'</script><img src=x onerror=alert(1)>"
FORM = {"content-type": "application/x-www-form-urlencoded"}
RTL = "\u202eevil\u202c"


@pytest.fixture(scope="module")
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
def campaign(database: Database, settings: Settings) -> UUID:
    with database.transaction() as connection:
        add_creator(
            connection,
            name=f"Ana {RTL} {HOSTILE} {'x' * 300}",
            about=f"Barbell {HOSTILE}",
            profile_image="http://x/y.png",
        )
        for number in range(24):
            add_creator(connection, about=f"Pasta number {number}", niche=None, engagement_rate=None)
        added = add_campaign(connection)
    Worker(database, settings).drain()
    return added


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


def open_page(browser: Browser, url: str, *, width: int = 1200, dark: bool = False, javascript: bool = False) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        java_script_enabled=javascript,
        bypass_csp=javascript,
    )
    page = context.new_page()
    page.goto(url)
    return page


def test_from_the_list_to_the_matches_and_on(browser: Browser, address: str, campaign: UUID) -> None:
    page = open_page(browser, address)
    page.get_by_role("link", name="Lift Log").click()
    assert page.get_by_role("heading", name="Not matched yet").count() == 1
    page.get_by_role("button", name="Find matches").click()
    assert page.url == f"{address}/campaigns/{campaign}#matches"
    assert page.locator(".match").count() == 20
    assert "25 creators" in page.locator(".results-head").inner_text()
    assert page.locator("mark").first.inner_text() == "Barbell"
    assert re.fullmatch(r"\d+\.\d%\s+match", page.locator(".score").first.inner_text())
    assert "The match is a chance" in page.inner_text("#matches")
    assert page.get_by_role("img", name="Niche: 100 of 100").count() == 1
    assert page.get_by_role("img", name="Engagement: 50 of 100, a neutral value since it is unknown").count() == 19
    page.get_by_role("link", name="Next").click()
    assert page.url.endswith("page=2#matches")
    assert page.locator(".match").count() == 5
    assert page.locator(".match .rank").first.inner_text().split() == ["21", "."]


def test_filters_are_kept_and_a_wrong_one_is_said_at_its_field(browser: Browser, address: str, campaign: UUID) -> None:
    page = open_page(browser, f"{address}/campaigns/{campaign}")
    page.locator("summary").click()
    page.get_by_label("Niches").fill("fitness")
    page.get_by_label("Followers from").fill("10K")
    page.get_by_role("button", name="Find matches").click()
    assert page.url == f"{address}/campaigns/{campaign}?niches=fitness&min_followers=10%2C000#matches"
    assert page.locator(".match").count() == 1
    assert page.locator(".in-use li").all_inner_texts() == ["niche fitness", "10,000 followers or more", "Change"]
    page.locator("summary").click()
    assert page.get_by_label("Niches").input_value() == "fitness"
    page.get_by_label("Followers from").fill("many")
    page.get_by_label("Countries").fill("Germany, Narnia")
    page.get_by_role("button", name="Apply filters").click()
    assert page.locator("#min_followers-error").inner_text() == "“many” is not a number"
    assert "“Narnia” is not a country" in page.locator("#countries-error").inner_text()
    assert page.get_by_label("Followers from").input_value() == "many"
    assert page.locator(".match").count() == 1, "what was found before stays in sight"


def test_a_link_with_filters_fills_the_form_and_tells_what_the_list_was_found_with(
    browser: Browser, address: str, campaign: UUID
) -> None:
    page = open_page(browser, f"{address}/campaigns/{campaign}")
    page.get_by_role("button", name="Find matches").click()
    page.goto(f"{address}/campaigns/{campaign}?platforms=instagram&niches=fitness")
    assert page.get_by_label("Instagram").is_checked()
    assert "Found with other filters" in page.inner_text(".notice")
    page.get_by_role("button", name="Find with these filters").click()
    assert page.locator(".match").count() == 1
    assert page.locator(".notice").count() == 0


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("min_followers=50k&max_followers=10", "“10” is less than “50k”"),
        ("max_rate=%E2%82%AC5", "“€5” is not in US dollars"),
        ("min_engagement=101", "“101” is above 100 percent"),
        ("niches=" + "x" * 101, "at most 100 characters"),
    ],
)
def test_wrong_filters_in_a_link_are_said_with_status_422(
    client: TestClient, database: Database, query: str, said: str
) -> None:
    with database.transaction() as connection:
        added = add_campaign(connection)
    for answer in (
        client.get(f"/campaigns/{added}?{query}"),
        client.post(f"/campaigns/{added}/matches", content=query, headers=FORM),
    ):
        assert answer.status_code == 422
        assert said in answer.text


@pytest.mark.parametrize("text", ["'; DROP TABLE creators; --", "a\0b", "\ud83d", "%", "مرحبا", "x" * 5000])
def test_any_text_may_be_sought_and_filtered_by(client: TestClient, database: Database, text: str) -> None:
    with database.transaction() as connection:
        added = add_campaign(connection)
    sent = quote(text, errors="replace")
    assert client.get(f"/?q={sent}").status_code == 200
    answer = client.post(f"/campaigns/{added}/matches", content=f"niches={sent}", headers=FORM)
    assert answer.status_code == (422 if len(text) > 100 else 200)


def test_changed_catalogue_is_told_and_refreshed(
    browser: Browser, address: str, campaign: UUID, database: Database, settings: Settings
) -> None:
    page = open_page(browser, f"{address}/campaigns/{campaign}")
    page.get_by_role("button", name="Find matches").click()
    with database.transaction() as connection:
        add_creator(connection)
    page.goto(f"{address}/campaigns/{campaign}")
    assert "25 of 26 creators are ready to match" in page.inner_text("main")
    Worker(database, settings).drain()
    page.reload()
    assert "These matches are out of date" in page.inner_text("main")
    page.get_by_role("button", name="Refresh matches").click()
    assert "26 creators" in page.locator(".results-head").inner_text()
    assert page.locator(".notice").count() == 0


def test_an_incomplete_campaign_says_what_it_lacks(client: TestClient, database: Database) -> None:
    with database.transaction() as connection:
        added = add_campaign(connection, brand_name=None, total_budget=None)
    answer = client.get(f"/campaigns/{added}")
    assert answer.status_code == 200
    assert "The brief is not complete: brand name, total budget." in answer.text
    assert "Find matches</button>" not in answer.text
    assert client.post(f"/campaigns/{added}/matches").status_code == 422


def test_pages_allow_nothing_but_their_own_style(client: TestClient) -> None:
    answer = client.get("/")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'")
    assert "<script" not in answer.text
    assert " style=" not in answer.text


def test_a_database_that_is_gone_is_a_page_of_its_own(settings: Settings) -> None:
    from influencerflow.app import create_app

    gone = Database("postgresql://nobody@127.0.0.1:9/none")
    with TestClient(create_app(gone, settings), raise_server_exceptions=False) as client:
        page, api = client.get("/"), client.get("/api/campaigns")
    assert page.status_code == api.status_code == 503
    assert "The database does not answer" in page.text
    assert "Try again" in page.text
    assert api.headers["content-type"] == "application/problem+json"
    gone.close()


def test_hostile_text_is_only_text(browser: Browser, address: str, campaign: UUID) -> None:
    page = open_page(browser, f"{address}/campaigns/{campaign}", javascript=True)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.get_by_role("button", name="Find matches").click()
    assert "hacked" not in page.title()
    assert page.locator("main script, main img").count() == 0
    assert HOSTILE in page.locator("bdi").filter(has_text="Ana").inner_text()
    assert requests
    assert all(url.startswith(address) for url in requests)


@pytest.mark.parametrize("dark", [False, True])
def test_no_accessibility_violation(browser: Browser, address: str, campaign: UUID, dark: bool) -> None:
    page = open_page(browser, address, dark=dark, javascript=True)
    violations = [Axe().run(page).generate_report()] if Axe().run(page).violations_count else []
    page.get_by_role("link", name="Lift Log").click()
    page.get_by_role("button", name="Find matches").click()
    page.locator("summary").click()
    results = Axe().run(page)
    assert violations == []
    assert results.violations_count == 0, results.generate_report()


def test_a_narrow_phone_never_scrolls_sideways(browser: Browser, address: str, campaign: UUID) -> None:
    page = open_page(browser, f"{address}/campaigns/{campaign}", width=360, javascript=True)
    page.get_by_role("button", name="Find matches").click()
    for url in (page.url, address):
        page.goto(url)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/campaigns/00000000-0000-0000-0000-000000000000", "Not found"),
        ("/campaigns/nonsense", "Page not found"),
        ("/?page=9", "Not found"),
        ("/?page=x", "Page not found"),
    ],
)
def test_what_is_not_there_is_said_kindly(browser: Browser, address: str, path: str, title: str) -> None:
    page = open_page(browser, address + path)
    assert page.get_by_role("heading", name=title, exact=True).count() == 1
    assert page.get_by_role("link", name="All campaigns").count() == 1


def test_an_empty_catalogue_says_how_to_fill_it(browser: Browser, address: str) -> None:
    page = open_page(browser, address)
    assert "influencerflow creators import" in page.inner_text("main")
    assert page.get_by_role("heading", name="No campaigns yet").count() == 1
