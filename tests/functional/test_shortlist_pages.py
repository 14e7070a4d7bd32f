"""The shortlist, comparing, sheets, exports and exclusions in a real Chromium, with and without JavaScript."""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text
from tests.browsing import FLAGS, HOSTILE, RTL, ZALGO, accessibility_report, open_page, problems, settled, sideways
from tests.factories import add_campaign, add_creator

from influencerflow.database.engine import Database
from influencerflow.settings import Settings
from influencerflow.worker.worker import Worker

pytestmark = [pytest.mark.slow, pytest.mark.browser]
FORM = {"content-type": "application/x-www-form-urlencoded"}
STRANGE = f"=1+1 {RTL} {HOSTILE} {ZALGO} {FLAGS} {'x' * 5000}"


class Desk:
    """A campaign whose matches were found, and its creators in the order of their ranks."""

    def __init__(self, client: TestClient, database: Database, settings: Settings) -> None:
        self.client, self.database = client, database
        audience: dict[str, Any] = {
            "country": {"DE": 0.5, "AT": 0.3},
            "age": {"18-24": 0.4, "25-34": 0.6},
            "sample_size": 900,
        }
        audience["gender"] = {"female": 0.7, "male": 0.3}
        with database.transaction() as connection:
            for number in range(6):
                price = 400.0 + number if number != 2 else None
                add_creator(
                    connection, name=f"Cara {number}", collaboration_rate=price, audience=audience, avg_views=5_000
                )
            add_creator(
                connection, name=STRANGE, channel_name="strange", about=f"Barbell {STRANGE}", niche=STRANGE[:300]
            )
            self.campaign = add_campaign(connection, product_name=f"Lift {HOSTILE}")
        Worker(database, settings).drain()
        found = client.post(f"/api/campaigns/{self.campaign}/matches").json()["matches"]
        self.ids = {match["name"]: match["id"] for match in found}
        self.root = f"/campaigns/{self.campaign}"

    def say(self, verdict: str, names: Sequence[str], **values: Any) -> None:
        for name in names:
            body = {"campaign_id": str(self.campaign), "creator_id": self.ids[name], "verdict": verdict, **values}
            assert self.client.post("/api/ai/feedback", json=body).status_code == 201

    def choose(self, names: Sequence[str]) -> str:
        return "&".join(f"creator_id={self.ids[name]}" for name in names)


@pytest.fixture
def desk(client: TestClient, database: Database, settings: Settings) -> Desk:
    return Desk(client, database, settings)


def names(page: Page) -> list[str]:
    return [name.strip() for name in page.locator(".entry h3").all_inner_texts()]


def entry(page: Page, name: str) -> Any:
    return page.locator(".entry", has=page.get_by_role("heading", name=name))


def pressed(page: Page, name: str) -> str:
    return str(entry(page, name).locator("[aria-pressed=true]").inner_text())


