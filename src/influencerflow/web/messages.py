"""The words of the pages: `messages/LANGUAGE/*.toml`, looked up by key. A translation is one more such folder.

`frame.toml` with `undo = "Undo"` is `t("frame.undo")`. Messages are HTML of our own; values put into them are escaped.
A table of plural categories (`one`, `other`, ...) is chosen from by the value `n`.
"""

import tomllib
from collections.abc import Mapping
from contextvars import ContextVar
from functools import lru_cache
from importlib.resources import files
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal
from markupsafe import Markup

_FOLDER = files("influencerflow.web") / "messages"
_PLURALS = {"zero", "one", "two", "few", "many", "other"}
_LONGEST_HEADER = 200
ENGLISH = Locale("en", "US")
_current: ContextVar[Locale] = ContextVar("locale", default=ENGLISH)


def current_locale() -> Locale:
    """The reader's: `en-GB` writes dates as Britain does, in the words of `en`."""
    return _current.get()


def use_locale(accept_language: str) -> None:
    """Takes the first language of an Accept-Language header that there are messages in; English otherwise."""
    _current.set(negotiate(accept_language[:_LONGEST_HEADER]))


@lru_cache(maxsize=256)
def negotiate(accept_language: str) -> Locale:
    for item in accept_language.split(","):
        try:
            locale = Locale.parse(item.split(";")[0].strip(), sep="-")
        except (ValueError, UnknownLocaleError):
            continue
        if locale.language in languages():
            return ENGLISH if locale == Locale("en") else locale
    return ENGLISH


@lru_cache(maxsize=1)
def languages() -> frozenset[str]:
    return frozenset(folder.name for folder in _FOLDER.iterdir() if folder.is_dir())


@lru_cache(maxsize=8)
def catalogue(language: str) -> Mapping[str, Any]:
    """By dotted key the text, or the texts by plural category."""
    found: dict[str, Any] = {}
    for file in (_FOLDER / language).iterdir():
        if file.name.endswith(".toml"):
            _flatten(file.name.removesuffix(".toml"), tomllib.loads(file.read_text(encoding="utf-8")), found)
    return found


def _flatten(prefix: str, table: Mapping[str, Any], found: dict[str, Any]) -> None:
    for name, value in table.items():
        if isinstance(value, Mapping) and not value.keys() <= _PLURALS:
            _flatten(f"{prefix}.{name}", value, found)
        else:
            found[f"{prefix}.{name}"] = value


def t(key: str, /, **values: Any) -> Markup:
    """The message in the reader's language, in English where it is not translated. Raises KeyError for one nobody wrote."""
    locale = current_locale()
    message = catalogue(locale.language).get(key) or catalogue("en")[key]
    if isinstance(message, Mapping):
        message = message.get(locale.plural_form(values["n"])) or message["other"]
    written = {name: _written(value, locale) for name, value in values.items()}
    return Markup(message).format(**written)  # noqa: S704 - our own text; what is put in is escaped


def _written(value: Any, locale: Locale) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return format_decimal(value, locale=locale) if is_number else value
