"""The pages in a real Chromium, over a real server, with JavaScript off: everything must work without it."""

import re
from urllib.parse import quote
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page
from sqlalchemy import text
from tests.browsing import HOSTILE, RTL, accessibility_report, open_page
from tests.factories import add_campaign, add_creator

from influencerflow.database.engine import Database
from influencerflow.settings import Settings
from influencerflow.worker.worker import Worker

pytestmark = [pytest.mark.slow, pytest.mark.browser]
CORRECTED = "want_topics=knitting_sewing&want_countries=US&want_ages=&not_accounts=shop&planned_creators=5"
MISTAKES = f"want_topics=Yogga,{'x' * 300}&want_countries=Narnia&want_ages=old&planned_creators=0&min_followers=many"
FORM = {"content-type": "application/x-www-form-urlencoded"}


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


def open_details(page: Page, summary: str) -> None:
    page.locator("summary", has_text=summary).click()


def chips(page: Page, name: str) -> list[str]:
    """What the page says was read, with what was added or removed."""
    cell = page.locator(".read > div").filter(has=page.locator("dt").get_by_text(name, exact=True))
    return [text.strip() for text in cell.locator("dd li:not(.plain)").all_text_contents()] or [
        cell.locator("dd").inner_text()
    ]


def test_from_the_list_to_the_matches_and_on(browser: Browser, address: str, campaign: UUID) -> None:
    page = open_page(browser, address)
    page.get_by_role("link", name="Lift Log").click()
    assert page.get_by_role("heading", name="Not matched yet").count() == 1
    page.get_by_role("button", name="Find matches").click()
    assert page.url == f"{address}/campaigns/{campaign}#matches"
    assert page.locator(".match").count() == 20
    assert "25 creators" in page.locator(".results-head").inner_text()
    assert page.locator("mark").first.inner_text() == "Barbell"
    assert re.fullmatch(r"\d+\.\d%\s+match", page.locator(".score").first.inner_text())
    assert "The match is a chance" in page.inner_text("#matches")
    assert page.get_by_role("img", name="Niche: 100 of 100").count() == 1
    assert page.get_by_role("img", name="Engagement: 50 of 100, a neutral value since it is unknown").count() == 19
    page.get_by_role("link", name="Next").click()
    assert page.url.endswith("page=2#matches")
    assert page.locator(".match").count() == 5
    assert page.locator(".match .rank").first.inner_text().split() == ["21", "."]


def test_filters_are_kept_and_a_wrong_one_is_said_at_its_field(browser: Browser, address: str, campaign: UUID) -> None:
    page = open_page(browser, f"{address}/campaigns/{campaign}")
    open_details(page, "Filters")
    page.get_by_label("Niches").fill("fitness")
    page.get_by_label("Followers from").fill("10K")
    page.get_by_role("button", name="Find matches").click()
    assert page.url == f"{address}/campaigns/{campaign}?niches=fitness&min_followers=10%2C000#matches"
    assert page.locator(".match").count() == 1
    assert page.locator(".in-use li").all_inner_texts() == ["niche fitness", "10,000 followers or more"]
    open_details(page, "Filters")
    assert page.get_by_label("Niches").input_value() == "fitness"
    page.get_by_label("Followers from").fill("many")
    page.get_by_label("Creator’s country").fill("Germany, Narnia")
    page.get_by_role("button", name="Apply filters").click()
    assert page.locator("#min_followers-error").inner_text() == "“many” is not a number"
    assert "“Narnia” is not a country" in page.locator("#countries-error").inner_text()
    assert page.get_by_label("Followers from").input_value() == "many"
    assert page.locator(".match").count() == 1, "what was found before stays in sight"


