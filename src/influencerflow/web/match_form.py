"""Everything a list of matches is asked by, all of it in its address: filters, corrections of the reading, sort, view."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from influencerflow.campaigns.understanding import Understanding
from influencerflow.matching.options import MatchOptions
from influencerflow.matching.stored import ORDERS
from influencerflow.retrieval.filters import Filters
from influencerflow.web import correction, filter_fields, filter_form
from influencerflow.web.correction import Code, CorrectionForm, read_correction, show_correction
from influencerflow.web.filter_form import Chip, FilterForm, read_filter_form, show_filters

BEST = "match"
VIEWS = ("cards", "table")
FIELDS = (*filter_fields.NAMES, *correction.FIELDS, "sort", "view", "page")
_LONGEST_VALUE = 2_000


@dataclass(frozen=True, slots=True)
class MatchForm:
    """`path` is the page's address."""

    path: str
    filters: FilterForm
    correction: CorrectionForm
    sort: str = BEST
    view: str = VIEWS[0]

    @property
    def errors(self) -> dict[str, str]:
        return self.correction.errors | self.filters.errors

    @property
    def filter_pairs(self) -> list[tuple[str, str]]:
        return list(filter_form.query_pairs(self.filters))

    @property
    def reading_pairs(self) -> list[tuple[str, str]]:
        return list(correction.query_pairs(self.correction))

    @property
    def view_pairs(self) -> list[tuple[str, str]]:
        shown = [("sort", self.sort, BEST), ("view", self.view, VIEWS[0])]
        return [(name, value) for name, value, default in shown if value != default]

    def pairs(self, *, page: int = 1) -> list[tuple[str, str]]:
        """All of it, the same however it was written; empty when it asks for nothing."""
        numbered = [("page", str(page))] if page > 1 else []
        return [*self.filter_pairs, *self.reading_pairs, *self.view_pairs, *numbered]

    def link(self, *, page: int = 1, sort: str | None = None, view: str | None = None) -> str:
        query = urlencode(replace(self, sort=sort or self.sort, view=view or self.view).pairs(page=page))
        return f"{self.path}?{query}" if query else self.path

    def without_chip(self, chip: Chip) -> str:
        """The link that takes a filter away."""
        filters = filter_form.without(self.filters.filters or Filters(), chip.name, chip.code)
        return replace(self, filters=show_filters(filters)).link()

    def without_reading(self, name: str, code: Code) -> str:
        """The link that takes away what was read, or brings it back."""
        return replace(self, correction=correction.without(self.correction, name, code)).link()

    def cleared(self) -> str:
        """The link without filters."""
        return replace(self, filters=show_filters(Filters())).link()

    def as_read(self) -> str:
        """The link without corrections."""
        return replace(self, correction=read_correction([], self.correction.read)).link()


def read_match_form(path: str, given: Sequence[tuple[str, str]], read: Understanding) -> MatchForm:
    pairs = [(name, value.replace("\0", "").strip()[:_LONGEST_VALUE]) for name, value in given if name in FIELDS]
    last = dict(pairs)
    sort, view = last.get("sort", BEST), last.get("view", VIEWS[0])
    return MatchForm(
        path,
        read_filter_form(pairs),
        read_correction(pairs, read),
        sort if sort in ORDERS else BEST,
        view if view in VIEWS else VIEWS[0],
    )


def show_match_form(
    path: str, filters: Mapping[str, object], options: Mapping[str, object], read: Understanding
) -> MatchForm:
    """The form as a stored run was asked for."""
    shown = show_correction(MatchOptions.model_validate(options), read)
    return MatchForm(path, show_filters(Filters.model_validate(filters)), shown)
