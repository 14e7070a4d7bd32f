"""The pages over 8,123 real creators: from a pasted brief to a shortlist of ten and its exports, and the catalogue.

Names in twenty scripts, letters nobody's font has, bios of thousands of characters, handles that do not break.
"""

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text
from tests.browsing import accessibility_report, open_page, problems, settled, sideways

from influencerflow.campaigns.brief import Brief
from influencerflow.database.engine import Database

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(1800)]
TEN = 10
# Extremes of what a profile can hold; each names one creator.
_ODDEST = """
SELECT (SELECT id FROM creators ORDER BY length(name) DESC, id LIMIT 1),
       (SELECT id FROM creators ORDER BY length(about) DESC NULLS LAST, id LIMIT 1),
       (SELECT id FROM creators ORDER BY length(channel_name) DESC NULLS LAST, id LIMIT 1),
       (SELECT id FROM creators WHERE name ~ '[\u0590-\u08ff]' ORDER BY length(name) DESC, id LIMIT 1),
       (SELECT id FROM creators WHERE name ~ '[\U0001f300-\U0001faff]' ORDER BY length(name) DESC, id LIMIT 1),
       (SELECT id FROM creators WHERE name ~ '[\u0300-\u036f\u0e00-\u0eff\u3040-\u9fff]' ORDER BY length(name) DESC, id LIMIT 1),
       (SELECT id FROM creators, regexp_split_to_table(about, '\\s+') word ORDER BY length(word) DESC, id LIMIT 1)
"""


@pytest.fixture
def database(real_catalogue: Database) -> Database:
    return real_catalogue


@pytest.fixture(scope="module")
def briefs(shared_folder: Path) -> list[Mapping[str, Any]]:
    lines = (shared_folder / "relevance" / "briefs.jsonl").read_text(encoding="utf-8").splitlines()
    return [{key: brief[key] for key in Brief.model_fields if brief.get(key)} for brief in map(json.loads, lines)]


@pytest.fixture(scope="module")
def oddest(real_catalogue: Database) -> list[str]:
    with real_catalogue.transaction() as connection:
        found = connection.execute(text(_ODDEST)).one()
    return sorted({str(creator_id) for creator_id in found})


def as_mail(brief: Mapping[str, Any]) -> str:
    """The brief as somebody pastes it."""
    lines = {key.replace("_", " ").capitalize(): value for key, value in brief.items()}
    return "\n".join(
        f"{label}: {', '.join(value) if isinstance(value, list) else value}" for label, value in lines.items()
    )


@pytest.mark.parametrize(
    ("javascript", "width", "dark"),
    [(False, 1200, True), (False, 360, False), (True, 1200, False), (True, 360, True)],
)
def test_from_a_pasted_brief_to_ten_on_paper(
    browser: Browser, address: str, briefs: list[Mapping[str, Any]], javascript: bool, width: int, dark: bool
) -> None:
    page = open_page(browser, address, width=width, dark=dark, javascript=javascript)
    page.get_by_role("link", name="New campaign").first.click()
    page.get_by_label("The brief as text").fill(as_mail(briefs[0]))
    page.get_by_role("button", name="Fill in the form").click()
    expect(page.get_by_label("Niche", exact=True)).to_have_value("strength training")
    page.get_by_role("button", name="Create and find matches").click()
    expect(page.locator(".match")).to_have_count(20)
    expect(page.get_by_role("heading", name="8,123 creators")).to_have_count(1)
    only_tiktok(page, narrow=width < 1000, javascript=javascript)
    names = [shortlist(page, place) for place in range(TEN)]
    assert sideways(page) <= 0
    page.locator("#sections").get_by_role("link", name="Shortlist").click()
    assert page.locator(".entry h3").all_inner_texts() == names
    assert sideways(page) <= 0
    for place in (0, 3, 7):
        page.locator(".entry .pick input").nth(place).check()
    exported(page, names)
    page.get_by_role("button", name="Compare").click()
    expect(page.locator(".compare thead bdi")).to_have_count(3)
    assert sideways(page) <= 0
    assert problems(page) == []


def only_tiktok(page: Page, *, narrow: bool, javascript: bool) -> None:
    path = page.url.split("?")[0]
    if narrow:
        page.locator(".to-filters").click()
    page.get_by_role("checkbox", name="TikTok").check()
    if not javascript:
        page.get_by_role("button", name="Apply", exact=True).click()
    expect(page).to_have_url(f"{path}?platforms=tiktok")
    settled(page)
    if narrow and javascript:
        expect(page.locator(".to-results")).to_have_text("Show 4,429 creators")
        page.locator(".to-results").click()
        expect(page.locator("#filters")).not_to_be_visible()
    expect(page.get_by_role("heading", name="4,429 creators")).to_have_count(1)


