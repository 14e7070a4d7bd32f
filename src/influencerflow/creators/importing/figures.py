"""Figures as people write them: `1.2M`, `16,037 M`, `125K`, `1 234`, `3.4%`."""

import math
import re
from typing import Any

_SUFFIXES = {
    "": 1,
    "k": 10**3,
    "tsd": 10**3,
    "m": 10**6,
    "mio": 10**6,
    "mm": 10**6,
    "b": 10**9,
    "bn": 10**9,
    "mrd": 10**9,
}
_FIGURE = re.compile(r"([$€£]?)\s*([+-]?[\d.,'’\s]*\d[.,]?)\s*([a-z]*)\.?\s*(%?)\s*([$€£]?)", re.IGNORECASE)
_GROUPED = re.compile(r"[+-]?\d{1,3}([.,])\d{3}(\1\d{3})*")

MAX_FOLLOWERS = 8_000_000_000


def parse_figure(value: Any, *, whole: bool) -> float:
    """The number meant. `whole`: `1.234` can only be a grouped thousand. Raises ValueError with the reason."""
    if isinstance(value, bool):
        raise ValueError("is not a number")  # noqa: TRY004 - every refusal is one kind of error here
    if isinstance(value, int | float):
        number = float(value)
    else:
        match = _FIGURE.fullmatch(str(value).strip())
        if match is None or match[3].lower() not in _SUFFIXES:
            raise ValueError("is not a number")
        if match[4] and whole:
            raise ValueError("is a percentage where a count is expected")
        number = _digits(match[2], scaled=bool(match[3]), whole=whole) * _SUFFIXES[match[3].lower()]
    if not math.isfinite(number):
        raise ValueError("is not a number")
    if number < 0:
        raise ValueError("is negative")
    return number


def parse_count(value: Any, *, most: int = 10**15) -> int:
    """A whole count between 0 and `most`."""
    number = round(parse_figure(value, whole=True))
    if number > most:
        raise ValueError(f"is absurdly large (more than {most:,})")
    return number


def parse_engagement(value: Any, *, fraction: bool) -> float:
    """Percent between 0 and 100. A `%` always says percent; otherwise `fraction` says that 0.034 means 3.4%."""
    number = parse_figure(value, whole=False)
    if fraction and "%" not in str(value):
        number *= 100
    if number > 100:
        raise ValueError("is above 100 percent")
    return round(number, 6)


def parse_money(value: Any) -> float:
    """USD; a euro or pound sign is refused rather than guessed at."""
    if any(sign in str(value) for sign in "€£"):
        raise ValueError("is not in US dollars")
    number = parse_figure(value, whole=False)
    if number > 10**9:
        raise ValueError("is absurdly large (more than a billion dollars)")
    return round(number, 2)


def _digits(written: str, *, scaled: bool, whole: bool) -> float:
    """Resolves what separators mean: the last of two kinds is the decimal one; one kind alone depends on the place."""
    digits = re.sub(r"[\s'’]", "", written)
    if "," in digits and "." in digits:
        decimal = max(",.", key=digits.rfind)
        digits = digits.replace("," if decimal == "." else ".", "").replace(decimal, ".")
    elif _GROUPED.fullmatch(digits) and not scaled and (whole or "," in digits or digits.count(".") > 1):
        digits = digits.replace(",", "").replace(".", "")
    else:
        # `16,037 M`: nobody has 16 billion followers, so a comma before a magnitude is a decimal comma.
        digits = digits.replace(",", ".")
    try:
        return float(digits)
    except ValueError:
        raise ValueError("is not a number") from None
