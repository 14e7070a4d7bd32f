"""Relevance over judged briefs, ours beside the guide's recipe, and the fit of the calibration, in one run.

    python benchmarks/relevance.py --creators creators.jsonl --briefs briefs.jsonl --qrels qrels.tsv

Exact search over every creator, no filters. Vectors are cached beside the run, by text (`--cache FOLDER`).
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from influencerflow.campaigns.brief import Brief
from influencerflow.embeddings.local import CENTRES, E5Engine, LocalEncoder
from influencerflow.embeddings.text import CreatorProfile, content_hash, creator_text
from influencerflow.matching.query import query_aspects, query_vector

Array = NDArray[np.float32]
RELEVANT = 2


def main() -> None:
    arguments = _arguments()
    creators = _lines(arguments.creators)
    briefs = _lines(arguments.briefs)
    qrels: dict[str, dict[str, int]] = defaultdict(dict)
    for line in arguments.qrels.read_text().splitlines():
        qid, _, creator_id, grade = line.split()
        qrels[qid][creator_id] = int(grade)
    engine = E5Engine()
    centre = np.load(CENTRES)["document"]

    def documents(name: str, texts: list[str]) -> Array:
        return _cached(arguments.cache, name, texts, lambda: engine.encode(texts, is_query=False)[0])

    plain = documents("ours", [creator_text(CreatorProfile(c["name"], c["niche"], c["about"])) for c in creators])
    guide = documents("guide", [_guide_text(c) for c in creators])
    encoder = LocalEncoder()
    complete = [Brief.model_validate({key: brief.get(key) for key in Brief.model_fields}) for brief in briefs]
    runs = {
        "the guide's recipe": (guide, [engine.encode([_guide_query(b)], is_query=True)[0][0] for b in complete]),
        "one vector of the whole brief": (
            plain,
            [engine.encode([query_aspects(b)[2]], is_query=True)[0][0] for b in complete],
        ),
        "ours": (_unit(plain - centre), [query_vector(encoder, query_aspects(b)) for b in complete]),
    }
    ids = [creator["id"] for creator in creators]
    for name, (vectors, queries) in runs.items():
        scores = {brief["qid"]: vectors @ query for brief, query in zip(briefs, queries, strict=True)}
        _report(name, ids, scores, qrels)
    _calibrate(ids, scores, qrels)


def _report(name: str, ids: Sequence[str], scores: dict[str, Array], qrels: dict[str, dict[str, int]]) -> None:
    measures: dict[str, list[float]] = defaultdict(list)
    for qid, of_query in scores.items():
        grades = qrels[qid]
        order = [ids[i] for i in np.lexsort((ids, -of_query))[:50]]
        ideal = sum(_gain(grade, rank) for rank, grade in enumerate(sorted(grades.values(), reverse=True)[:10]))
        measures["nDCG@10"].append(
            sum(_gain(grades.get(item, 0), rank) for rank, item in enumerate(order[:10])) / ideal
        )
        relevant = {item for item, grade in grades.items() if grade >= RELEVANT}
        measures["R@50"].append(len(relevant & set(order)) / len(relevant))
        measures["Judged@10"].append(sum(item in grades for item in order[:10]) / 10)
    rng = np.random.default_rng(0)
    ndcg = np.array(measures["nDCG@10"])
    low, high = np.percentile(rng.choice(ndcg, (10_000, len(ndcg))).mean(axis=1), [2.5, 97.5])
    shown = "  ".join(f"{measure} {np.mean(values):.3f}" for measure, values in measures.items())
    print(f"{name:32s} {shown}  (nDCG@10 95% {low:.3f}-{high:.3f}, {len(ndcg)} briefs)")


def _calibrate(ids: Sequence[str], scores: dict[str, Array], qrels: dict[str, dict[str, int]]) -> None:
    """Platt scaling on judged pairs; the error is of briefs left out of the fit."""
    position = {item: index for index, item in enumerate(ids)}
    pairs = [
        (qid, scores[qid][position[item]], grade >= RELEVANT) for qid in scores for item, grade in qrels[qid].items()
    ]
    x = np.array([score for _, score, _ in pairs], dtype=float)
    y = np.array([relevant for _, _, relevant in pairs], dtype=float)
    groups = np.array([qid for qid, _, _ in pairs])
    predicted = np.empty_like(x)
    for qid in scores:
        slope, intercept = _platt(x[groups != qid], y[groups != qid])
        predicted[groups == qid] = 1 / (1 + np.exp(-(slope * x[groups == qid] + intercept)))
    bins = np.array_split(np.argsort(predicted), 10)
    error = sum(len(b) * abs(predicted[b].mean() - y[b].mean()) for b in bins) / len(x)
    print(
        "\nCalibration, leave one brief out: expected calibration error", f"{error:.3f}", f"over {len(x)} judged pairs"
    )
    print("predicted/observed", " ".join(f"{predicted[b].mean():.2f}/{y[b].mean():.2f}" for b in bins))
    slope, intercept = _platt(x, y)
    print(f"fit on everything: Calibration(slope={slope:.3f}, intercept={intercept:.3f})")


def _platt(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Newton's method on the logistic loss."""
    design = np.column_stack([x, np.ones_like(x)])
    weights = np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-design @ weights))
        weights += np.linalg.solve(design.T @ (design * (p * (1 - p))[:, None]) + 1e-9 * np.eye(2), design.T @ (y - p))
    return float(weights[0]), float(weights[1])


def _gain(grade: int, rank: int) -> float:
    return float((2**grade - 1) / np.log2(rank + 2))


def _unit(vectors: Array) -> Array:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _cached(folder: Path, name: str, texts: list[str], encode: Callable[[], Array]) -> Array:
    file = folder / f"{name}-{content_hash(''.join(texts)).hex()[:16]}.npy"
    if not file.exists():
        print(f"encoding {len(texts):,} texts for {name} ...", flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        np.save(file, encode())
    vectors: Array = np.load(file)
    return vectors


def _guide_text(c: dict[str, Any]) -> str:
    return (
        f"Name: {c['name']}\nPlatform: {c['platform']}\nNiche: {c['niche']}\nBio: {c['about'] or ''}\n"
        f"Channel: {c['channel_name'] or ''}\nFollowers: {c['followers_count_numeric']}\n"
        f"Engagement: {c['engagement_rate']}\nCountry: {c['country']}\nLanguage: {c['language']}"
    )


def _guide_query(b: Brief) -> str:
    return (
        f"Product: {b.product_name}\nBrand: {b.brand_name}\nDescription: {b.product_description or ''}\n"
        f"Target Audience: {b.target_audience or ''}\nKey Use Cases: {', '.join(b.key_use_cases or [])}\n"
        f"Campaign Goal: {b.campaign_goal or ''}\nProduct Niche: {b.product_niche or ''}"
    )


def _lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("creators", "briefs", "qrels"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path(".relevance-cache"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
