"""Which way a dense run goes. What is returned never depends on an estimate, only how long it takes."""

import math
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, text

from influencerflow.embeddings.partitions import is_indexed
from influencerflow.embeddings.registry import EmbeddingModel
from influencerflow.retrieval.conditions import Condition

# So many that pass are compared at once, before anything is estimated: most filters of a small catalogue end here.
AT_ONCE = 2000
# The index keeps at most so many candidates (ef_search) and walks on in batches of that size.
MAX_EF_SEARCH = 1000
# Fewer, and the index misses some of the nearest (docs/decisions/0013-filtered-search.md).
MIN_SCAN = 1000
# Farther, and a scan of all that pass is as fast.
MAX_SCAN = 20_000
# Looked at, for each creator asked for: the order of an index is only nearly right.
OVERSCAN = 3
# The times of comparing one creator that passes, and of reaching one in the index; only their ratio matters.
EXACT_COST, INDEX_COST = 1.0, 4.0

_SAMPLED = 10_000
_KEPT, _SECONDS = 1000, 60.0


class Plan(StrEnum):
    """EXACT compares every creator that passes; HNSW takes the nearest from the index, and of those the ones that pass; MEMORY
    compares those that seem nearest to the copy in memory.
    """

    EXACT = "exact"
    HNSW = "hnsw"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class Decision:
    """What was done, and why.

    `estimate`: how many pass, as far as it was looked into. `scanned`: how many of the nearest were compared. `tried`: how
    many were looked at before, too few of which passed.
    """

    plan: Plan
    estimate: int | None = None
    scanned: int | None = None
    tried: tuple[int, ...] = ()


def first_scan(depth: int, share: float) -> int:
    """How many of the nearest to look at, when a `share` (0-1) of all passes, to find `depth` of them."""
    return max(MIN_SCAN, math.ceil(OVERSCAN * depth / max(share, 1e-9)))


def next_scan(depth: int, scanned: int, found: int) -> int:
    """How many to look at after `found` of `scanned` passed: as many near the query as the share there asks for."""
    return max(2 * scanned, first_scan(depth, found / scanned))


def index_pays(scan: int, matches: float) -> bool:
    """Whether looking at the `scan` nearest costs less than comparing all `matches`."""
    return scan <= MAX_SCAN and scan * INDEX_COST < matches * EXACT_COST


@dataclass(slots=True)
class Estimates:
    """With the times (monotonic) until which they hold."""

    shares: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    creators: tuple[float, float] = (0.0, 0.0)
    indexed: dict[int, tuple[bool, float]] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)


_estimates: WeakKeyDictionary[Engine, Estimates] = WeakKeyDictionary()


def estimates(engine: Engine) -> Estimates:
    """What was estimated of a database; kept per process."""
    return _estimates.setdefault(engine, Estimates())


def catalogue_size(connection: Connection) -> float:
    """About how many creators there are: PostgreSQL's own estimate, which ANALYZE and VACUUM keep; kept for a minute."""
    known = estimates(connection.engine)
    creators, until = known.creators
    if time.monotonic() >= until:
        creators = float(
            connection.scalar(text("SELECT reltuples FROM pg_class WHERE oid = 'creator_facets'::regclass")) or 0
        )
        if creators < 0:  # never analysed
            creators = float(connection.scalar(text("SELECT count(*) FROM creator_facets")) or 0)
        known.creators = (creators, time.monotonic() + _SECONDS)
    return creators


def index_serves(connection: Connection, model: EmbeddingModel) -> bool:
    """Whether the model has a whole HNSW index; kept for a minute."""
    known = estimates(connection.engine)
    whole, until = known.indexed.get(model.id, (False, 0.0))
    if time.monotonic() >= until:
        whole = is_indexed(connection, model)
        known.indexed[model.id] = (whole, time.monotonic() + _SECONDS)
    return whole


def known_share(connection: Connection, condition: Condition) -> float | None:
    """The share that was estimated within the last minute, None if none was."""
    known = estimates(connection.engine)
    with known.lock:
        share, until = known.shares.get(condition.key, (0.0, 0.0))
    return share if time.monotonic() < until else None


def estimate_share(connection: Connection, condition: Condition) -> float:
    """The share (0-1) of creators that pass, from a sample of about 10,000 that is read page by page; kept for a minute."""
    size = catalogue_size(connection)
    row = connection.execute(
        text(f"""
            SELECT count(*) AS sampled, count(*) FILTER (WHERE {condition.sql}) AS passed
            FROM creator_facets f TABLESAMPLE SYSTEM (:percent) REPEATABLE (0)
        """),
        {**condition.parameters, "percent": 100.0 if size <= _SAMPLED else 100.0 * _SAMPLED / size},
    ).one()
    share = row.passed / row.sampled if row.sampled else 0.0
    known = estimates(connection.engine)
    with known.lock:
        known.shares[condition.key] = (share, time.monotonic() + _SECONDS)
        while len(known.shares) > _KEPT:
            known.shares.popitem(last=False)
    return share
