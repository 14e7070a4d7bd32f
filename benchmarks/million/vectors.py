"""Vectors of an invented catalogue: clusters around encodings of invented texts, spread as those of real creators.

A vector is its cluster's centre, plus the offset of its group within the cluster, plus its own. Centres lie where the
product's encoder puts their texts, so that real briefs find them; per direction they vary as much as the means of
clusters of real creators do. Offsets are Gaussian with the real variance within clusters, shared out so that creators
are as near to their neighbours as real ones are.
"""

from dataclasses import dataclass

import numpy as np
import platformdirs
from benchmarks.million.spectrum import Spectrum, load_spectrum, stored

from influencerflow.embeddings.encoder import Vectors, normalized
from influencerflow.embeddings.local import LocalEncoder
from influencerflow.evaluation.vectors import VectorCache, cached

# Groups a cluster, and the share of the variance within clusters that lies between the groups, level by level.
LEVELS = ((4, 0.12), (40, 0.22))


@dataclass(frozen=True, slots=True)
class Mixture:
    """`centres` of shape (clusters, dimensions), `offsets` (clusters, groups, dimensions), `own` (dimensions, dimensions)."""

    centres: Vectors
    offsets: Vectors
    own: Vectors

    @property
    def groups(self) -> int:
        return self.offsets.shape[1]

    def bare(self, clusters: np.ndarray, groups: np.ndarray, rng: np.random.Generator) -> Vectors:
        """A vector per creator as the encoder would give it, of length 1."""
        noise = rng.standard_normal((len(clusters), self.own.shape[0]), dtype=np.float32)
        return normalized(self.centres[clusters] + self.offsets[clusters, groups] + noise @ self.own)

    def stored(self, clusters: np.ndarray, groups: np.ndarray, rng: np.random.Generator) -> Vectors:
        """The same as the product keeps it."""
        return stored(self.bare(clusters, groups, rng))


def build_mixture(texts: tuple[str, ...], *, seed: int = 5) -> Mixture:
    """Around the encodings of `texts`, one a cluster."""
    return mixture_around(_encoded(texts), load_spectrum(), np.random.default_rng(seed))


def mixture_around(encoded: Vectors, spectrum: Spectrum, rng: np.random.Generator) -> Mixture:
    """The encodings' principal directions, widest first, take the spectrum's variances in their order."""
    mean = encoded.mean(axis=0)
    _, widths, basis = np.linalg.svd(encoded - mean, full_matrices=True)
    variances = np.zeros(len(basis))
    variances[: len(widths)] = widths**2 / max(1, len(encoded) - 1)
    between, within = np.array(spectrum.between), np.array(spectrum.within)
    scale = np.sqrt(np.divide(between, variances, out=np.zeros_like(between), where=variances > 1e-9))
    centres = mean + (encoded - mean) @ basis.T * scale @ basis
    spread = np.sqrt(within)[:, None] * basis
    offsets = _offsets(len(encoded), spread, rng)
    rest = 1.0 - sum(share for _, share in LEVELS)
    return Mixture(centres.astype(np.float32), offsets, (np.sqrt(rest) * spread).astype(np.float32))


def _offsets(clusters: int, spread: Vectors, rng: np.random.Generator) -> Vectors:
    """A finer level's groups share the offsets of the coarser level they belong to."""
    groups = LEVELS[-1][0]
    offsets = np.zeros((clusters, groups, spread.shape[1]), dtype=np.float32)
    for count, share in LEVELS:
        level = rng.standard_normal((clusters, count, len(spread)), dtype=np.float32) @ spread.astype(np.float32)
        offsets += np.sqrt(share).astype(np.float32) * level[:, np.arange(groups) % count]
    return offsets


def _encoded(texts: tuple[str, ...]) -> Vectors:
    """Kept between runs: encoding a thousand texts takes up to a minute."""
    with VectorCache(platformdirs.user_cache_path("influencerflow-benchmarks")) as cache:
        _, model = cached(LocalEncoder(), cache)
        return model.encode(texts, is_query=False)[0]
