"""Fits how much each feature of the ranking counts, and the percentage it is shown as; measured on briefs left out.

    python benchmarks/fit_ranking.py --creators creators.jsonl --briefs briefs.jsonl --qrels qrels.tsv [--write]

Logistic regression on grades (Cox 1958) with an intercept per brief, since briefs differ in how many creators suit them, and
the sign of every weight fixed beforehand: a match of country may never count against a creator. Candidates nobody judged
count as unsuitable, at half the weight of a judgment. Every figure is of a brief that neither weights nor calibration saw.
`--write` replaces the shipped `weights.json` and this encoder's entry in `calibrations.json`.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from influencerflow.campaigns.understanding import understand
from influencerflow.embeddings.registry import EmbeddingModel, encoder_for, wrapped_encoders
from influencerflow.evaluation.bootstrap import estimate_mean
from influencerflow.evaluation.catalogue import fill_catalogue, throwaway_database
from influencerflow.evaluation.measures import MEASURES, RELEVANT_GRADE
from influencerflow.evaluation.readers import Collection, JudgedBrief, read_collection
from influencerflow.evaluation.reliability import measure_reliability
from influencerflow.evaluation.service import brief_language
from influencerflow.evaluation.vectors import VectorCache, cached
from influencerflow.matching.candidates import read_candidates
from influencerflow.matching.query import query_aspects, query_vector
from influencerflow.matching.rank import retrieval_query
from influencerflow.matching.wanted import Wanted
from influencerflow.ranking import weights as shipped
from influencerflow.ranking.features import NAMES, feature_matrix
from influencerflow.ranking.order import best_first
from influencerflow.retrieval.candidates import retrieve_candidates
from influencerflow.retrieval.filters import Filters
from influencerflow.scoring import calibration
from influencerflow.settings import load_settings

Array = NDArray[np.float64]
AGAINST = {"other_country", "other_language", "not_person"}
# Between marginal (1) and suitable (2) lies the line; shortlist at once (3) is worth more than suitable.
TARGETS = {0: 0.0, 1: 0.2, 2: 0.7, 3: 1.0}
UNJUDGED_WEIGHT = 0.5
UNJUDGED_DEPTH = 100
# Every brief counts as this many judgments; PENALTY is on weights of standardised features.
BRIEF_WEIGHT, PENALTY = 100.0, 20.0
SHOWN_DEPTH, ASKS_PENALTY = 50, 10.0


@dataclass(frozen=True)
class Judged:
    """One brief: its candidates (retrieved or judged), `features` a row each."""

    qid: str
    language: str
    ids: list[str]
    features: Array
    retrieved: NDArray[np.bool_]
    grades: Mapping[str, int]
    asked: Sequence[str]

    def training(self) -> tuple[Array, Array, Array]:
        """Features, targets and weights of what is learned from."""
        judged = np.array([item in self.grades for item in self.ids])
        # Those that plain orders put first, whatever the shipped weights are: a fit must not depend on the one before.
        meaning, topic = (self.features[:, NAMES.index(name)] for name in ("meaning", "topic"))
        near_top = [np.argsort(np.argsort(-order)) < UNJUDGED_DEPTH for order in (meaning, meaning + topic)]
        used = judged | near_top[0] | near_top[1]
        target = np.array([TARGETS[min(self.grades.get(item, 0), 3)] for item in self.ids])
        weight = np.where(judged, 1.0, UNJUDGED_WEIGHT)[used]
        return self.features[used], target[used], weight * BRIEF_WEIGHT / weight.sum()

    def shown(self, weights: Array) -> tuple[Array, Array, Array, Array]:
        """Of the judged candidates: score, what the brief asks for and 1; suitable or not; rank from 0; cosine."""
        order = {item: rank for rank, item in enumerate(self.ranking(weights))}
        judged = [index for index, item in enumerate(self.ids) if item in self.grades]
        features = self.features[judged]
        asked = np.tile([float(name in self.asked) for name in calibration.ASKS], (len(judged), 1))
        design = np.column_stack([features @ weights, asked, np.ones(len(judged))])
        truth = np.array([self.grades[self.ids[index]] >= RELEVANT_GRADE for index in judged], dtype=np.float64)
        rank = np.array([order[self.ids[index]] for index in judged], dtype=np.float64)
        return design, truth, rank, features[:, NAMES.index("meaning")]

    def ranking(self, weights: Array) -> list[str]:
        scores = np.where(self.retrieved, self.features @ weights, -np.inf)
        return [self.ids[index] for index in best_first(scores, [item.encode() for item in self.ids])]


def main() -> None:
    arguments = _arguments()
    collection = read_collection(arguments.creators, arguments.briefs, arguments.qrels)
    model, briefs = _gather(collection, arguments.creators, arguments.cache)
    held_out = {item.qid: fit([other for other in briefs if other is not item]) for item in briefs}
    print("Measured on the brief left out, 95% bootstrap intervals")
    report("all features", briefs, held_out)
    for name in NAMES:
        kept = [index for index, other in enumerate(NAMES) if other != name]
        report(f"  without {name}", briefs, {i.qid: fit([o for o in briefs if o is not i], kept) for i in briefs})
    weights = fit(briefs)
    print("weights", {name: round(float(value), 3) for name, value in zip(NAMES, weights, strict=True)})
    calibrated = _calibrate(briefs, held_out, weights)
    if arguments.write:
        _write(model, weights, calibrated, len(briefs), sum(len(item.grades) for item in briefs))


def _gather(collection: Collection, creators: Path, cache: Path | None) -> tuple[EmbeddingModel, list[Judged]]:
    settings = load_settings()
    with VectorCache(cache or settings.home / "cache") as vectors, throwaway_database(settings) as database:
        wrapped = {}

        def wrap(encoder):  # type: ignore[no-untyped-def]
            return wrapped.setdefault(encoder, cached(encoder, vectors)[0])

        with wrapped_encoders(wrap):
            model = fill_catalogue(database, settings, creators, lambda *_: None)
            with database.transaction() as connection:
                encoder = encoder_for(model, settings)

                def judged(item: JudgedBrief) -> Judged:
                    wanted = Wanted(item.brief, understand(item.brief))
                    vector = query_vector(encoder, query_aspects(item.brief))
                    query = retrieval_query(wanted, vector)
                    found = retrieve_candidates(connection, model, query, Filters()).ids
                    retrieved = {str(creator_id) for creator_id in found}
                    ids = sorted(retrieved | set(item.grades))
                    rows = read_candidates(connection, model, wanted, vector, ids)
                    return Judged(
                        item.qid,
                        brief_language(item.brief),
                        [str(row.creator_id) for row in rows],
                        feature_matrix(wanted, [row.candidate for row in rows]),
                        np.array([str(row.creator_id) in retrieved for row in rows]),
                        item.grades,
                        wanted.asked,
                    )

                return model, [judged(item) for item in collection.briefs]


def fit(briefs: Sequence[Judged], kept: Sequence[int] = range(len(NAMES))) -> Array:
    """Weights of all features, 0 for those not kept."""
    parts = [item.training() for item in briefs]
    features, targets, weights = (np.concatenate([part[i] for part in parts]) for i in range(3))
    group = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
    spread = features.std(axis=0) + 1e-9
    scaled = (features / spread)[:, kept]
    size = len(kept)

    def loss(parameters: Array) -> tuple[float, Array]:
        own, intercepts = parameters[:size], parameters[size:]
        p = 1 / (1 + np.exp(-(scaled @ own + intercepts[group])))
        likelihood = weights * (targets * np.log(p + 1e-12) + (1 - targets) * np.log(1 - p + 1e-12))
        residual = weights * (p - targets)
        gradient = np.concatenate([scaled.T @ residual + PENALTY * own, np.bincount(group, residual, len(parts))])
        return -likelihood.sum() + PENALTY / 2 * own @ own, gradient

    bounds = [(None, 0.0) if NAMES[index] in AGAINST else (0.0, None) for index in kept] + [(None, None)] * len(parts)
    found = minimize(loss, np.zeros(size + len(parts)), jac=True, bounds=bounds, method="L-BFGS-B").x[:size]
    fitted = np.zeros(len(NAMES))
    fitted[list(kept)] = found / spread[list(kept)]
    return fitted


def report(title: str, briefs: Sequence[Judged], weights: Mapping[str, Array]) -> None:
    rankings = {item.qid: item.ranking(weights[item.qid]) for item in briefs}
    figures = []
    for name in ("nDCG@10", "R@50", "Judged@10"):
        estimate = estimate_mean([MEASURES[name](rankings[item.qid], item.grades) for item in briefs])
        if estimate and estimate.low is not None and estimate.high is not None:
            figures.append(f"{name} {estimate.value:.3f} [{estimate.low:.2f}, {estimate.high:.2f}]")
    languages = {}
    for language in sorted({item.language for item in briefs}):
        of = [MEASURES["nDCG@10"](rankings[i.qid], i.grades) or 0.0 for i in briefs if i.language == language]
        languages[language] = f"{np.mean(of):.2f}"
    print(
        f"{title:24s}", "  ".join(figures), " ".join(f"{key} {value}" for key, value in languages.items()), flush=True
    )


def _calibrate(briefs: Sequence[Judged], held_out: Mapping[str, Array], weights: Array) -> Array:
    """The calibration's parameters; prints its error on briefs that neither fit saw."""
    predicted, suitable, cosine, ranks = [], [], [], []
    for item in briefs:
        by = held_out[item.qid]
        fitted = _platt([other.shown(by) for other in briefs if other is not item])
        design, truth, rank, similarity = item.shown(by)
        predicted += (1 / (1 + np.exp(-design @ fitted))).tolist()
        suitable += truth.tolist()
        ranks += rank.tolist()
        cosine += similarity.tolist()
    for title, depth in (("all judged creators", 10**9), ("those in the first 50", 50), ("in the first 20", 20)):
        within = [index for index, rank in enumerate(ranks) if rank < depth]
        of_score = measure_reliability([predicted[i] for i in within], [suitable[i] for i in within])
        of_cosine = measure_reliability([cosine[i] for i in within], [suitable[i] for i in within])
        if of_score and of_cosine:
            print(f"Calibration, {title} ({of_score.pairs}): ECE {of_score.ece:.3f}, raw cosine {of_cosine.ece:.3f}")
            print("  shown/suitable", " ".join(f"{b.predicted:.2f}/{b.observed:.2f}" for b in of_score.bins))
    return _platt([item.shown(weights) for item in briefs])


