"""How much each feature counts: a logistic model, fitted once and shipped, small enough to be read."""

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from influencerflow.ranking.features import NAMES


@dataclass(frozen=True, slots=True)
class RankingWeights:
    """score = weights . features: the log-odds of a suitable creator, up to what calibration adds."""

    weights: tuple[float, ...]

    def scores(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shape (candidates,)."""
        scores: NDArray[np.float64] = features @ np.array(self.weights)
        return scores


@lru_cache(maxsize=1)
def shipped_weights() -> RankingWeights:
    raw = json.loads((files("influencerflow.ranking") / "data" / "weights.json").read_text(encoding="utf-8"))
    return RankingWeights(tuple(raw["weights"][name] for name in NAMES))
