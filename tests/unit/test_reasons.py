"""Reasons, cautions and gaps rest on words and figures, and come in a fixed order."""

from dataclasses import replace

from influencerflow.scoring.audience import AudienceFit, DimensionFit
from influencerflow.scoring.authenticity import Authenticity, Finding
from influencerflow.scoring.budget import BudgetFit, PriceEstimate
from influencerflow.scoring.engagement import EngagementStanding
from influencerflow.scoring.niche import NicheFit
from influencerflow.scoring.reasons import MAX_REASONS, Evidence, Read, explain

ABOUT = "Barbell coach for women in Leeds"
EVIDENCE = Evidence(
    read=Read(
        topics=(("Strength training", ((0, 7),)),),
        words=((8, 13),),
        place="In United Kingdom",
        language="Writes in English",
    ),
    niche=NicheFit(100.0, "exact", "strength training"),
    audience=AudienceFit(50.0, 0.4, "profile", (DimensionFit("gender"),)),
    engagement=EngagementStanding(81.0, 3.0, "nano", "catalogue", 40),
    budget=BudgetFit(100.0),
    authenticity=Authenticity(None, 0.0),
    about=ABOUT,
    platform="instagram",
    followers=12_500,
    engagement_rate=4.2,
    collaboration_rate=400.0,
    total_budget=10_000.0,
    planned_creators=10,
    asks_country=True,
    asks_language=True,
)  # fmt: skip


def texts(evidence: Evidence, kind: str) -> list[str]:
    return [reason.text for reason in explain(evidence) if reason.kind == kind]


def test_at_most_three_reasons_for_the_niche_first() -> None:
    assert texts(EVIDENCE, "for") == [
        "Niche “strength training” is the campaign’s",
        "Strength training: profile says “Barbell”, “coach”",
        "In United Kingdom",
    ]
    assert len(texts(EVIDENCE, "for")) == MAX_REASONS


def test_spans_point_to_the_words_they_quote() -> None:
    said = next(reason for reason in explain(EVIDENCE) if reason.spans)
    assert [ABOUT[start:end] for start, end in said.spans] == ["Barbell", "coach"]


def test_demographics_are_a_reason_with_their_sample() -> None:
    fit = AudienceFit(80.0, 0.9, "demographics", (DimensionFit("gender", "demographics", 0.8, 0.5),), sample_size=2_570)
    read = Read()
    evidence = replace(EVIDENCE, audience=fit, read=read, niche=NicheFit(40.0, "unrelated", "x"))
    assert texts(evidence, "for")[0] == "80% of the audience of the wanted gender, 1.6 times the usual (2,570 sampled)"


def test_everything_that_speaks_against_is_said() -> None:
    findings = (Finding("credibility_low", "caution", {"credibility": 0.6, "threshold": 0.75}),)
    read = Read(
        excluded=(("Gaming", ((0, 7),)),),
        elsewhere="In India, which the brief does not ask for",
        other_language="Writes in Hindi, which the brief does not ask for",
        account="a shop",
        also_on=("Ana on tiktok",),
    )
    poor = replace(
        EVIDENCE,
        read=read,
        authenticity=Authenticity(40.0, 0.5, findings),
        engagement=EngagementStanding(5.0, 3.0, "nano", "benchmark", 0),
        engagement_rate=0.2,
        collaboration_rate=3_000.0,
        followers=800,
    )
    assert texts(poor, "against") == [
        "Posts about gaming, which the brief rules out",
        "In India, which the brief does not ask for",
        "Writes in Hindi, which the brief does not ask for",
        "Reads like a shop, not a creator",
        "Same person as Ana on tiktok, listed above",
        "Only 60% of the followers are real; below 75% is often fraud",
        "Engagement of 0.2% is below 95% of instagram nano creators",
        "$3,000 is 3.0 times an equal share of the budget",
        "Only 800 followers",
    ]


def test_what_is_unknown_is_said_with_the_estimate() -> None:
    blank = replace(
        EVIDENCE,
        read=Read(),
        niche=NicheFit(60.0, "inferred", "Yoga"),
        engagement=None,
        budget=BudgetFit(50.0, PriceEstimate(120.0, 200.0, 310.0, "benchmark")),
        about=None,
        followers=None,
        engagement_rate=None,
        collaboration_rate=None,
    )
    assert texts(blank, "for") == ["Profile as a whole reads close to the brief"]
    assert texts(blank, "unknown") == [
        "Niche unknown; the profile suggests Yoga",
        "Bio unknown",
        "Followers unknown",
        "Engagement unknown",
        "Price unknown; estimated at $120 to $310",
        "Audience unknown",
        "Country unknown",
        "Language unknown",
    ]
