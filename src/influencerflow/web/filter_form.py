"""The filter form: from its fields to Filters, to a link, and back into the page with what is wrong beside the field."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from influencerflow.http import field_errors
from influencerflow.retrieval.filters import Filters
from influencerflow.web.audience_field import PARTS, written_share
from influencerflow.web.filter_fields import FILTER_FIELDS, FilterField
from influencerflow.web.messages import t

_LONGEST_SHOWN, _MOST_SAID = 60, 3


@dataclass(frozen=True, slots=True)
class FilterForm:
    """`values` is what text fields show, `chosen` the codes of lists; `filters` is None when `errors` names fields."""

    values: dict[str, str]
    chosen: dict[str, tuple[str, ...]]
    filters: Filters | None
    errors: dict[str, str] = field(default_factory=dict)

    def is_set(self, name: str) -> bool:
        return bool(self.chosen.get(name) or self.values.get(name))


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set, in words; taking away `code` (all of `name` where None) unsets it."""

    name: str
    code: str | None
    text: str


def read_filter_form(pairs: Sequence[tuple[str, str]]) -> FilterForm:
    """Figures may be written as people write them (`50K`), countries and languages as names or codes."""
    values: dict[str, str] = {}
    chosen: dict[str, tuple[str, ...]] = {}
    parsed: dict[str, object] = {}
    errors: dict[str, str] = {}
    for entry in FILTER_FIELDS:
        for name in entry.own:
            written = [value for key, value in pairs if key == name and value]
            if entry.is_list:
                chosen[name], values[name] = _read_list(entry, name, written, errors)
                if entry.kind == "shares" and (share := written_share(pairs, values, errors)):
                    chosen[name] = tuple(sorted({*chosen[name], share}))
                parsed[name] = [entry.item(code) for code in chosen[name]] or None
            else:
                values[name] = written[0] if written else ""
                parsed[name] = _read_one(entry, name, values[name], errors)
        _check_range(entry, parsed, values, errors)
    if errors:
        return FilterForm(values, chosen, None, errors)
    try:
        return show_filters(Filters.model_validate(parsed))
    except ValidationError as error:
        found = {item.field.split(".")[0] or "request": item.message for item in field_errors(error.errors())}
        return FilterForm(values, chosen, None, found)


def show_filters(filters: Filters) -> FilterForm:
    """The form that asks for these; what it has no field for is left out."""
    # Whether estimates count is seen in the distribution of prices before anything is asked of them.
    active = filters.active() | ({"estimate_rates": True} if filters.estimate_rates else {})
    values: dict[str, str] = dict.fromkeys(PARTS, "")
    chosen: dict[str, tuple[str, ...]] = {}
    for entry in FILTER_FIELDS:
        for name in entry.own:
            value = active.get(name)
            if entry.is_list:
                chosen[name], values[name] = tuple(sorted({entry.parse(entry.code(item)) for item in value or ()})), ""
            elif entry.kind == "switch":
                values[name] = "1" if value else ""
            else:
                values[name] = "" if value is None else _as_field(entry, value)
    kept = {name: value for name, value in active.items() if name in values}
    return FilterForm(values, chosen, Filters.model_validate(kept))


def query_pairs(form: FilterForm) -> Iterator[tuple[str, str]]:
    """The filters that are set, as part of a link; with what is wrong as it was written."""
    active = form.filters.active() if form.filters else {}
    for entry in FILTER_FIELDS:
        for name in entry.own:
            yield from ((name, code) for code in form.chosen.get(name, ()))
            if entry.is_list or name not in active:
                yield from ((name, written) for written in [form.values[name]] if written)
                yield from ((part, form.values[part]) for part in PARTS if entry.kind == "shares" and form.values[part])
            else:
                yield name, "1" if entry.kind == "switch" else _plain(active[name])


def filter_chips(filters: Filters) -> list[Chip]:
    active = filters.active()
    chips = []
    for entry in FILTER_FIELDS:
        for name in (name for name in entry.own if name in active):
            if entry.is_list:
                codes = sorted({entry.parse(entry.code(item)) for item in active[name]})
                chips += [Chip(name, code, t(f"filters.chip.{name}", value=entry.shown(code))) for code in codes]
            else:
                shown = "" if entry.kind == "switch" else entry.shown(active[name])
                chips.append(Chip(name, None, t(f"filters.chip.{name}", value=shown)))
    return chips


def without(filters: Filters, name: str, code: str | None) -> Filters:
    """The filters with one thing taken away."""
    entry = next(entry for entry in FILTER_FIELDS if name in entry.own)
    left = [item for item in getattr(filters, name) if entry.parse(entry.code(item)) != code] if code else None
    return filters.model_copy(update={name: left or None})


def _read_list(
    entry: FilterField, name: str, written: Sequence[str], errors: dict[str, str]
) -> tuple[tuple[str, ...], str]:
    """The codes, and what is none of them: it stays in the field."""
    codes: set[str] = set()
    wrong: dict[str, str] = {}
    parts = written if entry.kind == "shares" else [part for value in written for part in value.split(",")]
    for item in map(str.strip, parts):
        if item:
            try:
                codes.add(entry.parse(item))
            except ValueError as error:
                wrong[item] = f"“{item[:_LONGEST_SHOWN]}” {error}"
    if wrong:
        errors[name] = "; ".join(list(wrong.values())[:_MOST_SAID])
    return tuple(sorted(codes)), ", ".join(wrong)


def _read_one(entry: FilterField, name: str, written: str, errors: dict[str, str]) -> Any:
    if not written:
        return None
    if entry.kind == "switch":
        return True
    try:
        return entry.parse(written[:_LONGEST_SHOWN])
    except ValueError as error:
        errors[name] = f"“{written[:_LONGEST_SHOWN]}” {error}"
        return None


def _check_range(
    entry: FilterField, parsed: Mapping[str, Any], values: Mapping[str, str], errors: dict[str, str]
) -> None:
    if entry.kind != "range" or len(entry.own) < 2:
        return
    low, high = entry.own
    if parsed[low] is not None and parsed[high] is not None and parsed[low] > parsed[high]:
        errors[high] = t("filters.below_start", high=values[high], low=values[low])


def _as_field(entry: FilterField, value: Any) -> str:
    return entry.shown(value) if entry.kind in ("range", "figure") else _plain(value)


def _plain(value: Any) -> str:
    """As a link has it: `10000`, `2.5`, `2026-03-01`."""
    return f"{value:.10g}" if isinstance(value, float) else str(value)
