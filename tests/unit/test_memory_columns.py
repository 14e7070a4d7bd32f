"""Columns in memory keep everybody who passes, and bytes of vectors tell who is near."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from influencerflow.embeddings.encoder import normalized
from influencerflow.retrieval import columns, reduction
from influencerflow.retrieval.columns import Clause, Mask, NumberColumn, Passing, Rows, WordColumn
from influencerflow.retrieval.columns import passing as who_passes
from influencerflow.retrieval.reduction import FIRST, KEPT, Reduction, nearest

NUMBERS = st.none() | st.sampled_from([0.0, 0.1, 1.0, 2.5, 10_000_001.0, 1e11, 1e300]) | st.floats(0, 1e12)
WORDS = st.integers(-2, 3)


@st.composite
def catalogue(draw: st.DrawFn) -> tuple[list[float | None], list[int], list[tuple[str, tuple[object, ...]]]]:
    size = draw(st.integers(0, 40))
    numbers = draw(st.lists(NUMBERS, min_size=size, max_size=size))
    words = draw(st.lists(WORDS, min_size=size, max_size=size))
    known = st.none() | st.sampled_from([number for number in numbers if number is not None] or [1.0])
    between = st.tuples(st.just("between"), st.tuples(known, known))
    any_of = st.tuples(st.just("any_of"), st.tuples(st.lists(WORDS, max_size=3), st.booleans()))
    return numbers, words, draw(st.lists(between | any_of, max_size=4))


@given(catalogue())
def test_everybody_who_passes_is_kept(
    drawn: tuple[list[float | None], list[int], list[tuple[str, tuple[object, ...]]]],
) -> None:
    numbers, words, asked = drawn
    column = NumberColumn.of(np.array([np.nan if n is None else n for n in numbers]))
    spoken = WordColumn.of(np.array(words, dtype=np.int64))
    clauses: list[Clause] = []
    passing = set(range(len(numbers)))
    for kind, (first, second) in asked:
        if kind == "between":
            clauses.append(column.between(first, second))  # type: ignore[arg-type]
            passing &= {row for row, number in enumerate(numbers) if _lies(number, first, second)}
        else:
            clauses.append(spoken.any_of(first, but=bool(second)))  # type: ignore[arg-type]
            passing &= {row for row, word in enumerate(words) if (word in first) != second}  # type: ignore[operator]
    for few, many in ((0.08, 0.03), (1.0, 0.03), (0.0, 1.1), (0.0, 0.0)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(columns, "_FEW", few)
            patch.setattr(columns, "_MANY", many)
            found = who_passes(clauses, len(numbers))
        assert rows_of(found, len(numbers)) == passing
        if found.rows is not None or not clauses:
            assert found.count == len(passing)
        else:
            assert found.sample is not None
            assert set(found.sample.tolist()) == {row for row in passing if row % columns.SAMPLE_OF == 0}
    everybody = slice(None)
    for clause in clauses:
        assert clause.count == len(clause.rows()) == int(clause.test(everybody).sum())
        assert sorted(clause.rows().tolist()) == np.flatnonzero(clause.test(everybody)).tolist()
        assert clause.test(clause.rows()).all()


def test_numbers_that_share_a_place_are_kept_together() -> None:
    values = np.random.default_rng(4).permutation(300_000).astype(np.float64)
    values[::10] = np.nan
    column = NumberColumn.of(values)
    np.testing.assert_array_equal(column.read(), values)
    for low, high in ((None, 17), (1_000, 1_000), (299_998, None), (5, 200_000), (7, 6), (-5, -1), (400_000, None)):
        between = column.between(low, high)
        passing = (values >= (-np.inf if low is None else low)) & (values <= (np.inf if high is None else high))
        assert (between.count, sorted(between.rows())) == (int(passing.sum()), np.flatnonzero(passing).tolist())
        kept = between.test(slice(None))
        assert (kept >= passing).all()
        assert int((kept & ~passing).sum()) <= 2 * (1 + 270_000 // columns._PLACES)


def _lies(number: float | None, low: object, high: object) -> bool:
    return number is not None and (low is None or number >= low) and (high is None or number <= high)  # type: ignore[operator]


def rows_of(passing: Passing, size: int) -> set[int]:
    everybody = np.arange(size, dtype=np.int32) if passing.rows is None else passing.rows
    return set(passing.among(everybody).tolist())


class Every:
    """A clause: one of so many passes."""

    def __init__(self, size: int, step: int) -> None:
        self.mask = np.arange(size) % step == 0
        self.count = int(self.mask.sum())

    def rows(self) -> Rows:
        return np.flatnonzero(self.mask).astype(np.int32)

    def test(self, rows: Rows | slice) -> Mask:
        kept: Mask = self.mask[rows]
        return kept


def vectors(count: int, dimensions: int, *, seed: int = 5) -> np.ndarray:
    """Wider in some directions than in others, as encodings are."""
    rng = np.random.default_rng(seed)
    widths = 1 / np.sqrt(1 + np.arange(dimensions))
    return normalized((rng.standard_normal((count, dimensions)) * widths).astype(np.float32))


def test_who_is_nearest_is_among_those_proposed() -> None:
    stored = vectors(30_000, 384)
    read = Reduction.of(stored[:5_000])
    reduced = read.reduce(stored)
    assert (reduced.first.shape, reduced.rest.shape) == ((30_000, FIRST), (30_000, 384 - FIRST))
    parts = [who_passes([Every(30_000, step)] if step else [], 30_000) for step in (0, 3, 15, 300)]
    assert [part.rows is None for part in parts] == [True, True, False, False]
    # Queries as creators are, and such as are wide where creators are narrow.
    for queries, first_tell in ((vectors(10, 384, seed=6), True), (vectors(10, 384, seed=6)[:, ::-1].copy(), False)):
        for query in queries:
            assert read.reduce_query(query).first_tell is first_tell
            for passing in parts:
                exact = np.where(np.isin(np.arange(30_000), list(rows_of(passing, 30_000))), stored @ query, -9)
                found = nearest(reduced, read, query, passing, 90)
                assert len(set(found.tolist())) == 90
                assert len(set(np.argsort(-exact)[:20]) & set(found.tolist())) >= 19


@pytest.mark.parametrize("size", [0, 5, 1_000, 30_000, 150_000])
@pytest.mark.parametrize("kind", ["random", "sorted", "alike", "few large"])
def test_the_largest_are_the_largest(size: int, kind: str) -> None:
    products = np.random.default_rng(2).standard_normal(size).astype(np.float32)
    if kind == "sorted":
        products = np.sort(products)
    elif kind == "alike":
        products = np.ones(size, dtype=np.float32)
    elif kind == "few large":
        products = np.where(np.arange(size) % 1_000 == 7, 9, -1).astype(np.float32)
    for step in (0, 3, 50):
        passing = Passing(size)
        if step:
            every = Every(size, step)
            sample = np.flatnonzero(every.mask[:: columns.SAMPLE_OF]) * columns.SAMPLE_OF
            passing = Passing(every.count, clauses=[every], sample=sample.astype(np.int32))
        among = rows_of(passing, size)
        places = reduction._largest(products, 200, passing).tolist()
        assert set(places) <= among
        assert len(set(places)) == len(places) == min(200, len(among))
        assert np.sort(products[places]).tolist() == np.sort(products[sorted(among)])[-200:].tolist()


def test_vectors_of_any_length_are_reduced() -> None:
    for dimensions, kept in ((8, (8, 0)), (FIRST, (FIRST, 0)), (1536, (FIRST, KEPT - FIRST))):
        stored = vectors(300, dimensions)
        read = Reduction.of(stored)
        reduced = read.reduce(stored)
        assert (reduced.first.shape[1], reduced.rest.shape[1]) == kept
        assert 7 in nearest(reduced, read, stored[7], Passing(300), 20)


def test_of_nobody_nobody_is_nearest() -> None:
    nobody = vectors(0, 384)
    read = Reduction.of(nobody)
    assert len(nearest(read.reduce(nobody), read, vectors(1, 384)[0], Passing(0), 20)) == 0