def test_a_link_with_filters_fills_the_form_and_tells_what_the_list_was_found_with(
    browser: Browser, address: str, campaign: UUID
) -> None:
    page = open_page(browser, f"{address}/campaigns/{campaign}")
    page.get_by_role("button", name="Find matches").click()
    page.goto(f"{address}/campaigns/{campaign}?platforms=instagram&niches=fitness")
    assert page.get_by_label("Instagram").is_checked()
    assert "Found with other settings" in page.inner_text(".notice")
    page.get_by_role("button", name="Find with these").click()
    assert page.locator(".match").count() == 1
    assert page.locator(".notice").count() == 0


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("min_followers=50k&max_followers=10", "“10” is less than “50k”"),
        ("max_rate=%E2%82%AC5", "“€5” is not in US dollars"),
        ("min_engagement=101", "“101” is above 100 percent"),
        ("niches=" + "x" * 101, "at most 100 characters"),
    ],
)
def test_wrong_filters_in_a_link_are_said_with_status_422(
    client: TestClient, database: Database, query: str, said: str
) -> None:
    with database.transaction() as connection:
        added = add_campaign(connection)
    for answer in (
        client.get(f"/campaigns/{added}?{query}"),
        client.post(f"/campaigns/{added}/matches", content=query, headers=FORM),
    ):
        assert answer.status_code == 422
        assert said in answer.text


def test_what_was_read_from_the_brief_is_corrected_and_taken_back(
    browser: Browser, address: str, campaign: UUID, database: Database
) -> None:
    with database.transaction() as connection:
        connection.execute(
            text("UPDATE campaigns SET product_niche = 'fitness, strength training', target_audience = :audience"),
            {"audience": "Women aged 22-45 in Austria, no gaming"},
        )
    page = open_page(browser, f"{address}/campaigns/{campaign}")
    assert chips(page, "Topics") == ["Fitness", "Strength training"], "before the first run, too"
    assert [chips(page, name) for name in ("Countries", "Gender", "Ages", "Left out")] == [
        ["Austria"],
        ["Women"],
        ["22–45"],
        ["Gaming"],
    ]
    open_details(page, "Correct what was read")
    page.get_by_role("checkbox", name="Strength training").uncheck()
    page.get_by_label("Add topics").fill("yoga, Knitting, crochet & sewing")
    page.get_by_label("Add countries").fill("Deutschland")
    page.get_by_role("checkbox", name="Women").uncheck()
    page.get_by_label("Ages", exact=True).fill("25-34, 60+")
    page.get_by_role("checkbox", name="Shop", exact=True).check()
    page.get_by_label("Creators who share the budget").fill("4")
    page.get_by_role("button", name="Match with these corrections").click()
    assert page.url.endswith(
        "?want_topics=fitness&want_topics=knitting_sewing&want_topics=yoga&want_countries=AT&want_countries=DE"
        "&want_genders=&want_ages=25-34&want_ages=60-99&not_accounts=shop&planned_creators=4#matches"
    )
    found = page.url
    for shown in (found, f"{address}/campaigns/{campaign}"):
        page.goto(shown)
        assert chips(page, "Topics") == [
            "Fitness",
            "Strength training (removed)",
            "Knitting, crochet & sewing (added)",
            "Yoga (added)",
        ]
        assert chips(page, "Countries") == ["Austria", "Germany (added)"]
        assert chips(page, "Gender") == ["Women (removed)"]
        assert chips(page, "Ages") == ["22–45 (removed)", "25–34 (added)", "60 and over (added)"]
        assert chips(page, "Left out") == ["Gaming", "Shop accounts (added)"]
        assert page.locator(".notice").count() == 0
        assert "share of the budget is $2,500" in page.locator(".match").first.inner_text()
    open_details(page, "Correct what was read")
    page.get_by_role("button", name="Back to what was read").click()
    assert page.url == f"{address}/campaigns/{campaign}?planned_creators=4#matches"
    assert chips(page, "Topics") == ["Fitness", "Strength training"]
    page.goto(found)
    assert "Found with other settings" in page.inner_text(".notice")


