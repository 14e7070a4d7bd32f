"""Working with the matches: shortlist, dismiss, undo, examples, several at once, keys; with and without JavaScript."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, expect
from tests.browsing import open_page, problems, settled
from tests.factories import add_campaign, add_creator

from influencerflow.database.engine import Database
from influencerflow.settings import Settings
from influencerflow.worker.worker import Worker

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
def root(client: TestClient, database: Database, settings: Settings) -> str:
    """A campaign's path. Twelve creators lift, twelve cook; nobody tells their prices."""
    with database.transaction() as connection:
        for number in range(12):
            add_creator(connection, name=f"Lifter {number}", about=f"Barbell training number {number}")
            add_creator(connection, name=f"Cook {number}", about=f"Pasta and wine number {number}", niche="cooking")
        campaign = add_campaign(connection)
    Worker(database, settings).drain()
    return f"/campaigns/{campaign}"


def shown(page: Page) -> list[str]:
    return [name.strip() for name in page.locator(".match h3 bdi").all_inner_texts()]


def card(page: Page, name: str) -> Any:
    return page.locator("article.match", has=page.get_by_role("heading", name=name, exact=False)).first


def tabs(page: Page) -> str:
    return page.locator("#sections").inner_text()


@pytest.mark.parametrize("javascript", [False, True])
def test_shortlist_dismiss_and_undo(browser: Browser, address: str, root: str, javascript: bool) -> None:
    page = open_page(browser, f"{address}{root}/match", javascript=javascript)
    settled(page)
    first, second = shown(page)[:2]
    card(page, first).get_by_role("button", name="Shortlist").click()
    expect(page.locator("#flash")).to_contain_text(f"{first} is on the shortlist.")
    expect(card(page, first).locator(".verdict")).to_have_text("Shortlisted")
    assert "Shortlist 1" in tabs(page).replace("\n", " ")
    card(page, second).locator("summary", has_text="Dismiss").click()
    card(page, second).get_by_role("button", name="Wrong place").click()
    expect(page.locator("#flash")).to_contain_text(f"{second} is dismissed.")
    expect(page.locator(".match h3 bdi").get_by_text(second, exact=True)).to_have_count(0)
    assert [rank.split()[0] for rank in page.locator(".match .rank").all_inner_texts()][:2] == ["1", "3"]
    assert "1 dismissed: show" in page.locator(".list-notes").inner_text()
    page.locator("#flash").get_by_role("button", name="Undo").click()
    expect(page.locator("#flash")).to_contain_text("Taken back.")
    assert shown(page)[:2] == [first, second]
    card(page, second).locator("summary", has_text="Dismiss").click()
    card(page, second).get_by_role("button", name="No reason given").click()
    expect(page.locator("#flash")).to_contain_text("is dismissed")
    page.get_by_role("link", name="show").click()
    page.get_by_role("button", name=f"Bring back {second}").click()
    expect(page.get_by_role("heading", name="Nobody was dismissed")).to_be_visible()
    page.get_by_role("link", name="AI Match").click()
    assert second in shown(page)
    card(page, first).get_by_role("button", name="On the shortlist").click()
    expect(page.locator("#flash")).to_contain_text(f"{first} is off the shortlist.")
    if javascript:
        assert problems(page) == []


@pytest.mark.parametrize("javascript", [False, True])
def test_more_and_less_like_these_reshape_the_list(browser: Browser, address: str, root: str, javascript: bool) -> None:
    page = open_page(browser, f"{address}{root}/match", javascript=javascript)
    settled(page)
    plain = shown(page)
    assert plain[0].startswith("Lifter")
    wished = plain[8]
    score = card(page, wished).locator(".score").inner_text()
    card(page, wished).get_by_role("link", name="More like this").click()
    expect(page.locator(".list-notes")).to_contain_text(f"More like {wished}")
    assert "Shaped by 1 example" in page.locator(".list-notes").inner_text()
    assert "like=" in page.url
    shaped = shown(page)
    assert shaped.index(wished) < plain.index(wished)
    assert card(page, wished).locator(".score").inner_text() == score, "what a match is worth stays"
    disliked = next(name for name in shaped if name != wished)
    card(page, disliked).get_by_role("link", name="Less like this").click()
    expect(page.locator(".list-notes")).to_contain_text("Shaped by 2 examples")
    link = page.url
    page.get_by_role("link", name=f"Take the example {wished} away").click()
    expect(page.locator(".list-notes")).to_contain_text("Shaped by 1 example")
    page.get_by_role("link", name=f"Take the example {disliked} away").click()
    expect(page.locator(".list-notes")).to_have_count(0)
    settled(page)
    assert shown(page) == plain
    colleague = open_page(browser, link)
    assert "Shaped by 2 examples" in colleague.locator(".list-notes").inner_text(), "a link shows the same list"
    if javascript:
        page.go_back()
        expect(page.locator(".list-notes")).to_contain_text("Shaped by 1 example")
        assert problems(page) == []


