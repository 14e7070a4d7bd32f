"""Who seems nearest: of many first by a scan of everybody, of few along their first directions, and of those along all."""

from typing import NamedTuple

import numkong
import numpy as np
from numpy.typing import NDArray

from influencerflow.embeddings.encoder import Vectors
from influencerflow.retrieval.columns import Passing, Rows
from influencerflow.retrieval.cores import by_rows
from influencerflow.retrieval.fast_scan import FastScan
from influencerflow.retrieval.reduction import Bytes, Reduced, ReducedQuery, Reduction

# How many are compared along all directions: so many for each that is asked for, and so many at least
# (docs/decisions/0014-search-memory.md).
_FOR_EACH, _AT_LEAST = 8, 1000
# If a scan would have to find a larger share, those who pass are compared instead.
_MOST_FOUND = 0.25

Products = NDArray[np.float64]


class Compared(NamedTuple):
    """Everybody, as they are compared; `scan`: none where there are few."""

    reduction: Reduction
    reduced: Reduced
    scan: FastScan | None

    @classmethod
    def of(cls, reduction: Reduction, reduced: Reduced) -> "Compared":
        return cls(reduction, reduced, FastScan.of(reduced.first, reduction.scale))

    @property
    def bytes(self) -> int:
        return self.reduced.first.nbytes + self.reduced.rest.nbytes + (self.scan.bytes if self.scan else 0)

    def nearest(self, query: Vectors, passing: Passing, count: int) -> Rows:
        """The `count` rows of the largest inner products, or all there are, in no order."""
        if passing.rows is not None and len(passing.rows) <= count:
            return passing.rows
        asked, size = self.reduction.reduce_query(query), len(self.reduced.first)
        wanted = max(_AT_LEAST, _FOR_EACH * count)
        rows = None
        if self.scan is not None and passing.rows is None and asked.first_tell:
            rows = _scanned(self.scan, asked, passing, size, wanted)
        if rows is None:
            rows = passing.listed(size)
            if len(rows) > wanted and asked.first_tell:
                rows = rows[_largest(_products(self.reduced.first, asked.first, rows), wanted)]
        if len(rows) <= count:
            return rows
        products = _products(self.reduced.first, asked.first, rows) + _products(self.reduced.rest, asked.rest, rows)
        return rows[_largest(products, count)]


def _scanned(scan: FastScan, asked: ReducedQuery, passing: Passing, size: int, wanted: int) -> Rows | None:
    """At least half of `wanted` who pass, of `size` creators; None where finding them would take too long. Where fewer pass of
    the nearest than of all, more are looked at.
    """
    share = passing.count / size
    while wanted < _MOST_FOUND * share * size:
        # Since a scan tells less than bytes do, `wanted` more of all than are needed for so many who pass.
        found = passing.among(scan.nearest(asked.projected, wanted + round(wanted / share)))
        if 2 * len(found) >= wanted:
            return found
        share *= max(len(found), 1) / wanted
    return None


def _products(many: Bytes, one: Bytes, rows: Rows) -> Products:
    """Inner products of `many` (creators, directions) with `one` (1, directions), of these rows in their order."""

    def compute(part: slice) -> Products:
        return np.asarray(numkong.cdist(many.take(rows[part], axis=0), one, "dot"))[:, 0]

    return np.concatenate(by_rows(compute, len(rows))) if many.shape[1] else np.zeros(len(rows))


def _largest(products: Products, count: int) -> Rows:
    """Places of the `count` largest, or all there are, in no order."""
    if len(products) <= count:
        return np.arange(len(products), dtype=np.int32)
    return np.argpartition(products, -count)[-count:].astype(np.int32)
