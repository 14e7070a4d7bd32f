"""The catalogue's pages in a real Chromium: browse, a creator, similar ones, imports, the first run."""

import re
from pathlib import Path
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text
from tests.browsing import FLAGS, HOSTILE, RTL, ZALGO, accessibility_report, open_page, problems, settled, sideways
from tests.factories import add_campaign, add_creator

from influencerflow.campaigns.brief import Brief
from influencerflow.creators.importing.runner import run_due
from influencerflow.database.engine import Database
from influencerflow.matching.stored import run_campaign
from influencerflow.retrieval.filters import Filters
from influencerflow.sample.load import load_sample
from influencerflow.settings import Settings
from influencerflow.worker.worker import Worker

pytestmark = [pytest.mark.slow, pytest.mark.browser]
AUDIENCE = {
    "age": {"18-24": 0.3, "25-34": 0.5, "55+": 0.2}, "gender": {"female": 0.7, "male": 0.3}, "country": {"DE": 0.8},
    "interest": {f"yoga {HOSTILE}": 0.4}, "credibility": 0.9, "sample_size": 900, "as_of": "2026-05-04",
}  # fmt: skip
ROWS = (
    "Wer,platform,handle,followers,note\nAna,ig,ana,10K,a\nBen,ig,ben,many,b\nCem,myspace,cem,5,c\nDora,ig,dora,7,d\n"
)


@pytest.fixture
def hostile(database: Database, settings: Settings) -> UUID:
    """Among sixty plain creators one whose every text is an attack, with a history, notes and a match."""
    with database.transaction() as connection:
        added = add_creator(
            connection, name=f"Ana {RTL} {HOSTILE} {ZALGO} {FLAGS}", about=f"Barbell {HOSTILE} " + "x" * 5_000,
            niche=HOSTILE[:100], channel_name='@"><b>ana', profile_image="http://127.0.0.1:1/x.png", audience=AUDIENCE,
            past_brands=[HOSTILE], followers_count_numeric=90_000, source=HOSTILE[:100], avg_views=9_000,
        )  # fmt: skip
        for number in range(60):
            about = "Barbell training" if number % 2 else "Sourdough bread and cakes"
            add_creator(
                connection, name=f"Number {number:02}", about=about, followers_count_numeric=10_000 + number,
                engagement_rate=None if number % 7 == 0 else 1 + number / 10, platform="tiktok" if number % 3 else "instagram",
            )  # fmt: skip
        campaign = add_campaign(connection, product_name=f"Lift {HOSTILE}")
    Worker(database, settings).drain()
    with database.transaction() as connection:
        connection.execute(text("UPDATE creators SET about = about || '!', collaboration_rate = 500, country = 'AT'"))
        connection.execute(
            text("UPDATE creators SET followers_count_numeric = 91000, updated_at = now() WHERE id = :id"),
            {"id": added},
        )
        brief = Brief(brand_name="A", product_name="B", product_niche="fitness", total_budget=9_000)
        run_campaign(connection, settings, campaign, brief, Filters())
    return added


def listed(page: Page) -> list[str]:
    return page.locator(".who-cell a").all_inner_texts()


@pytest.mark.parametrize("javascript", [False, True])
def test_the_catalogue_is_searched_narrowed_sorted_and_paged(
    browser: Browser, address: str, hostile: UUID, javascript: bool
) -> None:
    page = open_page(browser, f"{address}/creators", javascript=javascript)
    assert page.inner_text("#list-title") == "61 creators"
    first = listed(page)
    assert len(first) == 50
    page.get_by_role("link", name="Next").click()
    page.wait_for_url("**after=*")
    settled(page)
    assert len(listed(page)) == 11
    assert not set(listed(page)) & set(first)
    page.get_by_role("link", name="Previous").click()
    page.wait_for_url("**before=*")
    settled(page)
    assert listed(page) == first
    page.go_back()
    page.wait_for_url("**after=*")
    settled(page)
    expect(page.locator(".who-cell a")).to_have_count(11)
    page.get_by_label("Name or handle").fill("number 5")
    page.get_by_label("Order").select_option("Fewest followers")
    if not javascript:
        page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url("**sort=fewest*")
    settled(page)
    assert listed(page) == [f"Number 5{number}" for number in range(10)]
    page.goto(f"{address}/creators?country=Narnia&max_followers=10&min_followers=50k")
    assert "“Narnia” is not a country" in page.inner_text("#country-error")
    page.goto(f"{address}/creators?q=nobody+there")
    expect(page.get_by_role("heading", name="Nobody matches")).to_have_count(1)
    assert problems(page) == []


