"""Which topics a text, an emoji or a handle speaks of, and how near topics are."""

import pytest

from influencerflow.lexicon.topics import BROADER, NARROWER, STRONG, WEAK, topics


def mentioned(text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for mention in topics().mentions(text):
        found[mention.topic] = max(found.get(mention.topic, 0.0), mention.weight)
    return found


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("I share recipes from my kitchen", "cooking"),
        ("Wanderlust: Rucksackreisen und Wandern", "hiking"),
        ("recetas fáciles", "cooking"),
        ("Le vegan, tous les jours", "vegan_food"),
        ("العاب و طبخ", "cooking"),
        ("खाना", "food"),
        ("料理が好き", "cooking"),
    ],
)
def test_a_word_that_proves_a_topic_is_found_in_any_language(text: str, topic: str) -> None:
    assert mentioned(text)[topic] == STRONG


def test_a_word_that_supports_a_topic_counts_less() -> None:
    assert mentioned("kitchen")["cooking"] == WEAK


def test_a_phrase_that_means_something_else_speaks_of_nothing() -> None:
    assert "food" not in mentioned("food for thought")
    assert "cooking" not in mentioned("Tim Cook")


@pytest.mark.parametrize("cook", ["👩‍🍳", "👩🏽‍🍳", "👨🏿‍🍳"])
def test_a_joined_emoji_is_read_as_one_whatever_its_skin(cook: str) -> None:
    mentions = topics().mentions(f"hi {cook}")
    assert [(mention.topic, mention.weight) for mention in mentions] == [("cooking", WEAK)]
    assert mentions[0].start == 3


def test_a_variation_selector_within_an_emoji_changes_nothing() -> None:
    assert set(mentioned("🏳️‍🌈")) == set(mentioned("🏳‍🌈")) == {"lgbtq"}


def test_offsets_of_mentions_point_into_the_text() -> None:
    text = "🍔 Crème brûlée & Rezepte"
    spans = {text[mention.start : mention.end] for mention in topics().mentions(text)}
    assert {"🍔", "Rezepte"} <= spans


@pytest.mark.parametrize(
    ("handle", "topic"),
    [
        ("thevegankitchen", "vegan_food"),
        ("veganfood", "vegan_food"),
        ("veganfood", "food"),
        ("@anna.cooks", "cooking"),
        ("the_hiking_diaries", "hiking"),
    ],
)
def test_a_handle_speaks_by_the_words_it_is_made_of(handle: str, topic: str) -> None:
    assert topic in topics().inside(handle, 4)


def test_short_words_count_only_at_the_ends_of_a_handle() -> None:
    assert "food" in topics().inside("myfood", 4)
    assert "food" not in topics().inside("xxfoodxx", 4)


@pytest.mark.parametrize("handle", [None, "", "ab", "@._"])
def test_a_handle_without_words_speaks_of_nothing(handle: str | None) -> None:
    assert topics().inside(handle, 4) == frozenset()


def test_a_narrower_topic_serves_better_than_a_broader_one() -> None:
    assert topics().near("cooking")["cooking"] == 1.0
    assert topics().near("food")["baking"] >= NARROWER
    assert topics().near("crossfit")["fitness"] >= BROADER
    assert "crypto" not in topics().near("cooking")


def test_a_related_topic_serves_as_its_entry_says_and_a_little_less_the_other_way_round() -> None:
    pairs = [(key, other, near) for key, topic in topics().by_key.items() for other, near in topic.related.items()]
    assert [pair for pair in pairs if topics().near(pair[0])[pair[1]] < pair[2]] == []
    assert [pair for pair in pairs if topics().near(pair[1])[pair[0]] < 0.9 * pair[2]] == []


def test_nearness_is_a_share_for_every_pair_of_topics() -> None:
    values = [value for key in topics().by_key for value in topics().near(key).values()]
    assert 0.0 < min(values) <= max(values) == 1.0
