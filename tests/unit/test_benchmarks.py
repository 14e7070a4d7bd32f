"""Published figures: looked up by platform and followers, replaced by an operator, refused with the entry's name."""

from pathlib import Path

import pytest

from influencerflow.errors import ConfigurationError
from influencerflow.scoring.benchmarks import SHIPPED, load_benchmarks
from influencerflow.settings import Settings

BENCHMARKS = load_benchmarks()


@pytest.mark.parametrize(
    ("followers", "tier"),
    [
        (0, "nano"), (9_999, "nano"), (10_000, "micro"), (49_999, "micro"), (50_000, "mid"), (499_999, "mid"),
        (500_000, "macro"), (999_999, "macro"), (1_000_000, "mega"), (10**11, "mega"),
    ],
)  # fmt: skip
def test_tiers_begin_where_the_field_says(followers: int, tier: str) -> None:
    assert BENCHMARKS.tier(followers) == tier


def test_a_figure_spans_its_sources_and_is_typical_in_between() -> None:
    cpm = BENCHMARKS.cpm("Instagram ", 20_000)
    assert cpm is not None
    assert (cpm.low, cpm.high) == (5, 42)
    assert cpm.typical == pytest.approx((32 * 42 * 5 * 15) ** 0.25)
    assert len(cpm.sources) == 2


def test_a_band_ends_where_the_next_begins() -> None:
    below, above = BENCHMARKS.reach("instagram", 999_999), BENCHMARKS.reach("instagram", 1_000_000)
    assert below is not None
    assert above is not None
    assert (below.low, below.high) == (0.10, 0.229)
    assert (above.low, above.high) == (0.05, 0.191)


@pytest.mark.parametrize(("platform", "followers"), [("myspace", 1_000), (None, 1_000), ("instagram", None)])
def test_what_nobody_publishes_is_unknown(platform: str | None, followers: int | None) -> None:
    assert BENCHMARKS.engagement_rate(platform, followers) is None
    assert BENCHMARKS.reach(platform, followers) is None
    assert BENCHMARKS.cpm(platform, followers) is None


def test_every_published_figure_has_a_source_and_a_date() -> None:
    for entry in (*BENCHMARKS.engagement_rates, *BENCHMARKS.reaches, *BENCHMARKS.cpms, BENCHMARKS.tiers):
        assert entry.source.strip()
        assert entry.date.strip()


def test_an_operator_replaces_the_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(SHIPPED.read_text(encoding="utf-8").replace("micro = 10_000", "micro = 5_000"), encoding="utf-8")
    assert load_benchmarks(Settings(benchmarks=file).benchmarks).tier(7_000) == "micro"
    assert load_benchmarks(Settings(benchmarks=None).benchmarks).tier(7_000) == "nano"


@pytest.mark.parametrize(
    ("old", "new", "entry"),
    [
        ("low = 32, high = 42", "low = 52, high = 42", "cpm.0.bands.0: Value error, low (52.0) is above high (42.0)"),
        ("low = 32,", 'low = "cheap",', "cpm.0.bands.0.low"),
        ("low = 32,", "low = -1,", "cpm.0.bands.0.low"),
        ("low = 32,", "low = nan,", "cpm.0.bands.0.low"),
        ("nano = 0, micro", "nano = 60_000, micro", "tiers: Value error, tiers ascend"),
        ("[engagement_spread]", "[engagement_sprawl]", "engagement_spread: Field required"),
        ("value = 0.75", "value = 0.95", "the file: Value error, credibility_caution"),
        ('version = "2026-11"', "version = ", "is not TOML"),
        ("followers = 20_000, low = 0.229", "followers = 0, low = 0.229", "reach.0: Value error, bands ascend"),
    ],
)
def test_a_bad_file_is_refused_naming_the_entry(tmp_path: Path, old: str, new: str, entry: str) -> None:
    shipped = SHIPPED.read_text(encoding="utf-8")
    assert old in shipped
    file = tmp_path / "bad.toml"
    file.write_text(shipped.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_benchmarks(file)
    assert entry in str(caught.value)
    assert str(file) in str(caught.value)
    assert "INFLUENCERFLOW_BENCHMARKS" in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file"):
        load_benchmarks(tmp_path / "none.toml")


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "latin.toml"
    file.write_bytes('version = "é"'.encode("latin-1"))
    with pytest.raises(ConfigurationError, match="is not TOML"):
        load_benchmarks(file)
