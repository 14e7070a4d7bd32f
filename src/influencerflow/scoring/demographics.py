"""Reading `creators.audience`, which may hold anything: what cannot be read is unknown, nothing raises."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from influencerflow.creators.importing.places import country_code

DIMENSIONS = ("age", "gender", "country", "interest")
# Everyone has an age and a gender: shares that leave out more than a tenth cannot say how many are in a target.
_WHOLE = {"age": 0.9, "gender": 0.9}
# Rounding; beyond it, shares of one whole add up to too much to be any.
_MOST = 1.05
# Of sums: 0.3 + 0.3 + 0.3 is less than 0.9 to a computer.
_TOLERANCE = 1e-9
_NUMBER = re.compile(r"\+?([0-9]+[.]?[0-9]*|[.][0-9]+)(e[+-]?[0-9]{1,3})?\s*%?", re.IGNORECASE)
_BAND = re.compile(r"([0-9]{1,3})\s*(?:[-–—_]|to)\s*([0-9]{1,3})")
_OPEN_BAND = re.compile(r"([0-9]{1,3})\s*\+")
# `55+` is taken as 55-74: few of a creator's audience are older.
_OPEN_YEARS = 20
_GENDERS = {
    **dict.fromkeys(("female", "f", "women", "woman", "females", "w"), "female"),
    **dict.fromkeys(("male", "m", "men", "man", "males"), "male"),
    **dict.fromkeys(("other", "unknown", "non-binary", "nonbinary", "diverse", "u", "x"), "other"),
}


@dataclass(frozen=True, slots=True)
class Demographics:
    """`shares` by dimension and label, between 0 and 1; a dimension that is unknown or unreadable is missing.

    Ages are labelled `18-24`, genders `female`, `male`, `other`, countries by ISO code, interests in lower case.
    `credibility` is the share of followers that are real people.
    """

    shares: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    credibility: float | None = None
    sample_size: int | None = None
    as_of: date | None = None


def read_audience(raw: Any) -> Demographics:
    """Fractions and percent, numbers and text. A report on nobody (`sample_size` 0) says nothing."""
    if not isinstance(raw, Mapping):
        return Demographics()
    size = _number(raw.get("sample_size"))
    shares = (
        {} if size is not None and size < 1 else {d: found for d in DIMENSIONS if (found := read_shares(d, raw.get(d)))}
    )
    credibility = _number(raw.get("credibility"))
    if credibility is not None and credibility > 1:
        credibility = credibility / 100 if credibility <= 100 else None
    return Demographics(shares, credibility, int(size) if size and size >= 1 else None, _date(raw.get("as_of")))


def read_shares(dimension: str, raw: Any) -> dict[str, float] | None:
    """The shares by label, None when they cannot be those of an audience. Percent as soon as one is above 1."""
    if not isinstance(raw, Mapping):
        return None
    numbers = {str(label): number for label, value in raw.items() if (number := _number(value)) is not None}
    scale = 0.01 if any(number > 1 for number in numbers.values()) else 1.0
    shares: dict[str, float] = {}
    for label, number in numbers.items():
        if name := read_label(dimension, label):
            shares[name] = shares.get(name, 0.0) + number * scale
    total = math.fsum(shares.values())
    least, most = _WHOLE.get(dimension, 0.0) - _TOLERANCE, _MOST + _TOLERANCE
    if total == 0 or total < least or max(shares.values()) > most or (dimension != "interest" and total > most):
        return None
    return {name: min(1.0, share) for name, share in shares.items()}


@lru_cache(maxsize=4096)
def read_label(dimension: str, label: str) -> str | None:
    """The label as Demographics has it; None when it is none of the dimension."""
    text = " ".join(label.lower().split())
    if dimension == "gender":
        return _GENDERS.get(text)
    if dimension == "interest":
        return text or None
    if dimension == "age":
        band = age_band(text)
        return f"{band[0]}-{band[1]}" if band else None
    try:
        return country_code(label)
    except ValueError:
        return None


@lru_cache(maxsize=256)
def age_band(label: str) -> tuple[int, int] | None:
    """First and last year: `18-24` is (18, 24), `55+` (55, 74)."""
    if match := _BAND.search(label):
        first, last = int(match[1]), int(match[2])
        return (first, last) if first <= last else None
    if match := _OPEN_BAND.search(label):
        return int(match[1]), int(match[1]) + _OPEN_YEARS - 1
    return None


def _number(value: Any) -> float | None:
    """A finite number of at least 0, also as `45 %` or `0.45`."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value.strip()):
            return None
        value = value.strip().removesuffix("%")
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _date(value: Any) -> date | None:
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None
