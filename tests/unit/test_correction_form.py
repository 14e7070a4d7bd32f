"""The form that corrects what was read from a brief."""

import pytest

from influencerflow.campaigns.understanding import TopicWanted, Understanding
from influencerflow.matching.options import Correction, MatchOptions
from influencerflow.web.correction import query_pairs, read_correction, show_correction

READ = Understanding(
    topics=[
        TopicWanted(key="fitness", label="Fitness", weight=1.0),
        TopicWanted(key="yoga", label="Yoga", weight=0.5),
    ],
    countries=["AT", "DE"],
    genders=["female"],
    age_ranges=[(22, 45)],
    excluded_topics=["gaming"],
)


def test_a_form_sent_as_it_was_shown_corrects_nothing_and_keeps_the_weights_of_topics() -> None:
    sent = [
        ("want_topics", "yoga"), ("want_topics", "fitness"), ("want_topics", ""), ("want_countries", "DE"),
        ("want_countries", "AT"), ("want_languages", ""), ("want_genders", ""), ("want_genders", "female"),
        ("want_ages", "22-45"), ("not_topics", "gaming"), ("not_accounts", ""), ("planned_creators", "10"),
    ]  # fmt: skip
    form = read_correction(sent, READ)
    assert form.options == MatchOptions()
    assert (form.corrected, list(query_pairs(form))) == (False, [])
    assert [choice.aside for choice in form.choices("want_topics")] == [False, True]


def test_only_what_differs_becomes_a_correction() -> None:
    form = read_correction([("want_topics", "fitness"), ("want_genders", ""), ("want_ages", "22-45")], READ)
    assert form.options is not None
    assert form.options.understanding == Correction(topics=["fitness"], genders=[])
    assert list(query_pairs(form)) == [("want_topics", "fitness"), ("want_genders", "")]
    assert [(choice.label, choice.state) for choice in form.choices("want_topics")] == [
        ("Fitness", "kept"),
        ("Yoga", "removed"),
    ]


def test_a_link_gives_the_form_it_was_made_from() -> None:
    sent = [
        ("want_topics", "Knitting, crochet & sewing, Scuba, freediving & ocean, yoga"),
        ("want_countries", "the Netherlands, Österreich"),
        ("want_languages", "pt-BR, German"),
        ("want_ages", "18 to 24, 45+, up to 30"),
        ("not_accounts", "shop"),
        ("planned_creators", "1,000"),
    ]
    form = read_correction(sent, READ)
    assert form.errors == {}
    again = read_correction(list(query_pairs(form)), READ)
    assert again.options == form.options
    assert form.options is not None
    assert form.options.understanding == Correction(
        topics=["knitting_sewing", "scuba", "yoga"],
        countries=["AT", "NL"],
        languages=["de", "pt"],
        age_ranges=[(10, 30), (18, 24), (45, 99)],
        excluded_accounts=["shop"],
    )
    shown = show_correction(form.options, READ)
    assert (list(query_pairs(shown)), shown.values["planned_creators"]) == (list(query_pairs(form)), "1000")


@pytest.mark.parametrize(
    ("name", "written", "said"),
    [
        ("want_topics", "Yogga", "“Yogga” is not a topic here (did you mean “Yoga”?)"),
        ("want_topics", "qqqq", "the field suggests those there are"),
        ("not_topics", "yoga", "“Yoga” is among the topics as well"),
        ("want_countries", "Narnia", "“Narnia” is not a country"),
        ("want_languages", "Klingonian", "“Klingonian” is not a language"),
        ("want_genders", "robots", "“robots” is neither female nor male"),
        ("want_ages", "40-30", "“40-30” is not a range of ages"),
        ("want_ages", "20-121", "at most 120"),
        ("want_ages", "9" * 400, "is not a range of ages"),
        ("not_accounts", "robot", "is not a kind of account (agency, brand,"),
        ("planned_creators", "0", "is not a number of creators from 1 to 10,000"),
        ("planned_creators", "10001", "from 1 to 10,000"),
        ("planned_creators", "²", "from 1 to 10,000"),
        ("planned_creators", "9" * 3000, "from 1 to 10,000"),
    ],
)
def test_a_mistake_is_named_with_what_was_written(name: str, written: str, said: str) -> None:
    form = read_correction([(name, written)], READ)
    assert form.options is None
    assert said in form.errors[name]
    assert len(form.errors[name]) < 300
