"""Vectors turned into their widest directions, a byte each: a million of them are compared in milliseconds.

Inner products of bytes only tell who is worth a comparison of whole vectors.
"""

import os
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import simsimd
from numpy.typing import NDArray

from influencerflow.embeddings.encoder import Vectors

# Everybody is compared along so many directions, which of 384 hold three quarters of the length of vectors such as ours; who
# seems near then along all that are kept (docs/decisions/0014-search-memory.md).
FIRST, KEPT = 128, 512
_LARGEST = 127
# Beyond this quantile of a sample, numbers are cut off: the rest is told apart the more finely.
_CUT = 0.9999
# Where the first directions tell less than this of what tells creators apart for a query, everybody is compared along all.
_TELL_ENOUGH = 0.85
# How many go into the second comparison: so many for each that is asked for, and so many at least.
_FOR_EACH, _AT_LEAST = 8, 2000
# So many rows are worth sharing out over the cores; more than four cores would only wait for memory.
_WORTH_THREADS, _THREADS = 100_000, min(4, os.cpu_count() or 1)
# One of so many products is looked at to know which are large.
_SAMPLE_OF = 16

Bytes = NDArray[np.int8]
Rows = NDArray[np.int32]


class Reduced(NamedTuple):
    """`first` of shape (creators, FIRST), `rest` (creators, what else is kept); apart, so that the first lie side by side."""

    first: Bytes
    rest: Bytes

    def only(self, rows: Rows | NDArray[np.bool_]) -> "Reduced":
        return Reduced(self.first[rows], self.rest[rows])


class ReducedQuery(NamedTuple):
    """Of shape (1, ...) each. `first_tell`: whether the first directions tell who may be near."""

    first: Bytes
    rest: Bytes
    first_tell: bool


@dataclass(frozen=True, slots=True)
class Reduction:
    """`basis` of shape (dimensions, kept), orthonormal, the widest direction first; `scale` (kept) makes bytes of projections.
    `moments`: the mean of x x^T over the sample, of shape (dimensions, dimensions).
    """

    basis: Vectors
    scale: Vectors
    moments: Vectors

    @classmethod
    def of(cls, sample: Vectors) -> Self:
        """The principal directions of a sample of shape (creators, dimensions). Its mean is not taken away: what is to be kept
        are inner products.
        """
        moments: Vectors = sample.T @ sample / np.float32(max(len(sample), 1))
        _, directions = np.linalg.eigh(moments)
        basis = np.ascontiguousarray(directions[:, ::-1][:, :KEPT], dtype=np.float32)
        largest = np.quantile(np.abs(sample @ basis), _CUT, axis=0) if len(sample) else np.ones(basis.shape[1])
        return cls(basis, (_LARGEST / np.maximum(largest, 1e-12)).astype(np.float32), moments)

    def reduce(self, vectors: Vectors) -> Reduced:
        """(creators, dimensions) to (creators, kept)."""
        whole = _bytes(vectors @ self.basis * self.scale)
        return Reduced(np.ascontiguousarray(whole[:, :FIRST]), np.ascontiguousarray(whole[:, FIRST:]))

    def reduce_query(self, query: Vectors) -> ReducedQuery:
        """Undoes the creators' scales, to a scale of its own, which changes nobody's place."""
        projected = query @ self.basis
        undone = projected / self.scale
        whole = _bytes(undone * (_LARGEST / max(float(np.abs(undone).max()), 1e-12)))[None, :]
        # The mean square of inner products with creators: of those along the first directions, and of all.
        first = self.basis[:, :FIRST] @ projected[:FIRST]
        told, to_tell = float(first @ self.moments @ first), float(query @ self.moments @ query)
        return ReducedQuery(whole[:, :FIRST], whole[:, FIRST:], told >= _TELL_ENOUGH * to_tell)


def nearest(reduced: Reduced, query: ReducedQuery, rows: Rows | None, count: int) -> Rows:
    """The `count` rows of the largest inner products, or all there are, in no order. `rows`: who takes part; None for all."""
    seem_near = _largest(_seeming_near(reduced, query, rows), max(_AT_LEAST, _FOR_EACH * count))
    if rows is not None:
        seem_near = rows[seem_near]
    if len(seem_near) <= count:
        return seem_near
    near = reduced.only(seem_near)
    return seem_near[_largest(_products(near.first, query.first) + _products(near.rest, query.rest), count)]


def _seeming_near(reduced: Reduced, query: ReducedQuery, rows: Rows | None) -> NDArray[np.float32]:
    products = _products_of(rows, reduced.first, query.first)
    return products if query.first_tell else products + _products_of(rows, reduced.rest, query.rest)


def _products_of(rows: Rows | None, many: Bytes, one: Bytes) -> NDArray[np.float32]:
    """Rows that are a small part are picked first, of a large part the products are."""
    if rows is None:
        return _products(many, one)
    if 8 * len(rows) > len(many):
        return _products(many, one)[rows]
    return _products(many.take(rows, axis=0), one)


def _products(many: Bytes, one: Bytes) -> NDArray[np.float32]:
    if not many.size:
        return np.zeros(len(many), dtype=np.float32)
    threads = _THREADS if len(many) >= _WORTH_THREADS else 1
    products: NDArray[np.float32] = np.asarray(simsimd.cdist(one, many, "dot", out_dtype="float32", threads=threads))[0]
    return products


def _largest(products: NDArray[np.float32], count: int) -> Rows:
    """Their places, in no order. A sample tells a bound that somewhat more than `count` reach: the others need no order."""
    if len(products) <= count:
        return np.arange(len(products), dtype=np.int32)
    places = None
    if len(products) > 2 * _SAMPLE_OF * count:
        sample = products[::_SAMPLE_OF]
        beyond = len(sample) - 2 * count // _SAMPLE_OF - 10
        places = np.flatnonzero(products >= np.partition(sample, beyond)[beyond])
    if places is None or len(places) < count:
        return np.argpartition(products, len(products) - count)[-count:].astype(np.int32)
    return places[np.argpartition(products[places], len(places) - count)[-count:]].astype(np.int32)


def _bytes(numbers: Vectors) -> Bytes:
    return np.clip(np.rint(numbers), -_LARGEST, _LARGEST).astype(np.int8)
