"""With JavaScript, parts of a page are renewed in place: address, focus, back button and toasts stay right."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from tests.browsing import open_page, problems, settled
from tests.conftest import cloned
from tests.functional.conftest import CAMPAIGN

from influencerflow.database.embedded import EmbeddedServer
from influencerflow.database.engine import Database

pytestmark = [pytest.mark.slow, pytest.mark.browser]
PATH = f"/campaigns/{CAMPAIGN}/match"


@pytest.fixture
def database(server: EmbeddedServer, stocked: str) -> Iterator[Database]:
    yield from cloned(server, stocked)


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    opened = open_page(browser, address + PATH, javascript=True)
    # Is lost as soon as a whole page is loaded.
    opened.evaluate("window.sameDocument = true")
    yield opened
    assert problems(opened) == []
    opened.context.close()


def in_place(page: Page) -> bool:
    settled(page)
    return bool(page.evaluate("window.sameDocument === true"))


def test_a_filter_renews_the_list_keeps_the_focus_and_goes_back(page: Page, address: str) -> None:
    page.get_by_role("checkbox", name="Cooking").check()
    page.wait_for_url("**/match?niches=cooking")
    assert in_place(page)
    expect(page.locator(".match")).to_have_count(12)
    assert page.evaluate("document.activeElement.value") == "cooking"
    assert page.locator("#announce").inner_text() == "12 creators found"
    page.get_by_role("textbox", name="Followers, From").fill("10K")
    page.wait_for_url("**/match?niches=cooking&min_followers=10000")
    assert in_place(page)
    assert page.get_by_role("textbox", name="Followers, From").input_value() == "10K", "what is being written stays"
    page.go_back()
    expect(page.locator(".match")).to_have_count(12)
    page.go_back()
    expect(page.locator(".match")).to_have_count(20)
    expect(page).to_have_url(address + PATH)
    assert not page.get_by_role("checkbox", name="Cooking").is_checked()
    page.go_forward()
    expect(page.locator(".match")).to_have_count(12)
    assert in_place(page)


def test_the_whole_list_is_ranked_in_the_background(page: Page) -> None:
    page.wait_for_selector("#toolbar >> text=The match is a chance")
    assert in_place(page)
    expect(page.locator(".rank-all")).to_have_count(0)


def test_a_slider_fills_in_its_field_and_darkens_what_it_leaves_out(page: Page) -> None:
    low = page.get_by_role("slider", name="Followers, from")
    low.focus()
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    page.wait_for_url("**/match?min_followers=10000")
    assert in_place(page)
    assert page.evaluate("document.querySelectorAll('#filter-min_followers .outside').length") == 7
    assert page.get_by_role("slider", name="Followers, from").get_attribute("aria-valuetext") == "10,000"


def test_a_chip_is_taken_away_and_a_page_turned_in_place(page: Page) -> None:
    page.get_by_role("link", name="Remove: Fitness").click()
    page.wait_for_url("**/match?want_topics=**")
    assert in_place(page)
    page.get_by_role("link", name="Next").click()
    page.wait_for_url("**page=2#results")
    assert in_place(page)
    assert page.locator(".match .rank").first.inner_text().split() == ["21", "."]
    assert page.evaluate("window.scrollY < document.querySelector('#results').offsetTop")


def test_mistakes_are_shown_in_place_and_mended(page: Page) -> None:
    page.locator("#countries").fill("Narnia")
    page.wait_for_selector("#countries-error")
    assert in_place(page)
    page.locator("#countries").fill("Austria")
    page.wait_for_url("**/match?countries=AT")
    assert in_place(page)
    expect(page.locator(".match")).to_have_count(1)


def test_what_is_superseded_is_never_shown(page: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/match?niches=cooking", hold)
    page.get_by_role("checkbox", name="Cooking").check()
    expect(page.locator("[aria-busy=true]").first).to_be_attached()
    page.get_by_role("link", name="Table").click()
    page.wait_for_url("**/match?view=table")
    expect(page.locator("tr.match")).to_have_count(20)
    assert held
    assert in_place(page)


def test_a_failing_request_becomes_an_ordinary_navigation(page: Page) -> None:
    failed: list[str] = []

    def fail_once(route: Route) -> None:
        if failed:
            route.continue_()
        else:
            failed.append(route.request.url)
            route.abort()

    page.route("**/match?view=table", fail_once)
    page.get_by_role("link", name="Table").click()
    page.wait_for_url("**/match?view=table")
    expect(page.locator("tr.match")).to_have_count(20)
    assert not page.evaluate("window.sameDocument === true")
    page.problems.clear()  # type: ignore[attr-defined]


def test_a_campaign_is_deleted_and_brought_back_in_place(browser: Browser, address: str) -> None:
    page = open_page(browser, address, javascript=True)
    page.evaluate("window.sameDocument = true")
    page.locator(".row summary").click()
    page.get_by_role("button", name="Delete").click()
    page.wait_for_selector(".toast >> text=Lift Log is deleted.")
    assert in_place(page)
    expect(page.locator(".row")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    page.wait_for_selector(".toast >> text=Lift Log is back.")
    expect(page.locator(".row")).to_have_count(1)
    page.get_by_role("button", name="Dismiss").click()
    expect(page.locator(".toast")).to_have_count(0)
    assert problems(page) == []


def test_what_leads_to_another_page_shows_it_from_its_beginning(browser: Browser, address: str) -> None:
    page = open_page(browser, f"{address}/campaigns/new", javascript=True)
    page.get_by_label("The brief as text").fill("Product: Tent\nBrand: Meadow\nBudget: 5k\nNiche: hiking")
    page.get_by_role("button", name="Fill in the form").click()
    expect(page.get_by_label("Product")).to_have_value("Tent")
    page.get_by_role("button", name="Create and find matches").click()
    page.wait_for_url("**/match")
    expect(page.locator(".match")).to_have_count(20)
    assert page.evaluate("window.scrollY") == 0
    assert page.title().startswith("Tent · AI Match")
    page.go_back()
    expect(page.get_by_role("heading", name="New campaign")).to_be_visible()
    assert problems(page) == []


def test_a_menu_closes_by_escape_and_by_a_click_elsewhere(browser: Browser, address: str) -> None:
    page = open_page(browser, address, javascript=True)
    page.locator(".row summary").click()
    page.keyboard.press("Escape")
    expect(page.locator(".menu[open]")).to_have_count(0)
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.locator(".row summary").click()
    page.locator("h1").click()
    expect(page.locator(".menu[open]")).to_have_count(0)