def test_examples_stay_while_filters_change_and_broken_ones_are_passed_over(
    browser: Browser, address: str, root: str
) -> None:
    page = open_page(browser, f"{address}{root}/match")
    name = shown(page)[0]
    card(page, name).get_by_role("link", name="More like this").click()
    liked = page.url.split("like=")[1]
    page.get_by_label("Instagram").check()
    page.get_by_role("button", name="Apply").first.click()
    assert f"like={liked}" in page.url
    assert "platforms=instagram" in page.url
    page.goto(
        f"{address}{root}/match?like=nonsense&like={liked}&unlike={liked}&like=0b0a4a6e-6f3c-4c0e-9a52-3b1f5d0c7a11"
    )
    expect(page.locator(".match")).to_have_count(20)
    assert "More like" in page.locator(".list-notes").inner_text()


@pytest.mark.parametrize("width", [1200, 360])
def test_in_a_long_table_the_reasons_are_in_sight(browser: Browser, address: str, root: str, width: int) -> None:
    page = open_page(browser, f"{address}{root}/match?view=table", width=width)
    row = page.locator("tr.match").nth(15)
    name = row.locator("bdi").first.inner_text()
    row.locator("summary", has_text="Dismiss").click()
    for reason in ("No reason given", "Another reason"):
        expect(row.get_by_role("button", name=reason)).to_be_in_viewport(ratio=1)
    row.get_by_role("button", name="Off topic").click()
    expect(page.locator("#flash")).to_contain_text(f"{name} is dismissed.")


def test_several_at_once_and_keys(browser: Browser, address: str, root: str, client: TestClient) -> None:
    page = open_page(browser, f"{address}{root}/match", javascript=True)
    settled(page)
    first, second, third, fourth = shown(page)[:4]
    bar = page.get_by_role("form", name="With those selected")
    expect(bar).not_to_be_visible()
    for key in "jxjx":
        page.keyboard.press(key)
    expect(bar).to_be_visible()
    assert page.locator("[data-selected]").inner_text() == "2"
    bar.get_by_role("button", name="Shortlist").click()
    expect(page.locator("#flash")).to_contain_text("2 creators are on the shortlist.")
    settled(page)
    expect(bar, "what was selected has been dealt with").not_to_be_visible()
    listed = client.get(f"/api{root}/shortlist").json()["entries"]
    assert {entry["name"] for entry in listed} == {first, second}
    page.locator("#flash").get_by_role("button", name="Undo").click()
    expect(page.locator("#flash")).to_contain_text("2 taken back.")
    settled(page)
    page.locator("article.match").nth(2).focus()
    page.keyboard.press("s")
    expect(page.locator("#flash")).to_contain_text(f"{third} is on the shortlist.")
    settled(page)
    page.keyboard.press("j")
    page.keyboard.press("d")
    page.keyboard.press("Enter")
    expect(page.locator("#flash")).to_contain_text(f"{fourth} is dismissed.")
    settled(page)
    assert fourth not in shown(page)
    assert page.evaluate("document.activeElement.matches('article.match')"), "the next card has the focus"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.matches('input')")
    assert problems(page) == []


def test_who_was_contacted_for_another_campaign_is_marked(
    browser: Browser, address: str, root: str, client: TestClient, database: Database
) -> None:
    with database.transaction() as connection:
        other = str(add_campaign(connection, product_name="Tent"))
    best = client.post(f"/api{root}/matches").json()["matches"][0]
    client.post("/api/ai/feedback", json={"campaign_id": other, "creator_id": best["id"], "verdict": "hired"})
    page = open_page(browser, f"{address}{root}/match")
    assert card(page, best["name"]).locator(".verdict-elsewhere").inner_text() == "Hired for Tent"
