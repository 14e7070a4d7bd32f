"""What AI Match shows where there is little to show, and what its figures rest on."""

import re
from collections.abc import Iterator
from urllib.parse import quote, urljoin
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, expect
from tests.browsing import open_page
from tests.conftest import cloned
from tests.factories import add_campaign, add_creator
from tests.functional.conftest import CAMPAIGN

from influencerflow.database.embedded import EmbeddedServer
from influencerflow.database.engine import Database
from influencerflow.errors import EncoderUnavailableError
from influencerflow.matching import service, stored
from influencerflow.settings import Settings
from influencerflow.worker.worker import Worker

pytestmark = [pytest.mark.slow, pytest.mark.browser]
PATH = f"/campaigns/{CAMPAIGN}/match"


@pytest.fixture
def stocked_database(server: EmbeddedServer, stocked: str) -> Iterator[Database]:
    yield from cloned(server, stocked)


@pytest.fixture
def stocked_client(stocked_database: Database, settings: Settings) -> Iterator[TestClient]:
    from influencerflow.app import create_app

    with TestClient(create_app(stocked_database, settings), raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("min_followers=50k&max_followers=10", "“10” is less than “50k”"),
        ("max_rate=%E2%82%AC5", "“€5” is not in US dollars"),
        ("min_engagement=101", "“101” is above 100 percent"),
        ("niches=" + "x" * 101, "at most 100 characters"),
    ],
)
def test_wrong_filters_in_a_link_are_said_with_status_422(stocked_client: TestClient, query: str, said: str) -> None:
    answer = stocked_client.get(f"{PATH}?{query}")
    assert answer.status_code == 422
    assert said in answer.text


@pytest.mark.parametrize("written", ["'; DROP TABLE creators; --", "a\0b", "\ud83d", "%", "مرحبا", "x" * 5000])
def test_any_text_may_be_asked_for(stocked_client: TestClient, written: str) -> None:
    sent = quote(written, errors="replace")
    assert stocked_client.get(f"/?q={sent}&status={sent}").status_code == 200
    names = ("niches", "want_topics", "want_countries", "want_genders", "want_ages", "planned_creators", "sort", "view")
    for name in names:
        assert stocked_client.get(f"{PATH}?{name}={sent}").status_code in (200, 422)


def test_an_address_written_otherwise_leads_to_the_same_in_short(stocked_client: TestClient) -> None:
    sent = "?niches=&min_followers=10K&want_topics=&want_topics=fitness&sort=match&view=cards&page=1&utm_source=mail"
    answer = stocked_client.get(PATH + sent, follow_redirects=False)
    assert answer.status_code == 303
    assert urljoin(PATH, answer.headers["location"]) == f"{PATH}?min_followers=10000"
    assert stocked_client.get(f"{PATH}?min_followers=10000", follow_redirects=False).status_code == 200


def test_where_nobody_passes_it_says_what_would_help(stocked_client: TestClient) -> None:
    one = stocked_client.get(f"{PATH}?platforms=instagram&niches=cooking").text
    assert "Without one of them there would be:" in one
    assert "Without “Instagram”" in one
    several = stocked_client.get(f"{PATH}?countries=AT&niches=cooking&min_followers=1000000").text
    assert "No single filter is to blame" in several
    assert "Only “Austria”" in several
    assert "Only “Niche Cooking”" in several
    assert "Only “1,000,000" not in several, "nobody has so many"


