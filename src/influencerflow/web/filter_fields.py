"""The filters there are, as fields of a form: one line each. `messages/en/filters.toml` has their words.

A field of `Filters` that is added there is added here with its kind, and is then read, shown, linked to and told in chips.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from influencerflow.creators.importing.figures import parse_count, parse_engagement, parse_money
from influencerflow.creators.importing.places import country_code, language_tag
from influencerflow.creators.platforms import platform_title
from influencerflow.retrieval.filters import Filters
from influencerflow.web import text as reading
from influencerflow.web.audience_field import PARTS, normal_code, read_share, share_code, share_text

# `values`: any of several, chosen or written; `words`: the same without choices; `range`: from, to; `switch`: on or off.
# `shares` of the audience are written in parts and kept whole.
Kind = Literal["values", "words", "shares", "range", "figure", "switch", "date"]


@dataclass(frozen=True, slots=True)
class FilterField:
    """`names` are the fields of Filters it sets: one, or for a range the lower and the upper bound (None: has none).

    `parse` reads what was written, raising ValueError with the reason; `shown` says a value in words. `facet` names its
    counts or its distribution. Of a list, `code` is what a link has for an item, and `item` the item of a code.
    """

    kind: Kind
    names: tuple[str | None, ...]
    facet: str = ""
    parse: Callable[[str], Any] = str
    shown: Callable[[Any], str] = str
    example: str = ""
    code: Callable[[Any], str] = str
    item: Callable[[str], Any] = str

    @property
    def is_list(self) -> bool:
        return self.kind in ("values", "words", "shares")

    @property
    def id(self) -> str:
        return next(name for name in self.names if name)

    @property
    def own(self) -> tuple[str, ...]:
        return tuple(name for name in self.names if name)


def _percent(written: str) -> float:
    return parse_engagement(written, fraction=False)


def _language(written: str) -> str:
    return language_tag(written).split("-", maxsplit=1)[0]


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise ValueError("is not a date (write 2026-03-31)") from None


def _folded(written: str) -> str:
    return " ".join(written.lower().split())


def _exact_percent(value: float) -> str:
    """In full: what a field shows is read again."""
    return f"{reading.number(value)}%"


def _exact_money(value: float) -> str:
    return f"${reading.number(value)}"


_DECLARED = (
    FilterField("values", ("platforms",), "platform", _folded, platform_title),
    FilterField("values", ("countries",), "country", country_code, reading.country, "Austria, DE"),
    FilterField("values", ("languages",), "language", _language, reading.language, "German, en"),
    FilterField("values", ("niches",), "niche", _folded, str.capitalize, "yoga, running"),
    FilterField("range", ("min_followers", "max_followers"), "followers", parse_count, reading.number, "10K"),
    FilterField("range", ("min_engagement", "max_engagement"), "engagement", _percent, _exact_percent, "2.5%"),
    FilterField("range", ("min_avg_views", "max_avg_views"), "avg_views", parse_count, reading.number, "5K"),
    FilterField("range", ("min_rate", "max_rate"), "rate", parse_money, _exact_money, "$500"),
    FilterField("switch", ("estimate_rates",)),
    FilterField("switch", ("people_only",)),
    FilterField("switch", ("has_contact",)),
    FilterField("switch", ("exclude_contacted",)),
    FilterField("shares", ("audience",), "", normal_code, share_text, "", share_code, read_share),
    FilterField("figure", ("min_credibility",), "", _percent, _exact_percent, "80%"),
    FilterField("words", ("past_brands",), "", str, str, "Adidas"),
    FilterField("words", ("exclude_past_brands",), "", str, str, "Nike"),
    FilterField("words", ("exclude_platforms",), "", _folded, platform_title, "TikTok"),
    FilterField("words", ("exclude_countries",), "", country_code, reading.country, "France, US"),
    FilterField("words", ("exclude_languages",), "", _language, reading.language, "French"),
    FilterField("words", ("exclude_niches",), "", _folded, str.capitalize, "gaming"),
    FilterField("date", ("updated_since",), "", _day, reading.day),
)


def _offered(field: FilterField) -> FilterField | None:
    """With the names there are in Filters; None when there are none."""
    names = tuple(name if name in Filters.model_fields else None for name in field.names)
    if not any(names):
        return None
    return replace(field, names=names)


FILTER_FIELDS = tuple(offered for field in _DECLARED if (offered := _offered(field)))
NAMES = (*(name for field in FILTER_FIELDS for name in field.own), *PARTS)
