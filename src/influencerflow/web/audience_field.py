"""A wanted share of the audience as a field of the filter form: in links, in words, and from the parts it is written in.

`40;female;18-34,45-99;DE,AT;yoga` is: at least 40% are women, of these ages, in these countries, with this interest.
"""

from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from influencerflow.creators.importing.figures import parse_engagement
from influencerflow.creators.importing.places import country_code
from influencerflow.http import field_errors
from influencerflow.retrieval.filters import AudienceShare
from influencerflow.web import text as reading
from influencerflow.web.correction import age_range
from influencerflow.web.messages import t

PARTS = ("audience_at_least", "audience_genders", "audience_ages", "audience_countries", "audience_interests")
_LONGEST_SHOWN = 60


def share_code(share: AudienceShare) -> str:
    ages = [f"{first}-{last}" for first, last in share.age_ranges or ()]
    lists = (sorted(share.genders or ()), sorted(ages), sorted(share.countries or ()), sorted(share.interests or ()))
    return ";".join([f"{share.at_least:.10g}", *(",".join(items) for items in lists)])


def read_share(code: str) -> AudienceShare:
    """Raises ValueError with what is wrong."""
    at_least, genders, ages, countries, interests, *_ = [
        *(part.strip() for part in code.split(";")),
        "",
        "",
        "",
        "",
        "",
    ]
    given = {
        "at_least": parse_engagement(at_least, fraction=False),
        "genders": _items(genders) or None,
        "age_ranges": [age_range(item) for item in _items(ages)] or None,
        "countries": [country_code(item) for item in _items(countries)] or None,
        "interests": [item.lower() for item in _items(interests)] or None,
    }
    try:
        return AudienceShare.model_validate(given)
    except ValidationError as error:
        raise ValueError(field_errors(error.errors())[0].message) from None


def normal_code(code: str) -> str:
    return share_code(read_share(code))


def share_text(code: str) -> str:
    """`40% or more women, 18–34, in Germany, into yoga`."""
    share = read_share(code)
    whom = [*map(reading.gender, share.genders or ()), *map(reading.age_range, share.age_ranges or ())]
    whom += [*map(reading.country, share.countries or ()), *(share.interests or ())]
    return t("filters.audience.share", share=reading.percent(share.at_least), whom=", ".join(whom))


def written_share(pairs: Sequence[tuple[str, str]], values: dict[str, str], errors: dict[str, str]) -> str | None:
    """The share that was written into the form's parts, None where none or a wrong one was; `values` then keeps the parts."""
    parts: Mapping[str, str] = {name: ",".join(v for key, v in pairs if key == name and v) for name in PARTS}
    values.update(parts)
    if not any(parts.values()):
        return None
    readers = {
        "audience_at_least": lambda item: parse_engagement(item, fraction=False),
        "audience_ages": age_range,
        "audience_countries": country_code,
    }
    for name, reader in readers.items():
        for item in _items(parts[name]):
            try:
                reader(item)
            except ValueError as error:
                errors[name] = f"“{item[:_LONGEST_SHOWN]}” {error}"
    if not parts["audience_at_least"]:
        errors["audience_at_least"] = t("filters.audience.how_many")
    if errors.keys() & set(PARTS):
        return None
    try:
        code = normal_code(";".join(parts[name] for name in PARTS))
    except ValueError as error:
        errors["audience_at_least"] = str(error)
        return None
    values.update(dict.fromkeys(PARTS, ""))
    return code


def _items(written: str) -> list[str]:
    return [item.strip() for item in written.split(",") if item.strip()]
