"""How good the lists were, as a page shows it."""

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, expect
from sqlalchemy import text
from tests.browsing import accessibility_report, open_page, problems, settled, sideways
from tests.factories import add_campaign, add_creator

from influencerflow.database.engine import Database

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def judge(
    database: Database, campaign: str, verdict: str, rank: int | None, day: str, reason: str | None = None
) -> None:
    with database.transaction() as connection:
        creator = add_creator(connection)
        connection.execute(
            text("""
                INSERT INTO feedback (campaign_id, creator_id, verdict, reason, rank, model_name, scoring_version, created_at)
                VALUES (:campaign, :creator, :verdict, :reason, :rank, 'local/small', 4, CAST(:day AS timestamptz))
            """),
            {"campaign": campaign, "creator": creator, "verdict": verdict, "reason": reason, "rank": rank, "day": day},
        )


def test_before_and_after_the_first_verdicts(browser: Browser, address: str, database: Database) -> None:
    page = open_page(browser, f"{address}/feedback", javascript=True)
    expect(page.get_by_role("heading", name="Nothing was judged yet")).to_have_count(1)
    expect(page.locator(".figure-big"), "no figure without a judgment").to_have_count(0)
    with database.transaction() as connection:
        first, second = (str(add_campaign(connection, product_name=name)) for name in ("Lift Log", "Tent"))
    judge(database, first, "shortlisted", 1, "2026-05-04")
    judge(database, first, "not_relevant", 7, "2026-05-05", "wrong_place")
    page.reload()
    assert "All in one week so far" in page.inner_text("main")
    expect(page.locator(".chart")).to_have_count(0)
    judge(database, first, "hired", 12, "2026-05-19")
    judge(database, first, "rejected", 3, "2026-05-20", "wrong_place")
    judge(database, second, "rejected", None, "2026-05-20")
    page.reload()
    assert page.locator(".figure-big").all_inner_texts() == ["50%", "33.3%", "50%"]
    assert "2 of 4 judged · 95% interval" in page.locator(".quality-figures").inner_text()
    assert "1 creator was judged outside a list" in page.inner_text("main")
    expect(page.locator(".chart polyline.k5"), "the week without judgments is a gap").to_have_count(2)
    rows = page.locator("#quality table").first.locator("tbody tr").all_inner_texts()
    assert [row.split("\t")[:2] for row in rows] == [
        ["May 18, 2026", "0% 0 of 1 judged"],
        ["May 11, 2026", "None judged"],
        ["May 4, 2026", "100% 1 of 1 judged"],
    ]
    assert page.locator(".counts").nth(1).inner_text().split() == ["Wrong", "place", "2", "No", "reason", "given", "1"]
    page.get_by_label("Campaign").select_option(label="Tent · Ironvale")
    page.get_by_role("button", name="Show").click()
    settled(page)
    expect(page).to_have_url(f"{address}/feedback?campaign_id={second}")
    assert page.locator(".figure-big").all_inner_texts() == ["–"] * 3
    assert problems(page) == []
    for dark, width in ((False, 1200), (True, 360)):
        assert accessibility_report(browser, f"{address}/feedback", dark=dark, width=width) == ""
    assert sideways(open_page(browser, f"{address}/feedback", width=360)) == 0


def test_an_unknown_campaign_shows_all(client: TestClient) -> None:
    for given in ("nonsense", "0b0a4a6e-6f3c-4c0e-9a52-3b1f5d0c7a11"):
        assert client.get("/feedback", params={"campaign_id": given}).status_code == 200
