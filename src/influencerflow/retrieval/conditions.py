"""Filters as SQL over `creator_facets f`, bound parameters only."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class Condition:
    """`sql` is `true` where nothing is asked for."""

    sql: str = "true"
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def asks(self) -> bool:
        return self.sql != "true"

    @property
    def key(self) -> str:
        """Tells it from every other."""
        return f"{self.sql} {sorted(self.parameters.items())}"

    def and_also(self, other: "Condition | None") -> "Condition":
        if other is None or not other.asks:
            return self
        if not self.asks:
            return other
        return Condition(f"{self.sql} AND {other.sql}", {**self.parameters, **other.parameters})


class PriceBand(NamedTuple):
    """What creators of a platform ask: USD per average view or, without views (or without a price per view), per follower."""

    platform: str
    first_follower: int
    last_follower: int
    usd_per_view: float | None
    usd_per_follower: float | None


PriceBands = Sequence[PriceBand]

_ESTIMATE = """(SELECT CASE WHEN f.avg_views > 0 AND b.usd_per_view IS NOT NULL THEN f.avg_views * b.usd_per_view
                            ELSE f.followers * b.usd_per_follower END
                FROM unnest(CAST(:band_platform AS text[]), CAST(:band_first_follower AS bigint[]),
                            CAST(:band_last_follower AS bigint[]), CAST(:band_usd_per_view AS float8[]),
                            CAST(:band_usd_per_follower AS float8[]))
                     AS b (platform, first_follower, last_follower, usd_per_view, usd_per_follower)
                WHERE f.platform = b.platform AND f.followers BETWEEN b.first_follower AND b.last_follower)"""

_CLAUSES = {
    "min_followers": "f.followers >= :min_followers",
    "max_followers": "f.followers <= :max_followers",
    "min_engagement": "f.engagement >= :min_engagement",
    "max_engagement": "f.engagement <= :max_engagement",
    "min_avg_views": "f.avg_views >= :min_avg_views",
    "max_avg_views": "f.avg_views <= :max_avg_views",
    "min_rate": "{rate} >= :min_rate",
    "max_rate": "{rate} <= :max_rate",
    "platforms": "f.platform = ANY (facet_words(:platforms))",
    "countries": "f.country = ANY (:countries)",
    "languages": "f.language = ANY (:languages)",
    "niches": "f.niche = ANY (facet_words(:niches))",
    "exclude_platforms": "(f.platform = ANY (facet_words(:exclude_platforms))) IS NOT TRUE",
    "exclude_countries": "(f.country = ANY (:exclude_countries)) IS NOT TRUE",
    "exclude_languages": "(f.language = ANY (:exclude_languages)) IS NOT TRUE",
    "exclude_niches": "(f.niche = ANY (facet_words(:exclude_niches))) IS NOT TRUE",
    # Credibility is kept as a fraction that came from text; rounding must not make 75% less than 75.
    "min_credibility": "f.credibility * 100 >= :min_credibility - 1e-9",
    "past_brands": "f.past_brands && facet_words(:past_brands)",
    "exclude_past_brands": "(f.past_brands && facet_words(:exclude_past_brands)) IS NOT TRUE",
    "exclude_creator_ids": "f.creator_id <> ALL (:exclude_creator_ids)",
    "exclude_contacted": """NOT EXISTS (
        SELECT FROM feedback b WHERE b.creator_id = f.creator_id AND b.verdict IN ('contacted', 'hired')
        AND b.undone_at IS NULL) AND CAST(:exclude_contacted AS boolean)""",
    "has_contact": "f.has_contact = :has_contact",
    "people_only": """EXISTS (SELECT FROM creator_signals a WHERE a.creator_id = f.creator_id AND a.account = 'person'
                              AND CAST(:people_only AS boolean))""",
    "updated_since": "f.updated_at >= :updated_since",
}


# What `facet_words` leaves as it is, in whatever locale; a statement is planned faster without it.
_FOLDED_ALREADY = re.compile(r"[!-@\[-~]+( [!-@\[-~]+)*")


def rate_of(bands: PriceBands | None) -> Condition:
    """Not a condition but a figure: a creator's rate or, with `bands`, where none is known the estimate."""
    if not bands:
        return Condition("f.rate")
    columns = zip(*bands, strict=True)
    parameters = {f"band_{name}": list(column) for name, column in zip(PriceBand._fields, columns, strict=True)}
    return Condition(f"coalesce(f.rate, {_ESTIMATE})", parameters)


class _Share(Protocol):
    at_least: float
    genders: Sequence[str] | None
    age_ranges: Sequence[tuple[int, int]] | None
    countries: Sequence[str] | None
    interests: Sequence[str] | None


def condition(values: Mapping[str, Any], price_bands: PriceBands | None) -> Condition:
    """`values`: the active filters by name, in the spelling of the facets; joined by AND."""
    rate = rate_of(price_bands if values.get("estimate_rates") else None)
    asked = {name: value for name, value in values.items() if name in _CLAUSES}
    clauses = [_clause(name, value).format(rate=rate.sql) for name, value in asked.items()]
    found = Condition(" AND ".join(clauses) or "true", {**asked, **rate.parameters})
    for number, share in enumerate(values.get("audience", ())):
        found = found.and_also(_audience(share, f"audience_{number}"))
    return found


def _clause(name: str, value: Any) -> str:
    clause, folding = _CLAUSES[name], f"facet_words(:{name})"
    if folding in clause and all(_FOLDED_ALREADY.fullmatch(word) for word in value):
        return clause.replace(folding, f":{name}")
    return clause


def _audience(share: _Share, name: str) -> Condition:
    """Every dimension must be known; their shares are multiplied."""
    factors: list[str] = []
    parameters: dict[str, Any] = {f"{name}_at_least": share.at_least / 100}
    labels = {
        "gender": list(share.genders or ()),
        "country": list(share.countries or ()),
        "interest": [" ".join(label.lower().split()) for label in share.interests or ()],
    }
    for dimension, wanted in labels.items():
        if wanted:
            factors.append(f"""(SELECT least(sum(CAST(value AS float8)), 1) FROM jsonb_each_text(a.shares -> '{dimension}')
                                WHERE key = ANY (:{name}_{dimension}) HAVING count(*) > 0)""")
            parameters[f"{name}_{dimension}"] = wanted
    if share.age_ranges:
        ranges = _disjoint(share.age_ranges)
        factors.append(f"audience_age_share(a.shares -> 'age', :{name}_first, :{name}_last)")
        parameters |= {f"{name}_first": [first for first, _ in ranges], f"{name}_last": [last for _, last in ranges]}
    # Sums of shares, such as 0.1 + 0.2, must not miss a bound by rounding.
    sql = f"""EXISTS (SELECT FROM creator_audiences a WHERE a.creator_id = f.creator_id
                      AND {" * ".join(factors)} >= :{name}_at_least - 1e-9)"""
    return Condition(sql, parameters)


def _disjoint(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ages that are asked for twice count once."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged
