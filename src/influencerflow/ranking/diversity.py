"""Maximal marginal relevance: a list that repeats itself less (Carbonell & Goldstein 1998)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def diversify(scores: Sequence[float], vectors: NDArray[np.float32], mmr_lambda: float) -> list[int]:
    """Positions in their new order. `scores` best first, `vectors` of length 1, one a row; `mmr_lambda` 1 keeps the order.

    Picks, one after the other, what has the highest lambda * relevance - (1 - lambda) * (cosine to the nearest one picked),
    relevance being the score brought to 0-1 over the list. Ties go to the better score.
    """
    if not scores:
        return []
    relevance = np.asarray(scores, dtype=np.float64)
    spread = relevance.max() - relevance.min()
    relevance = (relevance - relevance.min()) / spread if spread else np.ones_like(relevance)
    similarity = (vectors @ vectors.T).astype(np.float64)
    nearest = np.zeros(len(relevance))
    left = np.ones(len(relevance), dtype=bool)
    order: list[int] = []
    for _ in range(len(relevance)):
        value = np.where(left, mmr_lambda * relevance - (1 - mmr_lambda) * nearest, -np.inf)
        best = int(np.argmax(value))
        order.append(best)
        left[best] = False
        nearest = np.maximum(nearest, similarity[best])
    return order
