"""How values read on a page."""

from collections.abc import Sequence
from datetime import UTC, datetime

from babel.numbers import format_currency, format_decimal
from markupsafe import Markup, escape


def money(value: float | None) -> str:
    return "unknown" if value is None else format_currency(value, "USD", "¤#,##0", locale="en", currency_digits=False)


def number(value: float | None) -> str:
    return "unknown" if value is None else format_decimal(value, locale="en")


def ago(moment: datetime) -> str:
    """`3 minutes ago`; the page also gives the exact time."""
    seconds = (datetime.now(UTC) - moment).total_seconds()
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    return "just now"


def marked(about: str, spans: Sequence[tuple[int, int]]) -> Markup:
    """The bio, escaped, with the words a reason rests on marked."""
    parts: list[Markup] = []
    position = 0
    for start, end in sorted(spans):
        if start >= position and end <= len(about):
            parts += [escape(about[position:start]), Markup("<mark>"), escape(about[start:end]), Markup("</mark>")]
            position = end
    return Markup("").join([*parts, escape(about[position:])])


def initials(name: str) -> str:
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "·"
