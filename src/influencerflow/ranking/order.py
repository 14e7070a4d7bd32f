"""Candidates in their final order, each with the score it is ordered by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from influencerflow.ranking.features import Candidate, Wanted, feature_matrix
from influencerflow.ranking.people import Profile, same_person
from influencerflow.ranking.weights import RankingWeights


@dataclass(frozen=True, slots=True)
class Scored:
    """`score` is a log-odds; `same_as`: the better-ranked account of the same person, which a duplicate follows far below.

    `set_aside`: comes after everybody, candidate or not. Not `embedded`: its similarity is assumed.
    """

    creator_id: UUID
    similarity: float
    score: float
    same_as: UUID | None
    set_aside: bool = False
    embedded: bool = True


class Rankable(Profile, Protocol):
    @property
    def creator_id(self) -> UUID: ...
    @property
    def candidate(self) -> Candidate: ...


Item = TypeVar("Item", bound=Rankable)


def order_candidates(
    wanted: Wanted,
    found: Sequence[Item],
    weights: RankingWeights,
    set_aside: Callable[[Item], bool] = lambda _item: False,
) -> list[Scored]:
    """Best first, ties by id; further accounts of a person come after everybody's first, what is set aside after all."""
    if not found:
        return []
    scores = weights.scores(feature_matrix(wanted, [item.candidate for item in found]))
    by_score = best_first(scores, [item.creator_id.int for item in found])
    aside = [set_aside(item) for item in found]
    order = sorted(by_score, key=aside.__getitem__)
    ordered = [found[index] for index in order]
    leaders = same_person(ordered)
    ranked = [
        Scored(
            item.creator_id,
            item.candidate.similarity,
            float(scores[index]),
            _leader(ordered, leaders, position),
            aside[index],
            item.candidate.embedded,
        )
        for position, (index, item) in enumerate(zip(order, ordered, strict=True))
    ]
    return sorted(ranked, key=lambda item: (item.set_aside, item.same_as is not None))


def best_first(scores: NDArray[np.float64], ids: Sequence[int] | Sequence[bytes]) -> list[int]:
    """Positions by score, ties by id."""
    keys = list(zip((-scores).tolist(), ids, strict=True))
    return sorted(range(len(ids)), key=keys.__getitem__)


def _leader(ordered: Sequence[Rankable], leaders: Sequence[int], position: int) -> UUID | None:
    return None if leaders[position] == position else ordered[leaders[position]].creator_id
