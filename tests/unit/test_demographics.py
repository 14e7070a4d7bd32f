"""Whatever an adopted platform keeps in `audience`: read where it can be, unknown where it cannot."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from influencerflow.scoring.demographics import age_band, read_audience, read_shares


def test_a_report_in_the_projects_form() -> None:
    audience = read_audience(
        {
            "age": {"18-24": 0.4, "25-34": 0.5, "55+": 0.1},
            "gender": {"female": 0.6, "male": 0.38, "other": 0.02},
            "country": {"DE": 0.5, "AT": 0.3},
            "interest": {"Hiking ": 0.4},
            "credibility": 0.83,
            "sample_size": 1200,
            "as_of": "2026-05-01",
        }
    )
    assert audience.shares["age"] == {"18-24": 0.4, "25-34": 0.5, "55-74": 0.1}
    assert audience.shares["country"] == {"DE": 0.5, "AT": 0.3}
    assert audience.shares["interest"] == {"hiking": 0.4}
    assert (audience.credibility, audience.sample_size, audience.as_of) == (0.83, 1200, date(2026, 5, 1))


@pytest.mark.parametrize(
    ("dimension", "raw", "read"),
    [
        ("gender", {"F": 62, "M": 38}, {"female": pytest.approx(0.62), "male": pytest.approx(0.38)}),
        ("gender", {"women": "62%", "men": "38 %"}, {"female": pytest.approx(0.62), "male": pytest.approx(0.38)}),
        ("gender", {"female": "0.62", "male": 0.38}, {"female": 0.62, "male": 0.38}),
        ("age", {"13 – 17": 0.4, "18_24": 0.6}, {"13-17": 0.4, "18-24": 0.6}),
        ("country", {"Germany": 0.6, "at": 0.3, "other": 0.1}, {"DE": 0.6, "AT": 0.3}),
        ("interest", {"food": 0.9, "travel": 0.8}, {"food": 0.9, "travel": 0.8}),
        ("gender", {"female": 0.62}, None),  # the rest may be anything
        ("gender", {"female": 0.9, "male": 0.9}, None),
        ("country", {"DE": 250}, None),
        ("country", {"Narnia": 0.6}, None),
        ("age", {"young": 1.0}, None),
        ("age", {"24-18": 1.0}, None),
        ("gender", {"female": None, "male": [], "other": {}}, None),
        ("gender", {"female": float("nan"), "male": float("inf")}, None),
        ("gender", {"female": -0.5, "male": 0.5}, None),
        ("gender", {"female": True, "male": False}, None),
        ("gender", [], None),
        ("gender", "62% female", None),
        ("gender", None, None),
    ],
)
def test_shares_in_other_forms(dimension: str, raw: Any, read: dict[str, float] | None) -> None:
    assert read_shares(dimension, raw) == read


@pytest.mark.parametrize(
    ("label", "band"),
    [("18-24", (18, 24)), ("55+", (55, 74)), ("age 25 to 34", (25, 34)), ("all", None), ("34-25", None)],
)
def test_age_bands(label: str, band: tuple[int, int] | None) -> None:
    assert age_band(label) == band


def test_a_report_on_nobody_says_nothing() -> None:
    assert not read_audience({"gender": {"female": 0.6, "male": 0.4}, "sample_size": 0}).shares


@pytest.mark.parametrize("as_of", ["yesterday", 20260101.5, None, "2026-13-01", {}])
def test_a_date_that_is_none_is_unknown(as_of: Any) -> None:
    assert read_audience({"as_of": as_of}).as_of is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
labels = st.sampled_from(["18-24", "55+", "female", "male", "DE", "Germany", "food", ""]) | st.text(max_size=8)
shares = st.dictionaries(labels, json_values, max_size=5)
fields = ["age", "gender", "country", "interest", "credibility", "sample_size", "as_of"]
audiences = json_values | st.dictionaries(st.sampled_from(fields), shares | json_values)


@given(audiences)
def test_nothing_raises_and_what_is_read_is_a_share(raw: Any) -> None:
    audience = read_audience(raw)
    for found in audience.shares.values():
        assert found
        assert all(0 <= share <= 1 for share in found.values())
    assert audience.credibility is None or 0 <= audience.credibility <= 1
    assert audience.sample_size is None or audience.sample_size > 0
