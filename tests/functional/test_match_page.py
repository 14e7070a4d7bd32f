"""AI Match in a real Chromium with JavaScript off: everything must work without it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text
from tests.browsing import open_page
from tests.conftest import cloned
from tests.factories import add_creator
from tests.functional.conftest import CAMPAIGN

from influencerflow.database.embedded import EmbeddedServer
from influencerflow.database.engine import Database
from influencerflow.settings import Settings
from influencerflow.worker.worker import Worker

pytestmark = [pytest.mark.slow, pytest.mark.browser]
PATH = f"/campaigns/{CAMPAIGN}/match"


@pytest.fixture
def database(server: EmbeddedServer, stocked: str) -> Iterator[Database]:
    yield from cloned(server, stocked)


def chips(page: Page, name: str) -> list[str]:
    """What the page says was read, with what was added or removed."""
    page.wait_for_load_state()
    cell = page.locator(".read > div").filter(has=page.locator("dt").get_by_text(name, exact=True))
    return [item.strip() for item in cell.locator("dd li > span:first-child").all_text_contents()]


def in_use(page: Page) -> list[str]:
    page.wait_for_load_state()
    return page.locator(".in-use li bdi").all_inner_texts()


def test_from_the_list_to_the_matches_and_on(browser: Browser, address: str) -> None:
    page = open_page(browser, address)
    page.get_by_role("link", name="Lift Log").click()
    expect(page, "the first matches are one click away").to_have_url(address + PATH)
    expect(page.locator(".match")).to_have_count(20)
    expect(page.get_by_role("heading", name="25 creators")).to_have_count(1)
    first = page.locator(".match").first
    assert first.locator("mark").first.inner_text() == "Barbell"
    assert re.fullmatch(r"\d+\.\d%\s+match", first.locator(".score").inner_text())
    assert first.get_by_role("img", name="Audience:").count() == 1
    expect(page.get_by_role("img", name="Engagement: 50 of 100, a neutral value since it is unknown")).to_have_count(19)
    assert first.locator("dt", has_text="Profile as of").count() == 1
    assert "So far the first 20 are ranked" in page.inner_text("#toolbar")
    page.get_by_role("button", name="Rank the best 25").click()
    assert "The match is a chance" in page.inner_text("#toolbar")
    page.get_by_role("link", name="Next").click()
    expect(page).to_have_url(f"{address}{PATH}?page=2#results")
    assert page.locator(".match .rank").first.inner_text().split() == ["21", "."]
    page.get_by_role("link", name="Overview").click()
    expect(page.locator(".top-matches li")).to_have_count(5)
    page.get_by_role("link", name="See all matches").click()
    expect(page).to_have_url(address + PATH)


def test_filters_narrow_the_list_and_stand_in_the_address(browser: Browser, address: str) -> None:
    page = open_page(browser, address + PATH)
    niche = page.locator("#filter-niches")
    assert niche.locator(".check").first.inner_text().split() == ["Cooking", "12"]
    page.get_by_role("checkbox", name="Cooking").check()
    page.get_by_role("textbox", name="Followers, From").fill("10K")
    page.get_by_role("button", name="Apply", exact=True).click()
    expect(page).to_have_url(f"{address}{PATH}?niches=cooking&min_followers=10000")
    assert in_use(page) == ["Niche Cooking", "10,000 followers or more"]
    expect(page.locator(".match")).to_have_count(8)
    assert page.get_by_role("textbox", name="Followers, From").input_value() == "10,000"
    page.goto(page.url)
    expect(page.locator(".match"), "the link shows the same list").to_have_count(8)
    page.get_by_role("link", name="Remove: Niche Cooking").click()
    expect(page).to_have_url(f"{address}{PATH}?min_followers=10000")
    page.get_by_role("link", name="Overview").click()
    page.get_by_role("link", name="AI Match").click()
    expect(page, "the section keeps what was asked last").to_have_url(f"{address}{PATH}?min_followers=10000")
    page.get_by_role("link", name="Clear all").click()
    expect(page).to_have_url(address + PATH)


def test_each_facet_counts_without_its_own_filter(browser: Browser, address: str) -> None:
    page = open_page(browser, f"{address}{PATH}?platforms=tiktok")
    counts = [re.sub(r"\s+", " ", item) for item in page.locator("#filter-platforms .check").all_inner_texts()]
    assert counts == ["TikTok 16", "YouTube 8", "Instagram 1"]
    assert [item for item in page.locator("#filter-niches .check").all_inner_texts() if "fitness" in item.lower()] == []
    spread = page.locator("#filter-min_followers svg")
    assert "Distribution of 16 creators" in str(spread.get_attribute("aria-label"))


def test_wrong_filters_are_said_at_their_fields_and_the_others_kept(browser: Browser, address: str) -> None:
    page = open_page(browser, address + PATH)
    page.get_by_role("textbox", name="Followers, From").fill("many")
    page.locator("#countries").fill("Germany, Narnia")
    page.get_by_role("button", name="Apply", exact=True).click()
    assert page.locator("#min_followers-error").inner_text() == "“many” is not a number"
    assert "“Narnia” is not a country" in page.locator("#countries-error").inner_text()
    assert page.get_by_role("textbox", name="Followers, From").input_value() == "many"
    assert page.get_by_role("checkbox", name="Germany").is_checked()
    assert page.locator("#countries").input_value() == "Narnia"
    expect(page.get_by_text("2 fields need another look")).to_be_visible()
    expect(page.locator(".match")).to_have_count(0)


def test_a_match_leads_to_all_that_is_known_of_its_creator(browser: Browser, address: str) -> None:
    page = open_page(browser, f"{address}{PATH}?niches=cooking")
    for view in ("Cards", "Table"):
        page.get_by_role("link", name=view, exact=True).click()
        name = page.locator(".match bdi").first.inner_text()
        page.get_by_role("link", name=name, exact=True).first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        page.go_back()


def test_sorting_and_the_table_are_in_the_address(browser: Browser, address: str) -> None:
    page = open_page(browser, address + PATH)
    page.get_by_label("Sort by").select_option("Most followers")
    page.get_by_role("button", name="Sort", exact=True).click()
    expect(page).to_have_url(f"{address}{PATH}?sort=followers")
    shown = [line.split("\n")[1] for line in page.locator(".match > .facts").all_inner_texts()]
    assert shown[:3] == ["90K", "24K", "23K"]
    page.get_by_role("link", name="Table").click()
    expect(page).to_have_url(f"{address}{PATH}?sort=followers&view=table")
    expect(page.locator("tr.match")).to_have_count(20)
    assert page.locator("th[aria-sort=descending]").inner_text().startswith("Followers")
    page.get_by_role("link", name="Price").click()
    expect(page).to_have_url(f"{address}{PATH}?sort=price&view=table")
    assert page.locator("tr.match td:nth-child(10)").first.inner_text().split("\n")[-1] == "≈ $49"
    page.get_by_role("link", name="Next").click()
    expect(page.locator("tr.match")).to_have_count(5)


def test_what_was_read_from_the_brief_is_corrected_and_taken_back(
    browser: Browser, address: str, database: Database
) -> None:
    with database.transaction() as connection:
        connection.execute(
            text("UPDATE campaigns SET product_niche = 'fitness, strength training', target_audience = :audience"),
            {"audience": "Women aged 22-45 in Austria, no gaming"},
        )
    page = open_page(browser, address + PATH)
    assert chips(page, "Topics") == ["Fitness", "Strength training"]
    assert [chips(page, name) for name in ("Countries", "Gender", "Ages", "Left out")] == [
        ["Austria"],
        ["Women"],
        ["22–45"],
        ["Gaming"],
    ]
    page.get_by_role("link", name="Remove: Strength training").click()
    expect(page).to_have_url(f"{address}{PATH}?want_topics=fitness")
    assert chips(page, "Topics") == ["Fitness", "Strength training (removed)"]
    page.locator("summary", has_text="Correct what was read").click()
    page.get_by_label("Add topics").fill("yoga, Knitting, crochet & sewing")
    page.get_by_label("Add countries").fill("Deutschland")
    page.get_by_role("checkbox", name="Women").uncheck()
    page.get_by_label("Ages", exact=True).fill("25-34, 60+")
    page.get_by_role("checkbox", name="Shop", exact=True).check()
    page.get_by_label("Creators who share the budget").fill("4")
    page.get_by_role("button", name="Apply corrections").click()
    assert page.url.endswith(
        "?want_topics=fitness&want_topics=knitting_sewing&want_topics=yoga&want_countries=AT&want_countries=DE"
        "&want_genders=&want_ages=25-34&want_ages=60-99&not_accounts=shop&planned_creators=4"
    )
    assert chips(page, "Topics")[2:] == ["Knitting, crochet & sewing (added)", "Yoga (added)"]
    assert chips(page, "Gender") == ["Women (removed)"]
    assert chips(page, "Ages") == ["22–45 (removed)", "25–34 (added)", "60 and over (added)"]
    assert chips(page, "Left out") == ["Gaming", "Shop accounts (added)"]
    assert "share of the budget is $2,500" in page.locator(".match").first.inner_text()
    page.get_by_role("link", name="Bring back: Women").click()
    assert chips(page, "Gender") == ["Women"]
    page.locator("summary", has_text="Correct what was read").click()
    page.get_by_role("button", name="Back to what was read").click()
    expect(page).to_have_url(f"{address}{PATH}?planned_creators=4")


def test_mistakes_in_corrections_are_said_at_their_fields(browser: Browser, address: str) -> None:
    page = open_page(browser, address + PATH)
    page.locator("summary", has_text="Correct what was read").click()
    page.get_by_label("Add topics").fill("Yogga, barbell, Yoga")
    page.get_by_label("Leave out topics").fill("Fitness")
    page.get_by_label("Ages", exact=True).fill("25-34, old")
    page.get_by_label("Creators who share the budget").fill("0")
    page.get_by_role("button", name="Apply corrections").click()
    said = page.locator("#want_topics-error").inner_text()
    assert "“Yogga” is not a topic here (did you mean “Yoga”?)" in said
    assert "“barbell” is not a topic here (did you mean “Strength training”?)" in said
    assert "among the topics as well" in page.locator("#not_topics-error").inner_text()
    assert "“old” is not a range of ages" in page.locator("#want_ages-error").inner_text()
    assert "from 1 to 10,000" in page.locator("#planned_creators-error").inner_text()
    assert page.get_by_label("Add topics").input_value() == "Yogga, barbell", "what is right has become a choice"
    assert page.get_by_role("checkbox", name="Yoga").is_checked()
    expect(page.get_by_text("4 fields need another look")).to_be_visible()


def test_a_changed_catalogue_is_matched_anew(
    browser: Browser, address: str, database: Database, settings: Settings
) -> None:
    page = open_page(browser, address + PATH)
    with database.transaction() as connection:
        add_creator(connection, name="Newcomer")
    page.reload()
    assert "25 of 26 creators are ready to match" in page.inner_text("main")
    Worker(database, settings).drain()
    page.reload()
    expect(page.get_by_role("heading", name="26 creators")).to_have_count(1)
    expect(page.get_by_role("heading", name="Newcomer")).to_have_count(1)
