"""One row of a file as a creator's values, or the reasons why not."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from pydantic import ValidationError

from influencerflow.creators.display import followers_text
from influencerflow.creators.importing.figures import parse_count, parse_engagement, parse_followers, parse_money
from influencerflow.creators.importing.places import country_code, language_tag
from influencerflow.creators.importing.readers import RawRow, Rejection, shortened
from influencerflow.creators.platforms import handle, platform_name
from influencerflow.creators.schemas import Audience
from influencerflow.errors import InvalidInputError

_BLANK = {"", "null", "none", "n/a", "na", "nan", "-", "--", "unknown", "undefined"}
_LONGEST = {
    "about": 20_000,
    "profile_image": 2_000,
    "name": 500,
    "external_id": 300,
    "channel_name": 300,
    "followers_count": 50,
    "audience": 100_000,
    "past_brands": 100_000,
}


@dataclass(slots=True)
class RowCleaner:
    """Cleans rows of one file and remembers them, so that a creator that comes twice is noticed."""

    mapping: Mapping[str, str]
    constants: Mapping[str, str]
    engagement_as: Literal["percent", "fraction"] = "percent"
    _seen: dict[tuple[str, ...], int] = field(default_factory=dict)

    def check_constants(self) -> None:
        """Raises InvalidInputError: a wrong --set would otherwise be the same rejection a thousand times."""
        for name, value in self.constants.items():
            try:
                self._value(name, value)
            except ValueError as error:
                raise InvalidInputError(f"--set {name}={value}: {error}.") from None

    def clean(self, row: RawRow) -> dict[str, Any] | list[Rejection]:
        """Values by field, or everything wrong with the row."""
        values: dict[str, Any] = {}
        problems: list[Rejection] = []
        for name in {**self.mapping, **self.constants}:
            raw = row.values.get(self.mapping[name]) if name in self.mapping else None
            raw = self.constants.get(name) if _is_blank(raw) else raw
            try:
                values[name] = None if _is_blank(raw) else self._value(name, raw)
            except ValueError as error:
                problems.append(Rejection(row.number, name, shortened(raw), str(error)))
            if name == "followers_count" and values[name]:
                problems += self._count_from_text(row, values)
        problems = problems or self._incomplete(row, values) or self._repeated(row, values)
        if problems:
            return problems
        values["name"] = values.get("name") or str(values.get("channel_name") or "").lstrip("@")
        if values.get("followers_count_numeric") is not None and not values.get("followers_count"):
            values["followers_count"] = followers_text(values["followers_count_numeric"])
        return values

    def _count_from_text(self, row: RawRow, values: dict[str, Any]) -> list[Rejection]:
        """Many a file has only the one column: `125K` is shown as it is, `125000` is not, and both can be filtered by."""
        text = values["followers_count"]
        if "followers_count_numeric" in self.mapping:
            return []
        try:
            values["followers_count_numeric"] = parse_followers(text)
        except ValueError as error:
            return [Rejection(row.number, "followers_count", text, str(error))]
        if text.isdecimal():
            values["followers_count"] = followers_text(values["followers_count_numeric"])
        return []

    def _value(self, name: str, raw: Any) -> Any:
        # Before anything looks at it closely: ten megabytes are no country.
        if isinstance(raw, str) and len(raw) > _LONGEST.get(name, 200) and len(raw.strip()) > _LONGEST.get(name, 200):
            raise ValueError(f"is {len(raw):,} characters long (at most {_LONGEST.get(name, 200):,})")
        parsers: dict[str, Callable[[Any], Any]] = {
            "platform": lambda value: platform_name(str(value)),
            "channel_name": lambda value: handle(_text(value, "channel_name")),
            "followers_count_numeric": parse_followers,
            "avg_views": parse_count,
            "engagement_rate": lambda value: parse_engagement(value, fraction=self.engagement_as == "fraction"),
            "collaboration_rate": parse_money,
            "country": lambda value: country_code(str(value)),
            "language": lambda value: language_tag(str(value)),
            "audience": _audience,
            "past_brands": _names,
        }
        if name == "id":
            # A number or a name is some other system's id, not ours: external_id is the place for it.
            try:
                return UUID(str(raw))
            except ValueError:
                raise ValueError("is not a UUID (map the column to external_id)") from None
        return parsers[name](raw) if name in parsers else _text(raw, name)

    def _incomplete(self, row: RawRow, values: dict[str, Any]) -> list[Rejection]:
        if not values.get("platform"):
            reason = "is missing (add --set platform=NAME if the whole file is of one)"
            return [Rejection(row.number, "platform", "", reason)]
        if not any(values.get(name) for name in ("channel_name", "external_id", "id")):
            return [
                Rejection(row.number, "channel_name", "", "is missing, and there is no external_id or id to know it by")
            ]
        if not values.get("name") and not values.get("channel_name"):
            return [Rejection(row.number, "name", "", "is missing")]
        return []

    def _repeated(self, row: RawRow, values: dict[str, Any]) -> list[Rejection]:
        keys: list[tuple[str, tuple[str, ...]]] = []
        if values.get("channel_name"):
            keys.append(("channel_name", ("channel", values["platform"], values["channel_name"].lstrip("@").lower())))
        if values.get("external_id"):
            keys.append(("external_id", _external_key(values)))
        if values.get("id"):
            keys.append(("id", ("id", str(values["id"]))))
        for name, key in keys:
            if key in self._seen:
                reason = f"is the same creator as row {self._seen[key]}"
                return [Rejection(row.number, name, shortened(values[name]), reason)]
        self._seen.update(dict.fromkeys((key for _, key in keys), row.number))
        return []


def _external_key(values: dict[str, Any]) -> tuple[str, ...]:
    """Numbers without a source are the platform's own, and platforms count alike."""
    return ("external", values.get("source") or f"platform {values['platform']}", values["external_id"])


def _is_blank(value: Any) -> bool:
    return (
        value is None
        or (isinstance(value, float) and math.isnan(value))
        or (isinstance(value, str) and value.strip().lower() in _BLANK)
    )


def _text(value: Any, name: str) -> str:
    text = (
        (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))
        .replace("\0", "")
        .strip()
    )
    # Lone surrogates are not text: no encoding can store them.
    text = text.encode("utf-8", "replace").decode()
    longest = _LONGEST.get(name, 200)
    if len(text) > longest:
        raise ValueError(f"is {len(text):,} characters long (at most {longest:,})")
    return text


def _audience(value: Any) -> str:
    """As JSON text for COPY."""
    try:
        content = json.loads(value) if isinstance(value, str) else value
        checked = Audience.model_validate(content).model_dump(mode="json", exclude_none=True)
        text = json.dumps(checked, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (json.JSONDecodeError, RecursionError):
        raise ValueError("is not JSON") from None
    except UnicodeEncodeError:
        raise ValueError("holds half a character") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg'].removeprefix('Value error, ')}") from None
    if "\\u0000" in text:
        raise ValueError("holds a NUL, which PostgreSQL does not store")
    if len(text) > _LONGEST["audience"]:
        raise ValueError(f"is {len(text):,} characters long (at most {_LONGEST['audience']:,})")
    return text


def _names(value: Any) -> list[str]:
    items = value
    if isinstance(value, str):
        items = _json_list(value) if value.lstrip().startswith("[") else value.replace(";", ",").split(",")
    if not isinstance(items, list):
        raise ValueError("is not a list of names")  # noqa: TRY004 - every refusal is one kind of error here
    return [_text(item, "past_brands") for item in items if not _is_blank(item)]


def _json_list(value: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise ValueError("is not JSON") from None
