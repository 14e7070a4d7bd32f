"""Campaigns are listed, created from a form or from pasted text, changed, copied, deleted and brought back; no JavaScript."""

import json
import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, expect
from tests.browsing import open_page
from tests.conftest import cloned
from tests.factories import add_campaign
from tests.functional.conftest import CAMPAIGN

from influencerflow.database.embedded import EmbeddedServer
from influencerflow.database.engine import Database

pytestmark = [pytest.mark.slow, pytest.mark.browser]
MAIL = """Hi team,

Northern Meadow is launching the TrailLight Tent, a two-person tent that weighs less than a kilo.
We are looking for hikers aged 25-45 in Germany and Austria. Total budget is $20,000.

Best,
Anna"""


@pytest.fixture
def database(server: EmbeddedServer, stocked: str) -> Iterator[Database]:
    yield from cloned(server, stocked)


def test_a_brief_pasted_as_text_becomes_a_campaign_with_matches(browser: Browser, address: str) -> None:
    page = open_page(browser, address)
    page.get_by_role("link", name="New campaign").click()
    page.get_by_label("The brief as text").fill(MAIL)
    page.get_by_role("button", name="Fill in the form").click()
    expect(page.get_by_text("Please confirm what was read.")).to_be_visible()
    assert page.get_by_label("Product").input_value() == "TrailLight Tent"
    assert page.get_by_label("Brand").input_value() == "Northern Meadow"
    assert page.get_by_label("Budget in US dollars").input_value() == "20,000"
    assert page.get_by_label("Audience").input_value().startswith("We are looking for hikers aged 25-45")
    guesses = page.locator(".origin.guess q").all_inner_texts()
    assert "launching the TrailLight Tent" in guesses
    page.get_by_label("Niche").fill("hiking")
    page.get_by_role("button", name="Create and find matches").click()
    assert "/match" in page.url
    expect(page.get_by_text("TrailLight Tent is created. These are its first matches.")).to_be_visible()
    expect(page.locator(".match")).to_have_count(20)
    page.reload()
    expect(page.locator(".toast"), "said once").to_have_count(0)


def test_text_that_says_nothing_is_told_so_at_its_field(browser: Browser, address: str) -> None:
    page = open_page(browser, f"{address}/campaigns/new")
    page.get_by_label("The brief as text").fill("!!! 🙂")
    page.get_by_role("button", name="Fill in the form").click()
    assert "There are no words in it" in page.locator("#text-error").inner_text()
    assert page.get_by_label("The brief as text").input_value() == "!!! 🙂"


def test_mistakes_are_said_at_their_fields_and_nothing_is_lost(browser: Browser, address: str) -> None:
    page = open_page(browser, f"{address}/campaigns/new")
    page.get_by_label("Brand").fill("Ironvale")
    page.get_by_label("Budget in US dollars").fill("€5")
    page.get_by_label("Use cases").fill("one\ntwo")
    page.get_by_role("button", name="Create and find matches").click()
    assert page.locator("#product_name-error").inner_text() == "Give the product a name."
    assert page.locator("#total_budget-error").inner_text() == "“€5” is not in US dollars"
    expect(page.get_by_text("2 fields need another look")).to_be_visible()
    assert page.get_by_label("Use cases").input_value() == "one\ntwo"
    assert page.get_by_label("Product", exact=True).get_attribute("aria-invalid") == "true"


def test_a_campaign_is_changed(browser: Browser, address: str) -> None:
    page = open_page(browser, f"{address}/campaigns/{CAMPAIGN}")
    page.get_by_role("link", name="Edit", exact=True).click()
    assert page.get_by_label("Budget in US dollars").input_value() == "10,000"
    page.get_by_label("Budget in US dollars").fill("12.5k")
    page.get_by_label("Status").select_option("Active")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("The changes are saved.")).to_be_visible()
    assert page.locator(".budget").inner_text().endswith("$12,500")
    assert page.locator(".heading .tag").inner_text() == "Active"


