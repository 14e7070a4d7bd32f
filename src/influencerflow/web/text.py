"""How values read on a page."""

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from babel import Locale
from babel.numbers import format_currency, format_decimal
from markupsafe import Markup, escape

from influencerflow.retrieval.filters import Filters

_ENGLISH = Locale("en")
_PLATFORMS = {"x": "X", "tiktok": "TikTok", "youtube": "YouTube", "linkedin": "LinkedIn"}
EXCERPT = 420
AVATAR_COLOURS = 6


def money(value: float | None) -> str:
    return "unknown" if value is None else format_currency(value, "USD", "¤#,##0", locale="en", currency_digits=False)


def number(value: float | None) -> str:
    return "unknown" if value is None else format_decimal(value, locale="en")


def score(value: float) -> str:
    """One decimal, rounded down: only the very best reads 100."""
    return "100" if value >= 100 else f"{math.floor(value * 10) / 10:.1f}"


def ago(moment: datetime) -> str:
    """`3 minutes ago`; the page also gives the exact time."""
    seconds = (datetime.now(UTC) - moment).total_seconds()
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    return "just now"


def platform(name: str) -> str:
    return _PLATFORMS.get(name.lower(), name.capitalize())


def country(code: str) -> str:
    return str(_ENGLISH.territories.get(code.upper(), code))


def language(tag: str) -> str:
    """`de-AT` reads German: the region of a language says little beside the country."""
    return str(_ENGLISH.languages.get(tag.split("-", maxsplit=1)[0].lower(), tag))


def marked(about: str, spans: Sequence[tuple[int, int]]) -> Markup:
    """The bio, escaped, with the words a reason rests on marked; of a long bio the part around the first of them."""
    ordered = sorted((start, end) for start, end in spans if 0 <= start < end <= len(about))
    first = 0
    if len(about) > EXCERPT and ordered and ordered[0][1] > EXCERPT:
        first = about.rfind(" ", 0, max(ordered[0][0] - 60, 1)) + 1
    last = min(first + EXCERPT, len(about))
    parts: list[Markup] = [Markup("…")] if first else []
    position = first
    for start, end in ordered:
        if start >= position and end <= last:
            parts += [escape(about[position:start]), Markup("<mark>"), escape(about[start:end]), Markup("</mark>")]
            position = end
    parts.append(escape(about[position:last]))
    return Markup("").join([*parts, Markup("…")] if last < len(about) else parts)


def initials(name: str) -> str:
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "·"


def avatar(name: str) -> int:
    """Which of the avatar colours a name gets, always the same one."""
    return sum(map(ord, name)) % AVATAR_COLOURS


def filter_chips(filters: Filters) -> list[str]:
    """The filters that are set, in words."""
    active = filters.active()
    chips = [*map(platform, active.get("platforms", [])), *map(country, active.get("countries", []))]
    chips += [*map(language, active.get("languages", [])), *(f"niche {niche}" for niche in active.get("niches", []))]
    chips += _range(active.get("min_followers"), active.get("max_followers"))
    if "min_engagement" in active:
        chips.append(f"engagement from {active['min_engagement']:g}%")
    if "max_rate" in active:
        chips.append(f"price to {money(active['max_rate'])}")
    if "exclude_creator_ids" in active:
        chips.append(f"{len(active['exclude_creator_ids'])} left out by name")
    return chips


def _range(low: int | None, high: int | None) -> Iterable[str]:
    if low is not None and high is not None:
        return [f"{number(low)} to {number(high)} followers"]
    if low is not None:
        return [f"{number(low)} followers or more"]
    return [f"{number(high)} followers or fewer"] if high is not None else []
