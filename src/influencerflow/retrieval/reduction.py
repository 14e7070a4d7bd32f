"""Vectors turned into their widest directions, a byte each: a million of them are compared in milliseconds.

Inner products of bytes only tell who is worth a comparison of whole vectors.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from influencerflow.embeddings.encoder import Vectors
from influencerflow.retrieval.columns import SAMPLE_OF, Mask, Passing, Rows
from influencerflow.retrieval.products import Bytes, Products, inner_products

# Everybody is compared along so many directions, which of 384 hold three quarters of the length of vectors such as ours; who
# seems near then along all that are kept (docs/decisions/0014-search-memory.md).
FIRST, KEPT = 128, 512
_LARGEST = 127
# Beyond this quantile of a sample, numbers are cut off: the rest is told apart the more finely.
_CUT = 0.9999
# Where the first directions tell less than this of what tells creators apart for a query, everybody is compared along all.
_TELL_ENOUGH = 0.85
# How many go into the second comparison: so many for each that is asked for, and so many at least.
_FOR_EACH, _AT_LEAST = 8, 1000


class Reduced(NamedTuple):
    """`first` of shape (creators, FIRST), `rest` (creators, what else is kept); apart, so that the first lie side by side."""

    first: Bytes
    rest: Bytes

    def only(self, rows: Rows | Mask) -> "Reduced":
        return Reduced(self.first[rows], self.rest[rows])


class ReducedQuery(NamedTuple):
    """Of shape (1, ...) each; `first_tell`: whether the first directions tell who may be near."""

    first: Bytes
    rest: Bytes
    first_tell: bool


@dataclass(frozen=True, slots=True)
class Reduction:
    """`basis` of shape (kept, dimensions), orthonormal, the widest direction first, and `widths` (kept) the mean squares of
    creators along them; `scale` (kept) makes bytes of projections.
    """

    basis: Vectors
    widths: Vectors
    scale: Vectors

    @classmethod
    def of(cls, sample: Vectors) -> Self:
        """The principal directions of a sample of shape (creators, dimensions). Its mean is not taken away: what is to be kept
        are inner products.
        """
        widths, directions = np.linalg.eigh(sample.T @ sample / np.float32(max(len(sample), 1)))
        basis = np.ascontiguousarray(directions.T[::-1][:KEPT], dtype=np.float32)
        largest = np.quantile(np.abs(sample @ basis.T), _CUT, axis=0) if len(sample) else np.ones(len(basis))
        return cls(basis, widths[::-1][:KEPT], (_LARGEST / np.maximum(largest, 1e-12)).astype(np.float32))

    def reduce(self, vectors: Vectors) -> Reduced:
        """(creators, dimensions) to (creators, kept)."""
        whole = _bytes(vectors @ self.basis.T * self.scale)
        return Reduced(np.ascontiguousarray(whole[:, :FIRST]), np.ascontiguousarray(whole[:, FIRST:]))

    def reduce_query(self, query: Vectors) -> ReducedQuery:
        """Undoes the creators' scales, to a scale of its own, which changes nobody's place.

        The first directions tell by the mean square of inner products with creators, of those along the first and of all.
        """
        # Not `@`, which shares even this out over the cores, and whose threads then spin for a while: the next step needs them.
        projected = np.vecdot(self.basis, query)
        told = np.cumsum(projected**2 * self.widths)
        undone = projected / self.scale
        whole = _bytes(undone * (_LARGEST / max(float(np.abs(undone).max()), 1e-12)))[None, :]
        first_tell = bool(told[:FIRST][-1] >= _TELL_ENOUGH * told[-1])
        return ReducedQuery(whole[:, :FIRST], whole[:, FIRST:], first_tell)


def nearest(reduced: Reduced, reduction: Reduction, query: Vectors, passing: Passing, count: int) -> Rows:
    """The `count` rows of the largest inner products, or all there are, in no order."""
    compared_again = max(_AT_LEAST, _FOR_EACH * count)
    asked = reduction.reduce_query(query)
    products = _products(reduced.first, asked.first, passing.rows)
    if passing.count <= compared_again or not asked.first_tell:
        products = products + _products(reduced.rest, asked.rest, passing.rows)
        places = _largest(products, count, passing)
        return places if passing.rows is None else passing.rows[places]
    places = _largest(products, compared_again, passing)
    seem_near = places if passing.rows is None else passing.rows[places]
    if len(seem_near) <= count:
        return seem_near
    products = products[places] + _products(reduced.rest, asked.rest, seem_near)
    return seem_near[_largest(products, count, Passing(len(products)))]


def _products(many: Bytes, one: Bytes, rows: Rows | None) -> Products:
    """Of these rows, or of all, in their order."""
    return inner_products(many if rows is None else many.take(rows, axis=0), one)


def _largest(products: Products, count: int, passing: Passing) -> Rows:
    """Places of the `count` largest, in no order, of those that keep to the clauses. A sample tells a bound that somewhat more
    than `count` of them reach: the others need neither order nor a look at the clauses.
    """
    sample = products[::SAMPLE_OF] if passing.sample is None else products[passing.sample]
    reaching = 2 * count // SAMPLE_OF + 10
    places = None
    if 2 * reaching < len(sample):
        bound = np.partition(sample, -reaching)[-reaching]
        places = passing.among(np.flatnonzero(products >= bound).astype(np.int32))
    if places is None or len(places) < count:
        places = passing.among(np.arange(len(products), dtype=np.int32))
    if len(places) > count:
        places = places[np.argpartition(products[places], -count)[-count:]]
    return places


def _bytes(numbers: Vectors) -> Bytes:
    return np.clip(np.rint(numbers), -_LARGEST, _LARGEST).astype(np.int8)
