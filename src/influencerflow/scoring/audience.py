"""How well a creator's audience fits the target: from demographics, otherwise from the profile, otherwise the guide's."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Literal, Protocol

from influencerflow.scoring.benchmarks import Benchmarks
from influencerflow.scoring.creator import CreatorFigures
from influencerflow.scoring.demographics import Demographics, age_band
from influencerflow.scoring.peers import AverageShares, PeerStatistics
from influencerflow.scoring.reach import Interval, expected_reach

Dimension = Literal["age", "gender", "country", "language", "interest"]
# Those a person is in or out of; interests overlap, and reports name only the strongest.
_POPULATION: tuple[Dimension, ...] = ("age", "gender", "country")
# Beta-binomial prior strength, mean x (1 - mean) / variance between creators - 1: between 3 (gender) and 85 (25-34) in
# the sample catalogue; 45 for women and men of 22-45.
SHRINKAGE = 50.0
# Where no average is known: half of the people are in a target, and a listed interest is one person's in ten.
_UNKNOWN_AVERAGE = {"interest": 0.1}
# Factors on the odds. An interest that is not listed may still be there; topic 0..1 moves them from a third to three times.
_INTEREST_BOUNDS = (0.5, 3.0)
_TOPIC = 3.0
_SAME_COUNTRY, _SAME_LANGUAGE = 2.5, 2.0
_MISMATCH = 0.5
PROFILE_CONFIDENCE = 0.4
_UNDATED = _UNSIZED = 0.75
_STALE = 0.5
_STALE_DAYS = 365


class HasReach(Protocol):
    @property
    def engagement_rate(self) -> float | None: ...
    @property
    def followers_count_numeric(self) -> int | None: ...


def calculate_audience_match(target_audience: str | None, creator: HasReach) -> float:
    """50 without a target audience; otherwise 43, +10 above 5% engagement, +5 above 100,000 followers."""
    if not target_audience or not target_audience.strip():
        return 50.0
    score = 43.0
    if creator.engagement_rate is not None and creator.engagement_rate > 5.0:
        score += 10.0
    if creator.followers_count_numeric is not None and creator.followers_count_numeric > 100_000:
        score += 5.0
    return min(100.0, score)


@dataclass(frozen=True, slots=True)
class AudienceTarget:
    """Whom the campaign wants; an empty field asks for nothing. `text` is the brief's own wording.

    Ages inclusive (45 and over: (45, 100)), genders `female` and `male`, countries ISO 3166 alpha-2, languages BCP 47
    without region, interests in any case.
    """

    age_ranges: tuple[tuple[int, int], ...] = ()
    genders: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    interests: frozenset[str] = frozenset()
    text: str | None = None

    def asks_for(self) -> tuple[Dimension, ...]:
        wanted: tuple[tuple[Dimension, object], ...] = (
            ("age", self.age_ranges),
            ("gender", self.genders),
            ("country", self.countries),
            ("language", self.languages),
            ("interest", self.interests),
        )
        return tuple(name for name, values in wanted if values)


@dataclass(frozen=True, slots=True)
class DimensionFit:
    """One dimension the target asks for.

    With evidence `demographics`: `share` of the audience in target (0-1, shrunk by sample size), `average` of the
    creator's peers, `lift` = share / average, both None where no average is known. With `profile`: `matches` says
    whether the creator's own country or language is asked for; for interest `share` is the topic score.
    """

    name: Dimension
    evidence: Literal["demographics", "profile"] | None = None
    share: float | None = None
    average: float | None = None
    matches: bool | None = None

    @property
    def known(self) -> bool:
        return self.evidence is not None

    @property
    def lift(self) -> float | None:
        if self.evidence != "demographics" or self.share is None or not self.average:
            return None
        return self.share / self.average


@dataclass(frozen=True, slots=True)
class AudienceFit:
    """`score` 0-100: 50 is an average creator, 75 stands for three times the odds that a follower is in target.

    `in_target_share` is the joint share over age, gender and country as far as asked for, `in_target_reach` the people
    of the target one post reaches; both None unless each of those dimensions is known from demographics.
    """

    score: float
    confidence: float
    basis: Literal["demographics", "profile", "guide"]
    dimensions: tuple[DimensionFit, ...] = ()
    in_target_share: float | None = None
    in_target_reach: Interval | None = None
    sample_size: int | None = None
    as_of: date | None = None


def audience_fit(
    target: AudienceTarget,
    creator: CreatorFigures,
    benchmarks: Benchmarks,
    peers: PeerStatistics,
    *,
    today: date,
    topic: float | None = None,
) -> AudienceFit:
    """Odds that a follower is in target, against the average creator of the platform and tier.

    With s the product of the known shares of age, gender and country (taken as independent) and a that of the averages,
    but at most 1/2: odds = s / (1 - s) / (a / (1 - a)), score = 100 x odds / (1 + odds). So nobody in target is 0, an average
    creator 50, everybody 100; where half or more of the average audience is in target anyway, the score is the share itself.
    Interest multiplies the odds by its own ratio, between 1/2 and 3.

    Where a dimension has no demographics the profile speaks. A country asked for multiplies the odds by 2.5, a language by
    2 (by nothing where the audience's countries are known), one not asked for halves the score; `topic` (0-1, how close the
    content is to the brief) multiplies the odds by 1/3 to 3.
    With nothing known at all: the guide's formula, confidence 0.

    Confidence is the mean over the dimensions: n / (n + 50) for demographics of n people, times 1/2 when older than a year,
    3/4 when undated or of unknown sample; 0.4 for the profile; 0 for nothing.
    """
    audience = creator.demographics
    dimensions = tuple(
        _dimension(name, target, creator, audience, benchmarks, peers, topic) for name in _names(target, topic)
    )
    if not any(dimension.known for dimension in dimensions):
        return AudienceFit(calculate_audience_match(target.text, creator), 0.0, "guide", dimensions)
    measured = any(dimension.evidence == "demographics" for dimension in dimensions)
    fit = AudienceFit(
        _score(dimensions),
        math.fsum(_confidence(dimension, audience, today) for dimension in dimensions) / len(dimensions),
        "demographics" if measured else "profile",
        dimensions,
    )
    if not measured:
        return fit
    share = _joint_share(dimensions)
    reach = expected_reach(creator, benchmarks, peers)
    return replace(
        fit,
        in_target_share=share,
        in_target_reach=reach.impressions.times(share) if reach and share is not None else None,
        sample_size=audience.sample_size,
        as_of=audience.as_of,
    )


def _names(target: AudienceTarget, topic: float | None) -> tuple[Dimension, ...]:
    asked = target.asks_for()
    return asked if topic is None or "interest" in asked else (*asked, "interest")


def _dimension(
    name: Dimension,
    target: AudienceTarget,
    creator: CreatorFigures,
    audience: Demographics,
    benchmarks: Benchmarks,
    peers: PeerStatistics,
    topic: float | None,
) -> DimensionFit:
    """The best evidence there is: demographics, profile, none."""
    shares = audience.shares.get(name)
    if shares is not None and name in target.asks_for():
        followers = creator.followers_count_numeric
        tier = None if followers is None else benchmarks.tier(followers)
        average = _average(name, target, peers.average_audience(creator.platform, tier, name))
        raw = in_target_share(name, shares.items(), target)
        return DimensionFit(name, "demographics", _shrunk(raw, average, audience.sample_size), average)
    if name == "country" and creator.country:
        return DimensionFit(name, "profile", matches=creator.country.strip().upper() in target.countries)
    if name == "language" and creator.language:
        base = creator.language.strip().lower().replace("_", "-").split("-")[0]
        return DimensionFit(name, "profile", matches=base in target.languages)
    if name == "interest" and topic is not None:
        return DimensionFit(name, "profile", min(1.0, max(0.0, topic)))
    return DimensionFit(name)


def in_target_share(name: Dimension, shares: Iterable[tuple[str, float]], target: AudienceTarget) -> float:
    """Of an audience, by label, the share the target asks for, 0-1. A band of ages counts by its years in target."""
    return min(1.0, math.fsum(share * _in_target(name, label, target) for label, share in shares))


def _in_target(name: Dimension, label: str, target: AudienceTarget) -> float:
    if name == "age":
        return _years_in_target(label, target.age_ranges)
    wanted = {"gender": target.genders, "country": target.countries}.get(name)
    if wanted is None:
        wanted = frozenset(" ".join(interest.lower().split()) for interest in target.interests)
    return float(label in wanted)


@lru_cache(maxsize=1024)
def _years_in_target(label: str, ranges: tuple[tuple[int, int], ...]) -> float:
    band = age_band(label)
    if band is None:
        return 0.0
    years = range(band[0], band[1] + 1)
    return sum(any(low <= year <= high for low, high in ranges) for year in years) / len(years)


def _average(name: Dimension, target: AudienceTarget, average: AverageShares | None) -> float | None:
    if average is None:
        return None
    return in_target_share(name, average.shares.items(), target)


def _shrunk(share: float, average: float | None, sample_size: int | None) -> float:
    """(n x share + k x average) / (n + k): a small sample says little more than what is usual."""
    if average is None or sample_size is None:
        return share
    return (sample_size * share + SHRINKAGE * average) / (sample_size + SHRINKAGE)


def _score(dimensions: Sequence[DimensionFit]) -> float:
    in_target, out_of_target, average, factor, gate = 1.0, 1.0, 1.0, 1.0, 1.0
    population = False
    countries_known = any(d.name == "country" and d.evidence == "demographics" for d in dimensions)
    for dimension in dimensions:
        if dimension.evidence == "demographics" and dimension.share is not None:
            usual = max(
                0.001, _UNKNOWN_AVERAGE.get(dimension.name, 0.5) if dimension.average is None else dimension.average
            )
            if dimension.name == "interest":
                factor *= _interest_factor(dimension.share, usual)
            else:
                population = True
                in_target *= dimension.share
                average *= usual
        elif dimension.matches is False:
            gate *= _MISMATCH
        elif dimension.matches and dimension.name == "country":
            factor *= _SAME_COUNTRY
        elif dimension.matches and not countries_known:
            factor *= _SAME_LANGUAGE
        elif dimension.share is not None:
            factor *= _TOPIC ** (2 * dimension.share - 1)
    if population:
        average = min(average, 0.5)
        out_of_target = (1 - in_target) * average
        in_target *= 1 - average
    return 100 * gate * in_target * factor / (in_target * factor + out_of_target)


def _interest_factor(share: float, average: float) -> float:
    least, most = _INTEREST_BOUNDS
    # share / (1 - share) over average / (1 - average), without dividing by zero.
    ratio = share * (1 - average)
    against = average * (1 - share)
    return most if ratio >= most * against else max(least, ratio / against)


def _joint_share(dimensions: Iterable[DimensionFit]) -> float | None:
    asked = [dimension for dimension in dimensions if dimension.name in _POPULATION]
    shares = [d.share for d in asked if d.evidence == "demographics" and d.share is not None]
    return math.prod(shares) if asked and len(shares) == len(asked) else None


def _confidence(dimension: DimensionFit, audience: Demographics, today: date) -> float:
    if dimension.evidence != "demographics":
        return PROFILE_CONFIDENCE if dimension.known else 0.0
    size = audience.sample_size
    sized = _UNSIZED if size is None else size / (size + SHRINKAGE)
    if audience.as_of is None:
        return sized * _UNDATED
    return sized * (_STALE if (today - audience.as_of).days > _STALE_DAYS else 1.0)
