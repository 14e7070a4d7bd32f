"""How a real catalogue's vectors spread, as a few hundred numbers; `benchmarks/data/spectrum.json` holds them.

    python -m benchmarks.million.spectrum --creators creators.jsonl --cache FOLDER [--write]

Vectors are the local encoder's own, of length 1, nothing taken away. Per principal direction of all of them, the variance
between the means of 128 clusters (k-means), and that within: total minus within, so that small clusters do not
inflate it. The quantiles are there to compare an invented catalogue with: cosines of random pairs as encoded, and
cosines to the nearest neighbours once the encoder's document centre is taken away, which is what is stored.
"""

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from influencerflow.embeddings.encoder import Vectors, normalized
from influencerflow.embeddings.local import CENTRES
from influencerflow.embeddings.text import CreatorProfile, creator_text
from influencerflow.evaluation.vectors import VectorCache, cached

FILE = Path(__file__).parents[1] / "data" / "spectrum.json"
CLUSTERS = 128
NEIGHBOURS = (1, 20, 200)


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Variances by principal direction, largest total first; quantiles are the 10th, 50th and 90th percentile."""

    creators: int
    between: list[float]
    within: list[float]
    pair_cosines: list[float]
    neighbour_cosines: dict[str, list[float]]


def load_spectrum() -> Spectrum:
    return Spectrum(**json.loads(FILE.read_text()))


def measure_spectrum(vectors: Vectors, *, seed: int = 0) -> Spectrum:
    """`vectors` as encoded, of length 1, shape (creators, dimensions)."""
    rng = np.random.default_rng(seed)
    centred = vectors - vectors.mean(axis=0)
    total, basis = np.linalg.eigh(np.cov(centred.T))
    spread = centred @ basis[:, ::-1]
    clusters = min(CLUSTERS, len(vectors) // 20)
    within = ((spread - _cluster_means(spread, clusters, rng)) ** 2).sum(axis=0) / (len(vectors) - clusters)
    return Spectrum(
        len(vectors),
        _rounded(np.maximum(total[::-1] - within, 0.0)),
        _rounded(within),
        pair_cosines(vectors, rng),
        neighbour_cosines(stored(vectors), rng),
    )


def stored(vectors: Vectors) -> Vectors:
    """What the product keeps of the local encoder's bare vectors (`LocalEncoder.encode_document`)."""
    return normalized(vectors - np.load(CENTRES)["document"])


def pair_cosines(vectors: Vectors, rng: np.random.Generator) -> list[float]:
    one, other = rng.integers(0, len(vectors), (2, 20_000))
    different = one != other
    return _quantiles((vectors[one[different]] * vectors[other[different]]).sum(axis=1))


def neighbour_cosines(vectors: Vectors, rng: np.random.Generator) -> dict[str, list[float]]:
    """Quantiles over 1,000 creators of the cosine to their nearest, 20th and 200th nearest neighbour."""
    some = rng.choice(len(vectors), min(1_000, len(vectors)), replace=False)
    cosines = vectors[some] @ vectors.T
    cosines[np.arange(len(some)), some] = -1.0
    ordered = -np.sort(-cosines, axis=1)
    return {str(nth): _quantiles(ordered[:, nth - 1]) for nth in NEIGHBOURS}


def _cluster_means(points: Vectors, clusters: int, rng: np.random.Generator) -> Vectors:
    """The mean of each point's cluster, after 15 rounds of k-means (Lloyd 1982)."""
    means = points[rng.choice(len(points), clusters, replace=False)].copy()
    for _ in range(15):
        nearest = np.argmin((means**2).sum(axis=1) - 2 * points @ means.T, axis=1)
        for cluster in np.unique(nearest):
            means[cluster] = points[nearest == cluster].mean(axis=0)
    return means[np.argmin((means**2).sum(axis=1) - 2 * points @ means.T, axis=1)]


def _quantiles(values: Vectors) -> list[float]:
    return [round(float(value), 4) for value in np.quantile(values, (0.1, 0.5, 0.9))]


def _rounded(values: Vectors) -> list[float]:
    return [float(f"{value:.4g}") for value in values]


def _encode(creators: Path, cache: Path) -> Vectors:
    from influencerflow.embeddings.local import LocalEncoder

    texts = []
    for line in creators.read_text(encoding="utf-8").strip().split("\n"):
        row = json.loads(line)
        profile = CreatorProfile(row["name"], row.get("niche"), row.get("about"), row.get("channel_name"))
        texts.append(creator_text(profile))
    with VectorCache(cache) as vectors:
        _, model = cached(LocalEncoder(), vectors)
        return model.encode(texts, is_query=False)[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--creators", type=Path, required=True, help="JSONL with name, niche, about, channel_name.")
    parser.add_argument("--cache", type=Path, help="Folder that keeps the vectors between runs.")
    parser.add_argument("--write", action="store_true", help="Replace benchmarks/data/spectrum.json.")
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        spectrum = measure_spectrum(_encode(arguments.creators, arguments.cache or Path(folder)))
    print(f"{spectrum.creators:,} creators: variance {sum(spectrum.between):.4f} between {CLUSTERS} clusters,")
    print(f"{sum(spectrum.within):.4f} within. Cosines of pairs {spectrum.pair_cosines}.")
    print(f"Cosines to the n-th neighbour {spectrum.neighbour_cosines}.")
    if arguments.write:
        FILE.write_text(json.dumps(asdict(spectrum)) + "\n")


if __name__ == "__main__":
    main()
