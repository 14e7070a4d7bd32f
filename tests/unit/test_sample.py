"""The sample is data people judge the product by: it must hold together, and its sources must still give it."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "src" / "influencerflow" / "sample"
PLATFORMS = {"instagram", "tiktok", "youtube", "twitch", "x", "pinterest", "linkedin"}
CREATOR_FIELDS = [
    "id", "name", "platform", "channel_name", "niche", "about", "followers_count_numeric", "engagement_rate",
    "avg_views", "collaboration_rate", "country", "language", "profile_image", "audience", "past_brands", "source",
    "external_id",
]  # fmt: skip
CAMPAIGN_TEXTS = (
    "brand_name", "product_name", "product_description", "target_audience", "campaign_goal", "product_niche",
)  # fmt: skip
ALPHA_2 = re.compile(r"[A-Z]{2}")
BCP_47 = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")
MAIL = re.compile(r"\S@\S+\.\S")

Row = dict[str, Any]


@pytest.fixture(scope="module")
def creators() -> list[Row]:
    return [json.loads(line) for line in (SAMPLE / "creators.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def campaigns() -> list[Row]:
    rows: list[Row] = json.loads((SAMPLE / "campaigns.json").read_text(encoding="utf-8"))
    return rows


def repeated(values: list[Any]) -> list[Any]:
    return [value for value, count in Counter(values).items() if count > 1]


def test_every_creator_has_the_fields_in_order(creators: list[Row]) -> None:
    assert 380 <= len(creators) <= 430
    assert [list(row) for row in creators] == [CREATOR_FIELDS] * len(creators)


def test_creators_are_unique(creators: list[Row]) -> None:
    assert repeated([row["id"] for row in creators]) == []
    assert repeated([row["external_id"] for row in creators]) == []
    assert repeated([(row["platform"], row["channel_name"].lower()) for row in creators]) == []
    assert {UUID(row["id"]).version for row in creators} == {5}


def test_platforms_and_handles_are_well_formed(creators: list[Row]) -> None:
    assert {row["platform"] for row in creators} == PLATFORMS
    assert [row["channel_name"] for row in creators if re.search(r"[@\s]", row["channel_name"])] == []


def test_codes_have_their_shape(creators: list[Row]) -> None:
    assert [row["country"] for row in creators if row["country"] and not ALPHA_2.fullmatch(row["country"])] == []
    assert [row["language"] for row in creators if row["language"] and not BCP_47.fullmatch(row["language"])] == []


def test_niches_are_many_and_lower_case(creators: list[Row]) -> None:
    niches = {row["niche"] for row in creators if row["niche"]}
    assert len(niches) >= 30
    assert {niche for niche in niches if niche != niche.lower().strip()} == set()


def test_bios_are_individual(creators: list[Row]) -> None:
    bios = [row["about"] for row in creators if row["about"] is not None]
    assert [bio for bio in bios if not 20 <= len(bio) <= 400] == []
    assert [bio for bio in bios if MAIL.search(bio)] == []
    runs: Counter[tuple[str, ...]] = Counter()
    for bio in bios:
        words = re.findall(r"[\w']+", bio.lower())
        runs.update({tuple(words[start : start + 5]) for start in range(len(words) - 4)})
    assert repeated(list(runs.elements())) == []


def test_languages_are_mixed(creators: list[Row]) -> None:
    languages = Counter(row["language"].split("-")[0] for row in creators if row["language"])
    assert set(languages) >= {"en", "es", "fr", "de", "it", "pt", "nl", "pl", "ar", "hi", "ja"}
    assert 0.45 <= languages["en"] / languages.total() <= 0.6


def test_figures_are_plausible_or_absent(creators: list[Row]) -> None:
    def known(field: str) -> list[Any]:
        return [row[field] for row in creators if row[field] is not None]

    assert all(1_200 <= value <= 8_000_000 for value in known("followers_count_numeric"))
    assert all(value > 0 for field in ("engagement_rate", "avg_views", "collaboration_rate") for value in known(field))
    assert 3 <= sum(value > 30 for value in known("engagement_rate")) <= 4


@pytest.mark.parametrize(
    ("field", "share"),
    [
        ("niche", 0.12),
        ("engagement_rate", 0.10),
        ("avg_views", 0.30),
        ("collaboration_rate", 0.25),
        ("country", 0.08),
        ("language", 0.08),
        ("audience", 0.35),
    ],
)
def test_the_catalogue_has_holes(creators: list[Row], field: str, share: float) -> None:
    missing = sum(row[field] is None for row in creators) / len(creators)
    assert missing == pytest.approx(share, abs=0.06)
    assert missing > 0


def test_audience_shares_are_fractions_of_a_whole(creators: list[Row]) -> None:
    for row in creators:
        if row["audience"] is None:
            continue
        for facet in ("age", "gender", "country", "interest"):
            shares = row["audience"][facet].values()
            assert all(0 <= share <= 1 for share in shares), row["external_id"]
            assert 0.3 < sum(shares) <= 1.001, row["external_id"]
        assert all(ALPHA_2.fullmatch(code) for code in row["audience"]["country"]), row["external_id"]
        assert 0 <= row["audience"]["credibility"] <= 1
        assert row["audience"]["sample_size"] > 0
        assert re.fullmatch(r"2026-0[1-9]-\d\d", row["audience"]["as_of"])


def test_some_people_are_on_two_platforms(creators: list[Row]) -> None:
    assert len(repeated([row["name"] for row in creators])) >= 4


def test_campaigns_are_complete_and_covered_by_the_catalogue(creators: list[Row], campaigns: list[Row]) -> None:
    assert len(campaigns) == 12
    assert repeated([row["id"] for row in campaigns]) == []
    assert {row["status"] for row in campaigns} == {"draft", "active", "completed"}
    niches = Counter(row["niche"] for row in creators)
    for row in campaigns:
        assert all(row[field].strip() for field in CAMPAIGN_TEXTS), row["brand_name"]
        assert len(row["key_use_cases"]) >= 2, row["brand_name"]
        assert 4_000 <= row["total_budget"] <= 250_000, row["brand_name"]
        assert niches[row["product_niche"]] >= 3, row["product_niche"]


def test_the_sources_give_the_same_bytes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(ROOT / "tools" / "make_sample.py"), "--into", str(tmp_path)], check=True)
    for name in ("creators.jsonl", "campaigns.json"):
        assert (tmp_path / name).read_bytes() == (SAMPLE / name).read_bytes(), f"{name}: run tools/make_sample.py"
