"""Everything a list of matches is asked by, all of it in its address: filters, corrections of the reading, sort, view."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from urllib.parse import urlencode
from uuid import UUID

from influencerflow.campaigns.understanding import Understanding
from influencerflow.matching.options import MAX_EXAMPLES, MatchOptions
from influencerflow.matching.stored import ORDERS
from influencerflow.retrieval.filters import Filters
from influencerflow.web import correction, filter_fields, filter_form
from influencerflow.web.correction import Code, CorrectionForm, read_correction, show_correction
from influencerflow.web.filter_form import Chip, FilterForm, read_filter_form, show_filters

BEST = "match"
VIEWS = ("cards", "table")
EXAMPLES = ("like", "unlike")
FIELDS = (*filter_fields.NAMES, *correction.FIELDS, *EXAMPLES, "sort", "view", "page")
_LONGEST_VALUE = 2_000


@dataclass(frozen=True, slots=True)
class MatchForm:
    """`path` is the page's address, as its links have it; `like` and `unlike` are ids of the creators the list is shaped by."""

    path: str
    filters: FilterForm
    correction: CorrectionForm
    sort: str = BEST
    view: str = VIEWS[0]
    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()

    @property
    def options(self) -> MatchOptions | None:
        """What the list is made with; None when `errors` names fields."""
        options = self.correction.options
        examples = {name: [UUID(item) for item in getattr(self, name)] for name in EXAMPLES}
        return options.model_copy(update=examples) if options else None

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
    def example_pairs(self) -> list[tuple[str, str]]:
        return [(name, item) for name in EXAMPLES for item in getattr(self, name)]

    @property
    def view_pairs(self) -> list[tuple[str, str]]:
        shown = [("sort", self.sort, BEST), ("view", self.view, VIEWS[0])]
        return [(name, value) for name, value, default in shown if value != default]

    def pairs(self, *, page: int = 1) -> list[tuple[str, str]]:
        """All of it, the same however it was written; empty when it asks for nothing."""
        numbered = [("page", str(page))] if page > 1 else []
        return [*self.filter_pairs, *self.reading_pairs, *self.example_pairs, *self.view_pairs, *numbered]

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

    def example(self, name: str, creator_id: str) -> str:
        """The link with one more example of a kind, or without it where it is one; an example is of one kind only."""
        kept = {kind: tuple(item for item in getattr(self, kind) if item != creator_id) for kind in EXAMPLES}
        if creator_id not in getattr(self, name):
            kept[name] = tuple(sorted((*kept[name], creator_id)))[:MAX_EXAMPLES]
        return replace(self, like=kept["like"], unlike=kept["unlike"], sort=BEST).link()

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
    like = _ids(pairs, "like")
    return MatchForm(
        path,
        read_filter_form(pairs),
        read_correction(pairs, read),
        sort if sort in ORDERS else BEST,
        view if view in VIEWS else VIEWS[0],
        like,
        tuple(item for item in _ids(pairs, "unlike") if item not in like),
    )


def _ids(pairs: Sequence[tuple[str, str]], name: str) -> tuple[str, ...]:
    """In the one order options keep them in, without what is none: a cut-off link still shows a list."""
    found = set()
    for key, value in pairs:
        if key == name:
            with suppress(ValueError):
                found.add(str(UUID(value)))
    return tuple(sorted(found)[:MAX_EXAMPLES])


def show_match_form(
    path: str, filters: Mapping[str, object], options: Mapping[str, object], read: Understanding
) -> MatchForm:
    """The form as a stored run was asked for."""
    given = MatchOptions.model_validate(options)
    like, unlike = (tuple(str(item) for item in ids) for ids in (given.like, given.unlike))
    filled = show_filters(Filters.model_validate(filters)), show_correction(given, read)
    return MatchForm(path, *filled, like=like, unlike=unlike)
