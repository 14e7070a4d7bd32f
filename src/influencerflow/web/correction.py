"""What was read from a brief, as a form: it shows the reading with the corrections made, and becomes MatchOptions."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Literal

from influencerflow.campaigns.understanding import Understanding
from influencerflow.creators.importing.places import country_code, language_tag
from influencerflow.lexicon.accounts import PERSON, accounts
from influencerflow.lexicon.ages import OLDEST, YOUNGEST
from influencerflow.lexicon.tokens import fold
from influencerflow.lexicon.topics import STRONG, topics
from influencerflow.matching.options import Correction, MatchOptions
from influencerflow.scoring.budget import PLANNED_CREATORS
from influencerflow.web import text as reading
from influencerflow.web.messages import t

Code = str | tuple[int, int]

_AGES = re.compile(r"(\d{1,3})\s*(?:-|–|—|to)\s*(\d{1,3})", re.IGNORECASE)
_AGES_FROM = re.compile(r"(\d{1,3})\s*\+")
_AGES_TO = re.compile(r"(?:-|–|up to)\s*(\d{1,3})", re.IGNORECASE)
_OLDEST_ASKED, _MOST_CREATORS = 120, 10_000
_LONGEST_SHOWN, _MOST_SAID = 60, 3


def _topic(written: str) -> str:
    if key := _topic_keys().get(fold(written)):
        return key
    near = [topics().by_key[m.topic].label for m in topics().mentions(written) if m.weight == STRONG]
    near = near or [
        topics().by_key[_topic_keys()[name]].label for name in get_close_matches(fold(written), _topic_keys())
    ]
    hint = " or ".join(f"“{label}”" for label in list(dict.fromkeys(near))[:2])
    raise ValueError(
        f"is not a topic here ({f'did you mean {hint}?' if hint else 'the field suggests those there are'})"
    )


@lru_cache(maxsize=1)
def _topic_keys() -> Mapping[str, str]:
    """By folded label and by key."""
    known = topics().by_key.values()
    return {topic.key: topic.key for topic in known} | {fold(topic.label): topic.key for topic in known}


def _language(written: str) -> str:
    return language_tag(written).split("-")[0]


def _gender(written: str) -> str:
    if written not in ("female", "male"):
        raise ValueError("is neither female nor male")
    return written


def _account(written: str) -> str:
    if written not in account_kinds():
        raise ValueError(f"is not a kind of account ({', '.join(account_kinds())})")
    return written


def age_range(written: str) -> tuple[int, int]:
    if match := _AGES.fullmatch(written):
        low, high = int(match[1]), int(match[2])
    elif match := _AGES_FROM.fullmatch(written):
        low, high = int(match[1]), OLDEST
    elif match := _AGES_TO.fullmatch(written):
        low, high = YOUNGEST, int(match[1])
    else:
        raise ValueError("is not a range of ages (write 25-34, 45+ or up to 30)")
    if not low <= high <= _OLDEST_ASKED:
        raise ValueError("is not a range of ages (from the younger to the older, at most 120)")
    return low, high


def account_kinds() -> list[str]:
    return sorted(accounts().kinds - {PERSON})


@dataclass(frozen=True, slots=True)
class _Field:
    """How a field of the form is read and shown; `understood` is its name in Understanding and Correction."""

    understood: str
    parse: Callable[[str], Code]
    label: Callable[[Any], str]


_FIELDS = {
    "want_topics": _Field("topics", _topic, reading.topic),
    "want_countries": _Field("countries", country_code, reading.country),
    "want_languages": _Field("languages", _language, reading.language),
    "want_genders": _Field("genders", _gender, reading.gender),
    "want_ages": _Field("age_ranges", age_range, reading.age_range),
    "not_topics": _Field("excluded_topics", _topic, reading.topic),
    "not_accounts": _Field(
        "excluded_accounts", _account, lambda kind: t("match.correct.accounts", kind=reading.account(kind))
    ),
}
CORRECTIONS = tuple(_FIELDS)
FIELDS = (*CORRECTIONS, "planned_creators")


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing wanted or left out, `state` against what was read. `aside`: it surrounds what the brief is about."""

    code: Code
    label: str
    state: Literal["kept", "added", "removed"]
    aside: bool = False


@dataclass(frozen=True, slots=True)
class CorrectionForm:
    """`values` is what the text fields show, `codes` what is chosen; `options` is None when `errors` names fields."""

    read: Understanding
    codes: Mapping[str, tuple[Code, ...]]
    values: dict[str, str]
    options: MatchOptions | None
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def corrected(self) -> bool:
        return any(set(self.codes[name]) != set(_as_read(self.read, name)) for name in _FIELDS)

    @property
    def planned_creators(self) -> int:
        return self.options.planned_creators if self.options else PLANNED_CREATORS

    def choices(self, name: str) -> list[Choice]:
        """What was read and what was added, in that order."""
        read, chosen = _as_read(self.read, name), self.codes[name]
        weights = {topic.key: topic.weight for topic in self.read.topics}
        # Topics that were corrected all count alike.
        asides = name == "want_topics" and set(read) == set(chosen)
        found = []
        for code in dict.fromkeys((*read, *chosen)):
            state: Literal["kept", "added", "removed"] = "removed"
            if code in chosen:
                state = "kept" if code in read else "added"
            aside = asides and weights[str(code)] < max(weights.values())
            found.append(Choice(code, _FIELDS[name].label(code), state, aside))
        return found


