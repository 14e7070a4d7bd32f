"""What the catalogue is narrowed by: from a link's fields to Filters, and back into the page with what is wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar, get_args
from urllib.parse import urlencode

from pydantic import ValidationError

from influencerflow.creators.catalogue import LONGEST_SEARCH, Sort
from influencerflow.creators.importing.figures import parse_count, parse_engagement, parse_money
from influencerflow.creators.importing.places import country_code, language_tag
from influencerflow.http import field_errors
from influencerflow.retrieval.filters import Filters

_Value = TypeVar("_Value")

SORTS: tuple[Sort, ...] = get_args(Sort)
FIELDS = ("platform", "country", "language", "niche", "min_followers", "max_followers", "min_engagement", "max_rate")
_FIGURES: dict[str, Callable[[str], float]] = {
    "min_followers": parse_count,
    "max_followers": parse_count,
    "min_engagement": lambda value: parse_engagement(value, fraction=False),
    "max_rate": parse_money,
}
_LISTS: dict[str, tuple[str, Callable[[str], str]]] = {
    "platform": ("platforms", str),
    "country": ("countries", country_code),
    "language": ("languages", language_tag),
    "niche": ("niches", str),
}
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class CatalogueForm:
    """`values` is what the fields show, as written; where `errors` names fields, `filters` leaves them out."""

    values: dict[str, str]
    q: str
    sort: Sort
    filters: Filters
    errors: dict[str, str] = field(default_factory=dict)

    def link(self, **changed: str | None) -> str:
        """The same list with something changed; a page further on is not the same list any more."""
        given: dict[str, str | None] = {"q": self.q, "sort": self.sort if self.sort != SORTS[0] else "", **self.values}
        asked = {name: value for name, value in (given | changed).items() if value}
        return f"/creators?{urlencode(asked)}" if asked else "/creators"

    @property
    def narrowed(self) -> int:
        """How many fields narrow the list."""
        return sum(bool(value) for value in self.values.values())


def read_catalogue_form(given: Mapping[str, str]) -> CatalogueForm:
    """Figures as people write them, several places, languages or niches between commas."""
    tidy = {name: value.replace("\0", "").strip()[:_LONGEST] for name, value in given.items()}
    values = {name: tidy.get(name, "") for name in FIELDS}
    sort = next((known for known in SORTS if known == tidy.get("sort")), SORTS[0])
    wanted: dict[str, object] = {}
    errors: dict[str, str] = {}
    for name, (filter_name, code) in _LISTS.items():
        try:
            items = [_read(code, item.strip()) for item in values[name].split(",") if item.strip()]
            wanted[filter_name] = sorted(set(items)) or None
        except ValueError as error:
            errors[name] = str(error)
    for name, figure in _FIGURES.items():
        try:
            wanted[name] = _read(figure, values[name]) if values[name] else None
        except ValueError as error:
            errors[name] = str(error)
    try:
        filters = Filters.model_validate(wanted)
    except ValidationError as error:
        found = {item.field or "max_followers": item.message for item in field_errors(error.errors())}
        errors |= {"max_followers" if name == "request" else name: message for name, message in found.items()}
        filters = Filters()
    return CatalogueForm(values, tidy.get("q", "")[:LONGEST_SEARCH], sort, filters, errors)


def _read(read: Callable[[str], _Value], written: str) -> _Value:
    try:
        return read(written)
    except ValueError as error:
        raise ValueError(f"“{written[:60]}” {error}") from None
