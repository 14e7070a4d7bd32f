"""Country and language names, in the languages catalogues are kept in, to ISO 3166 alpha-2 and BCP 47 codes."""

import re
import unicodedata
from functools import lru_cache

from babel import Locale
from babel.core import get_global

# Where two languages use one name for two places, the language listed first wins.
_NAMED_IN = (
    "en", "de", "es", "fr", "it", "pt", "nl", "pl", "tr", "ar", "ja", "ru", "zh", "ko", "hi", "sv", "da", "nb", "fi",
    "el", "he", "uk", "cs", "hu", "ro", "bg", "id", "ms", "th", "vi", "fa", "bn", "ur",
)  # fmt: skip
_COUNTRY_ALIASES = {
    "uk": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "great britain": "GB", "britain": "GB", "usa": "US",
    "us of a": "US", "united states of america": "US", "america": "US", "uae": "AE", "south korea": "KR", "korea": "KR",
    "republic of korea": "KR", "czech republic": "CZ", "holland": "NL", "russia": "RU", "russian federation": "RU",
    "ivory coast": "CI", "turkey": "TR", "vietnam": "VN", "hong kong": "HK", "macau": "MO", "macao": "MO",
    "bosnia": "BA", "palestine": "PS", "burma": "MM", "swaziland": "SZ", "macedonia": "MK",
}  # fmt: skip
_LANGUAGE_ALIASES = {
    "mandarin": "zh", "mandarin chinese": "zh", "castellano": "es", "castilian": "es", "bahasa indonesia": "id",
    "bahasa melayu": "ms", "bahasa malaysia": "ms", "farsi": "fa", "brazilian portuguese": "pt-BR",
    "american english": "en-US", "british english": "en-GB", "chinese simplified": "zh-Hans",
    "chinese traditional": "zh-Hant", "simplified chinese": "zh-Hans", "traditional chinese": "zh-Hant",
}  # fmt: skip
_NOT_COUNTRIES = {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"}
_TAG = re.compile(r"([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|\d{3}))?", re.IGNORECASE)


def country_code(value: str) -> str:
    """`Deutschland`, `germany`, `DEU`, `DE` -> `DE`. Raises ValueError."""
    name = _folded(value).removeprefix("the ")
    upper = value.strip().upper()
    if name in _COUNTRY_ALIASES:
        return _COUNTRY_ALIASES[name]
    if upper in _territories():
        return upper
    try:
        return _country_names().get(name) or _alpha_3_codes()[upper]
    except KeyError:
        raise ValueError("is not a country (use a name or an ISO 3166 alpha-2 code)") from None


@lru_cache(maxsize=1024)
def country_names(code: str) -> tuple[str, ...]:
    """Everything `country_code` reads as this country, in lower case without accents: `de`, `deu`, `germany`, ..."""
    names = {name for known in (_country_names(), _COUNTRY_ALIASES) for name, of in known.items() if of == code}
    return tuple(sorted({code.lower(), *names, *(long.lower() for long, of in _alpha_3_codes().items() if of == code)}))


def language_tag(value: str) -> str:
    """`English`, `español`, `eng`, `en_us` -> `en`, `es`, `en`, `en-US`. Raises ValueError."""
    match = _TAG.fullmatch(value.strip())
    language = _alpha_2_language(match[1].lower()) if match else None
    if match and language:
        script, region = match[2], match[3]
        parts = [language, script.title() if script else None, region.upper() if region else None]
        return "-".join(part for part in parts if part)
    name = _folded(value)
    try:
        return _LANGUAGE_ALIASES.get(name) or _language_names()[name]
    except KeyError:
        raise ValueError("is not a language (use a name or a BCP 47 tag)") from None


@lru_cache
def _territories() -> frozenset[str]:
    codes = map(str, Locale("en").territories)
    return frozenset(code for code in codes if len(code) == 2 and code.isalpha() and code not in _NOT_COUNTRIES)


@lru_cache
def _alpha_3_codes() -> dict[str, str]:
    """A code that was split among several countries today is none of them."""
    aliases = get_global("territory_aliases").items()
    return {
        code: current[0]
        for code, current in aliases
        if len(code) == 3 and len(current) == 1 and current[0] in _territories()
    }


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


def _alpha_2_language(code: str) -> str | None:
    """`deu` is `de` already in BCP 47."""
    current = get_global("language_aliases").get(code, code) if len(code) == 3 else code
    return current if current in _languages() else None


@lru_cache
def _language_names() -> dict[str, str]:
    names = {}
    for locale in reversed(_NAMED_IN):
        for code, name in Locale(locale).languages.items():
            if code in _languages():
                names[_folded(name)] = code
    return names


def _folded(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(" " if c in "-_.()," else c for c in decomposed if not unicodedata.combining(c))
    return " ".join(plain.replace("&", "and").split())
