"""Every creator that passes the filters in one order: ranked candidates, the rest by meaning, what is set aside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import Connection

from influencerflow.embeddings.encoder import Vectors
from influencerflow.embeddings.registry import EmbeddingModel
from influencerflow.embeddings.store import read_vectors
from influencerflow.matching.candidates import Found, read_candidates
from influencerflow.matching.wanted import Wanted
from influencerflow.ranking.diversity import diversify
from influencerflow.ranking.order import Scored, order_candidates
from influencerflow.ranking.weights import shipped_weights
from influencerflow.retrieval.candidates import RetrievalQuery, RunReport, retrieve_candidates
from influencerflow.retrieval.dense import dense_run
from influencerflow.retrieval.filters import Filters
from influencerflow.retrieval.unembedded import unembedded_run

# Nobody reads further than this in search of variety.
DIVERSIFIED = 100
# One word that proves a topic; a word that only supports it is no ground for turning somebody down.
_POSTS_ABOUT = 0.6


@dataclass(frozen=True, slots=True)
class Ranking:
    """Best first; `runs` tells by run how its candidates were found."""

    creators: list[Scored]
    runs: Mapping[str, RunReport]


def retrieval_query(wanted: Wanted, vector: Vectors) -> RetrievalQuery:
    return RetrievalQuery(vector, wanted.words, wanted.searched_topics, sorted(wanted.countries))


def rank_creators(
    connection: Connection,
    model: EmbeddingModel,
    wanted: Wanted,
    vector: Vectors,
    filters: Filters,
    *,
    matching: int,
    depth: int,
    mmr_lambda: float | None = None,
) -> Ranking:
    """At least min(depth, matching) creators, best first. The order of the candidates does not depend on `depth`."""
    retrieved = retrieve_candidates(connection, model, retrieval_query(wanted, vector), filters)
    found = read_candidates(connection, model, wanted, vector, retrieved.ids)
    candidates = order_candidates(wanted, found, shipped_weights(), lambda item: _set_aside(wanted, item))
    ranked = [item for item in candidates if not item.set_aside]
    last = [item for item in candidates if item.set_aside]
    if mmr_lambda is not None:
        ranked = _diversified(connection, model, ranked, mmr_lambda)
    runs = dict(retrieved.runs)
    if len(ranked) < min(depth, matching):
        rest, runs["rest"] = _rest(connection, model, wanted, vector, filters, ranked, last, depth=depth)
        ranked += rest
    if len(ranked) < min(depth, matching):
        least = min((item.score for item in ranked), default=float("inf"))
        ranked += [replace(item, score=min(item.score, least)) for item in last]
    return Ranking(ranked, runs)


def score_creators(
    connection: Connection, model: EmbeddingModel, wanted: Wanted, vector: Vectors, ids: Sequence[UUID]
) -> dict[UUID, Scored]:
    """Named creators against the brief; those not embedded yet are left out."""
    found = read_candidates(connection, model, wanted, vector, ids)
    return {item.creator_id: item for item in order_candidates(wanted, found, shipped_weights())}


def _set_aside(wanted: Wanted, item: Found) -> bool:
    """Whether the creator comes after everybody: it copies the brief, or is what the brief rules out."""
    ruled_out = wanted.understanding
    return (
        item.copies
        or item.candidate.account in ruled_out.excluded_accounts
        or any(item.candidate.topics.get(key, 0.0) >= _POSTS_ABOUT for key in ruled_out.excluded_topics)
    )


def _diversified(
    connection: Connection, model: EmbeddingModel, ranked: list[Scored], mmr_lambda: float
) -> list[Scored]:
    head = [item for item in ranked if item.same_as is None and item.embedded][:DIVERSIFIED]
    vectors = read_vectors(connection, model, [item.creator_id for item in head])
    order = diversify([item.score for item in head], vectors, mmr_lambda)
    moved = {item.creator_id for item in head}
    return [*(head[position] for position in order), *(item for item in ranked if item.creator_id not in moved)]


def _rest(
    connection: Connection,
    model: EmbeddingModel,
    wanted: Wanted,
    vector: Vectors,
    filters: Filters,
    ranked: list[Scored],
    last: list[Scored],
    *,
    depth: int,
) -> tuple[list[Scored], RunReport]:
    """Those no run has found among its best, nearest first, then those that have no vector yet.

    None is shown a better score than the one before it.
    """
    known = {item.creator_id for item in [*ranked, *last]}
    wanted_depth, missing = depth + len(known), depth - len(ranked)
    run = dense_run(connection, model, vector, filters, depth=wanted_depth)
    ids = [creator_id for creator_id in run.ids if creator_id not in known][:missing]
    if len(ids) < missing:
        waiting = unembedded_run(connection, model, filters, depth=wanted_depth)
        ids += [creator_id for creator_id in waiting if creator_id not in known][: missing - len(ids)]
    scored = {
        item.creator_id: item
        for item in order_candidates(wanted, read_candidates(connection, model, wanted, vector, ids), shipped_weights())
    }
    rest, least = [], min((item.score for item in ranked), default=float("inf"))
    for creator_id in ids:
        least = min(least, scored[creator_id].score)
        rest.append(replace(scored[creator_id], score=least, same_as=None, set_aside=False))
    return rest, RunReport(run.decision, len(run.candidates))
