"""What the engine is compared with stays as it is, whatever the engine becomes."""

import hashlib

from influencerflow.campaigns.brief import Brief
from influencerflow.evaluation.baselines import (
    PREVIOUS_CENTRES,
    guide_campaign_text,
    guide_creator_text,
    previous_creator_text,
    previous_views,
)
from influencerflow.evaluation.keywords import KeywordSearch
from influencerflow.evaluation.service import brief_language

CREATOR = {
    "name": "Ana",
    "platform": "instagram",
    "niche": None,
    "about": " Lifts ",
    "channel_name": "@ana",
    "followers_count_numeric": 1200,
    "engagement_rate": None,
    "country": "ES",
    "language": "es",
}
BRIEF = Brief(
    product_name="Lift Log",
    brand_name="Ironvale",
    product_description="Plans training.",
    target_audience="Women",
    key_use_cases=["barbell", "form check"],
    product_niche="strength training",
    total_budget=1,
)


def test_the_guides_texts_hold_its_statistics_and_its_empty_values() -> None:
    assert guide_creator_text(CREATOR) == (
        "Name: Ana\nPlatform: instagram\nNiche: None\nBio:  Lifts \nChannel: @ana\n"
        "Followers: 1200\nEngagement: None\nCountry: ES\nLanguage: es"
    )
    assert guide_campaign_text(BRIEF) == (
        "Product: Lift Log\nBrand: Ironvale\nDescription: Plans training.\nTarget Audience: Women\n"
        "Key Use Cases: barbell, form check\nCampaign Goal: \nProduct Niche: strength training"
    )


def test_the_previous_default_is_frozen() -> None:
    assert previous_creator_text(CREATOR) == "Ana\nLifts"
    assert previous_creator_text({"name": None, "niche": " ", "about": None}) == "unknown creator"
    assert previous_views(BRIEF) == (
        "strength training",
        "strength training. Women",
        "strength training. Lift Log. Plans training.. Women. barbell, form check",
    )
    digest = hashlib.sha256(PREVIOUS_CENTRES.read_bytes()).hexdigest()
    assert digest == "ef8d2414c318773c1282dbf83da3c9d5c610ec7201c7c07da12f0a43a9194da0"


def test_keyword_search_ranks_rarer_words_higher_and_leaves_out_what_shares_none() -> None:
    documents = {"a": "daily vlog", "b": "Daily barbell vlog", "c": "sourdough", "d": "daily vlog of a dog"}
    search = KeywordSearch(documents)
    assert search.rank("barbell vlog", depth=3) == ["b", "a", "d"]
    assert search.rank("skiing", depth=3) == []


def test_keyword_search_ignores_accents_case_and_words_that_say_nothing() -> None:
    search = KeywordSearch({"a": "Beauté et soins", "b": "the the the and und y", "c": "RECETAS fáciles"})
    assert search.rank("beaute", depth=9) == ["a"]
    assert search.rank("faciles recetas", depth=9) == ["c"]
    assert search.rank("the and und", depth=9) == []


def test_equal_keyword_scores_are_ordered_by_id() -> None:
    search = KeywordSearch({"b": "chess", "c": "chess", "a": "chess", "x": "tea"})
    assert search.rank("chess", depth=9) == ["a", "b", "c"]


def test_the_language_of_a_brief_is_told_by_its_text() -> None:
    german = BRIEF.model_copy(
        update={
            "product_description": "Ein Kartenspiel für verregnete Nachmittage mit der ganzen Familie.",
            "target_audience": "Eltern mit Kindern im Grundschulalter, die gern zusammen spielen",
            "key_use_cases": None,
            "product_niche": "Familienspiele",
        }
    )
    assert brief_language(german) == "de"
    assert brief_language(BRIEF) == "en"
