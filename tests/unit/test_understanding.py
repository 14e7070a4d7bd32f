"""What is read from a brief, in the languages briefs are written in."""

from typing import Any

import pytest
from pydantic import ValidationError

from influencerflow.campaigns.brief import Brief
from influencerflow.campaigns.understanding import MAX_TOPICS, Understanding, understand
from influencerflow.matching.options import Correction


def read(target_audience: str | None = None, **fields: Any) -> Understanding:
    given = {"product_name": "Thing", "brand_name": "Brand", "total_budget": 1, "target_audience": target_audience}
    return understand(Brief(**{**given, **fields}))


def wanted(understanding: Understanding) -> dict[str, float]:
    return {topic.key: topic.weight for topic in understanding.topics}


def test_the_niche_is_what_is_sought_and_the_rest_surrounds_it() -> None:
    understood = read("Hikers", product_niche="vegan food", key_use_cases=["packed lunches on a hike"])
    assert wanted(understood)["vegan_food"] == 1.0
    assert wanted(understood)["hiking"] == 0.5


def test_where_the_niche_names_a_topic_passing_mentions_elsewhere_are_left_out() -> None:
    description = "For cyclists, gamers and gardeners."
    assert set(wanted(read(product_niche="baking", product_description=description))) == {"baking"}
    assert {"cycling", "gaming", "gardening"} <= set(wanted(read(product_description=description)))


def test_no_more_than_a_handful_of_topics_is_wanted_the_strongest_first() -> None:
    understood = read("cyclists, gamers, gardeners, runners, bakers, climbers, surfers", product_niche="yoga")
    weights = [topic.weight for topic in understood.topics]
    assert len(weights) == MAX_TOPICS
    assert weights == sorted(weights, reverse=True)
    assert understood.topics[0].key == "yoga"


def test_a_brief_that_says_nothing_asks_for_nothing() -> None:
    assert read() == Understanding()


@pytest.mark.parametrize(
    ("audience", "countries", "languages"),
    [
        ("German-speaking hikers", [], ["de"]),
        ("Content in German for hikers", [], ["de"]),
        ("Women in German cities", ["DE"], []),
        ("Germans who hike", ["DE"], []),
        ("French homes", ["FR"], []),
        ("Nigerians aged 16-35", ["NG"], []),
        ("English-speaking expats in Spain", ["ES"], ["en"]),
        ("French-speaking Switzerland", ["CH"], ["fr"]),
        ("Riders who speak Turkish", [], ["tr"]),
        ("Fans of Italian food and Korean dramas in Brazil", ["BR"], []),
        ("Brazilian jiu-jitsu practitioners in Poland", ["PL"], []),
        ("Americans learning Spanish or French", ["US"], []),
        ("Everyone in the US, join us", ["US"], []),
        ("Hikers in Australia and New Zealand", ["AU", "NZ"], []),
        ("Femmes au Maroc qui suivent des créatrices en français", ["MA"], ["fr"]),
        ("Amateurs d’Italie et d'Espagne, de tous les âges", ["ES", "IT"], ["fr"]),
        ("Jeunes mamans francophones de toutes les régions", [], ["fr"]),
        ("Passionnés de cuisine italienne qui vivent en Belgique", ["BE"], ["fr"]),
        ("Mujeres en Argentina que hablan español", ["AR"], ["es"]),
        ("Adultos que quieren aprender inglés en Perú", ["PE"], ["es"]),
        ("Deutschsprachige Frauen, die gerne wandern", [], ["de"]),
        ("Schüler, die gerade Englisch lernen", [], ["de"]),
        ("Donne che amano la cucina giapponese e vivono in Italia", ["IT"], ["it"]),
        ("Ragazze della Svizzera italiana che amano la moda", ["CH"], ["it"]),
        ("Mulheres que moram no Brasil e em Portugal", ["BR", "PT"], ["pt"]),
    ],
)
def test_countries_are_told_from_languages_and_things(
    audience: str, countries: list[str], languages: list[str]
) -> None:
    understood = read(audience)
    assert (understood.countries, understood.languages) == (countries, languages)


def test_a_brief_in_spanish_wants_spanish_and_one_in_english_need_not_want_english() -> None:
    spanish = "Una aplicación que te enseña a cocinar con lo que tienes en casa."
    assert read(product_description=spanish).languages == ["es"]
    english = "An app that teaches you to cook with what you have at home."
    assert read(product_description=english).languages == []
    assert read("Women who speak Portuguese", product_description=spanish).languages == ["pt"]


