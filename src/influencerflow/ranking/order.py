"""Candidates in their final order, each with the score it is ordered by."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from influencerflow.ranking.features import Candidate, Wanted, feature_matrix
from influencerflow.ranking.people import Profile, same_person
from influencerflow.ranking.weights import RankingWeights


@dataclass(frozen=True, slots=True)
class Scored:
    """`score` is a log-odds; `same_as`: the better-ranked account of the same person, which a duplicate follows far below."""

    creator_id: UUID
    similarity: float
    score: float
    same_as: UUID | None


class Rankable(Profile, Protocol):
    @property
    def creator_id(self) -> UUID: ...
    @property
    def candidate(self) -> Candidate: ...


def order_candidates(wanted: Wanted, found: Sequence[Rankable], weights: RankingWeights) -> list[Scored]:
    """Best first, ties by id; further accounts of a person come after everybody's first."""
    if not found:
        return []
    scores = weights.scores(feature_matrix(wanted, [item.candidate for item in found]))
    order = best_first(scores, [item.creator_id.bytes for item in found])
    ordered = [found[index] for index in order]
    leaders = same_person(ordered)
    ranked = [
        Scored(item.creator_id, item.candidate.similarity, float(scores[index]), _leader(ordered, leaders, position))
        for position, (index, item) in enumerate(zip(order, ordered, strict=True))
    ]
    return [item for item in ranked if item.same_as is None] + [item for item in ranked if item.same_as]


def best_first(scores: NDArray[np.float64], ids: Sequence[bytes]) -> list[int]:
    """Positions by score, ties by id."""
    return sorted(range(len(ids)), key=lambda index: (-scores[index], ids[index]))


def _leader(ordered: Sequence[Rankable], leaders: Sequence[int], position: int) -> UUID | None:
    return None if leaders[position] == position else ordered[leaders[position]].creator_id
