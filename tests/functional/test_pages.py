"""The pages in a real Chromium, over a real server, with JavaScript off: everything must work without it."""

import os
import threading
import time
from collections.abc import Iterator
from uuid import UUID

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, sync_playwright
from tests.factories import add_campaign, add_creator
from tools.ensure_browser import find_browser

from influencerflow.database.engine import Database
from influencerflow.settings import Settings
from influencerflow.worker.worker import Worker

pytestmark = [pytest.mark.slow, pytest.mark.browser]
HOSTILE = "<script>document.title='hacked'</script><img src=x onerror=alert(1)>"
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
    assert page.get_by_text("Not matched yet").count() == 1
    page.get_by_role("button", name="Find matches").click()
    assert page.locator(".match").count() == 20
    assert "Best 25 of 25 creators" in page.inner_text("main")
    assert page.locator("mark").first.inner_text() == "Barbell"
    page.get_by_role("link", name="Next").click()
    assert page.url.endswith("page=2#matches")
    assert page.locator(".match").count() == 5
    assert page.locator(".match .rank").first.inner_text() == "21."


def test_filters_are_kept_and_a_wrong_one_is_said_at_its_field(browser: Browser, address: str, campaign: UUID) -> None:
    page = open_page(browser, f"{address}/campaigns/{campaign}")
    page.locator("summary").click()
    page.get_by_label("Niches").fill("fitness")
    page.get_by_role("button", name="Find matches").click()
    assert page.locator(".match").count() == 1
    assert page.get_by_label("Niches").input_value() == "fitness"
    page.get_by_label("Followers from").fill("many")
    page.get_by_role("button", name="Update matches").click()
    assert "valid integer" in page.locator("#min_followers-error").inner_text()
    assert page.get_by_label("Followers from").input_value() == "many"


def test_hostile_text_is_only_text(browser: Browser, address: str, campaign: UUID) -> None:
    page = open_page(browser, f"{address}/campaigns/{campaign}", javascript=True)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.get_by_role("button", name="Find matches").click()
    assert "hacked" not in page.title()
    assert page.locator("main script, main img").count() == 0
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


def test_what_is_not_there_is_said_kindly(browser: Browser, address: str, campaign: UUID) -> None:
    for path in ("/campaigns/00000000-0000-0000-0000-000000000000", "/campaigns/nonsense", "/?page=9"):
        page = open_page(browser, address + path)
        assert page.get_by_role("heading", name="Not found").count() == 1
        assert page.get_by_role("link", name="All campaigns").count() == 1


def test_an_empty_catalogue_says_how_to_fill_it(browser: Browser, address: str) -> None:
    page = open_page(browser, address)
    assert "influencerflow creators import" in page.inner_text("main")
    assert page.get_by_role("heading", name="No campaigns yet").count() == 1
