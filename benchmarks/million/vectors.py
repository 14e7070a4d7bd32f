"""Vectors of an invented catalogue: clusters around encodings of invented texts, spread as those of real creators.

A vector is its cluster's centre, plus the offset of its group within the cluster, plus its own. Centres lie where the
product's encoder puts their texts, so that briefs find them. Along every principal direction the variances are those of
real creators. How the variance within real clusters is shared out over the three was chosen so that an invented
catalogue of 8,123 resembles the real one: in cosines between creators and to a brief's nearest ones, and in how wide an
HNSW search has to look to find these (docs/benchmarks-scale.md).
"""

from dataclasses import dataclass

import numpy as np
import platformdirs
from benchmarks.million.spectrum import Spectrum, load_spectrum, stored

from influencerflow.embeddings.encoder import Vectors, normalized
from influencerflow.embeddings.local import LocalEncoder
from influencerflow.evaluation.vectors import VectorCache, cached

# Where encodings are kept between runs.
CACHE = platformdirs.user_cache_path("influencerflow-benchmarks")
# Real clusters are coarser than ours: this share of the variance within them lies between our centres,
CENTRE_SHARE = 0.12
# and this share between the groups of a cluster.
GROUP_SHARE, GROUPS = 0.22, 40


@dataclass(frozen=True, slots=True)
class Mixture:
    """`centres` of shape (clusters, dimensions), `offsets` (clusters, groups, dimensions), `own` (dimensions, dimensions)."""

    centres: Vectors
    offsets: Vectors
    own: Vectors

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
    within = np.array(spectrum.within)
    between = np.array(spectrum.between) + CENTRE_SHARE * within
    scale = np.sqrt(np.divide(between, variances, out=np.zeros_like(between), where=variances > 1e-9))
    centres = mean + (encoded - mean) @ basis.T * scale @ basis
    spread = np.sqrt(within)[:, None] * basis
    groups = rng.standard_normal((len(encoded), GROUPS, len(spread)), dtype=np.float32)
    offsets = np.sqrt(GROUP_SHARE) * groups @ spread
    own = np.sqrt(1.0 - CENTRE_SHARE - GROUP_SHARE) * spread
    return Mixture(centres.astype(np.float32), offsets.astype(np.float32), own.astype(np.float32))


def _encoded(texts: tuple[str, ...]) -> Vectors:
    """Kept between runs: encoding a thousand texts takes up to a minute."""
    with VectorCache(CACHE) as cache:
        _, model = cached(LocalEncoder(), cache)
        return model.encode(texts, is_query=False)[0]
