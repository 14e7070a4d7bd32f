"""Country and language names, in the languages catalogues are kept in, to ISO 3166 alpha-2 and BCP 47 codes."""

import re
import unicodedata
from functools import lru_cache

from babel import Locale

_NAMED_IN = ("en", "de", "es", "fr", "it", "pt", "nl", "pl", "tr", "ar", "ja", "ru")
_COUNTRY_ALIASES = {
    "uk": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "great britain": "GB", "britain": "GB", "usa": "US",
    "us of a": "US", "united states of america": "US", "america": "US", "uae": "AE", "south korea": "KR", "korea": "KR",
    "czech republic": "CZ", "holland": "NL", "russia": "RU", "ivory coast": "CI", "turkey": "TR", "vietnam": "VN",
}  # fmt: skip
_NOT_COUNTRIES = {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"}
_TAG = re.compile(r"([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|\d{3}))?", re.IGNORECASE)


def country_code(value: str) -> str:
    """`Deutschland`, `germany`, `DE` -> `DE`. Raises ValueError."""
    name = _folded(value)
    upper = value.strip().upper()
    if name in _COUNTRY_ALIASES:
        return _COUNTRY_ALIASES[name]
    if upper in _territories():
        return upper
    try:
        return _country_names()[name]
    except KeyError:
        raise ValueError("is not a country (use a name or an ISO 3166 alpha-2 code)") from None


def language_tag(value: str) -> str:
    """`English`, `español`, `en_us` -> `en`, `es`, `en-US`. Raises ValueError."""
    match = _TAG.fullmatch(value.strip())
    if match and match[1].lower() in _languages():
        script, region = match[2], match[3]
        parts = [match[1].lower(), script.title() if script else None, region.upper() if region else None]
        return "-".join(part for part in parts if part)
    try:
        return _language_names()[_folded(value)]
    except KeyError:
        raise ValueError("is not a language (use a name or a BCP 47 tag)") from None


@lru_cache
def _territories() -> frozenset[str]:
    codes = map(str, Locale("en").territories)
    return frozenset(code for code in codes if len(code) == 2 and code.isalpha() and code not in _NOT_COUNTRIES)


@lru_cache
def _country_names() -> dict[str, str]:
    names = {}
    for locale in reversed(_NAMED_IN):
        for code, name in Locale(locale).territories.items():
            if code in _territories():
                names[_folded(name)] = code
    return names


@lru_cache
def _languages() -> frozenset[str]:
    return frozenset(code for code in map(str, Locale("en").languages) if code.isalpha() and len(code) <= 3)


@lru_cache
def _language_names() -> dict[str, str]:
    names = {}
    for locale in reversed(_NAMED_IN):
        for code, name in Locale(locale).languages.items():
            if code in _languages():
                names[_folded(name)] = code
    for code in _languages():
        own = Locale.parse(code).languages.get(code) if code in _NAMED_IN else None
        if own:
            names[_folded(own)] = code
    return names


def _folded(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(" " if c in "-_.()" else c for c in decomposed if not unicodedata.combining(c))
    return " ".join(plain.replace("&", "and").split())
