"""What filters look at, held in memory column by column: which rows may pass.

Whoever passes is among them. That all of them pass is for SQL to say: some filters are not looked at here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from influencerflow.retrieval.reduction import Mask, Passing, Rows

# From this share of all creators on, one look at everybody is faster than to pick rows of a column,
_MANY = 0.06
# and from this on, than to pick rows of vectors.
_MOST = 0.125


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

    values: NDArray[np.float64]
    order: Rows
    ordered: NDArray[np.float64]

    @classmethod
    def of(cls, values: NDArray[np.float64]) -> Self:
        order = np.argsort(values)[: len(values) - int(np.isnan(values).sum())].astype(np.int32)
        return cls(values, order, values[order])

    @property
    def bytes(self) -> int:
        return self.values.nbytes + self.order.nbytes + self.ordered.nbytes

    def between(self, low: float | None, high: float | None) -> "Between":
        """Both included."""
        return Between(self, -np.inf if low is None else low, np.inf if high is None else high)


@dataclass(frozen=True, slots=True)
class Between:
    column: NumberColumn
    low: float
    high: float

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
        values = self.column.values if rows is None else self.column.values.take(rows)
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
        wanted = np.fromiter(sorted(set(hashes)), np.int64)
        places = np.searchsorted(self.hashes, wanted)
        known = places < len(self.hashes)
        known[known] = self.hashes[places[known]] == wanted[known]
        return AnyOf(self, places[known], but)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """`named`: the codes of the words that pass or, with `but`, that do not."""

    column: WordColumn
    named: NDArray[np.intp]
    but: bool

    @property
    def count(self) -> int:
        starts, named = self.column.starts, self.named
        count = int((starts[named + 1] - starts[named]).sum())
        return len(self.column.codes) - count if self.but else count

    @property
    def _wanted(self) -> Mask:
        wanted = np.full(len(self.column.hashes), self.but)
        wanted[self.named] = not self.but
        return wanted

    def rows(self) -> Rows:
        starts, order = self.column.starts, self.column.order
        codes = np.flatnonzero(self._wanted) if self.but else self.named
        parts = [order[starts[code] : starts[code + 1]] for code in codes]
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.int32)

    def test(self, rows: Rows | None) -> Mask:
        codes = self.column.codes
        return self._wanted.take(codes if rows is None else codes.take(rows))


def passing(clauses: Sequence[Clause], size: int) -> Passing:
    """Whom all clauses keep, beginning with the one that keeps fewest: everybody is looked at until few are left."""
    found = Passing(size)
    for clause in sorted(clauses, key=lambda clause: clause.count):
        if found.rows is not None:
            rows = found.rows[clause.test(found.rows)]
            found = Passing(len(rows), rows)
        elif found.mask is None and clause.count <= _MANY * size:
            found = Passing(clause.count, clause.rows())
        else:
            found = _masked(clause.test(None) if found.mask is None else found.mask & clause.test(None))
    return found


def _masked(mask: Mask) -> Passing:
    count = int(np.count_nonzero(mask))
    if count > _MOST * len(mask):
        return Passing(count, mask=mask)
    return Passing(count, np.flatnonzero(mask).astype(np.int32))
