import time

import pytest

from influencerflow.creators.importing.figures import parse_count, parse_engagement, parse_followers, parse_money


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("12,34,567", 1_234_567), ("1.6E+06", 1_600_000), ("1,6e6", 1_600_000), ("1.2 million", 1_200_000),
        ("1,2 mln", 1_200_000), ("1\u2009234\u2009567", 1_234_567), ("0.4", 0),
    ],
)  # fmt: skip
def test_counts_of_other_places_and_programs(written: str, meant: int) -> None:
    assert parse_count(written) == meant


@pytest.mark.parametrize(
    "written", ["12 34", "1 2", "1,234,567K", "1e9999", "1" + " " * 100_000 + "!", "-1e3", 10**400]
)
def test_what_only_looks_like_a_count_is_refused_at_once(written: object) -> None:
    started = time.monotonic()
    with pytest.raises(ValueError, match="is "):
        parse_count(written)
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("written", ["1,5", "3.7", 0.5])
def test_nobody_has_half_a_follower(written: object) -> None:
    with pytest.raises(ValueError, match="not a whole number"):
        parse_followers(written)


@pytest.mark.parametrize(
    ("written", "fraction", "percent"),
    [("0,034", True, 3.4), ("3,456", False, 3.456), ("3,456 %", False, 3.456), ("1e-2", True, 1.0)],
)
def test_a_comma_in_a_percentage_is_a_decimal_one(written: str, fraction: bool, percent: float) -> None:
    assert parse_engagement(written, fraction=fraction) == pytest.approx(percent)


def test_a_comma_in_a_price_groups_thousands() -> None:
    assert (parse_money("1,200"), parse_money("1.200,50"), parse_money("1.25")) == (1200, 1200.5, 1.25)
