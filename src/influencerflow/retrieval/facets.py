"""How the creators that pass the filters are spread: counts by value, and distributions of figures.

Each is counted with its own filter left aside, so that it shows what choosing otherwise would bring.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from influencerflow.retrieval.filters import Filters
from influencerflow.retrieval.plan import catalogue_size

# About so many creators are looked at: shares of that many are as good as of a million.
SAMPLED = 20_000
# Who looks for a rarer one writes it.
MOST_VALUES = 40

VALUES = {
    "platform": "f.platform",
    "country": "f.country",
    "language": "f.language",
    "niche": "f.niche",
}
FIGURES = {
    "followers": "f.followers",
    "engagement": "f.engagement",
    "avg_views": "f.avg_views",
    "rate": "{rate}",
}
# A facet's own filters. A name that Filters does not have is never set.
_OWN = {
    "platform": ("platforms", "exclude_platforms"),
    "country": ("countries", "exclude_countries"),
    "language": ("languages", "exclude_languages"),
    "niche": ("niches", "exclude_niches"),
    "followers": ("min_followers", "max_followers"),
    "engagement": ("min_engagement", "max_engagement"),
    "avg_views": ("min_avg_views", "max_avg_views"),
    "rate": ("min_rate", "max_rate"),
}


def _steps(first: int, last: int) -> tuple[float, ...]:
    """Even steps of a logarithmic scale, in figures people say: 1, 1.5, 2, 3, 5, 7 times each power of ten."""
    steps = [float(f"{step}e{power}") for power in range(first, last) for step in (1, 1.5, 2, 3, 5, 7)]
    return (*steps, float(f"1e{last}"))


# Inner edges: the first bin has what is below the first of them, the last what is from the last on.
EDGES: Mapping[str, tuple[float, ...]] = {
    "followers": _steps(3, 7),
    "engagement": (*_steps(-1, 1), 15.0, 20.0, 30.0),
    "avg_views": _steps(2, 6),
    "rate": _steps(1, 4),
}


@dataclass(frozen=True, slots=True)
class Distribution:
    """`counts` by bin, one more than there are inner `edges`; `unknown` have no such figure."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    unknown: int


@dataclass(frozen=True, slots=True)
class Facets:
    """`values`: by facet, value and count, the most frequent first, at most MOST_VALUES; `unknown`: by the same facets.

    `approximate` tells that a part of the creators was counted, and the counts were scaled up.
    """

    values: Mapping[str, Sequence[tuple[str, int]]]
    unknown: Mapping[str, int]
    distributions: Mapping[str, Distribution]
    approximate: bool


def read_facets(connection: Connection, filters: Filters) -> Facets:
    """Of all creators, whether they are embedded or not. Prices count as `filters` see them: see `Filters.with_prices`."""
    by_filters: dict[str, list[str]] = {}
    active = filters.active()
    kept: dict[str, Filters] = {}
    for facet, own in _OWN.items():
        aside = filters.model_copy(update=dict.fromkeys(own)) if active.keys() & set(own) else filters
        key = repr(sorted(aside.active().items(), key=lambda item: item[0]))
        kept[key] = aside
        by_filters.setdefault(key, []).append(facet)
    counted: dict[str, dict[Any, int]] = {}
    approximate = False
    for key, facets in by_filters.items():
        percent = _sampled_percent(connection, kept[key])
        approximate = approximate or percent < 100
        counted |= _count(connection, kept[key], facets, percent)
    return Facets(
        values={facet: _most(counted[facet]) for facet in VALUES},
        unknown={facet: counted[facet].get(None, 0) for facet in VALUES},
        distributions={facet: _distribution(facet, counted[facet]) for facet in FIGURES},
        approximate=approximate,
    )


def _sampled_percent(connection: Connection, filters: Filters) -> float:
    """Of the table's pages, so that about SAMPLED creators pass; small catalogues and narrow filters are counted in full."""
    rows = catalogue_size(connection)
    if rows <= 2 * SAMPLED:
        return 100.0
    condition = filters.where()
    first = 100 * SAMPLED / rows
    passing = connection.scalar(
        text(f"SELECT count(*) FROM creator_facets f {_SAMPLE} WHERE {condition.sql}"),
        {"percent": first, **condition.parameters},
    )
    share = (passing or 0) / SAMPLED
    return 100.0 if share * rows <= 2 * SAMPLED else min(100.0, first / max(share, 1e-9))


_SAMPLE = "TABLESAMPLE SYSTEM (CAST(:percent AS real)) REPEATABLE (0)"


def _count(
    connection: Connection, filters: Filters, facets: Sequence[str], percent: float
) -> dict[str, dict[Any, int]]:
    """By facet, how many have each value, or each bin of a figure; one pass over the creators."""
    condition, rate = filters.where(), filters.rate()
    sample = _SAMPLE if percent < 100 else ""
    columns = ", ".join(f"{_expression(facet).format(rate=rate.sql)} AS {facet}" for facet in facets)
    statement = text(f"""
        SELECT grouping({", ".join(facets)}) AS grouped, {", ".join(facets)}, count(*) AS creators
        FROM (SELECT {columns} FROM creator_facets f {sample} WHERE {condition.sql}) AS passing
        GROUP BY GROUPING SETS ({", ".join(f"({facet})" for facet in facets)})
    """)
    edges = {f"{facet}_edges": list(EDGES[facet]) for facet in facets if facet in FIGURES}
    parameters = {**condition.parameters, **(rate.parameters if "rate" in facets else {}), **edges}
    rows = connection.execute(statement, {**parameters, **({"percent": percent} if sample else {})})
    # In the mask of `grouping`, the one facet that a row is grouped by is the bit that is not set.
    every = 2 ** len(facets) - 1
    by_mask = {every - 2 ** (len(facets) - 1 - place): facet for place, facet in enumerate(facets)}
    counted: dict[str, dict[Any, int]] = {facet: {} for facet in facets}
    for row in rows.mappings():
        facet = by_mask[row["grouped"]]
        counted[facet][row[facet]] = _scaled(row["creators"], percent)
    return counted


def _expression(facet: str) -> str:
    if facet in VALUES:
        return f"nullif({VALUES[facet]}, '')"
    return f"width_bucket(CAST({FIGURES[facet]} AS float8), CAST(:{facet}_edges AS float8[]))"


def _scaled(count: int, percent: float) -> int:
    """Scaled up, in two significant figures: more would pretend to be counted."""
    return count if percent >= 100 else int(float(f"{count * 100 / percent:.1e}"))


def _most(counts: Mapping[Any, int]) -> list[tuple[str, int]]:
    known: Iterable[tuple[str, int]] = ((value, count) for value, count in counts.items() if value is not None)
    return sorted(known, key=lambda item: (-item[1], item[0]))[:MOST_VALUES]


def _distribution(facet: str, counts: Mapping[Any, int]) -> Distribution:
    bins = tuple(counts.get(place, 0) for place in range(len(EDGES[facet]) + 1))
    return Distribution(EDGES[facet], bins, counts.get(None, 0))
