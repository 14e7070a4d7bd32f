"""The form beside a campaign's matches: filters, and what was read from the brief."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from influencerflow.campaigns.understanding import Understanding
from influencerflow.matching.options import MatchOptions
from influencerflow.web import correction, forms
from influencerflow.web.correction import CorrectionForm, read_correction, show_correction
from influencerflow.web.forms import FilterForm, read_form, show_filters

FIELDS = (*forms.FIELDS, *correction.FIELDS)
_LONGEST_VALUE = 2_000


@dataclass(frozen=True, slots=True)
class MatchForm:
    filters: FilterForm
    correction: CorrectionForm

    @property
    def errors(self) -> dict[str, str]:
        return self.correction.errors | self.filters.errors

    @property
    def query(self) -> str:
        """The form as part of a link, as written; empty when it asks for nothing."""
        return urlencode([*forms.query_pairs(self.filters), *correction.query_pairs(self.correction)])

    @property
    def asked(self) -> str | None:
        """What it asks for, as a link that is the same however it was written; None while something is wrong."""
        filters, options = self.filters.filters, self.correction.options
        if filters is None or options is None:
            return None
        return show_match_form(filters.active(), options.asked(), self.correction.read).query


def read_match_form(given: Sequence[tuple[str, str]], read: Understanding) -> MatchForm:
    pairs = [(name, value.replace("\0", "").strip()[:_LONGEST_VALUE]) for name, value in given]
    return MatchForm(read_form(pairs), read_correction(pairs, read))


def show_match_form(filters: Mapping[str, object], options: Mapping[str, object], read: Understanding) -> MatchForm:
    """The form as a stored run was asked for."""
    return MatchForm(show_filters(filters), show_correction(MatchOptions.model_validate(options), read))
