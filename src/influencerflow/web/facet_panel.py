"""The filter panel as templates draw it: choices with counts, distributions as bars, from the table of filter fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from influencerflow.retrieval.facets import Distribution, Facets
from influencerflow.web import text as reading
from influencerflow.web.filter_fields import FILTER_FIELDS, FilterField
from influencerflow.web.filter_form import FilterForm
from influencerflow.web.messages import t

# So many choices stand in sight; the others fold open.
SHOWN_VALUES, BAR_WIDTH, BAR_HEIGHT = 6, 8, 36


@dataclass(frozen=True, slots=True)
class Choice:
    code: str
    label: str
    count: int | None
    chosen: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """One bin, in the drawing's units; `inside` the range that is asked for."""

    x: int
    height: float
    inside: bool


@dataclass(frozen=True, slots=True)
class Slider:
    """`edges`: where the handles may stand, from 0; the first and the last stand for no bound. `low`, `high`: where they do."""

    bars: Sequence[Bar]
    edges: Sequence[str]
    low: int
    high: int
    described: str
    unknown: int


@dataclass(frozen=True, slots=True)
class Group:
    """A filter field with what surrounds it. `first` choices stand in sight, `more` fold open."""

    field: FilterField
    active: bool
    first: Sequence[Choice] = ()
    more: Sequence[Choice] = ()
    unknown: int = 0
    slider: Slider | None = None


def filter_groups(form: FilterForm, facets: Facets) -> list[Group]:
    return [_group(entry, form, facets) for entry in FILTER_FIELDS]


def _group(entry: FilterField, form: FilterForm, facets: Facets) -> Group:
    active = any(form.is_set(name) for name in entry.own)
    if entry.kind == "values":
        choices = _choices(entry, form.chosen[entry.id], facets.values.get(entry.facet, ()))
        shown = max(SHOWN_VALUES, sum(choice.chosen for choice in choices))
        unknown = facets.unknown.get(entry.facet, 0)
        return Group(entry, active, choices[:shown], choices[shown:], unknown)
    if entry.kind == "range":
        return Group(entry, active, slider=_slider(entry, form, facets.distributions[entry.facet]))
    if entry.kind in ("words", "shares"):
        return Group(entry, active, _choices(entry, form.chosen[entry.id], ()))
    return Group(entry, active)


def _choices(entry: FilterField, chosen: Sequence[str], counted: Sequence[tuple[str, int]]) -> list[Choice]:
    """The chosen first, then by count."""
    counts: Mapping[str, int | None] = dict(counted)
    codes = [*chosen, *(code for code in counts if code not in chosen)]
    return [Choice(code, entry.shown(code), counts.get(code, 0 if counts else None), code in chosen) for code in codes]


def _slider(entry: FilterField, form: FilterForm, spread: Distribution) -> Slider:
    low, high = (_bound(form, name) for name in entry.names)
    last = len(spread.counts)
    starts = [i for i, edge in enumerate(spread.edges, start=1) if low is not None and edge <= low]
    ends = [i for i, edge in enumerate(spread.edges, start=1) if high is not None and edge >= high]
    first, end = max(starts, default=0), min(ends, default=last)
    most = max(spread.counts) or 1
    bars = [
        # A few among many stay visible.
        Bar(i * BAR_WIDTH, round(max(BAR_HEIGHT * count / most, 1.5 if count else 0), 1), first <= i < end)
        for i, count in enumerate(spread.counts)
    ]
    edges = ["0", *(entry.shown(edge) for edge in spread.edges), "0"]
    return Slider(bars, edges, first, end, _described(entry, spread), spread.unknown)


def _bound(form: FilterForm, name: str | None) -> float | None:
    value = getattr(form.filters, name, None) if name and form.filters else None
    return None if value is None else float(value)


def _described(entry: FilterField, spread: Distribution) -> str:
    """For those who do not see the bars: how many, and between which figures the middle half of them is."""
    known = sum(spread.counts)
    if not known:
        return t("filters.distribution.none")
    passed, first, last = 0, 0, len(spread.counts) - 1
    for i, count in enumerate(spread.counts):
        first = i if passed < known / 4 else first
        last = i if passed < 3 * known / 4 else last
        passed += count
    low = entry.shown(spread.edges[first - 1]) if first else ""
    high = entry.shown(spread.edges[last]) if last < len(spread.edges) else ""
    kind = "some" if low and high else "from" if low else "to" if high else "any"
    return t(f"filters.distribution.{kind}", n=reading.number(known), low=low, high=high)
