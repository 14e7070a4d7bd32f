"""What "more like these" and "less like these" bring, and which weights they should have (matching/shape.py).

    python benchmarks/shape_examples.py --creators creators.jsonl --briefs briefs.jsonl --qrels qrels.tsv

A reader is simulated who looks at the first 20 of a brief's list and marks the first two that were judged suitable as liked,
the first two judged unsuitable as disliked. Both lists are then compared without the creators that were marked (the residual
collection of Salton & Buckley 1990, "Improving retrieval performance by relevance feedback"): putting a creator first that
one was just told to like is no achievement. Grades are judgments; creators nobody judged count as unsuitable in both lists.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import numpy as np
from sqlalchemy import Connection

from influencerflow.campaigns.understanding import understand
from influencerflow.embeddings.encoder import Encoder, Vectors
from influencerflow.embeddings.registry import EmbeddingModel, encoder_for, wrapped_encoders
from influencerflow.embeddings.store import read_vectors
from influencerflow.evaluation.bootstrap import estimate_mean
from influencerflow.evaluation.catalogue import fill_catalogue, throwaway_database
from influencerflow.evaluation.measures import MEASURES, RELEVANT_GRADE
from influencerflow.evaluation.readers import JudgedBrief, read_collection
from influencerflow.evaluation.vectors import VectorCache, cached
from influencerflow.matching import shape
from influencerflow.matching.query import query_aspects, query_vector
from influencerflow.matching.rank import rank_creators
from influencerflow.matching.wanted import Wanted
from influencerflow.retrieval.counting import count_matching
from influencerflow.retrieval.filters import Filters
from influencerflow.settings import load_settings

SEEN, EXAMPLES, DEPTH = 20, 2, 60
BETAS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
GAMMAS = (0.0, 0.15, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Reader:
    """One brief, its list, and what a reader marks in it."""

    connection: Connection
    model: EmbeddingModel
    wanted: Wanted
    vector: Vectors
    matching: int
    grades: Mapping[str, int]
    plain: list[str]

    def marked(self, suitable: bool) -> list[str]:
        judged = [item for item in self.plain[:SEEN] if item in self.grades]
        return [item for item in judged if (self.grades[item] >= RELEVANT_GRADE) == suitable][:EXAMPLES]

    def shaped(self, liked: Sequence[str], disliked: Sequence[str]) -> list[str]:
        vectors = [read_vectors(self.connection, self.model, [UUID(item) for item in ids]) for ids in (liked, disliked)]
        return ranked(self.connection, self.model, self.wanted, shape.shape_query(self.vector, *vectors), self.matching)

    def measure(self, name: str, ranking: Sequence[str], marked: Sequence[str]) -> float:
        """Without those that were marked."""
        rest = [item for item in ranking if item not in marked]
        grades = {item: grade for item, grade in self.grades.items() if item not in marked}
        return MEASURES[name](rest, grades) or 0.0


def main() -> None:
    arguments = _arguments()
    settings = load_settings()
    collection = read_collection(arguments.creators, arguments.briefs, arguments.qrels)
    with VectorCache(arguments.cache or settings.home / "cache") as vectors, throwaway_database(settings) as database:
        wrapped: dict[Encoder, Encoder] = {}

        def wrap(encoder: Encoder) -> Encoder:
            return wrapped.setdefault(encoder, cached(encoder, vectors)[0])

        with wrapped_encoders(wrap):
            model = fill_catalogue(database, settings, arguments.creators, lambda *_: None)
            with database.transaction() as connection:
                encoder = encoder_for(model, settings)
                _report([_reader(connection, model, encoder, brief) for brief in collection.briefs])


def _report(readers: Sequence[Reader]) -> None:
    print(f"{len(readers)} briefs; the first {SEEN} seen, up to {EXAMPLES} examples of a kind")
    _table("liked only", readers, [(beta, 0.0) for beta in BETAS], like=True, unlike=False)
    _table("disliked only", readers, [(0.0, gamma) for gamma in GAMMAS], like=False, unlike=True)
    both = [(beta, gamma) for beta in (0.5, 0.75, 1.0) for gamma in (0.15, 0.5, 0.75)]
    _table("both", readers, [(0.0, 0.0), *both], like=True, unlike=True)


def _reader(connection: Connection, model: EmbeddingModel, encoder: Encoder, judged: JudgedBrief) -> Reader:
    wanted = Wanted(judged.brief, understand(judged.brief))
    vector = query_vector(encoder, query_aspects(judged.brief))
    matching = count_matching(connection, Filters())
    plain = ranked(connection, model, wanted, vector, matching)
    return Reader(connection, model, wanted, vector, matching, judged.grades, plain)


def ranked(connection: Connection, model: EmbeddingModel, wanted: Wanted, vector: Vectors, matching: int) -> list[str]:
    found = rank_creators(connection, model, wanted, vector, Filters(), matching=matching, depth=DEPTH)
    return [str(item.creator_id) for item in found[:DEPTH]]


def _table(
    title: str, readers: Sequence[Reader], weights: Sequence[tuple[float, float]], *, like: bool, unlike: bool
) -> None:
    """The first line is the list as it was; differences are of briefs, so that hard ones do not count more."""
    marks = [(reader.marked(True) if like else [], reader.marked(False) if unlike else []) for reader in readers]
    used = [pair for pair in zip(readers, marks, strict=True) if pair[1][0] or pair[1][1]]
    print(
        f"\n{title} ({len(used)} briefs with examples)\nbeta  gamma  nDCG@10  P@10   difference of nDCG@10, 95%   better/worse"
    )
    base = None
    for shape.BETA, shape.GAMMA in weights:
        ndcg, precision = [], []
        for reader, (liked, disliked) in used:
            ranking = reader.shaped(liked, disliked)
            ndcg.append(reader.measure("nDCG@10", ranking, [*liked, *disliked]))
            precision.append(reader.measure("P@10", ranking, [*liked, *disliked]))
        base = ndcg if base is None else base
        difference = [now - before for now, before in zip(ndcg, base, strict=True)]
        estimate = estimate_mean(difference)
        if estimate is None:
            continue
        better, worse = sum(d > 1e-9 for d in difference), sum(d < -1e-9 for d in difference)
        print(
            f"{shape.BETA:4.2f}  {shape.GAMMA:5.2f}  {np.mean(ndcg):7.3f}  {np.mean(precision):.3f}  "
            f"{estimate.value:+.3f} [{estimate.low:+.3f}, {estimate.high:+.3f}]     {better:>3}/{worse}"
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for name in ("creators", "briefs", "qrels"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="Folder of kept vectors; default: in the home folder.")
    return parser.parse_args()


if __name__ == "__main__":
    main()