def _platt(parts: Sequence[tuple[Array, Array, Array, Array]]) -> Array:
    """Platt scaling with what the brief asks for (Platt 1999), by Newton's method.

    Creators far down count less, since they are hardly ever shown; a ridge keeps what few briefs can tell small.
    """
    design, y, rank = (np.concatenate([part[i] for part in parts]) for i in range(3))
    weight = 1 / (1 + rank / SHOWN_DEPTH)
    ridge = np.diag([1e-9, *[ASKS_PENALTY] * len(calibration.ASKS), 1e-9])
    fitted = np.zeros(design.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-design @ fitted))
        curvature = design.T @ (design * (weight * p * (1 - p))[:, None]) + ridge
        fitted += np.linalg.solve(curvature, design.T @ (weight * (y - p)) - ridge @ fitted)
    return fitted


def _write(model: EmbeddingModel, weights: Array, calibrated: Array, briefs: int, judgments: int) -> None:
    fitted = {"fitted_on": f"{briefs} briefs, {judgments} judgments", "fitted_at": f"{datetime.now(UTC):%Y-%m-%d}"}
    named = {name: round(float(value), 4) for name, value in zip(NAMES, weights, strict=True)}
    target = Path(shipped.__file__).with_name("data") / "weights.json"
    target.write_text(json.dumps({"weights": named, **fitted}, indent=2) + "\n", encoding="utf-8")
    target = Path(calibration.__file__).with_name("data") / "calibrations.json"
    key = {"provider": model.provider, "name": model.name, "text_version": model.text_version}
    fits = json.loads(target.read_text(encoding="utf-8"))
    # One of an older text version is of no use any more.
    others = [entry for entry in fits if (entry["provider"], entry["name"]) != (model.provider, model.name)]
    slope, *asks, intercept = (round(float(value), 4) for value in calibrated)
    named_asks = dict(zip(calibration.ASKS, asks, strict=True))
    entry = {**key, "slope": slope, "intercept": intercept, "asks": named_asks, **fitted}
    target.write_text(json.dumps([*others, entry], indent=2) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for name in ("creators", "briefs", "qrels"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="Folder of kept vectors; default: in the home folder.")
    parser.add_argument("--write", action="store_true", help="Replace what is shipped.")
    return parser.parse_args()


if __name__ == "__main__":
    main()