@pytest.mark.parametrize("javascript", [False, True])
def test_working_through_the_shortlist(browser: Browser, address: str, desk: Desk, javascript: bool) -> None:
    page = open_page(browser, f"{address}{desk.root}/shortlist", javascript=javascript)
    expect(page.get_by_role("heading", name="Nobody on the shortlist yet")).to_have_count(1)
    desk.say("shortlisted", ["Cara 0", "Cara 1", "Cara 2"])
    page.reload()
    page.evaluate("window.same = true") if javascript else None

    page.get_by_role("button", name="Move Cara 2 up").click()
    expect(page.locator("#flash")).to_contain_text("Cara 2 is at place 2 now.")
    assert names(page) == ["Cara 0", "Cara 2", "Cara 1"]

    entry(page, "Cara 1").get_by_role("button", name="Contacted").click()
    expect(page.locator("#flash")).to_contain_text("Cara 1 is marked as contacted.")
    assert pressed(page, "Cara 1") == "Contacted"
    page.locator("#flash").get_by_role("button", name="Undo").click()
    expect(page.locator("#flash")).to_contain_text("Taken back.")
    assert pressed(page, "Cara 1") == "Shortlisted"

    entry(page, "Cara 0").get_by_label("Note about Cara 0").fill("Ask about July\nand <b>August</b>")
    entry(page, "Cara 0").get_by_role("button", name="Save").click()
    expect(page.locator("#flash")).to_contain_text("Note saved.")
    assert page.get_by_label("Note about Cara 0").input_value() == "Ask about July\nand <b>August</b>"

    cost = page.locator(".totals-cost .figure-big").inner_text()
    entry(page, "Cara 0").locator("summary").click()
    entry(page, "Cara 0").get_by_label("In your words").fill("Wants three times that")
    entry(page, "Cara 0").get_by_role("button", name="Too expensive").click()
    expect(page.locator("#flash")).to_contain_text("Cara 0 is rejected.")
    assert "Too expensive · Wants three times that" in entry(page, "Cara 0").inner_text()
    assert page.locator(".totals-cost .figure-big").inner_text() != cost, "who is rejected costs nothing"

    entry(page, "Cara 0").get_by_role("button", name="Take off").click()
    expect(page.locator("#flash")).to_contain_text("Cara 0 is off the shortlist.")
    assert names(page) == ["Cara 2", "Cara 1"]
    page.locator("#flash").get_by_role("button", name="Undo").click()
    expect(page.locator("#flash")).to_contain_text("Cara 0 is back on the shortlist.")
    assert names(page) == ["Cara 0", "Cara 2", "Cara 1"], "at its place"
    assert "Ask about July" in page.get_by_label("Note about Cara 0").input_value()
    if javascript:
        assert page.evaluate("window.same") is True, "only parts of the page were renewed"
        assert problems(page) == []


def test_totals_tell_named_from_estimated_prices(browser: Browser, address: str, desk: Desk) -> None:
    desk.say("shortlisted", ["Cara 0", "Cara 1", "Cara 2"])
    page = open_page(browser, f"{address}{desk.root}/shortlist")
    said = page.locator(".totals").inner_text()
    assert re.search(r"Prices named\s+\$801\s+2 creators", said)
    assert re.search(r"Estimated\s+\$[\d,]+\s+1 creator, between \$[\d,]+ and \$[\d,]+", said)
    assert "of the budget left" in said
    assert "an estimate for 3 of 3" in said


def test_several_at_once_without_a_script(browser: Browser, address: str, desk: Desk) -> None:
    desk.say("shortlisted", ["Cara 0", "Cara 1", "Cara 2"])
    page = open_page(browser, f"{address}{desk.root}/shortlist")
    bar = page.get_by_role("form", name="With those selected")
    expect(bar, "nobody is selected").to_have_count(0)
    page.get_by_label("Select Cara 0").check()
    page.get_by_label("Select Cara 2").check()
    bar.get_by_role("button", name="Contacted").click()
    assert "2 creators are marked as contacted." in page.locator("#flash").inner_text()
    assert [pressed(page, f"Cara {n}") for n in range(3)] == ["Contacted", "Shortlisted", "Contacted"]
    page.locator("#flash").get_by_role("button", name="Undo").click()
    assert "2 taken back." in page.locator("#flash").inner_text()
    assert [pressed(page, f"Cara {n}") for n in range(3)] == ["Shortlisted"] * 3
    page.get_by_label("Select Cara 0").check()
    page.get_by_label("Select Cara 2").check()
    bar.get_by_role("button", name="Compare").click()
    assert page.url.startswith(f"{address}{desk.root}/compare?creator_id=")
    assert page.locator(".compare thead bdi").all_inner_texts() == ["Cara 0", "Cara 2"]


