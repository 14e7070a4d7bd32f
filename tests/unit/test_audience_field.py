"""A wanted share of the audience: written in parts, kept in a link, said in words."""

import pytest

from influencerflow.web.audience_field import normal_code, share_code, share_text
from influencerflow.web.filter_form import filter_chips, query_pairs, read_filter_form, without

WRITTEN = [
    ("audience_at_least", "40%"),
    ("audience_genders", "female"),
    ("audience_ages", "18-34, 45+"),
    ("audience_countries", "Germany, at"),
    ("audience_interests", "Yoga"),
]
CODE = "40;female;18-34,45-99;AT,DE;yoga"


def test_what_is_written_in_parts_becomes_one_share_of_a_link() -> None:
    form = read_filter_form(WRITTEN)
    assert form.errors == {}
    assert list(query_pairs(form)) == [("audience", CODE)]
    assert form.values["audience_at_least"] == "", "the parts are free for another"
    again = read_filter_form([("audience", CODE)])
    assert again.filters == form.filters
    assert again.filters is not None
    share = again.filters.audience[0]  # type: ignore[index]
    assert (share.at_least, share.age_ranges, share.countries) == (40, [(18, 34), (45, 99)], ["AT", "DE"])
    assert share_code(share) == normal_code(CODE) == CODE


def test_a_second_share_is_added_and_each_taken_away_alone() -> None:
    form = read_filter_form([("audience", CODE), ("audience_at_least", "60"), ("audience_genders", "male")])
    filters = form.filters
    assert filters is not None
    chips = filter_chips(filters)
    assert [chip.text for chip in chips] == [
        "40% or more: Women, 18–34, 45 and over, Austria, Germany, yoga",
        "60% or more: Men",
    ]
    assert [chip.code for chip in filter_chips(without(filters, "audience", CODE))] == ["60;male;;;"]


@pytest.mark.parametrize(
    ("pairs", "field", "said"),
    [
        ([("audience_genders", "female")], "audience_at_least", "Say how much"),
        ([("audience_at_least", "40%")], "audience_at_least", "say of whom"),
        ([("audience_at_least", "most"), ("audience_genders", "male")], "audience_at_least", "“most” is not a number"),
        ([("audience_at_least", "40"), ("audience_ages", "old")], "audience_ages", "“old” is not a range of ages"),
        ([("audience_at_least", "40"), ("audience_countries", "Narnia")], "audience_countries", "is not a country"),
        ([("audience", "x;y")], "audience", "is not a number"),
        ([("audience", "")], "", ""),
    ],
)
def test_mistakes_are_said_at_their_part_and_stay_written(pairs: list[tuple[str, str]], field: str, said: str) -> None:
    form = read_filter_form(pairs)
    if not field:
        assert form.errors == {}
        return
    assert said in form.errors[field]
    assert form.filters is None
    kept = {name: value for name, value in query_pairs(form) if value}
    assert kept == dict(pairs)


def test_shares_read_as_sentences_do() -> None:
    assert share_text("25;;;US;") == "25% or more: United States"
