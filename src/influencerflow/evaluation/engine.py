"""The engine as a user gets it: `find_matches` for every brief, what it took, and the percentages it showed."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from influencerflow.campaigns.brief import Brief
from influencerflow.database.engine import Database
from influencerflow.embeddings.encoder import Encoder, Encoding, Vectors
from influencerflow.embeddings.registry import wrapped_encoders
from influencerflow.evaluation.baselines import Rankings
from influencerflow.matching.schemas import MatchResult
from influencerflow.matching.service import find_matches
from influencerflow.retrieval.filters import Filters
from influencerflow.settings import Settings

RUN_DEPTH = 50
# Enough for a 95th percentile; every brief of a large collection would be timed for nothing.
TIMED_BRIEFS = 50


def search(database: Database, settings: Settings, brief: Brief, *, limit: int) -> list[MatchResult]:
    """The first page, in a transaction of its own as a request has it. No filters."""
    with database.transaction() as connection:
        return find_matches(connection, settings, brief, Filters(), page=1, limit=limit).matches


def rankings(found: Mapping[str, Sequence[MatchResult]]) -> Rankings:
    """Creator ids by qid, in the order of their ranks."""
    return {qid: [match.id for match in sorted(matches, key=lambda m: m.rank)] for qid, matches in found.items()}


@dataclass(frozen=True, slots=True)
class Distribution:
    """Milliseconds."""

    mean: float
    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class Timing:
    """Whole searches beside the encoding of their queries, which is part of them; `ratio` is that of the means."""

    briefs: int
    search_ms: Distribution
    encoding_ms: Distribution
    ratio: float | None


def time_searches(database: Database, settings: Settings, briefs: Sequence[Brief]) -> Timing:
    """Times each brief once, its query encoded anew, after a search that warms up the connection and the model."""
    clocks: dict[Encoder, _TimedEncoder] = {}

    def timed(encoder: Encoder) -> Encoder:
        return clocks.setdefault(encoder, _TimedEncoder(encoder))

    searching, encoding = [], []
    with wrapped_encoders(timed):
        search(database, settings, _WARM_UP, limit=RUN_DEPTH)
        for brief in briefs[:TIMED_BRIEFS]:
            before = sum(clock.seconds for clock in clocks.values())
            started = time.perf_counter()
            search(database, settings, brief, limit=RUN_DEPTH)
            searching.append(1000 * (time.perf_counter() - started))
            encoding.append(1000 * (sum(clock.seconds for clock in clocks.values()) - before))
    whole, part = _distribution(searching), _distribution(encoding)
    return Timing(len(searching), whole, part, whole.mean / part.mean if part.mean else None)


_WARM_UP = Brief(product_name="Warm-up", brand_name="Nobody", product_niche="warm-up exercises", total_budget=1)


def _distribution(values: Sequence[float]) -> Distribution:
    p50, p95 = np.percentile(values, [50, 95])
    return Distribution(float(np.mean(values)), float(p50), float(p95))


@dataclass(eq=False)
class _TimedEncoder:
    """Counts the seconds spent on queries. A new one is a new encoder to whatever keeps query vectors by encoder."""

    encoder: Encoder
    seconds: float = 0.0
    provider: str = field(init=False)
    name: str = field(init=False)
    dimensions: int = field(init=False)
    query_centres: Vectors | None = field(init=False)

    def __post_init__(self) -> None:
        self.provider, self.name, self.dimensions = self.encoder.provider, self.encoder.name, self.encoder.dimensions
        self.query_centres = self.encoder.query_centres

    def encode_query(self, texts: Sequence[str]) -> Encoding:
        started = time.perf_counter()
        try:
            return self.encoder.encode_query(texts)
        finally:
            self.seconds += time.perf_counter() - started

    def encode_document(self, texts: Sequence[str]) -> Encoding:
        return self.encoder.encode_document(texts)
