"""Places, ages, genders, languages and kinds of account, out of text."""

import pytest

from influencerflow.lexicon.accounts import accounts
from influencerflow.lexicon.ages import OLDEST, YOUNGEST, ages_in_figures
from influencerflow.lexicon.languages import languages
from influencerflow.lexicon.people import people
from influencerflow.lexicon.places import places
from influencerflow.lexicon.tokens import tokenize


def countries(text: str) -> set[str]:
    return {code for place in places().find(text) for code in place.countries}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("🇩🇪🇫🇷", {"DE", "FR"}),
        ("🇽🇽", set()),
        ("based in Köln", {"DE"}),
        ("South Africa", {"ZA"}),
        ("Papua New Guinea", {"PG"}),
        ("Londres y México", {"GB", "MX"}),
        ("nail polish", set()),
        ("food", set()),
        ("", set()),
    ],
)
def test_places_stand_for_countries(text: str, expected: set[str]) -> None:
    assert countries(text) == expected


def test_of_places_that_overlap_the_longest_is_meant() -> None:
    text = "South Africa and New York City"
    assert [text[place.start : place.end] for place in places().find(text)] == ["South Africa", "New York City"]


def test_a_place_that_stands_alone_beside_a_longer_one_is_found() -> None:
    assert [place.kind for place in places().find("Africa, South Africa")] == ["region", "name"]


def test_latin_america_is_not_the_united_states() -> None:
    assert "US" not in countries("Latin America")


def test_flags_point_into_the_text() -> None:
    text = "From 🇳🇬 with love"
    (flag,) = places().find(text)
    assert (flag.kind, text[flag.start : flag.end]) == ("flag", "🇳🇬")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("22-45", [(22, 45)]),
        ("aged 25 to 40", [(25, 40)]),
        ("zwischen 28 und 50", [(28, 50)]),
        ("tra i 18 e i 40 anni", [(18, 40)]),
        ("dai 20 ai 35 anni", [(20, 35)]),
        ("de 30 à 55 ans", [(30, 55)]),
        ("entre 16 y 28 años", [(16, 28)]),
        ("dos 25 aos 40 anos", [(25, 40)]),
        ("van 30 tot 60 jaar", [(30, 60)]),
        ("18–24, 35—44", [(18, 24), (35, 44)]),
        ("from 18 to 35", [(18, 35)]),
        ("over 18 and under 35", [(18, 35)]),
        ("25+", [(25, OLDEST)]),
        ("40 and over", [(40, OLDEST)]),
        ("over-50s", [(50, OLDEST)]),
        ("ab 25 Jahren", [(25, OLDEST)]),
        ("oltre i 50 anni", [(50, OLDEST)]),
        ("mayores de 50", [(50, OLDEST)]),
        ("plus de 30 ans", [(30, OLDEST)]),
        ("under 30", [(YOUNGEST, 30)]),
        ("under 30s", [(YOUNGEST, 30)]),
        ("unter 18", [(YOUNGEST, 18)]),
        ("menores de 30", [(YOUNGEST, 30)]),
        ("moins de 35 ans", [(YOUNGEST, 35)]),
        ("in their 20s and 30s", [(20, 39)]),
    ],
)
def test_ages_in_figures_are_read(text: str, expected: list[tuple[int, int]]) -> None:
    assert ages_in_figures(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "15-20 minutes a day",
        "10-12 Stunden",
        "20-30 minutos",
        "$20-30 a month",
        "20 - 30 €",
        "10-15 kg",
        "over 20 countries",
        "from 10 to 20 countries",
        "over 40k followers",
        "20% more",
        "24/7",
        "45-22",
        "music of the 90s",
        "2024-25",
    ],
)
def test_amounts_are_no_ages(text: str) -> None:
    assert ages_in_figures(text) == []


def test_words_imply_ages_only_where_no_figure_says_more() -> None:
    assert people().ages("students")
    assert people().ages("students aged 18-24") == [(18, 24)]
    assert people().ages("hikers") == people().ages(None) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Women aged 22-45", {"female"}),
        ("Männlich, ab 30", {"male"}),
        ("mujeres y hombres", {"female", "male"}),
        ("Everyone who hikes", {"female", "male"}),
        ("everyone, especially women", {"female", "male"}),
        ("non-binary people", set()),
        ("hikers", set()),
    ],
)
def test_genders_of_an_audience(text: str, expected: set[str]) -> None:
    assert people().genders(text) == expected


@pytest.mark.parametrize(
    ("bio", "gender"),
    [
        ("Mum of two. She/her", "female"),
        ("Dad, husband, baker", "male"),
        ("Mom and Dad", None),
        ("I love my husband", None),
        ("Trail runner", None),
    ],
)
def test_what_a_person_says_of_themselves(bio: str, gender: str | None) -> None:
    assert people().own_gender(tokenize(bio)) == gender


def test_languages_are_named_in_any_of_them() -> None:
    assert languages().named(tokenize("English, français & Deutsch")) == {"en", "fr", "de"}
    assert languages().named(tokenize("hiking")) == frozenset()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Recetas fáciles y rápidas para toda la familia, porque cocinar también puede ser divertido", "es"),
        ("Rezepte für jeden Tag und die ganze Familie", "de"),
        ("Simple recipes for busy families, every week", "en"),
        ("毎日の料理を 紹介 して います よ", "ja"),
        ("Anna Berlin", None),
        ("🍔🍔🍔 @anna #food https://anna.example/a-b-c-d-e", None),
        (None, None),
    ],
)
def test_the_language_of_a_text_is_told_unless_it_is_too_short(text: str | None, language: str | None) -> None:
    assert languages().written_in(text) == language


def kind(text: str) -> str:
    return accounts().kind(text, tokenize(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Handmade candles. Order now, worldwide shipping", "shop"),
        ("Mum of two, I write about my garden. My online shop is below", "person"),
        ("Travel blogger and photographer", "person"),
        ("I like coffee", "person"),
        ("", "person"),
    ],
)
def test_a_person_who_has_a_shop_stays_a_person(text: str, expected: str) -> None:
    assert kind(text) == expected


def test_repeating_a_word_is_no_more_evidence() -> None:
    assert kind("shop " * 50) == kind("shop")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [("no Shops", {"shop"}), ("tiendas y marcas", {"shop", "brand"}), ("Agenturen", {"agency"}), ("mothers", set())],
)
def test_kinds_of_account_that_a_brief_names(text: str, kinds: set[str]) -> None:
    assert {hit.label for hit in accounts().named(tokenize(text))} == kinds
