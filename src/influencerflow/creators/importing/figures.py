"""Figures as people write them: `1.2M`, `16,037 M`, `125K`, `1 234`, `3.4%`."""

import math
import re
from typing import Any, Literal

_SUFFIXES = {
    "": 1,
    "k": 10**3,
    "tsd": 10**3,
    "thousand": 10**3,
    "m": 10**6,
    "mio": 10**6,
    "mln": 10**6,
    "mm": 10**6,
    "million": 10**6,
    "b": 10**9,
    "bn": 10**9,
    "mrd": 10**9,
    "billion": 10**9,
}
# No figure is longer; what is would keep a pattern with several runs of optional space busy for hours.
_LONGEST = 60
_FIGURE = re.compile(r"([$€£]?)\s*([+-]?[\d.,'’\s]*\d[.,]?)\s*([a-z]*)\.?\s*(%?)\s*([$€£]?)", re.IGNORECASE)
_SCIENTIFIC = re.compile(r"[+-]?\d+([.,]\d+)?e[+-]?\d{1,3}", re.IGNORECASE)
# A group never begins with 0: `0,034` is a fraction. The second form is India's, by twos: `12,34,567`.
_GROUPED = re.compile(r"[+-]?(0|[1-9]\d{0,2}([.,])\d{3}(\2\d{3})*|[1-9]\d?(,\d{2})+,\d{3})")
_SPACED = re.compile(r"[+-]?\d{1,3}([\s'’]\d{3})+([.,]\d*)?|[^\s'’]*")

MAX_FOLLOWERS = 8_000_000_000


Kind = Literal["count", "money", "percent"]


def parse_figure(value: Any, kind: Kind) -> float:
    """The number meant. The kind says what `1,234` and `1.234` are. Raises ValueError with the reason."""
    if isinstance(value, bool):
        raise ValueError("is not a number")  # noqa: TRY004 - every refusal is one kind of error here
    number = _float(value) if isinstance(value, int | float) else _written(str(value).strip(), kind)
    if not math.isfinite(number):
        raise ValueError("is not a number")
    if number < 0:
        raise ValueError("is negative")
    return number


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        raise ValueError("is absurdly large") from None


def _written(text: str, kind: Kind) -> float:
    if len(text) > _LONGEST:
        raise ValueError("is not a number")
    if _SCIENTIFIC.fullmatch(text):
        return float(text.replace(",", "."))
    match = _FIGURE.fullmatch(text)
    if match is None or match[3].lower() not in _SUFFIXES:
        raise ValueError("is not a number")
    if match[4] and kind == "count":
        raise ValueError("is a percentage where a count is expected")
    return _digits(match[2].strip(), scaled=bool(match[3]), kind=kind) * _SUFFIXES[match[3].lower()]


def parse_followers(value: Any) -> int:
    """`1,5` is no number of people: whoever wrote it left out a magnitude."""
    number = parse_figure(value, "count")
    if number < 1000 and number != int(number):
        raise ValueError("is not a whole number")
    return parse_count(value, most=MAX_FOLLOWERS)


def parse_count(value: Any, *, most: int = 10**15) -> int:
    """A count between 0 and `most`, rounded: averages come with decimals."""
    number = round(parse_figure(value, "count"))
    if number > most:
        raise ValueError(f"is absurdly large (more than {most:,})")
    return number


def parse_engagement(value: Any, *, fraction: bool) -> float:
    """Percent between 0 and 100. A `%` always says percent; otherwise `fraction` says that 0.034 means 3.4%."""
    number = parse_figure(value, "percent")
    if fraction and "%" not in str(value):
        number *= 100
    if number > 100:
        raise ValueError("is above 100 percent")
    return round(number, 6)


def parse_money(value: Any) -> float:
    """USD; a euro or pound sign is refused rather than guessed at."""
    if any(sign in str(value) for sign in "€£"):
        raise ValueError("is not in US dollars")
    number = parse_figure(value, "money")
    if number > 10**9:
        raise ValueError("is absurdly large (more than a billion dollars)")
    return round(number, 2)


def _digits(written: str, *, scaled: bool, kind: Kind) -> float:
    """Resolves what separators mean: the last of two kinds is the decimal one; one kind alone depends on the place."""
    if not _SPACED.fullmatch(written):
        raise ValueError("is not a number")
    digits = re.sub(r"[\s'’]", "", written)
    if "," in digits and "." in digits:
        decimal = max(",.", key=digits.rfind)
        digits = digits.replace("," if decimal == "." else ".", "").replace(decimal, ".")
    elif _GROUPED.fullmatch(digits) and not scaled and _groups(digits, kind):
        digits = digits.replace(",", "").replace(".", "")
    else:
        # `16,037 M`: nobody has 16 billion followers, so a comma before a magnitude is a decimal comma.
        digits = digits.replace(",", ".")
    try:
        return float(digits)
    except ValueError:
        raise ValueError("is not a number") from None


def _groups(digits: str, kind: Kind) -> bool:
    """Whether a lone separator groups thousands. No percentage has thousands; no price has tenths of a cent after a comma."""
    return kind == "count" or (kind == "money" and ("," in digits or digits.count(".") > 1))
