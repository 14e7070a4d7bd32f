"""More like these, less like those: creators near to examples instead of to a brief."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, RowMapping, text

from influencerflow.creators.schemas import Creator
from influencerflow.embeddings.encoder import Vectors
from influencerflow.embeddings.registry import EmbeddingModel, active_model
from influencerflow.embeddings.store import read_vectors
from influencerflow.errors import ConflictError, InvalidInputError, NotFoundError
from influencerflow.lexicon.topics import topics
from influencerflow.matching.service import read_profiles
from influencerflow.matching.shape import rocchio
from influencerflow.retrieval.candidates import on_topics
from influencerflow.retrieval.dense import CANDIDATE_DEPTH, dense_run
from influencerflow.retrieval.filters import Filters
from influencerflow.retrieval.focus import focused_run

MOST_EXAMPLES = 20
# How much a negative example counts of a positive one. The classical weights, which briefs are shaped with (shape.py), are
# meant for a query that stands by itself; where a few examples are all there is they are not felt
# (docs/decisions/0012-catalogue.md).
NEGATIVE_WEIGHT = 0.75
# What two creators on the very same topics gain over two without any in common; cosines of related bios differ by as much.
TOPIC_WEIGHT = 0.3
_SAMPLED_VECTORS = 1_000


@dataclass(frozen=True, slots=True)
class SimilarCreator:
    """`score` orders: the cosine to the examples' query, plus TOPIC_WEIGHT x the cosine of topics. `shared_topics` are labels
    of topics that any positive example has as well."""

    creator: Creator
    score: float
    shared_topics: tuple[str, ...]


def similar_creators(
    connection: Connection, like: Sequence[UUID], unlike: Sequence[UUID], filters: Filters, *, limit: int = 24
) -> list[SimilarCreator]:
    """The nearest first, the examples themselves left out.

    Candidates are the nearest by vector, and the nearest of those on the positive examples' topics: in short bios a model
    hears the language louder than the subject.

    Raises InvalidInputError for examples that cancel out or are too many, NotFoundError for an unknown one, ConflictError for
    one that has no vector yet.
    """
    like, unlike = list(dict.fromkeys(like)), list(dict.fromkeys(unlike))
    _check(like, unlike)
    model = active_model(connection)
    _require_vectors(connection, model, [*like, *unlike])
    query = example_query(
        read_vectors(connection, model, like),
        read_vectors(connection, model, unlike),
        catalogue_centre(connection, model),
    )
    profiles = read_profiles(connection, [*like, *unlike])
    wanted = _combined(profiles, like, unlike)
    distances = _candidates(connection, model, query, filters, [key for key, weight in wanted.items() if weight > 0])
    for example in (*like, *unlike):
        distances.pop(example, None)
    profiles |= read_profiles(connection, list(distances))
    scores = {
        creator_id: 1 - distance + TOPIC_WEIGHT * topic_cosine(wanted, profiles[creator_id]["topics"] or {})
        for creator_id, distance in distances.items()
        if creator_id in profiles
    }
    liked = {key for example in like for key in profiles[example]["topics"] or {}}
    best = sorted(scores, key=lambda creator_id: (-scores[creator_id], creator_id))[:limit]
    return [
        SimilarCreator(
            Creator.model_validate(dict(profiles[creator_id])),
            scores[creator_id],
            _shared(profiles[creator_id]["topics"] or {}, liked),
        )
        for creator_id in best
    ]


def _candidates(
    connection: Connection, model: EmbeddingModel, query: Vectors, filters: Filters, topic_keys: Sequence[str]
) -> dict[UUID, float]:
    """Distances by creator."""
    found = dense_run(connection, model, query, filters, depth=CANDIDATE_DEPTH).candidates
    if topic_keys:
        found += focused_run(connection, model, query, filters, on_topics(topic_keys), depth=CANDIDATE_DEPTH).candidates
    return {candidate.creator_id: candidate.distance for candidate in found}


def _combined(profiles: Mapping[UUID, RowMapping], like: Sequence[UUID], unlike: Sequence[UUID]) -> dict[str, float]:
    """Topics of the examples by the same rule as their vectors."""
    wanted: dict[str, float] = defaultdict(float)
    for examples, weight in ((like, 1.0), (unlike, -NEGATIVE_WEIGHT)):
        for example in examples:
            for key, strength in (profiles[example]["topics"] or {}).items():
                wanted[key] += weight * strength / len(examples)
    return dict(wanted)


def topic_cosine(wanted: Mapping[str, float], topics_of: Mapping[str, float]) -> float:
    """Between -1 and 1; 0 where either names no topic."""
    lengths = math.hypot(*wanted.values()) * math.hypot(*topics_of.values())
    dot = sum(weight * topics_of.get(key, 0.0) for key, weight in wanted.items())
    return dot / lengths if lengths else 0.0


def example_query(like: Vectors, unlike: Vectors, centre: Vectors) -> Vectors:
    """The query that examples alone make: mean(like) - NEGATIVE_WEIGHT x mean(unlike), each taken from the centre.

    `like` of shape (positives, dimensions), at least one; `unlike` (negatives, dimensions), may be empty; `centre`
    (dimensions,), the catalogue's mean vector. Of length 1. Vectors of many models all point the same way; without taking the
    centre away, subtracting a negative example would mainly subtract what all creators have in common, and hardly what this
    one is about. Documents need not be centred: a constant does not change their order.

    Raises InvalidInputError when nothing is left.
    """
    query = rocchio(np.zeros_like(centre), like - centre, unlike - centre, beta=1.0, gamma=NEGATIVE_WEIGHT)
    length = float(np.linalg.norm(query))
    if length < 1e-6:
        raise InvalidInputError("The examples cancel each other out.", remedy="Take one of them away.")
    unit: Vectors = (query / length).astype(np.float32)
    return unit


def catalogue_centre(connection: Connection, model: EmbeddingModel) -> Vectors:
    """The mean of about 1,000 of the model's vectors, shape (dimensions,); the same ones as long as the table is the same."""
    table = f"creator_embeddings_{model.id}"
    estimate = connection.scalar(text("SELECT reltuples FROM pg_class WHERE oid = to_regclass(:name)"), {"name": table})
    percent = min(100.0, 100.0 * _SAMPLED_VECTORS / max(estimate or 0, 1))
    sampled = connection.scalar(
        text(f"""
            SELECT avg(embedding_vector::vector)::text
            FROM (SELECT embedding_vector FROM {table} TABLESAMPLE SYSTEM (CAST(:percent AS real)) REPEATABLE (0)
                  LIMIT {2 * _SAMPLED_VECTORS}) AS sampled
        """),
        {"percent": percent},
    )
    if sampled is None:
        return np.zeros(model.dimensions, dtype=np.float32)
    return np.fromstring(sampled[1:-1], dtype=np.float32, sep=",")


