"""More like these, less like those: creators near to examples instead of to a brief."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, text

from influencerflow.creators.schemas import Creator
from influencerflow.embeddings.encoder import Vectors
from influencerflow.embeddings.registry import EmbeddingModel, active_model
from influencerflow.embeddings.store import read_vectors
from influencerflow.errors import ConflictError, InvalidInputError, NotFoundError
from influencerflow.lexicon.topics import topics
from influencerflow.matching.service import read_profiles
from influencerflow.retrieval.dense import count_matching, dense_run
from influencerflow.retrieval.filters import Filters

MOST_EXAMPLES = 20
# How much a negative example counts of a positive one. Rocchio's classical 0.2 (Manning, Raghavan & Schütze 2008, 9.1.1) is
# meant for dozens of judged documents; of a few chosen by hand it is not felt (docs/decisions/0009-catalogue.md).
NEGATIVE_WEIGHT = 0.5
_SAMPLED_VECTORS = 1_000


@dataclass(frozen=True, slots=True)
class SimilarCreator:
    """`similarity` is the cosine to the examples' query, for ordering; `shared_topics` are those of any positive example."""

    creator: Creator
    similarity: float
    shared_topics: tuple[str, ...]


def similar_creators(
    connection: Connection, like: Sequence[UUID], unlike: Sequence[UUID], filters: Filters, *, limit: int = 24
) -> list[SimilarCreator]:
    """The nearest first, the examples themselves left out.

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
    matching = count_matching(connection, model, filters)
    # Leaving the examples out afterwards keeps the filters as they are, for which the plan was chosen.
    examples = {*like, *unlike}
    found = dense_run(connection, model, query, filters, depth=limit + len(examples), matching=matching)
    found = [candidate for candidate in found if candidate.creator_id not in examples][:limit]
    profiles = read_profiles(connection, [*like, *(candidate.creator_id for candidate in found)])
    wanted = {key for example in like if example in profiles for key in profiles[example]["topics"] or {}}
    return [
        SimilarCreator(Creator.model_validate(dict(row)), 1 - candidate.distance, _shared(row["topics"] or {}, wanted))
        for candidate in found
        if (row := profiles.get(candidate.creator_id))
    ]


def example_query(like: Vectors, unlike: Vectors, centre: Vectors) -> Vectors:
    """Rocchio's query (1971) of unit vectors: mean(like) - NEGATIVE_WEIGHT x mean(unlike), each taken from the centre.

    `like` of shape (positives, dimensions), at least one; `unlike` (negatives, dimensions), may be empty; `centre`
    (dimensions,), the catalogue's mean vector. Of length 1. Vectors of many models all point the same way; without taking the
    centre away, subtracting a negative example would mainly subtract what all creators have in common, and hardly what this
    one is about. Documents need not be centred: a constant does not change their order.

    Raises InvalidInputError when nothing is left.
    """
    query = (like - centre).mean(axis=0)
    if len(unlike):
        query = query - NEGATIVE_WEIGHT * (unlike - centre).mean(axis=0)
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