def read_correction(given: Sequence[tuple[str, str]], read: Understanding) -> CorrectionForm:
    """A field that is not given stays as read; one that is given empty asks for nothing."""
    codes: dict[str, tuple[Code, ...]] = {}
    values: dict[str, str] = {}
    errors: dict[str, str] = {}
    for name, entry in _FIELDS.items():
        written = [value for key, value in given if key == name]
        codes[name] = _as_read(read, name)
        wrong: dict[str, str] = {}
        if written:
            kept: list[Code] = []
            for item in _items(written, entry.parse):
                try:
                    kept.append(entry.parse(item))
                except ValueError as error:
                    wrong[item] = f"“{item[:_LONGEST_SHOWN]}” {error}"
            codes[name] = tuple(dict.fromkeys(kept))
        if wrong:
            errors[name] = "; ".join(list(wrong.values())[:_MOST_SAID])
        values[name] = ", ".join([*_written_ages(codes[name]), *wrong] if name == "want_ages" else wrong)
    both = [code for code in codes["not_topics"] if code in codes["want_topics"]]
    if both:
        label = _FIELDS["not_topics"].label(both[0])
        errors.setdefault("not_topics", f"“{label}” is among the topics as well: take it away at one of the two")
    planned = _planned_creators(given, values, errors)
    options = None if errors else MatchOptions(understanding=_correction(read, codes), planned_creators=planned)
    return CorrectionForm(read, codes, values, options, errors)


def show_correction(options: MatchOptions, read: Understanding) -> CorrectionForm:
    """The form as a stored run was asked for."""
    codes = {name: _as_read(read, name) for name in _FIELDS}
    if options.understanding:
        for name, entry in _FIELDS.items():
            given = getattr(options.understanding, entry.understood)
            if given is not None:
                codes[name] = tuple(given)
    values = dict.fromkeys(_FIELDS, "") | {"want_ages": ", ".join(_written_ages(codes["want_ages"]))}
    values["planned_creators"] = str(options.planned_creators)
    kept = MatchOptions(understanding=_correction(read, codes), planned_creators=options.planned_creators)
    return CorrectionForm(read, codes, values, kept)


def query_pairs(form: CorrectionForm) -> Iterator[tuple[str, str]]:
    """What differs from what was read, as part of a link."""
    for name in _FIELDS:
        chosen = form.codes[name]
        if set(chosen) != set(_as_read(form.read, name)):
            yield from ((name, written) for written in sorted(map(_written, chosen)) or [""])
    if form.planned_creators != PLANNED_CREATORS:
        yield "planned_creators", str(form.planned_creators)


def without(form: CorrectionForm, name: str, code: Code) -> CorrectionForm:
    """The form with one thing taken away; one that had been taken away comes back."""
    chosen = form.codes[name]
    left = tuple(item for item in chosen if item != code) if code in chosen else (*chosen, code)
    return replace(form, codes={**form.codes, name: left})


def _as_read(read: Understanding, name: str) -> tuple[Code, ...]:
    if name == "want_topics":
        return tuple(topic.key for topic in read.topics)
    return tuple(getattr(read, _FIELDS[name].understood))


def _correction(read: Understanding, codes: Mapping[str, tuple[Code, ...]]) -> Correction | None:
    changed = {
        entry.understood: sorted(codes[name], key=_written)
        for name, entry in _FIELDS.items()
        if set(codes[name]) != set(_as_read(read, name))
    }
    return Correction.model_validate(changed) if changed else None


def _items(written: Sequence[str], parse: Callable[[str], Code]) -> Iterator[str]:
    """What stands between commas; topics such as “Knitting, crochet & sewing” have one of their own."""
    for value in written:
        parts = [part.strip() for part in value.split(",") if part.strip()]
        while parts:
            size = next((n for n in range(len(parts), 1, -1) if parse is _topic and _is_topic(parts[:n])), 1)
            yield ", ".join(parts[:size])
            parts = parts[size:]


def _is_topic(parts: Sequence[str]) -> bool:
    return fold(", ".join(parts)) in _topic_keys()


def _planned_creators(given: Sequence[tuple[str, str]], values: dict[str, str], errors: dict[str, str]) -> int:
    written = next((value for key, value in given if key == "planned_creators" and value), str(PLANNED_CREATORS))
    values["planned_creators"] = written
    plain = written.replace(",", "")
    if plain.isascii() and plain.isdecimal() and len(plain) <= 9 and 1 <= int(plain) <= _MOST_CREATORS:
        return int(plain)
    shown = written[:_LONGEST_SHOWN]
    errors["planned_creators"] = f"“{shown}” is not a number of creators from 1 to {_MOST_CREATORS:,}"
    return PLANNED_CREATORS


def _written_ages(ranges: Sequence[Code]) -> list[str]:
    return [_written(ages) for ages in ranges]


def _written(code: Code) -> str:
    return code if isinstance(code, str) else f"{code[0]}-{code[1]}"
