"""Whether a percentage means what it says: of the creators shown at 70%, are 70% suitable?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """`pairs` judged pairs of neighbouring probability: what was predicted on average, and the share that was suitable."""

    pairs: int
    predicted: float
    observed: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """`ece` is the expected calibration error: |predicted - observed| averaged over the bins by their pairs."""

    pairs: int
    suitable: int
    ece: float
    bins: list[Bin]


def measure_reliability(predicted: Sequence[float], suitable: Sequence[bool]) -> Reliability | None:
    """Ten bins of equally many pairs (Naeini et al. 2015), fewer for fewer pairs; None without any.

    `predicted` are probabilities; what lies outside 0 to 1 (a cosine may) counts as the nearer of the two.
    """
    probability = np.clip(np.array(predicted, dtype=np.float64), 0.0, 1.0)
    truth = np.array(suitable, dtype=np.float64)
    if not len(probability):
        return None
    groups = np.array_split(np.argsort(probability, kind="stable"), min(BINS, len(probability)))
    bins = [Bin(len(group), float(probability[group].mean()), float(truth[group].mean())) for group in groups]
    error = sum(item.pairs * abs(item.predicted - item.observed) for item in bins) / len(probability)
    return Reliability(len(probability), int(truth.sum()), error, bins)