def test_keys(browser: Browser, address: str, desk: Desk) -> None:
    desk.say("shortlisted", ["Cara 0", "Cara 1", "Cara 2"])
    page = open_page(browser, f"{address}{desk.root}/shortlist", javascript=True)
    focused = "document.activeElement.id.replace('creator-', '')"
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate(focused) == desk.ids["Cara 1"]
    page.keyboard.press("k")
    assert page.evaluate(focused) == desk.ids["Cara 0"]
    page.keyboard.press("x")
    assert page.get_by_label("Select Cara 0").is_checked()
    assert page.locator("[data-selected]").inner_text() == "1"
    page.keyboard.press("j")
    page.keyboard.press("d")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#flash")).to_contain_text("Cara 1 is rejected.")
    settled(page)
    assert "Off topic" in entry(page, "Cara 1").inner_text()
    assert page.evaluate(focused) == desk.ids["Cara 1"], "where the work goes on"
    assert page.get_by_label("Select Cara 0").is_checked(), "what was selected stays so"
    page.keyboard.press("s")
    expect(page.locator("#flash")).to_contain_text("Cara 1 is off the shortlist.")
    settled(page)
    assert page.evaluate(focused) == desk.ids["Cara 2"], "the next one has come into its place"

    page.get_by_label("Note about Cara 2").focus()
    page.keyboard.type("jksdx?/")
    assert page.get_by_label("Note about Cara 2").input_value() == "jksdx?/", "keys are letters where one types"
    page.get_by_label("Select Cara 2").focus()
    page.keyboard.press("Control+s")
    assert names(page) == ["Cara 0", "Cara 2"]
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.get_by_role("dialog").get_by_label("Use these keys").uncheck()
    page.keyboard.press("Escape")
    page.get_by_label("Select Cara 2").focus()
    page.keyboard.press("s")
    page.keyboard.press("k")
    assert (names(page), page.evaluate(focused)) == (["Cara 0", "Cara 2"], ""), "they are switched off"
    page.reload()
    page.keyboard.press("j")
    assert page.evaluate(focused) == "", "also on the next page"
    assert problems(page) == []


def test_at_most_five_stand_side_by_side(browser: Browser, address: str, desk: Desk) -> None:
    page = open_page(browser, f"{address}{desk.root}/compare?{desk.choose([f'Cara {n}' for n in range(6)])}")
    expect(page.locator(".compare thead th")).to_have_count(6)
    assert "the first five are shown" in page.locator(".notice").inner_text()
    page.get_by_role("link", name="Take Cara 1 out of the comparison").click()
    assert page.locator(".compare thead bdi").all_inner_texts() == ["Cara 0", "Cara 2", "Cara 3", "Cara 4"]
    page.get_by_role("button", name="Shortlist").first.click()
    assert "Cara 0 is on the shortlist." in page.locator("#flash").inner_text()
    expect(page.locator(".compare .verdict-shortlisted")).to_have_count(1)
    page.goto(f"{address}{desk.root}/compare?{desk.choose(['Cara 1'])}")
    expect(page.get_by_role("heading", name="Choose at least two creators")).to_have_count(1)


def test_a_sheet_prints_on_one_page(browser: Browser, address: str, desk: Desk) -> None:
    desk.say("shortlisted", ["Cara 0", STRANGE])
    page = open_page(browser, f"{address}{desk.root}/creators/{desk.ids['Cara 0']}/sheet", javascript=True)
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    assert "Countries\nGermany 50%, Austria 30%" in page.inner_text(".sheet")
    for path in (f"creators/{desk.ids['Cara 0']}/sheet", f"creators/{desk.ids[STRANGE]}/sheet", "sheets"):
        page.goto(f"{address}{desk.root}/{path}")
        sheets = page.locator(".sheet").count()
        assert len(re.findall(rb"/Type\s*/Page[^s]", page.pdf(format="A4"))) == sheets
    assert sheets == 2
    assert problems(page) == []


