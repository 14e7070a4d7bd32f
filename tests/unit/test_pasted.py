"""A brief pasted as free text: what is taken from it, on what words, and what is not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from influencerflow.campaigns.pasted import LONGEST, read_pasted
from influencerflow.errors import InvalidInputError

LABELLED = """**Brand:** Northern Meadow
Product - TrailLight Tent
Budget: 20k USD
# Target audience
Women 25-34 in the UK

who hike on weekends
- use cases:
 - thru-hiking
 2) bikepacking

Goals: 500 pre-orders
by June
Notes: no drone footage, please."""
MAIL = """Hi team,

Northern Meadow is launching the TrailLight Tent, a two-person tent that weighs less than a kilo.
We want 500 pre-orders by June. We are looking for hikers aged 25-45 in Germany and Austria.
Total budget is $20,000, of which $2k are for samples.

Best,
Anna"""


def values(text: str) -> dict[str, str]:
    return {name: found.value for name, found in read_pasted(text).found.items()}


def test_labels_are_taken_at_their_word() -> None:
    pasted = read_pasted(LABELLED)
    said = {name: found.value for name, found in pasted.found.items() if found.how == "label"}
    assert said == {
        "brand_name": "Northern Meadow",
        "product_name": "TrailLight Tent",
        "total_budget": "20000",
        "target_audience": "Women 25-34 in the UK\n\nwho hike on weekends",
        "key_use_cases": "thru-hiking\nbikepacking",
        "campaign_goal": "500 pre-orders\nby June",
    }
    assert pasted.found["product_description"].value == "Notes: no drone footage, please."
    assert pasted.notes == ()


def test_guesses_from_running_text_name_the_words_they_rest_on() -> None:
    pasted = read_pasted(MAIL)
    assert {found.how for found in pasted.found.values()} == {"guess"}
    assert {
        name: (found.value, found.words) for name, found in pasted.found.items() if name.endswith(("name", "budget"))
    } == {
        "product_name": ("TrailLight Tent", "launching the TrailLight Tent"),
        "brand_name": ("Northern Meadow", "Northern Meadow is launching"),
        "total_budget": ("20000", "$20,000,"),
    }
    assert pasted.found["product_niche"].words == "hikers"
    assert pasted.found["target_audience"].value == "We are looking for hikers aged 25-45 in Germany and Austria."
    assert pasted.found["campaign_goal"].value == "We want 500 pre-orders by June."
    description = pasted.found["product_description"].value
    assert description.startswith("Northern Meadow is launching")
    assert "Anna" not in description
    assert "Hi team" not in description
    assert pasted.notes == ("no_labels",)


@pytest.mark.parametrize(
    ("text", "budget", "note"),
    [
        ("Budget: $5,000", "5000", None),
        ("Budget: 5k", "5000", None),
        ("Budget: US$ 1.2 million", "1200000", None),
        ("We can spend $3,500 on it", "3500", None),
        ("A budget of 10000 dollars, retail price $35", "10000", None),
        ("Retail price $35, postage $5", None, None),
        ("Budget: $5,000 - $8,000", None, "several_amounts"),
        ("Budget: 5.000 €", None, "other_currency"),
        ("Budget: to be agreed", None, None),
        ("We have £4000 for this", None, "other_currency"),
    ],
)
def test_only_one_clear_amount_in_dollars_is_a_budget(text: str, budget: str | None, note: str | None) -> None:
    pasted = read_pasted(text)
    assert values(text).get("total_budget") == budget
    assert note is None or note in pasted.notes


def test_nothing_is_invented() -> None:
    assert values("something nice for everybody, soon") == {"product_description": "something nice for everybody, soon"}


@pytest.mark.parametrize("text", ["", "   \n", "!!! 🙂 --", "\0"])
def test_text_without_words_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read_pasted(text)
    assert refused.value.errors[0].field == "text"


@settings(deadline=None)
@given(st.text(max_size=400).map(lambda text: "word " + text))
def test_any_text_is_read_and_every_value_stands_in_it(text: str) -> None:
    said = " ".join(text.replace("\0", "").split())
    for name, found in read_pasted(text).found.items():
        if name in ("product_name", "brand_name", "target_audience", "campaign_goal"):
            assert " ".join(found.value.split()) in said


@pytest.mark.parametrize("piece", ["A ", "1,", "$1 1", "A by ", "a: ", "- ", "budget ", "(", "Best,\n", "yoga "])
def test_the_longest_text_is_read(piece: str) -> None:
    """No pattern looks at the same text over and over: one that did would run into the time limit of tests."""
    assert read_pasted(("word " + piece * LONGEST)[:LONGEST]).found