def test_hostile_texts_are_shown_and_do_nothing(browser: Browser, address: str, hostile: UUID) -> None:
    page = open_page(browser, f"{address}/creators/{hostile}", javascript=True)
    called: list[str] = []
    page.on("request", lambda request: called.append(request.url))
    for path in (f"/creators/{hostile}", "/creators?sort=followers", f"/creators/similar?like={hostile}"):
        page.goto(address + path)
        assert "hacked" not in page.title().replace("document.title='hacked'", "")
        assert HOSTILE in page.inner_text("body")
        expect(page.locator("img[onerror]")).to_have_count(0)
    page.goto(f"{address}/creators/{hostile}")
    page.wait_for_load_state("networkidle")
    assert all(url.startswith(address) for url in called), "strangers are never asked by the browser"
    assert any("/image?v=" in url for url in called)
    assert problems(page) == []
    assert page.locator(".who-head .avatar").inner_text() == "AZ"


def test_a_creators_page_tells_all_there_is(browser: Browser, address: str, hostile: UUID) -> None:
    page = open_page(browser, f"{address}/creators/{hostile}")
    assert "91,000" in page.inner_text("#figures-title >> xpath=../..")
    assert re.search(r"Above \d+% of Instagram creators of this size", page.inner_text(".strip >> nth=0"))
    shares = page.locator(".share").all_inner_texts()
    assert [" ".join(share.split()) for share in shares[:3]] == ["18–24 30%", "25–34 50%", "55–74 20%"]
    assert "900 followers looked at" in page.inner_text("#audience-title >> xpath=../..")
    changes = " ".join(page.inner_text(".changes").split())
    assert "Price: $400 → became $500" in changes
    assert "Country: unknown → became Austria" in changes
    expect(page.locator(".chart-line polyline")).to_have_count(1)
    assert "1 of 61" in page.inner_text("#matches-title >> xpath=..") or "of 61" in page.inner_text(
        "#matches-title >> xpath=.."
    )
    expect(page.locator("#similar-title >> xpath=.. >> .person")).to_have_count(6)
    page.get_by_role("link", name="Show more, and steer the list").click()
    expect(page).to_have_url(f"{address}/creators/similar?like={hostile}")


@pytest.mark.parametrize("javascript", [False, True])
def test_notes_are_written_changed_deleted_and_brought_back(
    browser: Browser, address: str, hostile: UUID, javascript: bool
) -> None:
    page = open_page(browser, f"{address}/creators/{hostile}", javascript=javascript)
    page.get_by_label("New note").fill(f"Answers fast {HOSTILE}")
    page.get_by_role("button", name="Add note").click()
    page.wait_for_selector(".toast")
    assert page.locator(".note-body").all_inner_texts() == [f"Answers fast {HOSTILE}"]
    page.locator(".edit-note summary").click()
    page.get_by_label("Edit note").fill("Slow")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".note-body")).to_have_text("Slow")
    page.locator(".edit-note summary").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.locator(".note-body")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    page.wait_for_selector(".note-body")
    assert page.inner_text(".note-body") == "Slow"
    page.get_by_label("New note").fill("   ")
    page.get_by_role("button", name="Add note").click()
    page.wait_for_selector("#new-note-error")
    assert page.inner_text("#new-note-error") == "A note needs a few words."
    assert problems(page) == []


