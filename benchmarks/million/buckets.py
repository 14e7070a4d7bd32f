"""What is asked: filters of every selectivity, with one, three and five predicates, and such as go with or against a query.

Lists of platforms, countries or languages are drawn at random; a range of followers (or, alone, of engagement or rate)
is then cut so that the share that is wanted remains. Every query of a bucket has a filter of its own.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from benchmarks.million.briefs import Query
from benchmarks.million.profiles import CLUSTERS_PER_TOPIC, Profiles
from benchmarks.million.truth import Mask, Truth
from benchmarks.million.vectors import Mixture

from influencerflow.embeddings.encoder import normalized
from influencerflow.retrieval.filters import Filters

SHARES = (0.5, 0.2, 0.05, 0.01, 0.001, 0.0001)
CORRELATED_SHARES = (0.05, 0.01, 0.001)
PREDICATES = (1, 3, 5)
# A list of names that keeps this much more or less than is wanted will do.
_NEAR_ENOUGH = 0.3
_MOST_NAMES = 60

Values = dict[str, object]


@dataclass(frozen=True, slots=True)
class Task:
    """One search: a query under its filter. `matches` counts the creators that pass."""

    query: Query
    filters: Filters
    matches: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """`share` of the creators is kept, as it was wanted; tasks say how many really are."""

    name: str
    share: float
    tasks: list[Task]


def make_buckets(
    truth: Truth, profiles: Profiles, mixture: Mixture, queries: Sequence[Query], *, seed: int = 7
) -> Iterator[Bucket]:
    rng = np.random.default_rng(seed)
    cutter = Cutter(truth, rng)
    yield _bucket("100%, no filter", 1.0, queries, truth, lambda _index, _query: {})
    yield _bucket("100%, 1 predicate", 1.0, queries, truth, lambda _index, _query: {"min_followers": 1})
    for share in SHARES:
        for predicates in PREDICATES:
            name = f"{100 * share:g}%, {predicates} predicate{'s' if predicates > 1 else ''}"
            yield _bucket(name, share, queries, truth, _independent(cutter, share, predicates))
    for share in CORRELATED_SHARES:
        for where in ("near the query", "far from it"):
            topics = _topics_by_nearness(profiles, mixture, queries, farthest=where == "far from it")
            name = f"{100 * share:g}%, niches {where}"
            yield _bucket(name, share, queries, truth, _of_niches(cutter, profiles, topics, share))
    most = int(truth.attributes["followers_count_numeric"].max())  # type: ignore[arg-type]
    yield _bucket("0 matches, 1 predicate", 0.0, queries, truth, lambda _index, _query: {"min_followers": most + 1})
    yield _bucket(
        "0 matches, 3 predicates", 0.0, queries, truth,
        lambda index, _query: {"min_followers": most, "countries": [("IS", "LT", "SK")[index % 3]], "platforms": ["twitch"]},
    )  # fmt: skip


def _bucket(
    name: str, share: float, queries: Sequence[Query], truth: Truth, make: Callable[[int, Query], Values]
) -> Bucket:
    tasks = []
    for index, query in enumerate(queries):
        filters = Filters.model_validate(make(index, query))
        tasks.append(Task(query, filters, int(truth.passing(filters).sum())))
    return Bucket(name, share, tasks)


@dataclass(slots=True)
class Cutter:
    """Finds the values of filters that leave a wanted number of creators."""

    truth: Truth
    rng: np.random.Generator

    def passing(self, values: Values) -> Mask:
        return self.truth.passing(Filters.model_validate(values))

    def cut(
        self, values: Values, column: str, wanted: int, *, least: str | None = None, most: str | None = None
    ) -> Values:
        """Adds a range of `column` that keeps about `wanted` of what passes: bounded below, above, or both at random."""
        known = self.truth.attributes[column].to_numpy()
        pool = np.sort(known[self.passing(values) & ~np.isnan(known)])
        if not len(pool):
            return values
        wanted = max(1, min(wanted, len(pool)))
        if least and most:
            start = int(self.rng.integers(0, len(pool) - wanted + 1))
            return {**values, least: _whole(least, pool[start]), most: _whole(most, pool[start + wanted - 1])}
        if least:
            return {**values, least: _whole(least, pool[len(pool) - wanted])}
        return {**values, most: _whole(most, pool[wanted - 1])} if most else values

    def names(self, field: str, column: str, wanted: int) -> Values | None:
        """A list of names of the column that together keep about `wanted`; None when no list does."""
        counts = self.truth.attributes[column].drop_nulls().value_counts()
        chosen: list[str] = []
        kept = 0
        for row in self.rng.permutation(len(counts)):
            name, count = counts.row(int(row))
            if kept + count <= wanted * (1 + _NEAR_ENOUGH):
                chosen.append(name)
                kept += count
        enough = kept >= wanted * (1 - _NEAR_ENOUGH)
        return {field: chosen} if enough and 0 < len(chosen) <= _MOST_NAMES else None

    def some(self, field: str, column: str, share: float) -> Values:
        """A random list of names that keeps at least this share of those whose value is known."""
        counts = self.truth.attributes[column].drop_nulls().value_counts()
        enough = share * counts["count"].sum()
        chosen: list[str] = []
        kept = 0
        for row in self.rng.permutation(len(counts)):
            if kept >= enough:
                break
            name, count = counts.row(int(row))
            chosen.append(name)
            kept += count
        return {field: chosen}


_ONE = (
    ("followers_count_numeric", {"least": "min_followers"}), ("engagement_rate", {"least": "min_engagement"}),
    ("followers_count_numeric", {"most": "max_followers"}), ("collaboration_rate", {"most": "max_rate"}),
)  # fmt: skip
_LISTS = (("countries", "country"), ("niches", "niche"), ("languages", "language"))


def _independent(cutter: Cutter, share: float, predicates: int) -> Callable[[int, Query], Values]:
    wanted = max(1, round(share * len(cutter.truth.attributes)))

    def one(index: int) -> Values:
        if index % 2 and (listed := cutter.names(*_LISTS[index // 2 % len(_LISTS)], wanted)):
            return listed
        column, bounds = _ONE[index // 2 % len(_ONE)]
        values = cutter.cut({}, column, wanted, **bounds)
        # Prices are known of half the creators only, and many ask for the same.
        if abs(int(cutter.passing(values).sum()) - wanted) > wanted * _NEAR_ENOUGH:
            return cutter.cut({}, "followers_count_numeric", wanted, least="min_followers")
        return values

    def several(index: int) -> Values:
        values: Values = {}
        for generosity in (0.3, 0.6, 0.85, 1.0):
            values = cutter.some("platforms", "platform", generosity)
            if predicates == 5:
                values |= {"min_engagement": round((1 - generosity) * 4, 1)}
                values |= cutter.some(*_LISTS[index % 2 * 2], generosity)
            if int(cutter.passing(values).sum()) >= 1.2 * wanted:
                break
        return cutter.cut(values, "followers_count_numeric", wanted, least="min_followers", most="max_followers")

    return lambda index, _query: one(index) if predicates == 1 else several(index)


def _of_niches(
    cutter: Cutter, profiles: Profiles, topics: dict[int, list[int]], share: float
) -> Callable[[int, Query], Values]:
    """The first niches of the query's list that hold enough, cut to the share by followers."""
    wanted = max(1, round(share * len(cutter.truth.attributes)))
    counts = dict(cutter.truth.attributes["niche"].drop_nulls().value_counts().iter_rows())

    def make(_index: int, query: Query) -> Values:
        chosen: list[str] = []
        kept = 0
        for topic in topics[query.topic]:
            if (kept >= 1.2 * wanted and chosen) or len(chosen) == _MOST_NAMES:
                break
            label = profiles.labels[topic].lower()
            chosen.append(label)
            kept += counts.get(label, 0)
        return cutter.cut({"niches": chosen}, "followers_count_numeric", wanted, least="min_followers")

    return make


def _topics_by_nearness(
    profiles: Profiles, mixture: Mixture, queries: Sequence[Query], *, farthest: bool
) -> dict[int, list[int]]:
    """All topics by query topic: those whose clusters lie nearest to the query first, or last."""
    centres = mixture.centres.reshape(len(profiles.topics), CLUSTERS_PER_TOPIC, -1).mean(axis=1)
    centres = normalized(centres - centres.mean(axis=0))
    sign = 1 if farthest else -1
    return {
        query.topic: [int(t) for t in np.argsort(sign * (centres @ query.vector), kind="stable")] for query in queries
    }


def _whole(field: str, value: float) -> float | int:
    return int(value) if field.endswith("followers") else float(value)
