"""The filter form: from its fields to Filters and back into the page, with what is wrong beside the field."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from influencerflow.http import field_errors
from influencerflow.retrieval.filters import Filters

LIST_FIELDS = ("platforms", "countries", "languages", "niches")
NUMBER_FIELDS = ("min_followers", "max_followers", "min_engagement", "max_rate")


@dataclass(frozen=True, slots=True)
class FilterForm:
    """`values` is what the fields show; `filters` is None when `errors` names fields that are wrong."""

    values: dict[str, str]
    filters: Filters | None
    errors: dict[str, str] = field(default_factory=dict)


def read_form(given: Mapping[str, object]) -> FilterForm:
    values = {name: str(given.get(name) or "").strip() for name in (*LIST_FIELDS, *NUMBER_FIELDS)}
    fields: dict[str, object] = {name: values[name].replace(",", "").replace(" ", "") or None for name in NUMBER_FIELDS}
    for name in LIST_FIELDS:
        fields[name] = [item.strip() for item in values[name].split(",") if item.strip()] or None
    try:
        return FilterForm(values, Filters.model_validate(fields))
    except ValidationError as error:
        # A range that is empty belongs to no one field: it is shown where the range begins.
        errors = {found.field: found.message for found in field_errors(error.errors())}
        if "request" in errors:
            errors["min_followers"] = errors.pop("request")
        return FilterForm(values, None, errors)


def show_filters(filters: Mapping[str, object]) -> FilterForm:
    """The form as a stored run was asked for."""
    values = {}
    for name in (*LIST_FIELDS, *NUMBER_FIELDS):
        value = filters.get(name)
        values[name] = ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else f"{value:g}"
    return FilterForm(values, None)
