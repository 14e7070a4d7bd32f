from dataclasses import replace

from influencerflow.creators.display import followers_text
from influencerflow.scoring.reasons import Evidence, content_words, explain, mentioned_spans
from influencerflow.scoring.stop_words import STOP_WORDS

EVIDENCE = Evidence(
    brief_words=frozenset({"barbell", "receta"}),
    campaign_niche="fitness",
    total_budget=10_000,
    niche="fitness",
    about="Recetas and BARBELL work. barbells!",
    followers=5_000,
    engagement_rate=4.0,
    collaboration_rate=500,
    niche_match=100,
)


def test_spans_point_at_the_first_use_of_each_word_in_any_form() -> None:
    spans = mentioned_spans(EVIDENCE.about, EVIDENCE.brief_words)
    assert [str(EVIDENCE.about)[start:end] for start, end in spans] == ["Recetas", "BARBELL"]


def test_at_most_three_reasons_for_and_each_names_its_field() -> None:
    reasons = [reason for reason in explain(EVIDENCE) if reason.kind == "for"]
    assert [reason.field for reason in reasons] == ["niche", "about", "engagement_rate"]


def test_what_speaks_against_and_what_is_unknown_is_said() -> None:
    poor = replace(EVIDENCE, collaboration_rate=5_000, engagement_rate=None, niche=None, followers=200, niche_match=50)
    reasons = [(reason.kind, reason.field) for reason in explain(poor) if reason.kind != "for"]
    assert reasons == [
        ("against", "collaboration_rate"),
        ("against", "followers_count_numeric"),
        ("unknown", "niche"),
        ("unknown", "engagement_rate"),
    ]


def test_content_words_leave_out_filler_and_fold_accents() -> None:
    assert content_words(["The Crème for your women", None], STOP_WORDS) == {"creme"}


def test_followers_text() -> None:
    figures = {
        0: "0",
        999: "999",
        1_000: "1K",
        1_540: "1.5K",
        125_000: "125K",
        999_960: "1M",
        1_200_000: "1.2M",
        313_000_000: "313M",
    }
    assert {number: followers_text(number) for number in figures} == figures
    assert followers_text(None) is None
