"""What the right answer is: filters over plain columns, and exact distances over the vectors as they are stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import polars as pl
from benchmarks.million.catalogue import Catalogue
from numpy.typing import NDArray

from influencerflow.embeddings.encoder import Vectors
from influencerflow.retrieval.filters import Filters

DEPTH = 20
# Distances nearer to each other than this may come in either order: engines round differently.
TOLERANCE = 2e-5
# All of `Filters` that every engine is given.
CONDITIONS = {
    "min_followers": lambda value: pl.col("followers_count_numeric") >= value,
    "max_followers": lambda value: pl.col("followers_count_numeric") <= value,
    "min_engagement": lambda value: pl.col("engagement_rate") >= value,
    "max_rate": lambda value: pl.col("collaboration_rate") <= value,
    "platforms": lambda values: pl.col("platform").is_in(values),
    "countries": lambda values: pl.col("country").is_in(values),
    "languages": lambda values: pl.col("language").is_in(values),
    "niches": lambda values: pl.col("niche").is_in(values),
}
ATTRIBUTES = (
    "platform", "country", "language", "niche", "followers_count_numeric", "engagement_rate", "avg_views",
    "collaboration_rate",
)  # fmt: skip

Mask = NDArray[np.bool_]


@dataclass(slots=True)
class Truth:
    """The catalogue in memory: `attributes` and `vectors` (half precision) row for row, `alive` what is not deleted."""

    attributes: pl.DataFrame
    vectors: NDArray[np.float16]
    alive: Mask
    positions: dict[UUID, int]

    @classmethod
    def of(cls, catalogue: Catalogue) -> "Truth":
        frames, vectors = [], []
        for block in catalogue.blocks():
            frames.append(block.frame.select("id", "cluster", *ATTRIBUTES))
            vectors.append(block.vectors.astype(np.float16))
        attributes = pl.concat(frames, rechunk=True)
        positions = {UUID(value): position for position, value in enumerate(attributes["id"])}
        return cls(attributes, np.vstack(vectors), np.ones(len(attributes), dtype=np.bool_), positions)

    def passing(self, filters: Filters) -> Mask:
        """Unknown values pass no filter."""
        conditions = [CONDITIONS[name](value) for name, value in filters.active().items()]
        if not conditions:
            return self.alive.copy()
        passed = self.attributes.select(pl.all_horizontal(conditions).fill_null(value=False).alias("passed"))
        return passed["passed"].to_numpy() & self.alive

    def distances(self, query: Vectors, rows: NDArray[np.intp] | None = None) -> Vectors:
        """Cosine distances of the rows, or of all, to the query in half precision, which the engines are given."""
        rounded = query.astype(np.float16).astype(np.float32)
        parts = []
        source = self.vectors if rows is None else self.vectors[rows]
        for start in range(0, len(source), 50_000):
            block = source[start : start + 50_000].astype(np.float32)
            parts.append(1.0 - (block @ rounded) / np.linalg.norm(block, axis=1))
        cosine: Vectors = np.concatenate(parts) if parts else np.empty(0, dtype=np.float32)
        return 1.0 - (1.0 - cosine) / np.linalg.norm(rounded)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one search gave back, judged. `missing` counts rows short of min(k, matches)."""

    recall: float
    returned: int
    missing: int
    violating: int


def judge(found: Sequence[int], passing: Mask, distances: Vectors, *, depth: int = DEPTH) -> Answer:
    """`found` are rows of the catalogue. Recall counts each that is no farther than the depth-th nearest passing row.

    Rows given twice count once. With no match at all, recall is 1 if nothing came back.
    """
    nearest = nearest_passing(passing, distances, depth)
    unique = np.array(sorted(set(found)), dtype=np.intp)
    right = unique[passing[unique]]
    hits = int((distances[right] <= distances[nearest[-1]] + TOLERANCE).sum()) if len(nearest) else 0
    recall = min(hits, len(nearest)) / len(nearest) if len(nearest) else float(not len(found))
    return Answer(recall, len(found), max(0, len(nearest) - len(unique)), len(unique) - len(right))


def nearest_passing(passing: Mask, distances: Vectors, depth: int) -> NDArray[np.intp]:
    """At most `depth` rows, nearest first."""
    rows = np.flatnonzero(passing)
    if len(rows) > depth:
        rows = rows[np.argpartition(distances[rows], depth - 1)[:depth]]
    return rows[np.argsort(distances[rows], kind="stable")]
