"""The candidates of a brief: the union of several runs, so that what one run cannot see another finds."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from influencerflow.embeddings.encoder import Vectors
from influencerflow.embeddings.registry import EmbeddingModel
from influencerflow.retrieval.dense import CANDIDATE_DEPTH, dense_run
from influencerflow.retrieval.filters import Filters
from influencerflow.retrieval.focus import Focus, focused_run
from influencerflow.retrieval.lexical import LexicalQuery, lexical_run
from influencerflow.retrieval.plan import Decision

# The narrower runs only have to find what the run over all cannot see.
FOCUSED_DEPTH = 150


@dataclass(frozen=True, slots=True)
class RetrievalQuery:
    """A brief as retrieval sees it: `vector` of length 1, and what was read from its words."""

    vector: Vectors
    words: LexicalQuery | None
    topic_keys: Sequence[str]
    countries: Sequence[str]


@dataclass(frozen=True, slots=True)
class RunReport:
    """Which way a run went, and how many creators it found."""

    decision: Decision
    found: int


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Candidates, each once, and by run (`meaning`, `topics`, `countries`, `words`) how it was made."""

    ids: list[UUID]
    runs: dict[str, RunReport]


def retrieve_candidates(
    connection: Connection,
    model: EmbeddingModel,
    query: RetrievalQuery,
    filters: Filters,
    *,
    depth: int = CANDIDATE_DEPTH,
) -> Retrieved:
    """Nearest in meaning overall (at most `depth`), on topic and in the countries, and by words (FOCUSED_DEPTH each)."""
    runs = {"meaning": dense_run(connection, model, query.vector, filters, depth=depth)}
    if query.topic_keys:
        runs["topics"] = focused_run(
            connection, model, query.vector, filters, on_topics(query.topic_keys), depth=FOCUSED_DEPTH
        )
    if query.countries:
        runs["countries"] = focused_run(
            connection, model, query.vector, filters, _in_countries(query.countries), depth=FOCUSED_DEPTH
        )
    ids = [creator_id for run in runs.values() for creator_id in run.ids]
    reports = {name: RunReport(run.decision, len(run.candidates)) for name, run in runs.items()}
    if query.words:
        users, decision = lexical_run(connection, model, query.vector, query.words, filters, depth=FOCUSED_DEPTH)
        reports["words"] = RunReport(decision, len(users))
        ids += users
    return Retrieved(list(dict.fromkeys(ids)), reports)


def on_topics(topic_keys: Sequence[str]) -> Focus:
    on_topic = "s.topic_keys && CAST(:topic_keys AS text[])"
    return Focus(
        f"SELECT s.creator_id FROM creator_signals s WHERE {on_topic}",
        f"EXISTS (SELECT FROM creator_signals s WHERE s.creator_id = f.creator_id AND {on_topic})",
        {"topic_keys": list(topic_keys)},
    )


def _in_countries(countries: Sequence[str]) -> Focus:
    """Said by the catalogue or by the text. Two conditions joined by OR would use neither of the two indexes."""
    by_text = "s.countries && CAST(:wanted_countries AS text[])"
    by_facet = "f.country = ANY (:wanted_countries)"
    return Focus(
        f"""SELECT s.creator_id FROM creator_signals s WHERE {by_text}
            UNION SELECT f.creator_id FROM creator_facets f WHERE {by_facet}""",
        f"""({by_facet} OR EXISTS (SELECT FROM creator_signals s WHERE s.creator_id = f.creator_id AND {by_text}))""",
        {"wanted_countries": list(countries)},
    )