def test_mistakes_in_corrections_are_said_at_their_fields(browser: Browser, address: str, campaign: UUID) -> None:
    page = open_page(browser, f"{address}/campaigns/{campaign}")
    open_details(page, "Correct what was read")
    page.get_by_label("Add topics").fill("Yogga, barbell, Yoga")
    page.get_by_label("Leave out topics").fill("Fitness")
    page.get_by_label("Ages", exact=True).fill("25-34, old")
    page.get_by_label("Creators who share the budget").fill("0")
    page.get_by_role("button", name="Match with these corrections").click()
    said = page.locator("#want_topics-error").inner_text()
    assert "“Yogga” is not a topic here (did you mean “Yoga”?)" in said
    assert "“barbell” is not a topic here (did you mean “Strength training”?)" in said
    assert "among the topics as well" in page.locator("#not_topics-error").inner_text()
    assert "“old” is not a range of ages" in page.locator("#want_ages-error").inner_text()
    assert "from 1 to 10,000" in page.locator("#planned_creators-error").inner_text()
    assert page.get_by_label("Add topics").input_value() == "Yogga, barbell", "what is right has become a choice"
    assert page.get_by_role("checkbox", name="Yoga").is_checked()
    assert page.get_by_label("Ages", exact=True).input_value() == "25-34, old"
    assert page.get_by_text("4 fields need another look").is_visible()
    assert page.locator(".match").count() == 0


def test_a_match_shows_what_its_scores_rest_on(
    browser: Browser, address: str, database: Database, settings: Settings
) -> None:
    audience = {
        "gender": {"female": 0.7, "male": 0.3},
        "credibility": 0.9,
        "sample_size": 2570,
        "as_of": "2026-03-02",
    }
    with database.transaction() as connection:
        measured = add_creator(
            connection, name="Ana Langhans", about="Barbell training between gaming streams", audience=audience
        )
        other = add_creator(
            connection, name="Ana Langhans", platform="tiktok", niche=None, about="Barbell and squats, every day"
        )
        add_creator(
            connection,
            name="Marek",
            niche=None,
            about="Yoga teacher, daily vinyasa and asana",
            collaboration_rate=None,
            engagement_rate=None,
        )
        add_creator(
            connection,
            name="Iron Shop",
            about="Online shop for barbells. Shop now, worldwide shipping, order via our webshop",
        )
        add_creator(
            connection,
            name="Nobody",
            niche=None,
            about=None,
            followers_count_numeric=None,
            engagement_rate=None,
            collaboration_rate=None,
        )
        added = add_campaign(connection, target_audience="Women, no gaming")
    Worker(database, settings).drain()
    page = open_page(browser, f"{address}/campaigns/{added}")
    page.get_by_role("button", name="Find matches").click()

    def card(name: str) -> str:
        return page.locator(".match").filter(has=page.get_by_role("heading", name=name)).inner_text()

    assert "From demographics of 2,570 followers, March 2026 · confidence" in page.inner_text(f"#creator-{measured}")
    assert page.locator(f"#creator-{measured} mark.against").all_inner_texts() == ["gaming"]
    assert "rules out" in page.locator(f"#creator-{measured} .against dd").first.inner_text()
    note = page.get_by_role("link", name="Same person as Ana Langhans on TikTok")
    assert note.get_attribute("href") == f"#creator-{other}"
    assert page.locator(".against", has_text="Same person").count() == 0, "no reproach"
    assert page.locator(".inferred", has_text="suggests Yoga").count() == 1
    assert re.search(r"Estimated price\n\$[\d,]+–\$[\d,]+", card("Marek"))
    assert "Estimated from published figures; a share of the budget is $1,000" in card("Marek")
    assert "Unknown: neutral" in card("Marek")
    assert page.get_by_role("heading", name="Iron Shop").locator(".badge").inner_text() == "Shop"
    assert "No data: neutral" in card("Nobody")
    assert "No price to go by: neutral" in card("Nobody")
    open_details(page, "Filters")
    page.get_by_role("checkbox", name="People only").check()
    page.get_by_role("button", name="Apply filters").click()
    assert page.url.endswith("?people_only=1#matches")
    assert page.locator(".in-use li").all_inner_texts() == ["people only"]
    assert page.get_by_role("heading", name="Iron Shop").count() == 0
    assert page.get_by_role("heading", name="Marek").count() == 1


@pytest.mark.parametrize("written", ["'; DROP TABLE creators; --", "a\0b", "\ud83d", "%", "مرحبا", "x" * 5000])
def test_any_text_may_be_sought_and_filtered_by(client: TestClient, database: Database, written: str) -> None:
    with database.transaction() as connection:
        added = add_campaign(connection)
    sent = quote(written, errors="replace")
    assert client.get(f"/?q={sent}").status_code == 200
    answer = client.post(f"/campaigns/{added}/matches", content=f"niches={sent}", headers=FORM)
    assert answer.status_code == (422 if len(written) > 100 else 200)
    for name in ("want_topics", "want_countries", "want_languages", "want_genders", "want_ages", "planned_creators"):
        assert client.get(f"/campaigns/{added}?{name}={sent}").status_code in (200, 422)


