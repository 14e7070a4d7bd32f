"""What filters look at, held in memory column by column: which rows may pass.

Whoever passes is among them. That all of them pass is for SQL to say: numbers are rounded here, and some filters are not
looked at.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from influencerflow.retrieval.reduction import Rows

# From this share of all creators on, one look at everybody is faster than picking rows.
_MANY = 0.25

Mask = NDArray[np.bool_]


class Clause(Protocol):
    """One filter. `count`: how many rows it keeps."""

    @property
    def count(self) -> int: ...

    def rows(self) -> Rows: ...

    def test(self, rows: Rows | None) -> Mask:
        """For these rows, or all."""
        ...


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """`values`: NaN where unknown. `order`: the rows whose value is known, by value, and `ordered` their values."""

    values: NDArray[np.float32]
    order: Rows
    ordered: NDArray[np.float32]

    @classmethod
    def of(cls, values: NDArray[np.float32]) -> Self:
        order = np.argsort(values)[: len(values) - int(np.isnan(values).sum())].astype(np.int32)
        return cls(values, order, values[order])

    @property
    def bytes(self) -> int:
        return self.values.nbytes + self.order.nbytes + self.ordered.nbytes

    def between(self, low: float | None, high: float | None) -> "Between":
        """Both included. Rounding keeps the order of numbers: what lies between them does so when all are rounded."""
        with np.errstate(over="ignore"):
            return Between(
                self, np.float32(-np.inf if low is None else low), np.float32(np.inf if high is None else high)
            )


@dataclass(frozen=True, slots=True)
class Between:
    column: NumberColumn
    low: np.float32
    high: np.float32

    @property
    def _span(self) -> tuple[int, int]:
        ordered = self.column.ordered
        return int(np.searchsorted(ordered, self.low, "left")), int(np.searchsorted(ordered, self.high, "right"))

    @property
    def count(self) -> int:
        start, stop = self._span
        return max(0, stop - start)

    def rows(self) -> Rows:
        start, stop = self._span
        return self.column.order[start:stop]

    def test(self, rows: Rows | None) -> Mask:
        values = self.column.values if rows is None else self.column.values[rows]
        found: Mask = values >= self.low  # not so what is unknown
        return found if self.high == np.inf else found & (values <= self.high)


@dataclass(frozen=True, slots=True)
class WordColumn:
    """`codes`: each row's position in `hashes`, which are sorted. A code's rows are `order[starts[code] : starts[code + 1]]`."""

    codes: NDArray[np.unsignedinteger[Any]]
    hashes: NDArray[np.int64]
    order: Rows
    starts: Rows

    @classmethod
    def of(cls, hashes: NDArray[np.int64]) -> Self:
        distinct, codes = np.unique(hashes, return_inverse=True)
        order = np.argsort(codes, kind="stable").astype(np.int32)
        starts = np.searchsorted(codes[order], np.arange(len(distinct) + 1)).astype(np.int32)
        return cls(codes.astype(np.min_scalar_type(len(distinct))), distinct, order, starts)

    @property
    def bytes(self) -> int:
        return self.codes.nbytes + self.order.nbytes

    def read(self) -> NDArray[np.int64]:
        """The hashes it was made of."""
        found: NDArray[np.int64] = self.hashes[self.codes]
        return found

    def any_of(self, hashes: Iterable[int], *, but: bool = False) -> "AnyOf":
        """The rows of these words or, with `but`, all the others."""
        wanted = np.isin(self.hashes, np.fromiter(hashes, np.int64))
        return AnyOf(self, ~wanted if but else wanted)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """`wanted`: for each code whether it passes."""

    column: WordColumn
    wanted: Mask

    @property
    def count(self) -> int:
        return int(np.diff(self.column.starts)[self.wanted].sum())

    def rows(self) -> Rows:
        starts, order = self.column.starts, self.column.order
        parts = [order[starts[code] : starts[code + 1]] for code in np.flatnonzero(self.wanted)]
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.int32)

    def test(self, rows: Rows | None) -> Mask:
        return self.wanted.take(self.column.codes if rows is None else self.column.codes[rows])


def rows_of(clauses: Sequence[Clause], size: int) -> Rows | None:
    """The rows that all keep, beginning with the one that keeps fewest; None for everybody."""
    if not clauses:
        return None
    first, *others = sorted(clauses, key=lambda clause: clause.count)
    if first.count > _MANY * size:
        mask = first.test(None)
        for clause in others:
            mask &= clause.test(None)
        return np.flatnonzero(mask).astype(np.int32)
    rows = first.rows()
    for clause in others:
        rows = rows[clause.test(rows)]
    return rows
