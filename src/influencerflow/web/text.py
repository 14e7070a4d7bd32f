"""How values read on a page."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime

from babel import Locale
from babel.numbers import format_currency, format_decimal
from markupsafe import Markup, escape

from influencerflow.creators.platforms import platform_title
from influencerflow.lexicon.ages import OLDEST, YOUNGEST
from influencerflow.lexicon.topics import topics
from influencerflow.matching.schemas import MatchResult
from influencerflow.retrieval.filters import Filters
from influencerflow.scoring.demographics import Demographics

_ENGLISH = Locale("en")
_GENDERS = {"female": "Women", "male": "Men"}
_NICHE_NOTES = {
    "none": "The brief names no niche",
    "exact": "The campaign’s own niche",
    "table": "Close to the campaign’s niche",
    "related": "Related by topic",
    "unrelated": "Another niche",
    "inferred": "Suggested by the profile",
    "unknown": "Unknown: neutral",
}
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


def country(code: str) -> str:
    return str(_ENGLISH.territories.get(code.upper(), code))


def language(tag: str) -> str:
    """`de-AT` reads German: the region of a language says little beside the country."""
    return str(_ENGLISH.languages.get(tag.split("-", maxsplit=1)[0].lower(), tag))


def gender(name: str) -> str:
    return _GENDERS.get(name, name.capitalize())


def age_range(ages: tuple[int, int]) -> str:
    low, high = ages
    if high >= OLDEST:
        return f"{low} and over"
    return f"up to {high}" if low <= YOUNGEST else f"{low}–{high}"


def topic(key: str) -> str:
    return topics().by_key[key].label


def account(kind: str) -> str:
    return kind.replace("_", " ").capitalize()


def marked(match: MatchResult) -> Markup:
    """The bio, escaped, with the words a reason rests on marked; of a long bio the part around the first of them."""
    about = match.about or ""
    spans = [(start, end, reason.kind) for reason in match.reasons for start, end in reason.spans]
    ordered = sorted(span for span in spans if 0 <= span[0] < span[1] <= len(about))
    first = 0
    if len(about) > EXCERPT and ordered and ordered[0][1] > EXCERPT:
        first = about.rfind(" ", 0, max(ordered[0][0] - 60, 1)) + 1
    last = min(first + EXCERPT, len(about))
    parts: list[Markup] = [Markup("…")] if first else []
    position = first
    for start, end, kind in ordered:
        if start >= position and end <= last:
            opened = Markup('<mark class="against">') if kind == "against" else Markup("<mark>")
            parts += [escape(about[position:start]), opened, escape(about[start:end]), Markup("</mark>")]
            position = end
    parts.append(escape(about[position:last]))
    return Markup("").join([*parts, Markup("…")] if last < len(about) else parts)


def rate(match: MatchResult) -> float | None:
    """USD for one collaboration, as the creator names it; the guide has it as text."""
    return None if match.collaboration_rate == "unknown" else float(match.collaboration_rate.lstrip("$"))


def niche_note(match: MatchResult) -> str:
    return _NICHE_NOTES[match.niche_basis]


def audience_note(match: MatchResult, audience: Demographics | None) -> str:
    """What the audience score rests on, and how sure it is."""
    if match.audience_basis == "guide":
        return "No data: neutral"
    sure = f" · confidence {match.audience_confidence:.0%}"
    if match.audience_basis == "profile":
        return f"From the profile{sure}"
    size = f" of {number(audience.sample_size)} followers" if audience and audience.sample_size else ""
    when = f", {audience.as_of:%B %Y}" if audience and audience.as_of else ""
    return f"From demographics{size}{when}{sure}"


def engagement_note(match: MatchResult) -> str:
    if match.engagement == "unknown":
        return "Unknown: neutral"
    if match.engagement_percentile is None:
        return "No creators to compare with"
    return f"Above {match.engagement_percentile:.0f}% of {platform_title(match.platform)} creators of its size"


def budget_note(match: MatchResult, total_budget: float | None, planned_creators: int) -> str:
    estimate = match.price_estimate
    if rate(match) is None and estimate is None:
        return "No price to go by: neutral"
    parts = []
    if estimate:
        parts.append(f"Estimated from {'similar creators' if estimate.basis == 'catalogue' else 'published figures'}")
    if total_budget:
        parts.append(f"{'a' if parts else 'A'} share of the budget is {money(total_budget / planned_creators)}")
    return "; ".join(parts)


def gap(reason: str) -> str:
    """`Price unknown; estimated at …` is about the price: the rest is said where the price is shown."""
    return reason.split(" unknown", maxsplit=1)[0].lower()


def initials(name: str) -> str:
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "·"


def avatar(name: str) -> int:
    """Which of the avatar colours a name gets, always the same one."""
    return sum(map(ord, name)) % AVATAR_COLOURS


def filter_chips(filters: Filters) -> list[str]:
    """The filters that are set, in words."""
    active = filters.active()
    chips = [*map(platform_title, active.get("platforms", [])), *map(country, active.get("countries", []))]
    chips += [*map(language, active.get("languages", [])), *(f"niche {niche}" for niche in active.get("niches", []))]
    chips += _range(active.get("min_followers"), active.get("max_followers"))
    if "min_engagement" in active:
        chips.append(f"engagement from {active['min_engagement']:g}%")
    if "max_rate" in active:
        chips.append(f"price to {money(active['max_rate'])}")
    if active.get("people_only"):
        chips.append("people only")
    if "exclude_creator_ids" in active:
        chips.append(f"{len(active['exclude_creator_ids'])} left out by name")
    return chips


def _range(low: int | None, high: int | None) -> Iterable[str]:
    if low is not None and high is not None:
        return [f"{number(low)} to {number(high)} followers"]
    if low is not None:
        return [f"{number(low)} followers or more"]
    return [f"{number(high)} followers or fewer"] if high is not None else []
