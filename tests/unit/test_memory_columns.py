"""Columns in memory keep everybody who passes, and bytes of vectors tell who is near."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from influencerflow.embeddings.encoder import normalized
from influencerflow.retrieval import reduction
from influencerflow.retrieval.columns import Clause, NumberColumn, WordColumn
from influencerflow.retrieval.columns import passing as who_passes
from influencerflow.retrieval.reduction import FIRST, KEPT, Passing, Reduction, nearest

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
    found = who_passes(clauses, len(numbers))
    assert (rows_of(found), found.count) == (passing, len(passing))
    for clause in clauses:
        assert clause.count == len(clause.rows()) == int(clause.test(None).sum())
        assert sorted(clause.rows().tolist()) == np.flatnonzero(clause.test(None)).tolist()


def _lies(number: float | None, low: object, high: object) -> bool:
    return number is not None and (low is None or number >= low) and (high is None or number <= high)  # type: ignore[operator]


def rows_of(passing: Passing) -> set[int]:
    if passing.mask is not None:
        return set(np.flatnonzero(passing.mask).tolist())
    return set(range(passing.count)) if passing.rows is None else set(passing.rows.tolist())


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
    every_third = np.arange(30_000) % 3 == 0
    some, few = (np.arange(0, 30_000, step, dtype=np.int32) for step in (15, 300))
    everybody = Passing(30_000)
    parts = (everybody, Passing(10_000, mask=every_third), Passing(2_000, some), Passing(100, few))
    # Queries as creators are, and such as are wide where creators are narrow.
    for queries, first_tell in ((vectors(10, 384, seed=6), True), (vectors(10, 384, seed=6)[:, ::-1].copy(), False)):
        for query in queries:
            assert read.first_tell(query) is first_tell
            for passing in parts:
                exact = np.where(np.isin(np.arange(30_000), list(rows_of(passing))), stored @ query, -9)
                found = nearest(reduced, read, query, passing, 90)
                assert len(set(found.tolist())) == 90
                assert len(set(np.argsort(-exact)[:20]) & set(found.tolist())) >= 19


@pytest.mark.parametrize("size", [0, 5, 1_000, 30_000, 100_000])
@pytest.mark.parametrize("kind", ["random", "sorted", "alike", "few large"])
def test_the_largest_are_the_largest(size: int, kind: str) -> None:
    products = np.random.default_rng(2).standard_normal(size).astype(np.float32)
    if kind == "sorted":
        products = np.sort(products)
    elif kind == "alike":
        products = np.ones(size, dtype=np.float32)
    elif kind == "few large":
        products = np.where(np.arange(size) % 1_000 == 7, 9, -1).astype(np.float32)
    places = reduction._largest(products, 200)
    assert len(set(places.tolist())) == min(200, size)
    assert np.sort(products[places]).tolist() == np.sort(products)[-200:].tolist()
    mask = np.random.default_rng(3).random(size) < 0.3
    places = reduction._largest(products, 200, mask)
    assert mask[places].all()
    assert len(set(places.tolist())) == min(200, mask.sum())
    assert np.sort(products[places]).tolist() == np.sort(products[mask])[-200:].tolist()


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
