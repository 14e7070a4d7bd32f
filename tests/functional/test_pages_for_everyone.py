"""Every page: accessible, on a phone, in the dark, with hostile text, and allowed nothing but what is ours."""

import gzip
import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, expect
from tests.browsing import HOSTILE, accessibility_report, open_page, problems, settled, sideways
from tests.conftest import cloned
from tests.functional.conftest import CAMPAIGN

from influencerflow.database.embedded import EmbeddedServer
from influencerflow.database.engine import Database
from influencerflow.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.browser]
MATCH = f"/campaigns/{CAMPAIGN}/match"
CORRECTED = "want_topics=knitting_sewing&want_countries=US&want_ages=&not_accounts=shop&planned_creators=5"
MISTAKES = f"want_topics=Yogga,{'x' * 300}&want_countries=Narnia&want_ages=old&planned_creators=0&min_followers=many"
PATHS = (
    "/",
    "/?q=nothing",
    "/campaigns/new",
    f"/campaigns/{CAMPAIGN}",
    f"/campaigns/{CAMPAIGN}/edit",
    MATCH,
    f"{MATCH}?view=table",
    f"{MATCH}?{MISTAKES}",
    f"{MATCH}?{CORRECTED}&min_followers=5000&niches=cooking",
    f"{MATCH}?platforms=instagram&niches=cooking",
    "/campaigns/nonsense",
)


@pytest.fixture
def database(server: EmbeddedServer, stocked: str) -> Iterator[Database]:
    yield from cloned(server, stocked)


@pytest.mark.parametrize(("dark", "width"), [(False, 1200), (True, 1200), (False, 360)])
def test_no_accessibility_violation(browser: Browser, address: str, dark: bool, width: int) -> None:
    reports = {path: accessibility_report(browser, address + path, dark=dark, width=width) for path in PATHS}
    assert {path: report for path, report in reports.items() if report} == {}


def test_the_filters_of_a_phone_are_a_sheet_that_opens_and_closes(browser: Browser, address: str) -> None:
    page = open_page(browser, address + MATCH, width=360)
    expect(page.locator("#filters")).not_to_be_visible()
    page.locator(".to-filters").click()
    page.get_by_role("checkbox", name="Cooking").check()
    page.get_by_role("button", name="Apply", exact=True).click()
    expect(page).to_have_url(f"{address}{MATCH}?niches=cooking")
    expect(page.locator("#filters")).not_to_be_visible()
    expect(page.locator(".match")).to_have_count(12)


def test_with_scripts_the_sheet_stays_open_while_filters_are_chosen(browser: Browser, address: str) -> None:
    page = open_page(browser, address + MATCH, width=360, javascript=True)
    page.locator(".to-filters").click()
    page.get_by_role("checkbox", name="Cooking").check()
    expect(page.locator(".to-results")).to_have_text("Show 12 creators")
    page.get_by_role("checkbox", name="YouTube").check()
    expect(page.locator(".to-results")).not_to_have_text("Show 12 creators")
    expect(page).to_have_url(f"{address}{MATCH}?platforms=youtube&niches=cooking")
    page.locator(".to-results").click()
    expect(page.locator("#filters")).not_to_be_visible()
    page.locator(".to-filters").click()
    expect(page.locator("#filters")).to_be_visible()
    assert problems(page) == []


def test_a_narrow_phone_never_scrolls_sideways(browser: Browser, address: str) -> None:
    page = open_page(browser, address, width=360, javascript=True)
    for path in PATHS:
        page.goto(address + path)
        assert sideways(page) <= 0, path


def test_hostile_text_is_only_text(browser: Browser, address: str) -> None:
    page = open_page(browser, address + MATCH, javascript=True)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    for path in (f"{MATCH}?view=table", f"{MATCH}?countries=AT", f"/campaigns/{CAMPAIGN}"):
        page.goto(address + path)
        settled(page)
        assert "hacked" not in page.title()
        expect(page.locator("main script, main img:not([src^='/creators/'])")).to_have_count(0)
        assert HOSTILE in page.locator("bdi").filter(has_text="Ana").first.inner_text()
        # Neither marks that pile up nor words that do not break reach over what is beside them.
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
    assert all(url.startswith(address) for url in requests)
    assert problems(page) == []


def test_pages_allow_nothing_but_their_own(client: TestClient) -> None:
    for path in PATHS:
        answer = client.get(path)
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src")
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert re.findall(r"<script(?! type=\"module\" src=\"/static/)", answer.text) == []
        assert not re.search(r"<[^>]+ (style|on[a-z]+)=", re.sub(r"&lt;.*?&gt;", "", answer.text))


def test_pages_are_small_and_compressed_and_static_files_kept(client: TestClient) -> None:
    for path in (MATCH, f"{MATCH}?view=table"):
        answer = client.get(path)
        assert answer.headers["content-encoding"] == "gzip"
        assert len(gzip.compress(answer.content, 5)) < 40_000, "on its way"
        assert len(answer.content) < 150_000, "unpacked"
    page = client.get("/").text
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(files) > 5
    for file in files:
        kept = client.get(file)
        assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert client.get(file.split("?")[0]).headers["cache-control"] == "no-cache"


def test_figures_and_dates_are_written_as_the_reader_does(client: TestClient) -> None:
    british = client.get(
        f"{MATCH}?min_followers=1234567&niches=none", headers={"accept-language": "en-GB,de;q=0.5"}
    ).text
    indian = client.get(f"{MATCH}?min_followers=1234567&niches=none", headers={"accept-language": "en-IN"}).text
    assert '<html lang="en-GB">' in british
    assert "1,234,567 followers or more" in british
    assert "12,34,567 followers or more" in indian


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


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/campaigns/00000000-0000-0000-0000-000000000000", "Not found"),
        ("/campaigns/nonsense", "Page not found"),
        ("/?page=9", "Not found"),
        ("/?page=x", "Page not found"),
        (f"{MATCH}?page=3", "Not found"),
    ],
)
def test_what_is_not_there_is_said_kindly(browser: Browser, address: str, path: str, title: str) -> None:
    page = open_page(browser, address + path)
    expect(page.get_by_role("heading", name=title, exact=True)).to_have_count(1)
    expect(page.get_by_role("link", name="All campaigns")).to_have_count(1)