def shortlist(page: Page, place: int) -> str:
    """Puts the match at this place of the page on the shortlist, and tells its name."""
    match = page.locator(".match").nth(place)
    name = match.locator("h3 bdi").inner_text()
    match.get_by_role("button", name="Shortlist", exact=True).click()
    expect(page.locator("#sections .count")).to_have_text(str(place + 1))
    settled(page)
    return name


def exported(page: Page, names: list[str]) -> None:
    with page.expect_download() as table:
        page.get_by_role("link", name="CSV").click()
    rows = list(csv.DictReader(io.StringIO(table.value.path().read_text(encoding="utf-8-sig"))))
    assert [row["name"].removeprefix("'") for row in rows] == names
    with page.expect_download() as book:
        page.get_by_role("link", name="XLSX").click()
    sheet = openpyxl.load_workbook(io.BytesIO(book.value.path().read_bytes())).active
    assert sheet is not None
    assert sheet.max_row == TEN + 1


@pytest.mark.parametrize(("width", "dark"), [(1200, True), (360, False)])
def test_the_catalogue_is_browsed_searched_and_steered(browser: Browser, address: str, width: int, dark: bool) -> None:
    page = open_page(browser, f"{address}/creators", width=width, dark=dark, javascript=True)
    expect(page.get_by_role("heading", name="8,123 creators")).to_have_count(1)
    assert page.locator(".who-cell a").first.inner_text() == "T-Series", "most followers"
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("link", name="Previous")).to_have_count(1)
    settled(page)
    page.get_by_label("Name or handle").fill("yoga")
    expect(page).to_have_url(f"{address}/creators?q=yoga&sort=followers")
    settled(page)
    name = page.locator(".who-cell a").first.inner_text()
    page.locator(".who-cell a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    page.get_by_role("link", name="More like this").first.click()
    expect(page.locator(".similar-list .card")).not_to_have_count(0)
    assert sideways(page) <= 0
    assert problems(page) == []


def campaigns(client: TestClient, briefs: list[Mapping[str, Any]]) -> list[str]:
    """Paths of campaigns for briefs in English, Spanish, French, German and Italian."""
    return [f"/campaigns/{client.post('/api/campaigns', json=brief).json()['id']}" for brief in briefs[::5]]


def test_the_oddest_profiles_keep_in_their_place(
    browser: Browser, address: str, client: TestClient, briefs: list[Mapping[str, Any]], oddest: list[str]
) -> None:
    page = open_page(browser, address, width=360, javascript=True)
    paths = [f"/creators/{creator_id}" for creator_id in oddest]
    paths += [f"/creators/similar?like={creator_id}" for creator_id in oddest]
    lists = campaigns(client, briefs)
    paths += [f"{path}/match?{query}" for path in lists for query in ("sort=followers", "view=table")]
    for creator_id in oddest[:TEN]:
        client.post(
            "/api/ai/feedback",
            json={"campaign_id": lists[0].split("/")[-1], "creator_id": creator_id, "verdict": "shortlisted"},
        )
    paths += [f"{lists[0]}/shortlist", f"{lists[0]}/compare?{'&'.join(f'creator_id={item}' for item in oddest[:5])}"]
    for path in paths:
        page.goto(address + path)
        assert sideways(page) <= 0, path
    assert problems(page) == []


@pytest.mark.parametrize(("dark", "width"), [(False, 1200), (True, 360)])
def test_no_accessibility_violation(
    browser: Browser,
    address: str,
    client: TestClient,
    briefs: list[Mapping[str, Any]],
    oddest: list[str],
    dark: bool,
    width: int,
) -> None:
    root = campaigns(client, briefs[:1])[0]
    paths = [f"{root}/match", f"{root}/match?view=table", "/creators?q=yoga"]
    paths += [f"/creators/{oddest[0]}", f"/creators/similar?like={oddest[0]}"]
    paths += [f"{root}/compare?{'&'.join(f'creator_id={item}' for item in oddest[:5])}"]
    reports = {path: accessibility_report(browser, address + path, dark=dark, width=width) for path in paths}
    assert {path: report for path, report in reports.items() if report} == {}


def test_pages_of_matches_are_light(client: TestClient, briefs: list[Mapping[str, Any]]) -> None:
    for path in campaigns(client, briefs):
        for query in ("", "?view=table"):
            assert len(client.get(f"{path}/match{query}").content) < 150_000
