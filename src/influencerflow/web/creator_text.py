"""How a creator's figures read, in the reader's locale."""

from babel.numbers import format_compact_decimal, format_decimal

from influencerflow.web.frame import expose
from influencerflow.web.messages import current_locale, t


def compact(value: float | None) -> str:
    """`48.2K`: three figures are enough to compare creators by."""
    if value is None:
        return t("frame.unknown")
    digits = 0 if value < 1_000 or (value >= 99_950 and value < 999_500) else 1
    return format_compact_decimal(value, fraction_digits=digits, locale=current_locale())


def megabytes(size: int) -> str:
    """`1.4`, of a size in bytes; at least 0.1."""
    return str(format_decimal(max(0.1, round(size / 1_000_000, 1)), locale=current_locale()))


expose(compact, megabytes)
