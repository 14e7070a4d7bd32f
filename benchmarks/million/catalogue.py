"""An invented catalogue of any size, alike in every run: skewed and correlated attributes beside the vectors.

Topics and countries are as common as Zipf has it; a topic leans to some platforms and countries, a language follows its
country, a niche its topic, engagement falls and prices rise with followers. Much is unknown, as in real lists.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

import numpy as np
import polars as pl
from benchmarks.million.profiles import CLUSTERS_PER_TOPIC, VARIANTS, Profiles, read_profiles
from benchmarks.million.vectors import GROUPS, Mixture, build_mixture
from numpy.typing import NDArray

from influencerflow.creators.display import followers_text
from influencerflow.embeddings.encoder import Vectors
from influencerflow.lexicon.places import places

# Creators are made in blocks of this many, each from a seed of its own: a larger catalogue begins with the smaller one.
BLOCK = 10_000
AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
PLATFORMS = ("instagram", "tiktok", "youtube", "twitch")
_PLATFORM_WEIGHTS = (0.40, 0.40, 0.17, 0.03)
_FOLLOWERS = {"instagram": (9.6, 1.5), "tiktok": (10.1, 1.7), "youtube": (9.9, 1.8), "twitch": (8.5, 1.4)}
_ENGAGEMENT = {"instagram": 3.0, "tiktok": 6.0, "youtube": 3.2, "twitch": 4.0}
_VIEWS = {"instagram": 0.25, "tiktok": 0.45, "youtube": 0.15, "twitch": 0.08}
_COUNTRIES = (
    "US", "IN", "BR", "ID", "GB", "MX", "DE", "FR", "TR", "ES", "IT", "PH", "JP", "AR", "CA", "RU", "CO", "KR", "SA", "EG",
    "PK", "NG", "AU", "PL", "NL", "TH", "VN", "ZA", "MA", "CL", "PE", "AE", "MY", "SE", "UA", "RO", "BE", "PT", "AT", "CH",
    "GR", "CZ", "KE", "DK", "IL", "HU", "NO", "FI", "IE", "SG", "NZ", "EC", "DZ", "TN", "BG", "RS", "HR", "SK", "LT", "IS",
)  # fmt: skip
_FIRST = (
    "Amara Bela Caro Dario Elif Femi Goran Hana Ilka Jorge Kaya Lior Mina Nils Olga Pavel Quin Rosa Sven Tilda".split()
)
_LAST = "Abara Brandt Costa Dumas Eriks Fadel Grecu Haddad Ito Jansen Kovac Lindt Moreau Novak Okoye Petrov".split()
BRANDS = "Ironvale Northmeadow Brightkettle Lumora Fernwell Oakline Pixelforge Saltwick Tidepool Velora".split()
UNKNOWN = {
    "country": 0.20, "language": 0.30, "niche": 0.25, "engagement_rate": 0.15, "avg_views": 0.35,
    "collaboration_rate": 0.55, "audience": 0.70, "past_brands": 0.90,
}  # fmt: skip

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Block:
    """`frame` has the columns of `creators`, and `cluster` and `variant`, which profile it is; `vectors` row for row."""

    frame: pl.DataFrame
    vectors: Vectors


class Catalogue:
    """`topics`: how many of the lexicon's; all of them unless something small is wanted."""

    def __init__(self, size: int, *, seed: int = 1, topics: int | None = None) -> None:
        self.size, self.seed = size, seed
        self.profiles: Profiles = read_profiles(topics)
        rng = np.random.default_rng([seed, 2**31])
        count = len(self.profiles.topics)
        self._topic_weights = rng.permutation(_zipf(count, 0.8))
        # How a topic leans: multiplied onto what is common everywhere.
        self._platforms = _normalized(np.array(_PLATFORM_WEIGHTS) * rng.lognormal(0, 0.5, (count, len(PLATFORMS))))
        self._countries = _normalized(_zipf(len(_COUNTRIES), 1.0) * rng.lognormal(0, 0.7, (count, len(_COUNTRIES))))

    @cached_property
    def mixture(self) -> Mixture:
        return build_mixture(tuple(self.profiles.clusters))

    def blocks(self) -> Iterator[Block]:
        for start in range(0, self.size, BLOCK):
            yield self._block(start, min(BLOCK, self.size - start))

    def _block(self, start: int, count: int) -> Block:
        rng = np.random.default_rng([self.seed, start])
        topics = rng.choice(len(self._topic_weights), BLOCK, p=self._topic_weights)
        clusters = topics * CLUSTERS_PER_TOPIC + rng.choice(CLUSTERS_PER_TOPIC, BLOCK, p=(0.4, 0.3, 0.2, 0.1))
        vectors = self.mixture.stored(clusters, rng.integers(0, GROUPS, BLOCK), rng)
        variants = rng.integers(0, VARIANTS, BLOCK)
        frame = pl.DataFrame(
            {"cluster": clusters, "variant": variants, **self._identity(start, clusters, variants, rng)}
        )
        platform = _draw(self._platforms[topics], rng)
        country = _draw(self._countries[topics], rng)
        frame = frame.with_columns(
            pl.Series("platform", np.array(PLATFORMS)[platform]),
            pl.Series("country", np.array(_COUNTRIES)[country]),
            pl.Series("language", _languages(country, rng)),
            pl.Series("niche", self._niches(topics, rng)),
            *_figures(platform, rng),
            pl.Series("updated_at", _updated(rng)),
        )
        frame = frame.with_columns(_audiences(frame, rng), _past_brands(rng))
        hidden = [
            pl.when(pl.Series(rng.random(BLOCK) >= share)).then(name).alias(name) for name, share in UNKNOWN.items()
        ]
        return Block(frame.with_columns(hidden).head(count), vectors[:count])

    def _identity(
        self, start: int, clusters: Numbers, variants: Numbers, rng: np.random.Generator
    ) -> dict[str, list[str]]:
        ids = rng.bytes(16 * BLOCK).hex()
        first, last = rng.integers(0, len(_FIRST), BLOCK), rng.integers(0, len(_LAST), BLOCK)
        about = self.profiles.variants
        return {
            "id": [_uuid(ids[32 * row : 32 * row + 32]) for row in range(BLOCK)],
            "name": [f"{_FIRST[a]} {_LAST[b]}" for a, b in zip(first, last, strict=True)],
            "channel_name": [
                f"{_FIRST[a].lower()}_{_LAST[b].lower()}{start + row}"
                for row, (a, b) in enumerate(zip(first, last, strict=True))
            ],
            "about": [about[cluster][variant].about for cluster, variant in zip(clusters, variants, strict=True)],
        }

    def _niches(self, topics: Numbers, rng: np.random.Generator) -> NDArray[np.str_]:
        """The topic, or once in twelve another one."""
        other = rng.integers(0, len(self.profiles.labels), BLOCK)
        said = np.where(rng.random(BLOCK) < 1 / 12, other, topics)
        return np.array([label.lower() for label in self.profiles.labels])[said]