def _check(like: Sequence[UUID], unlike: Sequence[UUID]) -> None:
    if not like:
        raise InvalidInputError.of_field("like", "names no creator; give at least one to look for others like it")
    for name, given in (("like", like), ("unlike", unlike)):
        if len(given) > MOST_EXAMPLES:
            raise InvalidInputError.of_field(name, f"names {len(given)} creators (at most {MOST_EXAMPLES})")
    if both := set(like) & set(unlike):
        raise InvalidInputError.of_field("unlike", f"names {sorted(both)[0]}, which `like` names as well")


def _require_vectors(connection: Connection, model: EmbeddingModel, ids: Sequence[UUID]) -> None:
    rows = connection.execute(
        text("""
            SELECT c.id, c.name, EXISTS (SELECT FROM creator_embeddings e
                                         WHERE e.model_id = :model_id AND e.creator_id = c.id) AS embedded
            FROM creators c WHERE c.id = ANY (:ids)
        """),
        {"model_id": model.id, "ids": list(ids)},
    )
    embedded = {row.id: row for row in rows}
    for creator_id in ids:
        if creator_id not in embedded:
            raise NotFoundError(f"There is no creator {creator_id}.", remedy="GET /api/creators lists those there are.")
        if not embedded[creator_id].embedded:
            raise ConflictError(
                f"{embedded[creator_id].name or creator_id} has not been read yet, so nobody can be compared with it.",
                remedy="Try again in a moment; `influencerflow embeddings status` shows the progress.",
            )


def _shared(of_creator: dict[str, float], wanted: set[str]) -> tuple[str, ...]:
    """Labels of the topics in common, the strongest of the creator first; the lexicon may have lost one meanwhile."""
    keys = sorted((key for key in of_creator if key in wanted), key=lambda key: (-of_creator[key], key))
    return tuple(topics().by_key[key].label for key in keys if key in topics().by_key)