@pytest.mark.parametrize(
    ("audience", "topics", "accounts"),
    [
        ("Parents; no alcohol", {"beer", "cocktails", "wine"}, set()),
        ("not gaming", {"gaming"}, set()),
        ("no politics, religion or crypto please", {"politics", "religion", "crypto"}, set()),
        ("Wanderer, keine Shops oder Marken", set(), {"shop", "brand"}),
        ("no shops and brands", set(), {"shop", "brand"}),
        ("chicos, nada de política, sin alcohol", {"politics", "beer", "cocktails", "wine"}, set()),
        ("femmes, pas de jeux vidéo ni de politique", {"gaming", "politics"}, set()),
        ("Frauen ab 25, kein Gaming", {"gaming"}, set()),
        ("donne, senza alcol, niente negozi", {"beer", "cocktails", "wine"}, {"shop"}),
        ("Creators must not promote crypto", {"crypto"}, set()),
        ("no alcohol brands", {"beer", "cocktails", "wine"}, set()),
    ],
)
def test_what_follows_a_refusal_at_once_is_ruled_out(audience: str, topics: set[str], accounts: set[str]) -> None:
    understood = read(audience)
    assert (set(understood.excluded_topics), set(understood.excluded_accounts)) == (topics, accounts)
    assert not topics & set(wanted(understood))


@pytest.mark.parametrize(
    "audience",
    [
        "Busy parents with no time to cook",
        "Beginners with no yoga experience",
        "Women who train without a gym",
        "People who do not cook",
        "People not interested in fashion",
        "not just gamers",
        "personas que buscan recetas sin gluten",
        "mujeres que no cocinan",
        "Menschen, die nicht kochen",
        "des jeunes qui n'aiment pas le sport",
        "mulheres interessadas no futebol e no yoga, que moram em Lisboa",
        "zero waste families",
    ],
)
def test_what_describes_the_audience_rules_nothing_out(audience: str) -> None:
    understood = read(audience)
    assert (understood.excluded_topics, understood.excluded_accounts) == ([], [])


def test_a_product_description_rules_nothing_out() -> None:
    understood = read(product_description="Pan sin gluten, sin alcohol y sin gaming. No shops, no cooking.")
    assert (understood.excluded_topics, understood.excluded_accounts) == ([], [])


def test_what_comes_after_a_refusal_is_not_ruled_out_with_it() -> None:
    understood = read("no alcohol, vegan and gluten-free recipes only")
    assert set(understood.excluded_topics) == {"beer", "cocktails", "wine"}
    assert "vegan_food" in wanted(understood)


def test_the_niche_itself_is_never_ruled_out() -> None:
    understood = read("not gaming for money", product_niche="gaming")
    assert understood.excluded_topics == []
    assert wanted(understood)["gaming"] == 1.0


def test_a_country_can_be_taken_out_of_a_region() -> None:
    countries = read("Europe except the UK").countries
    assert "FR" in countries
    assert "GB" not in countries


def test_gender_and_platforms_are_what_the_audience_says() -> None:
    understood = read("Women on TikTok and YouTube", campaign_goal="Reels for men")
    assert (understood.genders, understood.platforms) == (["female"], ["instagram", "tiktok", "youtube"])
    assert read("Everyone who hikes").genders == read("women and men").genders == []


@pytest.mark.parametrize("text", ["no " * 6000, "usa " * 5000, "🍔" * 20_000, "d'" * 10_000, "\u0301" * 20_000])
def test_any_valid_brief_is_read(text: str) -> None:
    assert read(text, product_description=text)


def test_a_correction_replaces_what_was_read_and_an_empty_list_asks_for_nothing() -> None:
    understood = read("German women aged 22-45", product_niche="baking")
    corrected = Correction(topics=["coffee"], countries=[], age_ranges=[(18, 24)]).apply(understood)
    assert [(topic.key, topic.label, topic.weight) for topic in corrected.topics] == [("coffee", "Coffee", 1.0)]
    assert (corrected.countries, corrected.age_ranges, corrected.genders) == ([], [(18, 24)], ["female"])
    assert (understood.countries, understood.age_ranges) == (["DE"], [(22, 45)])
    assert Correction().apply(understood) == understood


def test_a_topic_that_a_correction_rules_out_is_not_wanted() -> None:
    understood = read(product_niche="baking and coffee")
    corrected = Correction(excluded_topics=["coffee"]).apply(understood)
    assert set(wanted(understood)) - set(wanted(corrected)) == {"coffee"}
    assert corrected.excluded_topics == ["coffee"]


@pytest.mark.parametrize(
    ("correction", "message"),
    [
        ({"topics": ["cookery"]}, "there is no topic 'cookery'; GET /api/topics lists them"),
        ({"excluded_topics": ["x"]}, "there is no topic 'x'"),
        ({"excluded_accounts": ["people"]}, "there is no kind of account 'people'; there are agency, brand"),
        ({"age_ranges": [[45, 20]]}, "the range 45-20 is empty"),
        ({"countries": ["Germany"]}, "countries"),
        ({"interests": ["x"]}, "interests"),
    ],
)
def test_a_wrong_correction_says_what_is_wrong(correction: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Correction.model_validate(correction)
