"""Vectors turned into their widest directions, a byte each: a million of them are compared in milliseconds.

Inner products of bytes only tell who is worth a comparison of whole vectors.
"""

import os
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

# A thread that has done its part must sleep, not spin: the core is PostgreSQL's then. Read when the library is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
import simsimd

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
_FOR_EACH, _AT_LEAST = 8, 1000
# So many rows are worth sharing out over the cores; more than four cores would only wait for memory.
_WORTH_THREADS, _THREADS = 100_000, min(4, os.cpu_count() or 1)
# One of so many products is looked at to know which are large.
_SAMPLE_OF = 16

Bytes = NDArray[np.int8]
Mask = NDArray[np.bool_]
Rows = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Passing:
    """Who takes part: `count` rows, by number or, where they are many, by a `mask` over all; neither for everybody."""

    count: int
    rows: Rows | None = None
    mask: Mask | None = None


class Reduced(NamedTuple):
    """`first` of shape (creators, FIRST), `rest` (creators, what else is kept); apart, so that the first lie side by side."""

    first: Bytes
    rest: Bytes

    def only(self, rows: Rows | NDArray[np.bool_]) -> "Reduced":
        return Reduced(self.first[rows], self.rest[rows])


class ReducedQuery(NamedTuple):
    """Of shape (1, ...) each."""

    first: Bytes
    rest: Bytes


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
        return ReducedQuery(whole[:, :FIRST], whole[:, FIRST:])

    def first_tell(self, query: Vectors) -> bool:
        """Whether the first directions tell who may be near: by the mean square of inner products with creators, of those
        along the first directions and of all.
        """
        first = self.basis[:, :FIRST] @ (query @ self.basis[:, :FIRST])
        told, to_tell = float(first @ self.moments @ first), float(query @ self.moments @ query)
        return told >= _TELL_ENOUGH * to_tell


def nearest(reduced: Reduced, reduction: Reduction, query: Vectors, passing: Passing, count: int) -> Rows:
    """The `count` rows of the largest inner products, or all there are, in no order."""
    compared_again = max(_AT_LEAST, _FOR_EACH * count)
    asked = reduction.reduce_query(query)
    products = _products(reduced.first, asked.first, passing.rows)
    if passing.count <= compared_again or not reduction.first_tell(query):
        products = products + _products(reduced.rest, asked.rest, passing.rows)
        places = _largest(products, count, passing.mask)
        return places if passing.rows is None else passing.rows[places]
    places = _largest(products, compared_again, passing.mask)
    seem_near = places if passing.rows is None else passing.rows[places]
    products = products[places] + _products(reduced.rest, asked.rest, seem_near)
    return seem_near[_largest(products, count)]


def _products(many: Bytes, one: Bytes, rows: Rows | None) -> NDArray[np.float32]:
    """Of these rows, or of all, in their order."""
    picked = many if rows is None else many.take(rows, axis=0)
    if not picked.size:
        return np.zeros(len(picked), dtype=np.float32)
    threads = _THREADS if len(picked) >= _WORTH_THREADS else 1
    products: NDArray[np.float32] = np.asarray(simsimd.cdist(one, picked, "dot", out_dtype="float32", threads=threads))[
        0
    ]
    return products


def _largest(products: NDArray[np.float32], count: int, mask: Mask | None = None) -> Rows:
    """Places of the `count` largest, in no order, of all or of those in the mask. A sample tells a bound that somewhat more
    than `count` reach: the others need no order.
    """
    sample = products[::_SAMPLE_OF] if mask is None else products[::_SAMPLE_OF].compress(mask[::_SAMPLE_OF])
    places = None
    if len(sample) > 2 * count:
        beyond = len(sample) - 2 * count // _SAMPLE_OF - 10
        reached = products >= np.partition(sample, beyond)[beyond]
        places = np.flatnonzero(reached if mask is None else reached & mask)
    if places is None or len(places) < count:
        places = np.arange(len(products)) if mask is None else np.flatnonzero(mask)
    if len(places) > count:
        places = places[np.argpartition(products[places], len(places) - count)[-count:]]
    return places.astype(np.int32)


def _bytes(numbers: Vectors) -> Bytes:
    return np.clip(np.rint(numbers), -_LARGEST, _LARGEST).astype(np.int8)
