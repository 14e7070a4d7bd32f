"""How values read on a page, in the reader's locale."""

import math
from datetime import UTC, datetime

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_currency, format_decimal
from markupsafe import Markup, escape

from influencerflow.creators.platforms import platform_title
from influencerflow.lexicon.ages import OLDEST, YOUNGEST
from influencerflow.lexicon.topics import topics
from influencerflow.matching.schemas import MatchResult, PriceEstimateOut
from influencerflow.scoring.demographics import Demographics
from influencerflow.scoring.reasons import LEAST_PRICE
from influencerflow.web.messages import current_locale, t

EXCERPT = 420


def money(value: float | None) -> str:
    """USD; cents are beside the point."""
    if value is None:
        return t("frame.unknown")
    return format_currency(value, "USD", "¤#,##0", locale=current_locale(), currency_digits=False)


def number(value: float | None) -> str:
    return t("frame.unknown") if value is None else format_decimal(value, locale=current_locale())


def percent(value: float | None) -> str:
    """One decimal: `3.4%`; `value` is in percent."""
    return t("frame.unknown") if value is None else f"{format_decimal(round(value, 1), locale=current_locale())}%"


def score(value: float) -> str:
    """One decimal, rounded down: only the very best reads 100."""
    return "100" if value >= 100 else f"{math.floor(value * 10) / 10:.1f}"


def ago(moment: datetime) -> str:
    """`3 minutes ago`; the page also gives the exact time."""
    passed = datetime.now(UTC) - moment
    if passed.total_seconds() < 60:
        return t("frame.just_now")
    return format_timedelta(-passed, granularity="minute", threshold=1, add_direction=True, locale=current_locale())


def exact(moment: datetime) -> str:
    return t("frame.utc", moment=format_datetime(moment.astimezone(UTC), "medium", locale=current_locale()))


def day(moment: datetime) -> str:
    """`24 Nov 2026`."""
    return format_date(moment, "medium", locale=current_locale())


def country(code: str) -> str:
    return str(current_locale().territories.get(code.upper(), code))


def language(tag: str) -> str:
    """`de-AT` reads German: the region of a language says little beside the country."""
    return str(current_locale().languages.get(tag.split("-", maxsplit=1)[0].lower(), tag))


def gender(name: str) -> str:
    return t(f"values.gender.{name}") if name in ("female", "male") else name.capitalize()


def age_range(ages: tuple[int, int]) -> str:
    low, high = ages
    if high >= OLDEST:
        return t("values.age.over", low=low)
    return t("values.age.up_to", high=high) if low <= YOUNGEST else t("values.age.between", low=low, high=high)


def topic(key: str) -> str:
    return topics().by_key[key].label


def account(kind: str) -> str:
    return kind.replace("_", " ").capitalize()


def status_name(status: str | None) -> str:
    """An adopted platform may have states of its own."""
    known = status in ("draft", "active", "completed")
    return t(f"values.status.{status}") if known else status or t("values.status.none")


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


def estimated(estimate: PriceEstimateOut) -> str:
    """The range of an estimated price; cents are said to be little."""
    if estimate.high < LEAST_PRICE:
        return t("match.estimate_under", price=money(LEAST_PRICE))
    return t("match.estimate_range", low=money(estimate.low), high=money(estimate.high))


def field_name(name: str) -> str:
    """A field of the brief, as the form calls it."""
    return t(f"campaigns.field.{name}").lower()


def niche_note(match: MatchResult) -> str:
    return t(f"match.niche_note.{match.niche_basis}")


def audience_note(match: MatchResult, audience: Demographics | None) -> str:
    """What the audience score rests on, and how sure it is."""
    if match.audience_basis == "guide":
        return t("match.audience_note.guide")
    sure = t("match.audience_note.sure", percent=f"{match.audience_confidence:.0%}")
    if match.audience_basis == "profile":
        return t("match.audience_note.profile") + sure
    said = t("match.audience_note.demographics")
    if audience and audience.sample_size:
        said += t("match.audience_note.of", n=audience.sample_size)
    if audience and audience.as_of:
        said += ", " + format_date(audience.as_of, "MMMM yyyy", locale=current_locale())
    return said + sure


def engagement_note(match: MatchResult) -> str:
    if match.engagement == "unknown":
        return t("match.engagement_note.unknown")
    if match.engagement_percentile is None:
        return t("match.engagement_note.alone")
    percentile, platform = f"{match.engagement_percentile:.0f}%", platform_title(match.platform)
    return t("match.engagement_note.above", percent=percentile, platform=platform)


def budget_note(match: MatchResult, total_budget: float | None, planned_creators: int) -> str:
    estimate = match.price_estimate
    if rate(match) is None and estimate is None:
        return t("match.budget_note.unknown")
    share = money(total_budget / planned_creators) if total_budget else None
    if estimate is None:
        return t("match.budget_note.share", share=share) if share else ""
    said = t(f"match.budget_note.{estimate.basis}")
    return said + t("match.budget_note.and_share", share=share) if share else said


def gap(reason: str) -> str:
    """`Price unknown; estimated at …` is about the price: the rest is said where the price is shown."""
    return reason.split(" unknown", maxsplit=1)[0].lower()