def test_pages_beyond_the_kept_list_go_to_the_end(stocked_client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("influencerflow.web.match_results.STORED_MATCHES", 20)
    last = stocked_client.get(f"{PATH}?page=2")
    assert re.findall(r'class="rank">(\d+)', last.text) == ["21", "22", "23", "24", "25"]
    assert stocked_client.get(f"{PATH}?page=3").status_code == 404


def test_nobody_waits_while_the_whole_list_is_ranked(stocked_client: TestClient, stocked_database: Database) -> None:
    with stocked_database.transaction() as ranking:
        assert not stored.is_being_ranked(ranking, UUID(CAMPAIGN)), "now it is, by this transaction"
        meanwhile = stocked_client.get(PATH)
    assert len(re.findall(r'class="rank">', meanwhile.text)) == 20
    assert "data-auto" in meanwhile.text


def test_a_provider_that_does_not_answer_leaves_the_filters_and_a_way_to_try_again(
    stocked_client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_args: object) -> None:
        raise EncoderUnavailableError("The embedding provider does not answer.", remedy="Try again later.")

    monkeypatch.setattr(service, "query_vector", silent)
    answer = stocked_client.get(f"{PATH}?min_followers=10000")
    assert answer.status_code == 503
    assert "The matches could not be found" in answer.text
    assert "The embedding provider does not answer. Try again later." in answer.text
    assert "10,000 followers or more" in answer.text
    assert 'id="filter-niches"' in answer.text
    assert "Try again</a>" in answer.text


def test_an_incomplete_campaign_says_what_it_lacks(client: TestClient, database: Database) -> None:
    with database.transaction() as connection:
        added = add_campaign(connection, brand_name=None, total_budget=None)
    answer = client.get(f"/campaigns/{added}/match")
    assert answer.status_code == 200
    assert "Matching needs brand, budget in us dollars." in answer.text
    assert f"/campaigns/{added}/edit" in answer.text
    assert client.post(f"/campaigns/{added}/match").status_code == 422
    assert client.get(f"/campaigns/{added}").status_code == 200


def test_an_empty_and_an_unread_catalogue_say_what_is_missing(client: TestClient, database: Database) -> None:
    with database.transaction() as connection:
        added = add_campaign(connection)
    assert 'href="/creators/import"' in client.get(f"/campaigns/{added}/match").text
    with database.transaction() as connection:
        add_creator(connection)
    unread = client.get(f"/campaigns/{added}/match").text
    assert "0 of 1 creators are ready to match" in unread
    assert "<strong>~" in unread, "found by its words, with a score that is provisional"


def test_a_match_shows_what_its_scores_rest_on(
    browser: Browser, address: str, database: Database, settings: Settings
) -> None:
    audience = {"gender": {"female": 0.7, "male": 0.3}, "credibility": 0.9, "sample_size": 2570, "as_of": "2026-03-02"}
    unknown = {"niche": None, "engagement_rate": None, "collaboration_rate": None}
    with database.transaction() as connection:
        measured = add_creator(
            connection, name="Ana Langhans", about="Barbell training between gaming streams", audience=audience
        )
        other = add_creator(
            connection, name="Ana Langhans", platform="tiktok", niche=None, about="Barbell and squats, every day"
        )
        add_creator(connection, name="Marek", **{**unknown, "about": "Yoga teacher, daily vinyasa and asana"})
        add_creator(
            connection,
            name="Iron Shop",
            about="Online shop for barbells. Shop now, worldwide shipping, order via our webshop",
        )
        add_creator(connection, name="Nobody", **{**unknown, "about": None, "followers_count_numeric": None})
        added = add_campaign(connection, target_audience="Women, no gaming")
    Worker(database, settings).drain()
    page = open_page(browser, f"{address}/campaigns/{added}/match")

    def card(name: str) -> str:
        return page.locator(".match").filter(has=page.get_by_role("heading", name=name)).inner_text()

    assert "From demographics of 2,570 followers, March 2026 · confidence" in page.inner_text(f"#creator-{measured}")
    assert page.locator(f"#creator-{measured} mark.against").all_inner_texts() == ["gaming"]
    assert "rules out" in page.locator(f"#creator-{measured} .against dd").first.inner_text()
    note = page.get_by_role("link", name="Same person as Ana Langhans on TikTok")
    assert note.get_attribute("href") == f"#creator-{other}"
    expect(page.locator(".against", has_text="Same person"), "no reproach").to_have_count(0)
    expect(page.locator(".inferred", has_text="suggests Yoga")).to_have_count(1)
    assert re.search(r"Estimated price\n\$[\d,]+–\$[\d,]+", card("Marek"))
    assert "Estimated from published figures; a share of the budget is $1,000" in card("Marek")
    assert page.get_by_role("heading", name="Iron Shop").locator(".badge").inner_text() == "Shop"
    assert "No data: neutral" in card("Nobody")
    assert "No price to go by: neutral" in card("Nobody")
    page.get_by_role("checkbox", name="People only").check()
    page.get_by_role("button", name="Apply", exact=True).click()
    assert page.url.endswith("/match?people_only=1")
    expect(page.get_by_role("heading", name="Iron Shop")).to_have_count(0)
    expect(page.get_by_role("heading", name="Marek")).to_have_count(1)
