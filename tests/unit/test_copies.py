"""A bio that copies the brief."""

from influencerflow.campaigns.brief import Brief
from influencerflow.matching.copies import brief_blocks, copies_brief, discounted
from influencerflow.ranking.features import Candidate

BRIEF = Brief(
    product_name="Lift Log",
    brand_name="Ironvale",
    product_niche="strength training for women who want to lift heavy things at home",
    product_description="An app that builds a progressive weight-training plan around the equipment you own.",
    target_audience="Women aged 22-45",
    key_use_cases=["first barbell programme", "form check from a phone clip"],
    total_budget=9_000,
)
CANDIDATE = Candidate(0.7, 0.9, {"strength": 0.9}, "GB", (), (), "en", "en", None, "person")


def test_six_words_in_a_row_are_a_copy_however_they_are_written() -> None:
    assert copies_brief(BRIEF, "hi! AN APP, that builds: a 𝐩𝐫𝐨𝐠𝐫𝐞𝐬𝐬𝐢𝐯𝐞... thing")
    assert copies_brief(BRIEF, "first barbell programme, form check from a phone clip")


def test_five_words_in_a_row_are_not() -> None:
    assert not copies_brief(BRIEF, "An app that builds a new weight lifting plan around the equipment one has")
    assert not copies_brief(BRIEF, None)


def test_each_brief_is_copied_by_its_own_words_alone() -> None:
    other = BRIEF.model_copy(update={"product_description": "Fresh bread from the oven to your door by eight"})
    for brief, its_own in ((BRIEF, False), (other, True), (BRIEF, False)):
        assert copies_brief(brief, "fresh bread from the oven to your door") is its_own


def test_the_niche_may_be_repeated() -> None:
    assert not copies_brief(BRIEF, f"I do {BRIEF.product_niche}")


def test_every_copy_holds_a_block() -> None:
    words = "an app that builds a progressive weight training plan around the equipment you own".split()
    blocks = brief_blocks(BRIEF)
    for start in range(len(words) - 5):
        copied = " ".join(words[start : start + 6])
        assert any(block in copied for block in blocks)


def test_a_copy_loses_meaning_topics_and_words_and_nothing_else() -> None:
    left = discounted(CANDIDATE)
    assert (left.similarity, left.words, dict(left.topics)) == (0.0, 0.0, {})
    assert (left.country, left.text_language) == ("GB", "en")
