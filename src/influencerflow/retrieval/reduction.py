"""Vectors turned into their widest directions, a byte each, whose inner products tell who is worth a comparison of whole ones."""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from influencerflow.embeddings.encoder import Vectors
from influencerflow.retrieval.columns import Mask, Rows

# Many are compared along so many directions, which of 384 hold three quarters of the length of vectors such as ours; who
# seems near then along all that are kept (docs/decisions/0014-search-memory.md).
FIRST, KEPT = 128, 512
_LARGEST = 127
# Beyond this quantile of a sample, numbers are cut off: the rest is told apart the more finely.
_CUT = 0.9999
# Where the first directions tell less than this of what tells creators apart for a query, all are compared along all.
_TELL_ENOUGH = 0.85

Bytes = NDArray[np.int8]


class Reduced(NamedTuple):
    """`first` of shape (creators, FIRST), `rest` (creators, what else is kept); apart, so that the first lie side by side."""

    first: Bytes
    rest: Bytes

    def only(self, rows: Rows | Mask) -> "Reduced":
        return Reduced(self.first[rows], self.rest[rows])


class ReducedQuery(NamedTuple):
    """Of shape (1, ...) each; `projected` along the first directions, which tell who may be near if `first_tell`."""

    projected: Vectors
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
        return ReducedQuery(projected[None, :FIRST], whole[:, :FIRST], whole[:, FIRST:], first_tell)


def _bytes(numbers: Vectors) -> Bytes:
    return np.clip(np.rint(numbers), -_LARGEST, _LARGEST).astype(np.int8)