@pytest.mark.parametrize("javascript", [False, True])
def test_similar_creators_are_steered(browser: Browser, address: str, hostile: UUID, javascript: bool) -> None:
    page = open_page(browser, f"{address}/creators?q=number+0&sort=name", javascript=javascript)
    page.get_by_label("Select Number 01").check()
    page.get_by_label("Select Number 03").check()
    page.get_by_role("button", name="More like the selected").click()
    page.wait_for_url("**/similar?like=*")
    expect(page.locator(".examples .chips li")).to_have_count(2)
    assert "Barbell" in page.inner_text(".similar-list .excerpt >> nth=0")
    name = page.locator(".similar-list .person a").first.inner_text()
    page.get_by_role("link", name=f"Less like {name}").click()
    page.wait_for_url("**unlike=*")
    settled(page)
    assert name not in page.locator(".similar-list .person a").all_inner_texts()
    assert page.locator(".examples .against").inner_text().startswith(name)
    page.get_by_role("link", name=f"Take {name} away").click()
    expect(page.locator(".examples .against")).to_have_count(0)
    page.goto(f"{address}/creators/similar")
    assert "Name at least one creator" in page.inner_text("main")
    assert problems(page) == []


def chosen(tmp_path: Path, content: str | bytes, name: str = "creators.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("javascript", [False, True])
def test_a_file_is_uploaded_mapped_checked_imported_and_reported(
    browser: Browser, address: str, database: Database, tmp_path: Path, javascript: bool
) -> None:
    page = open_page(browser, f"{address}/creators/import", javascript=javascript)
    page.get_by_label("File", exact=True).set_input_files(chosen(tmp_path, ROWS))
    page.get_by_role("button", name="Upload and check").click()
    page.wait_for_selector("#check-title", timeout=60_000)
    here = page.url
    assert page.locator(".outcome li").all_inner_texts() == [
        "2\nwould be added", "0\nwould be updated", "0\nare here just so", "2\nwould be rejected",
    ]  # fmt: skip
    assert page.get_by_label("Field of the column Wer").input_value() == "-"
    assert page.locator(".columns-table .samples").first.inner_text().split() == ["Ana", "Ben", "Cem"]
    assert "is not a platform we know" in page.inner_text(".reasons-list")
    page.get_by_label("Field of the column Wer").select_option("Name")
    page.get_by_label("Field of the column note").select_option("Name")
    page.get_by_role("button", name="Check again").click()
    page.wait_for_selector("text=“Wer” is that field already.")
    page.get_by_label("Field of the column note").select_option("Bio")
    page.get_by_role("button", name="Import 2 creators").click()
    page.wait_for_selector("text=Check again", timeout=60_000)
    page.wait_for_selector("#check-title", timeout=60_000)
    assert database_names(database) == [], "what was changed is checked before it is imported"
    page.goto(here)
    assert page.get_by_label("Field of the column note").input_value() == "about"
    page.get_by_role("button", name="Import 2 creators").click()
    page.wait_for_selector("#done-title", timeout=60_000)
    assert database_names(database) == ["Ana", "Dora"]
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    assert (
        download.value.path().read_text(encoding="utf-8-sig").splitlines()[1]
        == "3,followers_count_numeric,many,is not a number"
    )
    page.goto(f"{address}/creators/import")
    assert "2 added, 0 updated" in page.inner_text(".plain-list")
    assert problems(page) == []


def database_names(database: Database) -> list[str]:
    with database.transaction() as connection:
        return list(connection.scalars(text("SELECT name FROM creators ORDER BY name")))


def test_an_import_goes_on_while_nobody_looks(
    browser: Browser, address: str, app: FastAPI, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page that shows progress is left and opened again; the work is done by whoever runs next."""
    monkeypatch.setattr("influencerflow.web.import_pages._PATIENCE_SECONDS", 0.0)
    app.state.imports.wake = lambda: None
    page = open_page(browser, f"{address}/creators/import", javascript=True)
    page.get_by_label("File", exact=True).set_input_files(chosen(tmp_path, "handle\nana\n", "youtube.csv"))
    page.get_by_role("button", name="Upload and check").click()
    page.wait_for_selector("progress")
    here = page.url
    assert "You can leave this page" in page.inner_text("main")
    page.goto(f"{address}/creators")
    run_due(database)
    page.goto(here)
    assert page.get_by_label("Platform").input_value() == "youtube"
    page.get_by_role("button", name="Import 1 creator").click()
    page.wait_for_selector("progress")
    run_due(database)
    page.wait_for_selector("#done-title", timeout=20_000)
    assert problems(page) == []


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "a.csv", "a.csv is empty"),
        (b"x" * 1_200_000, "a.csv", "larger than 1 MB"),
        (b"PK\3\4" + b"\0" * 99, "a.xlsx", "Excel workbook"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "a.csv", "is not text"),
    ],
)
def test_a_file_that_cannot_be_taken_says_why(
    client: TestClient, app: FastAPI, database: Database, content: bytes, name: str, said: str
) -> None:
    app.state.settings = app.state.settings.model_copy(update={"max_upload_mb": 1})
    app.state.imports.wake = lambda: run_due(database)
    answer = client.post("/creators/import", files={"file": (name, content)})
    assert said in answer.text
    assert client.post("/creators/import", data={"x": "y"}).status_code == 422
    assert client.post("/creators/import", headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_the_first_match_takes_three_clicks_and_the_panel_goes(
    browser: Browser, address: str, database: Database, settings: Settings
) -> None:
    load_sample(database)
    Worker(database, settings).drain()
    page = open_page(browser, address, javascript=True)
    expect(page.get_by_role("heading", name="Your first match in three clicks")).to_have_count(1)
    page.get_by_role("link", name="Find creators").click()
    page.wait_for_url("**/match*")
    expect(page.locator("#results .match").first).to_be_visible(timeout=60_000)
    page.goto(address)
    expect(page.get_by_role("heading", name="Now with creators of your own")).to_have_count(1)
    page.get_by_role("button", name="Not now").click()
    expect(page.locator(".first-run")).to_have_count(0)
    page.goto(f"{address}/creators")
    page.get_by_text("…", exact=True).click()
    page.get_by_role("button", name="Remove the sample").click()
    page.locator("#remove-sample").get_by_role("button", name="Remove the sample").click()
    page.wait_for_selector(".toast")
    expect(page.get_by_role("heading", name="No creators yet")).to_have_count(1)
    assert problems(page) == []


@pytest.mark.parametrize(("width", "dark"), [(1200, False), (360, True)])
def test_the_pages_are_accessible_and_fit(
    browser: Browser, address: str, hostile: UUID, database: Database, tmp_path: Path, client: TestClient, app: FastAPI,
    width: int, dark: bool,
) -> None:  # fmt: skip
    app.state.imports.wake = lambda: run_due(database)
    client.post(f"/creators/{hostile}/notes", data={"body": f"Note {HOSTILE} " + "y" * 300})
    checked = client.post("/creators/import", files={"file": (f"{'z' * 150}.csv", ROWS)}).url.path
    imported = client.post("/creators/import", files={"file": ("b.csv", ROWS.replace("ig", "tiktok"))}).url.path
    client.post(f"{imported}/start", data={})
    for path in (
        "/", "/creators", f"/creators?q={'w' * 90}", "/creators?country=Narnia", f"/creators/{hostile}",
        f"/creators/similar?like={hostile}", "/creators/import", checked, imported,
    ):  # fmt: skip
        assert accessibility_report(browser, address + path, width=width, dark=dark) == "", path
        page = open_page(browser, address + path, width=width, dark=dark)
        assert sideways(page) <= 0, path
        page.context.close()