def _figures(platform: Numbers, rng: np.random.Generator) -> list[pl.Series]:
    """Followers log-normal by platform; a tenfold following costs half of the engagement; prices go with views."""
    centre, width, base, seen = (
        np.array([value(name) for name in PLATFORMS])[platform]
        for value in (
            lambda name: _FOLLOWERS[name][0], lambda name: _FOLLOWERS[name][1], _ENGAGEMENT.__getitem__, _VIEWS.__getitem__,
        )
    )  # fmt: skip
    followers = np.clip(np.exp(rng.normal(centre, width)), 50, 3e8).astype(np.int64)
    engagement = base * (followers / 20_000.0) ** -0.3 * rng.lognormal(0, 0.6, BLOCK)
    views = followers * seen * rng.lognormal(0, 0.8, BLOCK)
    rate = np.clip(views / 1000 * 22 * rng.lognormal(0, 0.5, BLOCK), 25, 500_000)
    return [
        pl.Series("followers_count_numeric", followers),
        pl.Series("followers_count", [followers_text(int(value)) for value in followers]),
        pl.Series("engagement_rate", np.clip(engagement, 0.01, 60).round(2)),
        pl.Series("avg_views", views.astype(np.int64)),
        pl.Series("collaboration_rate", (rate / 5).round() * 5),
    ]


def _languages(country: Numbers, rng: np.random.Generator) -> NDArray[np.str_]:
    """The country's first language, or English once in five."""
    first = np.array([(places().languages.get(code) or ("en",))[0] for code in _COUNTRIES])[country]
    return np.where(rng.random(BLOCK) < 0.2, "en", first)


def _updated(rng: np.random.Generator) -> list[datetime]:
    return [AS_OF - timedelta(seconds=int(age)) for age in np.minimum(rng.exponential(40 * 86_400, BLOCK), 7e7)]


def _audiences(frame: pl.DataFrame, rng: np.random.Generator) -> pl.Series:
    """JSON as the import stores it: shares of age, gender and country, credibility, sample size."""
    ages = rng.dirichlet((1, 5, 6, 2, 1), BLOCK)
    women = rng.beta(3, 3, BLOCK)
    home = rng.beta(6, 3, BLOCK)
    real = rng.beta(12, 2.5, BLOCK)
    sample = rng.integers(50, 5000, BLOCK)
    texts = [
        f'{{"age": {{"13-17": {a[0]:.3f}, "18-24": {a[1]:.3f}, "25-34": {a[2]:.3f}, "35-44": {a[3]:.3f}, "45+": {a[4]:.3f}}},'
        f' "gender": {{"female": {w:.3f}, "male": {1 - w:.3f}}}, "country": {{"{code}": {h:.3f}}},'
        f' "credibility": {c:.3f}, "sample_size": {n}}}'
        for a, w, code, h, c, n in zip(ages, women, frame["country"], home, real, sample, strict=True)
    ]
    return pl.Series("audience", texts)


def _past_brands(rng: np.random.Generator) -> pl.Series:
    """A PostgreSQL array of one to three brands."""
    weights = _zipf(len(BRANDS), 1.0)
    drawn = rng.choice(len(BRANDS), (BLOCK, 3), p=weights)
    count = rng.integers(1, 4, BLOCK)
    return pl.Series(
        "past_brands",
        [
            "{" + ",".join(dict.fromkeys(BRANDS[brand] for brand in row[:kept])) + "}"
            for row, kept in zip(drawn, count, strict=True)
        ],
    )


def _draw(weights: NDArray[np.float64], rng: np.random.Generator) -> Numbers:
    """A column a row, as likely as the row's weights have it."""
    return np.minimum((rng.random((len(weights), 1)) > weights.cumsum(axis=1)).sum(axis=1), weights.shape[1] - 1)


def _zipf(count: int, exponent: float) -> NDArray[np.float64]:
    return _normalized(1.0 / np.arange(1, count + 1) ** exponent)


def _normalized(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    return weights / weights.sum(axis=-1, keepdims=True)


def _uuid(digits: str) -> str:
    """Version 4, as `gen_random_uuid()` makes them."""
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