def test_what_strangers_write_is_shown_harmlessly_and_nothing_scrolls_sideways(
    browser: Browser, address: str, desk: Desk
) -> None:
    desk.say("shortlisted", ["Cara 0", STRANGE])
    desk.say("rejected", [STRANGE], reason="other", comment=STRANGE[:2000])
    desk.client.post("/api/exclusions", json={"handles": ["x" * 190], "reason": "y" * 400})
    paths = [
        "shortlist",
        f"compare?{desk.choose(['Cara 0', STRANGE])}",
        "dismissed",
        f"creators/{desk.ids[STRANGE]}/sheet",
    ]
    urls = [f"{address}{desk.root}/{path}" for path in paths]
    for url in [
        *urls,
        f"{address}{desk.root}/match",
        f"{address}{desk.root}/match?view=table",
        f"{address}/exclusions",
    ]:
        page = open_page(browser, url, width=360, javascript=True)
        assert page.title() != "hacked"
        expect(page.locator("img[src=x]")).to_have_count(0)
        assert sideways(page) == 0, url
        assert problems(page) == []
        page.context.close()


@pytest.mark.parametrize("dark", [False, True])
def test_everybody_can_use_these_pages(browser: Browser, address: str, desk: Desk, dark: bool) -> None:
    for path in ("/shortlist", "/dismissed"):
        assert accessibility_report(browser, f"{address}{desk.root}{path}", dark=dark) == "", f"empty {path}"
    desk.say("shortlisted", ["Cara 0", "Cara 1", "Cara 2"])
    desk.say("rejected", ["Cara 1"], reason="too_expensive")
    desk.say("not_relevant", ["Cara 3"], reason="off_topic")
    desk.client.post("/api/exclusions", json={"handles": ["anna"]})
    some = desk.choose(["Cara 0", "Cara 1", "Cara 2"])
    paths = ("/shortlist", f"/compare?{some}", "/compare", f"/sheets?{some}", "/dismissed")
    urls = [*(address + desk.root + path for path in (*paths, "/exclusions", "/match")), f"{address}/exclusions"]
    for url in urls:
        assert accessibility_report(browser, url, dark=dark, width=360 if dark else 1200) == "", url


