"""Folding, words with their offsets, and finding many terms at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from influencerflow.lexicon.terms import TermMatcher
from influencerflow.lexicon.tokens import fold, tokenize, words_of


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Fußball", "fussball"),
        ("𝐟𝐢𝐭", "fit"),
        ("ﬁt", "fit"),
        ("ＦＩＴ", "fit"),
        ("İSTANBUL", "istanbul"),
        ("ışık", "isik"),
        ("Łódź", "lodz"),
        ("crème brûlée", "creme brulee"),
        ("cre\u0301me", "creme"),
        ("smørrebrød", "smorrebrod"),
        ("مُدَوِّنة", "مدونة"),
        ("أزياء", "ازياء"),
        ("ガーデン", "ガーデン"),
        ("여행", "여행"),
    ],
)
def test_folding_leaves_only_what_tells_words_apart(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(folded) == folded


def test_vowel_signs_are_part_of_their_word() -> None:
    assert [token.word for token in tokenize("खाना और यात्रा")] == ["खाना", "और", "यात्रा"]


@given(st.none() | st.text())
def test_words_are_those_of_the_tokens(text: str | None) -> None:
    assert words_of(text) == [token.word for token in tokenize(text)]


def test_offsets_point_into_the_raw_text() -> None:
    text = "☕ Crème, 𝐟𝐢𝐭 & Straße!"
    assert [text[token.start : token.end] for token in tokenize(text)] == ["Crème", "𝐟𝐢𝐭", "Straße"]
    assert [token.word for token in tokenize(text)] == ["creme", "fit", "strasse"]


def test_underscores_and_emoji_part_words_and_apostrophes_do_not() -> None:
    assert [token.word for token in tokenize("vegan_food🍔don't l’eau 2x")] == ["vegan", "food", "don't", "l’eau", "2x"]


@pytest.mark.parametrize("text", [None, "", "🍔 …"])
def test_a_text_without_words_has_no_tokens(text: str | None) -> None:
    assert tokenize(text) == []


def found(text: str, *terms: str, never: tuple[str, ...] = ()) -> list[str]:
    matcher: TermMatcher[str] = TermMatcher()
    matcher.add(terms, "label", never)
    return [text[hit.start : hit.end] for hit in matcher.find(tokenize(text))]


def test_a_word_is_found_whole_and_a_prefix_as_the_beginning_of_one() -> None:
    assert found("Cook cooks cookery", "cook") == ["Cook"]
    assert found("Cook cooks cookery recook", "cook*") == ["Cook", "cooks", "cookery"]


def test_a_phrase_is_found_in_a_row_and_may_end_in_a_prefix() -> None:
    assert found("Meal, prep! Meal of prep meal", "meal prep") == ["Meal, prep"]
    assert found("meal prepping, meal", "meal prep*") == ["meal prepping"]


def test_a_term_does_not_count_within_a_phrase_that_is_never_meant() -> None:
    assert found("dog food, food, cat food, food", "food", never=("dog food", "cat food")) == ["food", "food"]


def test_a_phrase_that_is_never_meant_only_silences_its_own_label() -> None:
    matcher: TermMatcher[str] = TermMatcher()
    matcher.add(["food"], "eating", ["dog food"])
    matcher.add(["dog food"], "dogs")
    assert [hit.label for hit in matcher.find(tokenize("dog food"))] == ["dogs"]


def test_the_longest_of_phrases_that_begin_alike_silences() -> None:
    text = "new york city marathon"
    assert found(text, "marathon", never=("new york", "york city marathon", "new york")) == []


@pytest.mark.parametrize(
    ("text", "term"), [("今日の料理です", "料理"), ("제주여행을", "여행"), ("ร้านอาหารไทย", "อาหาร")]
)
def test_scripts_without_spaces_are_searched_inside_words(text: str, term: str) -> None:
    assert len(found(text, term)) == 1


def test_scripts_with_spaces_are_not_searched_inside_words() -> None:
    assert found("шеф-повара", "повар") == []


def test_many_hits_and_many_silenced_ones_are_all_told_apart() -> None:
    assert found("dog food food " * 500, "food", never=("dog food",)) == ["food"] * 500