def test_a_copy_is_made_and_taken_back(browser: Browser, address: str) -> None:
    page = open_page(browser, f"{address}/campaigns/{CAMPAIGN}")
    page.get_by_role("button", name="Duplicate").click()
    assert page.url.endswith("/edit")
    assert CAMPAIGN not in page.url
    expect(page.get_by_text("This is a copy of Lift Log.")).to_be_visible()
    page.goto(address)
    expect(page.locator(".row")).to_have_count(2)
    page.goto(f"{address}/campaigns/{CAMPAIGN}")
    page.get_by_role("button", name="Duplicate").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".row")).to_have_count(2)


def test_a_deleted_campaign_is_brought_back_with_its_matches(browser: Browser, address: str) -> None:
    page = open_page(browser, f"{address}/campaigns/{CAMPAIGN}/match")
    page.goto(address)
    page.locator(".row summary").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Lift Log is deleted.")).to_be_visible()
    expect(page.get_by_role("heading", name="Begin with a brief")).to_have_count(1)
    undo = page.get_by_role("button", name="Undo")
    undo.click()
    expect(page.get_by_text("Lift Log is back.")).to_be_visible()
    assert "25 matches" in page.locator(".row").inner_text()


def test_the_list_is_searched_and_narrowed_by_status(client: TestClient, database: Database) -> None:
    with database.transaction() as connection:
        add_campaign(connection, product_name="Pasta Maker", status="active")
        add_campaign(connection, product_name="Adopted", status="on hold")
    assert "Pasta Maker" not in client.get("/?q=lift").text
    active = client.get("/?status=active").text
    assert ("Pasta Maker" in active, "Lift Log" in active, "on hold" in active) == (True, False, True)
    assert "No campaign matches" in client.get("/?q=nothing").text
    edit = client.get("/").text
    assert "Pasta Maker" in edit


def test_a_platforms_own_status_stays_until_another_is_chosen(client: TestClient, database: Database) -> None:
    with database.transaction() as connection:
        added = add_campaign(connection, status="on hold")
    assert '<option value="on hold" selected>' in client.get(f"/campaigns/{added}/edit").text
    sent = {"product_name": "A", "brand_name": "B", "total_budget": "5", "status": "on hold"}
    answer = client.post(f"/campaigns/{added}/edit", data=sent)
    assert answer.status_code == 422
    assert "status-error" in answer.text


@pytest.mark.parametrize("path", ["edit", "delete", "duplicate", "restore"])
def test_what_is_not_there_cannot_be_changed(client: TestClient, path: str) -> None:
    answer = client.post(f"/campaigns/00000000-0000-0000-0000-000000000000/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    "value", ["nonsense", '{"message": "campaigns.done.deleted"}', "%7B%22message%22%3A1%7D", "x" * 5000]
)
def test_a_made_up_message_of_a_cookie_is_not_shown(client: TestClient, value: str) -> None:
    answer = client.get("/", headers={"cookie": f"flash={value}"})
    assert answer.status_code == 200
    assert 'class="toast"' not in answer.text


def test_undo_only_leads_to_our_own_pages(client: TestClient) -> None:
    flash = {"message": "campaigns.done.deleted", "undo": "//evil.example", "values": {"name": "<b>"}}
    said = quote(json.dumps(flash))
    answer = client.get("/", headers={"cookie": f"flash={said}"})
    assert "&lt;b&gt; is deleted." in answer.text
    assert "evil.example" not in answer.text


def test_the_line_up_shows_in_its_place_once_there_is_a_page(
    app: FastAPI, client: TestClient, database: Database
) -> None:
    with database.transaction() as connection:
        path = f"/campaigns/{add_campaign(connection)}"
    assert sections(client.get(path).text) == ["Overview", "AI Match", "Shortlist"]
    app.add_api_route("/campaigns/{campaign_id}/lineup", lambda campaign_id: campaign_id)
    assert sections(client.get(path).text) == ["Overview", "AI Match", "Shortlist", "Line-up"]


def sections(page: str) -> list[str]:
    tabs = page[page.index('id="sections"') : page.index("</nav>", page.index('id="sections"'))]
    return re.findall(r"<a[^>]*>([^<]+?) *<", tabs)
