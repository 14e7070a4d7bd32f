"""The filter form: from its fields to Filters, to a link, and back into the page with what is wrong beside the field."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import ValidationError

from influencerflow.creators.importing.figures import parse_count, parse_engagement, parse_money
from influencerflow.creators.importing.places import country_code, language_tag
from influencerflow.http import field_errors
from influencerflow.retrieval.filters import Filters

_Value = TypeVar("_Value")

_LISTS: dict[str, Callable[[str], str]] = {
    "countries": country_code,
    "languages": language_tag,
    "niches": str,
}
_FIGURES: dict[str, Callable[[str], float]] = {
    "min_followers": parse_count,
    "max_followers": parse_count,
    "min_engagement": lambda value: parse_engagement(value, fraction=False),
    "max_rate": parse_money,
}
FIELDS = ("platforms", "people_only", *_LISTS, *_FIGURES)
_LONGEST_FIGURE = 40


@dataclass(frozen=True, slots=True)
class FilterForm:
    """`values` is what the fields show, as written; `filters` is None when `errors` names fields that are wrong."""

    values: dict[str, str]
    platforms: tuple[str, ...]
    people_only: bool
    filters: Filters | None
    errors: dict[str, str] = field(default_factory=dict)


def read_form(pairs: Sequence[tuple[str, str]]) -> FilterForm:
    """Figures may be written as people write them (`50K`), countries and languages as names or codes."""
    platforms = tuple(sorted({value.lower() for name, value in pairs if name == "platforms" and value}))
    values = {name: ", ".join(v for key, v in pairs if key == name and v) for name in (*_LISTS, *_FIGURES)}
    people_only = any(name == "people_only" and value for name, value in pairs)
    fields: dict[str, object] = {"platforms": list(platforms) or None, "people_only": people_only or None}
    errors: dict[str, str] = {}
    for name, code in _LISTS.items():
        items = [item.strip() for item in values[name].split(",") if item.strip()]
        try:
            fields[name] = sorted({_read(code, item) for item in items}) or None
        except ValueError as error:
            errors[name] = str(error)
    for name, figure in _FIGURES.items():
        try:
            fields[name] = _read(figure, values[name][:_LONGEST_FIGURE]) if values[name] else None
        except ValueError as error:
            errors[name] = str(error)
    low, high = fields.get("min_followers"), fields.get("max_followers")
    if isinstance(low, int) and isinstance(high, int) and low > high:
        errors["max_followers"] = (
            f"“{values['max_followers']}” is less than “{values['min_followers']}”, where it starts"
        )
    if errors:
        return FilterForm(values, platforms, people_only, None, errors)
    try:
        return FilterForm(values, platforms, people_only, Filters.model_validate(fields))
    except ValidationError as error:
        found = {item.field.split(".")[0]: item.message for item in field_errors(error.errors())}
        return FilterForm(values, platforms, people_only, None, found)


def show_filters(filters: Mapping[str, object]) -> FilterForm:
    """The form as a stored run was asked for; what the form has no field for is left out."""
    parsed = Filters.model_validate({name: value for name, value in filters.items() if name in FIELDS})
    active = parsed.active()
    values = {name: ", ".join(active.get(name, [])) for name in _LISTS}
    values |= {name: f"{active[name]:,}".removesuffix(".0") if name in active else "" for name in _FIGURES}
    platforms = tuple(item.lower() for item in active.get("platforms", []))
    return FilterForm(values, platforms, bool(active.get("people_only")), parsed)


def query_pairs(form: FilterForm) -> Iterator[tuple[str, str]]:
    """The filters that are set, as part of a link."""
    yield from (("platforms", platform) for platform in form.platforms)
    if form.people_only:
        yield "people_only", "1"
    yield from ((name, value) for name, value in form.values.items() if value)


def _read(parse: Callable[[str], _Value], written: str) -> _Value:
    try:
        return parse(written)
    except ValueError as error:
        raise ValueError(f"“{written}” {error}") from None
