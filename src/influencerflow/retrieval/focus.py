"""Runs among some of the creators only: those on a topic, in a country, or that use a word."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from influencerflow.embeddings.encoder import Vectors
from influencerflow.embeddings.registry import EmbeddingModel
from influencerflow.retrieval.conditions import Condition
from influencerflow.retrieval.dense import Run, candidates, compared, execute, walk
from influencerflow.retrieval.filters import Filters
from influencerflow.retrieval.memory_run import memory_run
from influencerflow.retrieval.plan import MIN_SCAN, Decision, Plan, first_scan

# Up to so many are compared whatever the filters: each has to be looked up.
EXACT_LIMIT = 10_000
# What is on topic is near the query: more of the nearest belong to the focus than of all.
_NEAR = 0.5


@dataclass(frozen=True, slots=True)
class Focus:
    """`ids` selects the `creator_id`s; `test` asks the same of one `creator_facets f`."""

    ids: str
    test: str
    parameters: Mapping[str, Any]


def focus_size(connection: Connection, focus: Focus, at_most: int) -> int:
    """How many creators there are in it, counted as far as `at_most`."""
    statement = text(f"SELECT count(*) FROM (SELECT FROM ({focus.ids}) AS ids LIMIT :at_most) AS counted")
    return int(connection.scalar(statement, {**focus.parameters, "at_most": at_most}) or 0)


def focused_run(
    connection: Connection, model: EmbeddingModel, query: Vectors, filters: Filters, focus: Focus, *, depth: int
) -> Run:
    """The `depth` nearest of the focus that pass the filters; all there are, where those are fewer."""
    condition = filters.where()
    size = focus_size(connection, focus, EXACT_LIMIT + 1)
    decision = Decision(Plan.EXACT, size)
    if size > EXACT_LIMIT:
        test = Condition(focus.test, focus.parameters)
        if remembered := memory_run(connection, model, query, filters, depth=depth, also=test):
            rows, decision = remembered
            return Run(candidates(rows), decision)
        tested = condition.and_also(test)
        scan = max(MIN_SCAN, first_scan(depth, _NEAR))
        found = walk(connection, model, query, tested, depth=depth, scan=scan)
        if found.candidates:
            return found
        decision = Decision(Plan.EXACT, None, None, found.decision.tried)
    source, where, distance = compared(model, condition)
    rows = execute(
        connection,
        f"""
        SELECT f.creator_id, {distance} AS distance FROM ({focus.ids}) AS ids, {source}
        WHERE f.creator_id = ids.creator_id AND {where} ORDER BY 2, 1 LIMIT :depth
        """,
        query,
        {**condition.parameters, **focus.parameters},
        depth=depth,
    )
    return Run(candidates(rows), decision)
