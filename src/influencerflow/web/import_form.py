"""The mapping of an upload as a form: which field each column is, and what holds for every row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from influencerflow.creators.importing.columns import FIELDS
from influencerflow.creators.importing.service import ImportOptions
from influencerflow.creators.importing.uploads import Upload
from influencerflow.web.messages import t

LEAVE_OUT = "-"
CONSTANTS = ("platform", "source", "language", "country")
# A page with thousands of selects helps nobody; what is beyond is left out.
MOST_COLUMNS = 200
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """A column of the file; `field` is what it is read as, LEAVE_OUT for nothing. `name` is the form's."""

    name: str
    column: str
    samples: Sequence[str]
    field: str


@dataclass(frozen=True, slots=True)
class ImportForm:
    choices: list[ColumnChoice]
    constants: dict[str, str]
    engagement_as: str
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def options(self) -> ImportOptions:
        mapping = {choice.column: choice.field for choice in self.choices}
        constants = {name: value for name, value in self.constants.items() if value}
        return ImportOptions(mapping, constants, "fraction" if self.engagement_as == "fraction" else "percent")

    @property
    def has_platform(self) -> bool:
        return any(choice.field == "platform" for choice in self.choices)


def show_form(upload: Upload) -> ImportForm:
    """As the file was checked last; at first, as its columns suggest."""
    checked = upload.import_options()
    columns = upload.columns or {"columns": [], "samples": {}, "suggested": {}}
    # Two columns of one name cannot be told apart; the check has said so.
    names = list(dict.fromkeys(columns["columns"]))[:MOST_COLUMNS]
    suggested = checked.mapping or columns["suggested"]
    choices = [
        ColumnChoice(f"column-{index}", name, columns["samples"].get(name, []), suggested.get(name, LEAVE_OUT))
        for index, name in enumerate(names)
    ]
    constants = {name: checked.constants.get(name, "") for name in CONSTANTS}
    return ImportForm(choices, constants, checked.engagement_as)


def read_form(upload: Upload, sent: Mapping[str, str]) -> ImportForm:
    """What was sent, with the fields that two columns claim in `errors`."""
    shown = show_form(upload)
    choices: list[ColumnChoice] = []
    errors: dict[str, str] = {}
    taken: dict[str, str] = {}
    for choice in shown.choices:
        wanted = sent.get(choice.name, choice.field)
        wanted = wanted if wanted in FIELDS else LEAVE_OUT
        if wanted in taken:
            errors[choice.name] = t("import.taken", column=taken[wanted])
        elif wanted != LEAVE_OUT:
            taken[wanted] = choice.column
        choices.append(ColumnChoice(choice.name, choice.column, choice.samples, wanted))
    constants = {name: sent.get(name, shown.constants[name]).replace("\0", "").strip()[:_LONGEST] for name in CONSTANTS}
    return ImportForm(choices, constants, sent.get("engagement_as", shown.engagement_as), errors)
