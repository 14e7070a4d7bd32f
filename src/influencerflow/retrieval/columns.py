"""What filters look at, held in memory column by column: which rows may pass.

Whoever passes is among them. That all of them pass is for SQL to say: numbers are told apart only so far here, and some
filters are not looked at.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from influencerflow.retrieval.cores import by_rows

# A filter that keeps less than this share of all creators lists them; of several that keep more, everybody is looked at.
_FEW = 0.08
# If so many pass, it is faster to see who is near first, and to look only at them.
_MANY = 0.04
# One of so many creators tells how many pass.
_SAMPLE_OF = 256
# A number is known by its place in the order of all, one of so many: two bytes are looked at faster than eight.
_PLACES = np.iinfo(np.uint16).max

Mask = NDArray[np.bool_]
Rows = NDArray[np.int32]


class Clause(Protocol):
    """One filter. `count`: how many rows it keeps."""

    @property
    def count(self) -> int: ...

    def rows(self) -> Rows: ...

    def test(self, rows: Rows | slice) -> Mask: ...


@dataclass(frozen=True, slots=True)
class Passing:
    """Who takes part: the `rows`; or, where they are many, whoever keeps to all `clauses`, about `count`."""

    count: int
    rows: Rows | None = None
    clauses: Sequence[Clause] = ()

    def among(self, rows: Rows) -> Rows:
        return _kept(rows, self.clauses)

    def listed(self, size: int) -> Rows:
        """All of them, of so many creators."""
        return _of_everybody(self.clauses, size) if self.rows is None else self.rows


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """`order`: the rows whose value is known, by value, and `ordered` their values. `places`: where each row lies in that order,
    from 0 up to _PLACES, which stands for unknown.
    """

    places: NDArray[np.uint16]
    order: Rows
    ordered: NDArray[np.float64]

    @classmethod
    def of(cls, values: NDArray[np.float64]) -> Self:
        """NaN is unknown."""
        order = np.argsort(values)[: len(values) - int(np.isnan(values).sum())].astype(np.int32)
        places = np.full(len(values), _PLACES, dtype=np.uint16)
        places[order] = np.arange(len(order)) * _PLACES // max(len(order), 1)
        return cls(places, order, values[order])

    @property
    def bytes(self) -> int:
        return self.places.nbytes + self.order.nbytes + self.ordered.nbytes

    def read(self) -> NDArray[np.float64]:
        """The values it was made of."""
        values = np.full(len(self.places), np.nan)
        values[self.order] = self.ordered
        return values

    def between(self, low: float | None, high: float | None) -> "Between":
        """Both included."""
        start = 0 if low is None else int(np.searchsorted(self.ordered, low, "left"))
        stop = len(self.ordered) if high is None else int(np.searchsorted(self.ordered, high, "right"))
        return Between(self, start, max(start, stop))


@dataclass(frozen=True, slots=True)
class Between:
    """Of the order, from `start` up to `stop`, which is not included."""

    column: NumberColumn
    start: int
    stop: int

    @property
    def count(self) -> int:
        return self.stop - self.start

    def rows(self) -> Rows:
        return self.column.order[self.start : self.stop]

    def test(self, rows: Rows | slice) -> Mask:
        """Keeps as well who shares a place with the first or the last."""
        places, known = _picked(self.column.places, rows), max(len(self.column.order), 1)
        if not self.count:
            return np.zeros(len(places), dtype=np.bool_)
        first, last = (np.uint16(row * _PLACES // known) for row in (self.start, self.stop - 1))
        kept: Mask = places <= last
        if first:
            kept &= places >= first
        return kept


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

    def test(self, rows: Rows | slice) -> Mask:
        return self._wanted.take(_picked(self.column.codes, rows))


def passing(clauses: Iterable[Clause], size: int) -> Passing:
    """Whom all clauses keep."""
    ordered = sorted(clauses, key=lambda clause: clause.count)
    if not ordered:
        return Passing(size)
    first, *others = ordered
    if first.count <= _FEW * size:
        rows = _kept(first.rows(), others)
        return Passing(len(rows), rows)
    about = round(size * float(_mask(ordered, slice(None, None, _SAMPLE_OF)).mean()))
    if about >= _MANY * size:
        return Passing(about, clauses=ordered)
    rows = _of_everybody(ordered, size) if isinstance(first, Between) else _kept(first.rows(), others)
    return Passing(len(rows), rows)


def _of_everybody(clauses: Sequence[Clause], size: int) -> Rows:
    """Numbers are looked at by all, which is fast; words by those who are left."""
    numbers = [clause for clause in clauses if isinstance(clause, Between)]
    others = [clause for clause in clauses if not isinstance(clause, Between)]

    def look(part: slice) -> Rows:
        rows = np.flatnonzero(_mask(numbers, part)) if numbers else np.arange(part.stop - part.start)
        return _kept((part.start + rows).astype(np.int32), others)

    return np.concatenate(by_rows(look, size))


def _mask(clauses: Iterable[Clause], rows: slice) -> Mask:
    first, *others = clauses
    kept = first.test(rows)
    for clause in others:
        kept &= clause.test(rows)
    return kept


def _picked(values: NDArray[Any], rows: Rows | slice) -> NDArray[Any]:
    # Twice as fast as values[rows] where rows are listed, and other threads run meanwhile.
    return values[rows] if isinstance(rows, slice) else values.take(rows)


def _kept(rows: Rows, clauses: Iterable[Clause]) -> Rows:
    for clause in clauses:
        rows = rows.compress(clause.test(rows))  # several times as fast as rows[...]
    return rows
