"""What the order of matches rests on: a few figures a person can check, each between -1 and 1."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

NAMES = (
    "meaning",
    "topic",
    "focus",
    "country",
    "other_country",
    "language",
    "other_language",
    "gender",
    "words",
    "not_person",
)
# A place named in the text may be where somebody is from, or has been.
_IN_TEXT = 0.8
_FEW_COUNTRIES = 5
# The country's main language, where nothing says which one the creator uses.
_BY_COUNTRY = 0.6


class Wanted(Protocol):
    """What a brief asks for; `topics`: how much posting about each topic serves it, 0-1."""

    @property
    def topics(self) -> Mapping[str, float]: ...
    @property
    def countries(self) -> Collection[str]: ...
    @property
    def languages(self) -> Collection[str]: ...
    @property
    def genders(self) -> Collection[str]: ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """A creator as ranking sees it; `similarity` is the centred cosine, `words` 0-1.

    Not `embedded` yet: its similarity stands for one that is not known.
    """

    similarity: float
    words: float
    topics: Mapping[str, float]
    country: str | None
    text_countries: Sequence[str]
    country_languages: Collection[str]
    language: str | None
    text_language: str | None
    gender: str | None
    account: str | None
    embedded: bool = True


def feature_matrix(wanted: Wanted, candidates: Sequence[Candidate]) -> NDArray[np.float64]:
    """Shape (candidates, len(NAMES))."""
    rows = [features(wanted, candidate) for candidate in candidates]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(NAMES))


def features(wanted: Wanted, candidate: Candidate) -> tuple[float, ...]:
    topic, focus = topic_fit(wanted.topics, candidate.topics)
    country, other_country = _country(wanted.countries, candidate)
    language, other_language = _language(wanted.languages, candidate)
    return (
        candidate.similarity,
        topic,
        focus,
        country,
        other_country,
        language,
        other_language,
        _gender(wanted.genders, candidate.gender),
        candidate.words,
        float(candidate.account not in (None, "person")),
    )


def topic_fit(wanted: Mapping[str, float], offered: Mapping[str, float]) -> tuple[float, float]:
    """The best topic's strength, and what share of all the creator posts about serves the brief; each 0-1."""
    served = [strength * wanted.get(key, 0.0) for key, strength in offered.items()]
    return max(served, default=0.0), sum(served) / max(sum(offered.values()), 1.0)


def _country(wanted: Collection[str], candidate: Candidate) -> tuple[float, float]:
    """Match and contradiction, 0-1 each; both 0 when the brief names none or nothing is known.

    The wider the region a brief names, the less being in it says: from _FEW_COUNTRIES on both shrink.
    """
    if not wanted:
        return 0.0, 0.0
    weight = 1.0 / (1.0 + math.log2(max(len(wanted) / _FEW_COUNTRIES, 1.0)))
    stated = candidate.country.upper() if candidate.country else None
    if stated in wanted:
        return weight, 0.0
    if any(code in wanted for code in candidate.text_countries):
        return _IN_TEXT * weight, 0.0
    return 0.0, weight * float(bool(stated or candidate.text_countries))


def _language(wanted: Collection[str], candidate: Candidate) -> tuple[float, float]:
    if not wanted:
        return 0.0, 0.0
    known = {tag.split("-")[0].lower() for tag in (candidate.text_language, candidate.language) if tag}
    if known & set(wanted):
        return 1.0, 0.0
    if not candidate.text_language and set(candidate.country_languages) & set(wanted):
        return _BY_COUNTRY, 0.0
    return 0.0, float(bool(known))


def _gender(wanted: Collection[str], own: str | None) -> float:
    """1 for a creator of the gender the audience is of, -1 for another, 0 when either is not known."""
    if not wanted or own is None:
        return 0.0
    return 1.0 if own in wanted else -1.0