def test_tables_to_download(desk: Desk) -> None:
    desk.say("shortlisted", ["Cara 1", STRANGE, "Cara 0"])
    desk.say("not_relevant", ["Cara 2"])
    answer = desk.client.get(f"{desk.root}/shortlist.csv")
    assert re.fullmatch(
        r'attachment; filename="[a-z0-9-]+-shortlist-\d{4}-\d\d-\d\d\.csv"', answer.headers["content-disposition"]
    )
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert [row["position"] for row in rows] == ["1", "2", "3"]
    assert (rows[0]["name"], rows[0]["status"], rows[0]["price_usd"]) == ("Cara 1", "shortlisted", "401.0")
    assert rows[1]["name"].startswith("'=1+1"), "no formula"
    assert float(rows[0]["match_score"]) > 0
    chosen = desk.client.get(f"{desk.root}/matches.csv?{desk.choose(['Cara 3', 'Cara 0'])}").text
    assert {row["name"] for row in csv.DictReader(io.StringIO(chosen.lstrip("\ufeff")))} == {"Cara 0", "Cara 3"}
    workbook = load_workbook(io.BytesIO(desk.client.get(f"{desk.root}/matches.xlsx").content))
    sheet = workbook.active
    listed = [row[1] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert len(listed) == 6, "without the one turned down"
    assert "Cara 2" not in listed
    assert [cell.data_type for row in sheet.iter_rows() for cell in row].count("f") == 0
    assert desk.client.get(f"{desk.root}/shortlist.pdf").status_code == 404


def test_who_is_excluded_by_paste_by_file_and_no_more(
    browser: Browser, address: str, desk: Desk, tmp_path: Path
) -> None:
    page = open_page(browser, f"{address}/exclusions")
    page.get_by_label("Handles", exact=True).fill(
        "@Anna, instagram:creator_x\nthis is no handle\nhttps://tiktok.com/@cem?lang=de"
    )
    page.get_by_label("Reason").fill("Asked us not to write")
    page.get_by_role("button", name="Exclude").click()
    assert "1 line is no handle: “this is no handle”" in page.locator("#handles-error").inner_text()
    assert "3 handles were added." in page.locator(".notice").inner_text()
    assert page.get_by_label("Handles", exact=True).input_value() == "this is no handle"
    assert page.locator("tbody bdi").all_inner_texts() == ["creator_x", "cem", "anna"]
    listed = tmp_path / "list.csv"
    listed.write_text("dora\nemil\n", encoding="utf-8")
    page.get_by_label("Handles", exact=True).fill("")
    page.get_by_label("Or a file").set_input_files(listed)
    page.get_by_role("button", name="Exclude").click()
    assert "2 handles are excluded." in page.locator("#flash").inner_text()
    page.get_by_role("button", name="Lift the exclusion of dora").click()
    assert "The exclusion is lifted." in page.locator("#flash").inner_text()
    assert "dora" not in page.locator("tbody bdi").all_inner_texts()
    page.get_by_role("button", name="Exclude").click()
    assert "Write or upload at least one handle." in page.locator("#handles-error").inner_text()

    desk.say("shortlisted", ["Cara 0"])
    page.goto(f"{address}{desk.root}/shortlist")
    page.get_by_label("Select Cara 0").check()
    page.get_by_role("button", name="Never show again").click()
    assert "Cara 0 is never shown again." in page.locator("#flash").inner_text()
    found = desk.client.post(f"/api/campaigns/{desk.campaign}/matches").json()["matches"]
    assert "Cara 0" not in {match["name"] for match in found}


def test_forms_say_what_is_wrong_with_them(desk: Desk) -> None:
    post = lambda path, body: desk.client.post(path, content=body, headers=FORM, follow_redirects=False)  # noqa: E731
    someone = f"creator_id={desk.ids['Cara 0']}"
    verdicts = f"{desk.root}/verdicts"
    for path, body, status in (
        (verdicts, "verdict=hired", 303),
        (verdicts, f"{someone}&verdict=great", 422),
        (verdicts, f"{someone}&verdict=rejected&reason=vibes", 422),
        (verdicts, f"{someone}&verdict=rejected&comment={'x' * 2001}", 422),
        (verdicts, "creator_id=me&verdict=hired", 422),
        (verdicts, "&".join(f"creator_id={UUID(int=n)}" for n in range(41)) + "&verdict=hired", 422),
        (verdicts, f"creator_id={UUID(int=1)}&verdict=hired", 404),
        (f"/campaigns/{UUID(int=1)}/verdicts", f"{someone}&verdict=hired", 404),
        (f"{desk.root}/shortlist/{desk.ids['Cara 0']}/move", "to=1", 404),
        (f"{desk.root}/shortlist/{desk.ids['Cara 0']}/move", "to=up", 422),
        (f"{desk.root}/shortlist/{desk.ids['Cara 0']}/note", f"note={'x' * 2001}", 422),
        (f"{desk.root}/shortlist/{desk.ids['Cara 0']}/remove", "", 303),
        (f"{verdicts}/{UUID(int=1).hex}/undo", "", 404),
        ("/exclusions", f"handles={'x' * 300}", 422),
        (f"/exclusions/{UUID(int=1)}/remove", "", 303),
    ):
        answer = post(path, body)
        assert (answer.status_code, body[:60]) == (status, body[:60])
        assert status == 303 or answer.headers["content-type"].startswith("text/html")
    other = {**FORM, "sec-fetch-site": "cross-site"}
    assert desk.client.post(verdicts, content=f"{someone}&verdict=hired", headers=other).status_code == 403
    with desk.database.transaction() as connection:
        assert connection.scalar(text("SELECT count(*) FROM feedback")) == 0


def test_the_way_back_is_never_another_site(desk: Desk) -> None:
    body = f"creator_id={desk.ids['Cara 0']}&verdict=shortlisted"
    for referer, back in (
        ("http://testserver/campaigns/x?page=2", "/campaigns/x?page=2"),
        ("http://elsewhere.example/campaigns/x", f"{desk.root}/match"),
        ("http://testserver//elsewhere.example", f"{desk.root}/match"),
        ("", f"{desk.root}/match"),
    ):
        answer = desk.client.post(
            f"{desk.root}/verdicts", content=body, headers={**FORM, "referer": referer}, follow_redirects=False
        )
        assert answer.headers["location"] == back
