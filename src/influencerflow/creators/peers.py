"""How the catalogue's creators are spread, for `scoring`. To be read once per state of the catalogue, and kept."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, text

from influencerflow.scoring.benchmarks import Benchmarks
from influencerflow.scoring.demographics import read_label
from influencerflow.scoring.peers import PROBABILITIES, AverageShares, Peers, PeerStatistics, Quantiles

# Beyond this many creators a random part of the table's pages is read: a quantile of 100,000 is as good as of a million.
SAMPLED_CREATORS = 100_000
# A mean needs fewer than a quantile, and the shares of one creator are some twenty rows.
SAMPLED_AUDIENCES = 2_000
DIMENSIONS = ("age", "gender", "country", "interest")

# Nonsense of adopted tables (NaN, 5,000%) is left out by the ranges: NaN is greater than any number in PostgreSQL.
_FIGURES = """
SELECT lower(trim(platform)) AS platform,
       width_bucket(followers_count_numeric::bigint, CAST(:starts AS bigint[])) AS tier,
       {figures}
FROM creators TABLESAMPLE SYSTEM (CAST(:percent AS real)) REPEATABLE (0)
WHERE followers_count_numeric >= 0 AND platform IS NOT NULL
GROUP BY 1, 2
"""
_EXPRESSIONS = {
    "engagement_rate": ("engagement_rate", "engagement_rate BETWEEN 0 AND 100"),
    "views_per_follower": ("avg_views::float8 / nullif(followers_count_numeric, 0)", "followers_count_numeric > 0"),
    "cpm": ("1000.0 * collaboration_rate / nullif(avg_views, 0)", "avg_views > 0 AND {priced}"),
    "price_per_follower": ("collaboration_rate / nullif(followers_count_numeric, 0)", "{priced}"),
}
_PRICED = "followers_count_numeric > 0 AND collaboration_rate > 0 AND collaboration_rate <= 1e9"

# A dimension counts when each of its values is a number from 0 to 100 that a float can hold; as soon as one is above 1 they
# are percent. The label '' is added to each, so that its sum is the number of creators. Conditions stand in CASE rather
# than WHERE: the planner then expects many rows, and hashes instead of sorting them on disk.
_AUDIENCES = """
SELECT lower(trim(platform)) AS platform, width_bucket(followers_count_numeric::bigint, CAST(:starts AS bigint[])) AS tier,
       dimension, label,
       sum(CAST(value AS float8) * CASE WHEN label = '' THEN 1 ELSE scale END) AS total
FROM creators TABLESAMPLE SYSTEM (CAST(:percent AS real)) REPEATABLE (0),
     unnest(CAST(:dimensions AS text[])) AS names (dimension),
     LATERAL (
         SELECT CASE WHEN jsonb_typeof(audience -> dimension) = 'object' AND audience -> dimension <> '{}'
                          AND NOT jsonb_path_exists(audience -> dimension, CAST(:unreadable AS jsonpath))
                THEN (audience -> dimension) || '{"": 1}' END AS shares,
                CASE WHEN jsonb_path_exists(audience -> dimension, '$.* ? (@ > 1)') THEN 0.01 ELSE 1 END AS scale
         OFFSET 0
     ) AS d,
     jsonb_each(shares) AS s (label, value)
WHERE followers_count_numeric >= 0 AND platform IS NOT NULL AND audience IS NOT NULL
GROUP BY 1, 2, 3, 4
"""
# Strict: otherwise an array is taken for its elements.
_UNREADABLE = 'strict $.* ? (@.type() != "number" || @ < 0 || @ > 100 || @ > 0 && @ < 1e-9)'


_cached: WeakKeyDictionary[Engine, tuple[Benchmarks, int, PeerStatistics]] = WeakKeyDictionary()


def cached_peer_statistics(connection: Connection, benchmarks: Benchmarks) -> PeerStatistics:
    """As of the catalogue's change counter; one state is kept per database and process."""
    counter = connection.scalar(text("SELECT coalesce(sum(changes), 0)::bigint FROM catalogue_changes")) or 0
    known = _cached.get(connection.engine)
    if known and known[0] is benchmarks and known[1] == counter:
        return known[2]
    statistics = read_peer_statistics(connection, benchmarks)
    _cached[connection.engine] = (benchmarks, counter, statistics)
    return statistics


def read_peer_statistics(connection: Connection, benchmarks: Benchmarks) -> PeerStatistics:
    """Quantiles of the figures and mean audiences, one statement each."""
    return PeerStatistics(_read_groups(connection, benchmarks), _read_audiences(connection, benchmarks))


def _read_groups(connection: Connection, benchmarks: Benchmarks) -> dict[tuple[str, str], Peers]:
    figures = ",\n       ".join(
        f"percentile_cont(CAST(:probabilities AS float8[])) WITHIN GROUP (ORDER BY {value}) FILTER (WHERE {where}) AS"
        f" {name}, count({value}) FILTER (WHERE {where}) AS {name}_count"
        for name, value, where in (
            (name, value, where.format(priced=_PRICED)) for name, (value, where) in _EXPRESSIONS.items()
        )
    )
    parameters = {"probabilities": list(PROBABILITIES), **_sample(connection, benchmarks, SAMPLED_CREATORS)}
    rows = connection.execute(text(_FIGURES.format(figures=figures)), parameters).mappings()
    tiers = list(benchmarks.tiers.starts)
    return {(row["platform"], tiers[row["tier"] - 1]): _peers(row) for row in rows}


def _peers(row: Mapping[Any, Any]) -> Peers:
    return Peers(
        **{name: Quantiles(row[f"{name}_count"], tuple(row[name])) if row[name] else None for name in _EXPRESSIONS}
    )


def _read_audiences(connection: Connection, benchmarks: Benchmarks) -> dict[tuple[str, str, str], AverageShares]:
    parameters = {
        "dimensions": list(DIMENSIONS),
        "unreadable": _UNREADABLE,
        **_sample(connection, benchmarks, SAMPLED_AUDIENCES),
    }
    rows = connection.execute(text(_AUDIENCES), parameters).all()
    tiers = list(benchmarks.tiers.starts)
    totals: dict[tuple[str, str, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for row in rows:
        # Reports spell labels as they like; '' counts the creators.
        label = read_label(row.dimension, row.label) if row.label else ""
        if label is None:
            continue
        for key in _pools(row.platform, tiers[row.tier - 1], row.dimension):
            totals[key][label] += row.total
    return {key: _average(labels) for key, labels in totals.items()}


def _average(totals: Mapping[str, float]) -> AverageShares:
    creators = totals[""]
    return AverageShares(round(creators), {label: total / creators for label, total in totals.items() if label})


def _pools(platform: str, tier: str, dimension: str) -> Iterable[tuple[str, str, str]]:
    """The group itself, its whole platform, and all."""
    return (platform, tier, dimension), (platform, "", dimension), ("", "", dimension)


def _sample(connection: Connection, benchmarks: Benchmarks, creators: int) -> dict[str, Any]:
    """The tiers' starts, and what share of the table holds about so many creators, in percent."""
    estimate = connection.scalar(text("SELECT reltuples FROM pg_class WHERE oid = 'creators'::regclass")) or 0
    percent = 100.0 if estimate <= creators else 100.0 * creators / estimate
    return {"starts": list(benchmarks.tiers.starts.values()), "percent": percent}
