"""The query moves towards what was liked and away from what was not."""

import numpy as np
import pytest

from influencerflow.embeddings.encoder import normalized
from influencerflow.matching.shape import ALPHA, BETA, GAMMA, shape_query

NONE = np.empty((0, 3), dtype=np.float32)


def vector(*values: float) -> np.ndarray:
    return normalized(np.array([values], dtype=np.float32))[0]


def test_without_examples_the_query_stays() -> None:
    query = vector(1, 2, 3)
    assert shape_query(query, NONE, NONE) == pytest.approx(query)


def test_the_weights_are_those_of_the_formula() -> None:
    query, liked, disliked = vector(1, 0, 0), np.array([vector(0, 1, 0)]), np.array([vector(0, 0, 1)])
    expected = vector(ALPHA, BETA, -GAMMA)
    assert shape_query(query, liked, disliked) == pytest.approx(expected, abs=1e-6)


def test_many_examples_of_one_kind_weigh_as_one() -> None:
    query, liked = vector(1, 0, 0), vector(0, 1, 0)
    once, often = shape_query(query, np.array([liked]), NONE), shape_query(query, np.array([liked] * 10), NONE)
    assert once == pytest.approx(often, abs=1e-6)
    assert np.linalg.norm(often) == pytest.approx(1)


def test_a_disliked_creator_like_the_query_itself_does_not_make_it_vanish() -> None:
    query = vector(1, 2, 3)
    assert shape_query(query, NONE, np.array([query])) == pytest.approx(query, abs=1e-6)
