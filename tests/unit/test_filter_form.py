"""The form of a list of matches: what is written, what it asks for, and its link."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from influencerflow.campaigns.understanding import TopicWanted, Understanding
from influencerflow.retrieval.filters import Filters
from influencerflow.web.filter_fields import FILTER_FIELDS, NAMES
from influencerflow.web.filter_form import filter_chips, read_filter_form, without
from influencerflow.web.match_form import FIELDS, MatchForm, read_match_form
from influencerflow.web.messages import catalogue

READ = Understanding(
    topics=[TopicWanted(key="fitness", label="Fitness", weight=1.0), TopicWanted(key="yoga", label="Yoga", weight=0.5)],
    countries=["AT"],
    genders=["female"],
    age_ranges=[(22, 45)],
)


def read(pairs: list[tuple[str, str]]) -> MatchForm:
    return read_match_form("/m", pairs, READ)


def again(form: MatchForm, link: str) -> MatchForm:
    return read(parse_qsl(urlsplit(link).query, keep_blank_values=True))


def test_figures_names_and_codes_are_read_as_people_write_them() -> None:
    form = read_filter_form(
        [
            ("min_followers", "10K"),
            ("max_rate", "$1,500"),
            ("min_engagement", "2.55%"),
            ("countries", "Deutschland, at"),
            ("countries", "FR"),
            ("languages", "de-AT"),
            ("niches", "  Home   Decor, yoga"),
            ("people_only", "1"),
        ]
    )
    assert form.errors == {}
    assert form.filters is not None
    assert form.filters.active() == {
        "min_followers": 10_000,
        "max_rate": 1500.0,
        "min_engagement": 2.55,
        "countries": ["AT", "DE", "FR"],
        "languages": ["de"],
        "niches": ["home decor", "yoga"],
        "people_only": True,
    }
    assert form.values["min_engagement"] == "2.55%", "nothing is rounded away that is read again"


def test_what_is_wrong_stays_as_it_was_written() -> None:
    form = read_filter_form([("min_followers", "many"), ("countries", "Narnia, Austria"), ("max_followers", "5")])
    assert form.filters is None
    assert set(form.errors) == {"min_followers", "countries"}
    assert (form.values["min_followers"], form.values["countries"], form.chosen["countries"]) == (
        "many",
        "Narnia",
        ("AT",),
    )


WRITTEN = st.lists(
    st.tuples(
        st.sampled_from([*FIELDS, "utm_source"]),
        st.sampled_from(
            ["", "1", "10K", "2.5", "fitness", "yoga", "DE", "de", "female", "shop", "25-34", "x,y", "table", "price"]
        )
        | st.text(max_size=12),
    ),
    max_size=8,
)


@given(WRITTEN)
@settings(deadline=None)
def test_a_link_asks_for_what_it_was_made_from(pairs: list[tuple[str, str]]) -> None:
    form = read(pairs)
    if not form.errors:
        once = again(form, form.link(page=3))
        assert once.errors == {}
        assert once.pairs(page=3) == form.pairs(page=3)
        assert (once.filters.filters, once.correction.options) == (form.filters.filters, form.correction.options)


def test_every_chip_can_be_taken_away_by_itself() -> None:
    pairs = [
        ("platforms", "tiktok"),
        ("countries", "DE,AT"),
        ("min_followers", "5000"),
        ("people_only", "1"),
        ("view", "table"),
    ]
    form = read(pairs)
    filters = form.filters.filters
    assert filters is not None
    chips = filter_chips(filters)
    assert [chip.text for chip in chips] == ["TikTok", "Austria", "Germany", "5,000 followers or more", "People only"]
    for chip in chips:
        left = again(form, form.without_chip(chip)).filters.filters
        assert left is not None
        assert [other.text for other in filter_chips(left)] == [other.text for other in chips if other != chip]
        assert "view=table" in form.without_chip(chip)
    assert filter_chips(without(filters, "countries", None))[0].text == "TikTok"


def test_what_was_read_is_taken_away_and_brought_back() -> None:
    form = read([])
    removed = again(form, form.without_reading("want_topics", "yoga"))
    assert removed.correction.codes["want_topics"] == ("fitness",)
    back = again(removed, removed.without_reading("want_topics", "yoga"))
    assert back.link() == "/m"
    nobody = again(form, form.without_reading("want_ages", (22, 45)))
    assert nobody.link() == "/m?want_ages="
    assert nobody.as_read() == "/m"


@pytest.mark.parametrize("entry", FILTER_FIELDS, ids=lambda entry: entry.id)
def test_every_filter_field_has_its_words(entry: object) -> None:
    assert f"filters.name.{entry.id}" in catalogue("en")  # type: ignore[attr-defined]
    for name in entry.own:  # type: ignore[attr-defined]
        assert f"filters.chip.{name}" in catalogue("en")


def test_every_filter_a_page_could_offer_is_offered() -> None:
    """Only creators left out by id come from elsewhere."""
    assert set(Filters.model_fields) - set(NAMES) == {"exclude_creator_ids"}
