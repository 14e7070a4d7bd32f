"""How sure a mean over briefs is: the percentile bootstrap over briefs (Sakai 2006), seeded, so that it can be repeated."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
SEED = 0


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure over `briefs` briefs with its 95% interval; fewer than two briefs have no interval."""

    value: float
    low: float | None
    high: float | None
    briefs: int


def estimate_mean(values: Sequence[float | None]) -> Estimate | None:
    """The mean of the values that are there; None without any."""
    known = np.array([value for value in values if value is not None], dtype=np.float64)
    if not len(known):
        return None
    mean = float(known.mean())
    if len(known) < 2:
        return Estimate(mean, None, None, len(known))
    low, high = np.percentile(known[_resamples(len(known))].mean(axis=1), [2.5, 97.5])
    return Estimate(mean, float(low), float(high), len(known))


def estimate_ratio(ours: Sequence[float | None], theirs: Sequence[float | None]) -> Estimate | None:
    """Mean of ours over mean of theirs, on the briefs both have a value for; None where theirs is 0 throughout."""
    pairs = [(a, b) for a, b in zip(ours, theirs, strict=True) if a is not None and b is not None]
    table = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    if not table[:, 1].any():
        return None
    mean = float(table[:, 0].mean() / table[:, 1].mean())
    if len(table) < 2:
        return Estimate(mean, None, None, len(table))
    sampled = table[_resamples(len(table))].mean(axis=1)
    # A resample in which theirs found nothing has no ratio; its place is above every other.
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(sampled[:, 1] > 0, sampled[:, 0] / sampled[:, 1], np.inf)
    low, high = np.percentile(ratios, [2.5, 97.5], method="nearest")
    return Estimate(mean, _finite(low), _finite(high), len(table))


def _resamples(count: int) -> NDArray[np.int64]:
    """Shape (RESAMPLES, count): each row draws `count` briefs with replacement."""
    return np.random.default_rng(SEED).integers(0, count, (RESAMPLES, count))


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