def test_changed_catalogue_is_told_and_refreshed(
    browser: Browser, address: str, campaign: UUID, database: Database, settings: Settings
) -> None:
    page = open_page(browser, f"{address}/campaigns/{campaign}")
    page.get_by_role("button", name="Find matches").click()
    with database.transaction() as connection:
        add_creator(connection)
    page.goto(f"{address}/campaigns/{campaign}")
    assert "25 of 26 creators are ready to match" in page.inner_text("main")
    Worker(database, settings).drain()
    page.reload()
    assert "These matches are out of date" in page.inner_text("main")
    page.get_by_role("button", name="Refresh matches").click()
    assert "26 creators" in page.locator(".results-head").inner_text()
    assert page.locator(".notice").count() == 0


def test_an_incomplete_campaign_says_what_it_lacks(client: TestClient, database: Database) -> None:
    with database.transaction() as connection:
        added = add_campaign(connection, brand_name=None, total_budget=None)
    answer = client.get(f"/campaigns/{added}")
    assert answer.status_code == 200
    assert "The brief is not complete: brand name, total budget." in answer.text
    assert "Find matches</button>" not in answer.text
    assert client.post(f"/campaigns/{added}/matches").status_code == 422


def test_pages_allow_nothing_but_their_own(client: TestClient) -> None:
    for path in ("/", "/nothing-here", "/campaigns/nonsense"):
        answer = client.get(path)
        if path != "/nothing-here":
            policy = answer.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:")
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert not re.search(r"<script(?![^>]* src=\"/static/)", answer.text)
            assert " style=" not in answer.text


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


def test_hostile_text_is_only_text(browser: Browser, address: str, campaign: UUID) -> None:
    page = open_page(browser, f"{address}/campaigns/{campaign}", javascript=True)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.get_by_role("button", name="Find matches").click()
    assert "hacked" not in page.title()
    assert page.locator("main script, main img:not([src^='/'])").count() == 0
    assert HOSTILE in page.locator("bdi").filter(has_text="Ana").inner_text()
    assert requests
    assert all(url.startswith(address) for url in requests)


@pytest.mark.parametrize("dark", [False, True])
def test_no_accessibility_violation(browser: Browser, address: str, campaign: UUID, dark: bool) -> None:
    page = open_page(browser, f"{address}/campaigns/{campaign}")
    page.get_by_role("button", name="Find matches").click()
    for path in ("/", f"/campaigns/{campaign}", f"/campaigns/{campaign}?{MISTAKES}"):
        assert accessibility_report(browser, address + path, dark=dark) == ""


def test_a_narrow_phone_never_scrolls_sideways(browser: Browser, address: str, campaign: UUID) -> None:
    page = open_page(browser, f"{address}/campaigns/{campaign}", width=360, javascript=True)
    page.get_by_role("button", name="Find matches").click()
    found = page.url.split("#")[0]
    for url in (found, f"{found}?{MISTAKES}", f"{found}?{CORRECTED}", address):
        page.goto(url)
        page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/campaigns/00000000-0000-0000-0000-000000000000", "Not found"),
        ("/campaigns/nonsense", "Page not found"),
        ("/?page=9", "Not found"),
        ("/?page=x", "Page not found"),
    ],
)
def test_what_is_not_there_is_said_kindly(browser: Browser, address: str, path: str, title: str) -> None:
    page = open_page(browser, address + path)
    assert page.get_by_role("heading", name=title, exact=True).count() == 1
    assert page.get_by_role("link", name="All campaigns").count() == 1


def test_an_empty_catalogue_says_how_to_fill_it(browser: Browser, address: str) -> None:
    page = open_page(browser, address)
    assert "influencerflow creators import" in page.inner_text("main")
    assert page.get_by_role("heading", name="No campaigns yet").count() == 1
