"""Columns in memory keep everybody who passes, and bytes of vectors tell who is near."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from influencerflow.embeddings.encoder import normalized
from influencerflow.retrieval import columns
from influencerflow.retrieval import nearest as nearest_module
from influencerflow.retrieval.columns import Clause, Mask, NumberColumn, Passing, Rows, WordColumn
from influencerflow.retrieval.columns import passing as who_passes
from influencerflow.retrieval.fast_scan import WORTH_SCANNING, FastScan
from influencerflow.retrieval.nearest import Compared, _largest
from influencerflow.retrieval.reduction import FIRST, KEPT, Reduction

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
        assert set(found.listed(len(numbers)).tolist()) == passing
        assert set(found.among(np.arange(len(numbers), dtype=np.int32)).tolist()) >= passing
        if found.rows is not None or not clauses:
            assert found.count == len(passing)
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


@pytest.fixture(scope="module")
def stored() -> np.ndarray:
    return vectors(30_000, 384)


@pytest.fixture(scope="module")
def compared(stored: np.ndarray) -> Compared:
    reduction = Reduction.of(stored[:5_000])
    return Compared.of(reduction, reduction.reduce(stored))


@pytest.mark.parametrize("step", [0, 3, 20, 300])
@pytest.mark.parametrize("as_creators_are", [True, False])
def test_who_is_nearest_is_among_those_proposed(
    stored: np.ndarray, compared: Compared, step: int, as_creators_are: bool
) -> None:
    """Queries that vary as creators do, and such as are wide where creators are narrow."""
    passing = who_passes([Every(30_000, step)] if step else [], 30_000)
    assert (passing.rows is None) == (step in {0, 3})
    queries = vectors(10, 384, seed=6)[:, :: 1 if as_creators_are else -1].copy()
    who = np.isin(np.arange(30_000), passing.listed(30_000))
    for query in queries:
        assert compared.reduction.reduce_query(query).first_tell is as_creators_are
        found = compared.nearest(query, passing, 90)
        assert who[found].all()
        assert len(set(found.tolist())) == 90
        assert len(set(np.argsort(-np.where(who, stored @ query, -9))[:20]) & set(found.tolist())) >= 19


@pytest.mark.parametrize(("nearer", "times"), [(0, 1), (4_000, 2), (22_500, 1)])
def test_a_scan_goes_on_where_few_of_the_nearest_pass(
    stored: np.ndarray, compared: Compared, nearer: int, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So many are nearer than all who pass. Where these are the farthest, they are compared without a scan at last."""
    query = vectors(1, 384, seed=9)[0]
    inner = stored @ query
    who = np.argsort(-inner)[nearer : nearer + 7_500]
    clause = Every(30_000, 4)
    clause.mask = np.isin(np.arange(30_000), who)
    scans: list[int] = []
    nearest = FastScan.nearest

    def counting(scan: FastScan, projected: np.ndarray, count: int) -> Rows:
        scans.append(count)
        return nearest(scan, projected, count)

    monkeypatch.setattr(FastScan, "nearest", counting)
    monkeypatch.setattr(nearest_module, "_MOST_FOUND", 1.0)
    found = compared.nearest(query, Passing(15_000, clauses=[clause]), 40)
    assert len(scans) == times
    assert scans[0] == 3_000
    assert clause.mask[found].all()
    # The twentieth is as near as may be: of those in the midst many are.
    assert np.sort(inner[found])[-20] >= inner[who[19]] - 0.01


def test_a_scan_finds_the_nearest_and_nobody_twice(stored: np.ndarray, compared: Compared) -> None:
    assert compared.scan is not None
    assert compared.scan.bytes >= 30_000 * FIRST // 4
    for query in vectors(10, 384, seed=8):
        projected = compared.reduction.reduce_query(query).projected
        found = compared.scan.nearest(projected, 2_000).tolist()
        assert 2_000 <= len(found) == len(set(found)) <= 2_400
        assert len(set(np.argsort(-(stored @ query))[:20]) & set(found)) >= 19
        everybody = compared.scan.nearest(projected, 40_000)
        assert sorted(everybody.tolist()) == list(range(30_000))


@pytest.mark.parametrize("size", [0, 5, 200, 1_000])
def test_the_largest_are_the_largest(size: int) -> None:
    for products in (np.random.default_rng(2).standard_normal(size), np.ones(size)):
        places = _largest(products, 200)
        assert len(set(places.tolist())) == len(places) == min(200, size)
        assert np.sort(products[places]).tolist() == np.sort(products)[-200:].tolist()


def test_vectors_of_any_length_are_reduced() -> None:
    for dimensions, kept in ((8, (8, 0)), (FIRST, (FIRST, 0)), (1536, (FIRST, KEPT - FIRST))):
        stored = vectors(300, dimensions)
        read = Reduction.of(stored)
        reduced = read.reduce(stored)
        assert (reduced.first.shape[1], reduced.rest.shape[1]) == kept
        assert 7 in Compared.of(read, reduced).nearest(stored[7], Passing(300), 20)


@pytest.mark.parametrize("dimensions", [2, 7, 96, 1536])
def test_vectors_of_any_length_are_scanned(dimensions: int) -> None:
    stored = vectors(WORTH_SCANNING, dimensions)
    read = Reduction.of(stored[:2_000])
    compared = Compared.of(read, read.reduce(stored))
    assert compared.scan is not None
    found = compared.nearest(stored[7], Passing(WORTH_SCANNING), 20)
    assert len(found) == 20
    assert 7 in found or dimensions == 2  # of whom many lie in the same direction


def test_of_nobody_nobody_is_nearest() -> None:
    nobody = vectors(0, 384)
    read = Reduction.of(nobody)
    assert len(Compared.of(read, read.reduce(nobody)).nearest(vectors(1, 384)[0], Passing(0), 20)) == 0
