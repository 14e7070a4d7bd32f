"""The candidates of a brief: the union of several runs, so that what one run cannot see another finds."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from influencerflow.embeddings.encoder import Vectors
from influencerflow.embeddings.registry import EmbeddingModel
from influencerflow.retrieval.dense import INDEX_DEPTH, Focus, dense_run, focused_run
from influencerflow.retrieval.filters import Filters
from influencerflow.retrieval.lexical import LexicalQuery, lexical_run

# The narrower runs only have to find what the run over all cannot see.
FOCUSED_DEPTH = 150
# Two conditions joined by OR would use neither of the two indexes.
_IN_COUNTRIES = """s.creator_id IN (
    SELECT creator_id FROM creator_signals WHERE countries && CAST(:wanted_countries AS text[])
    UNION SELECT id FROM creators WHERE upper(country) = ANY (:wanted_countries)
)"""


@dataclass(frozen=True, slots=True)
class RetrievalQuery:
    """A brief as retrieval sees it: `vector` of length 1, and what was read from its words."""

    vector: Vectors
    words: LexicalQuery | None
    topic_keys: Sequence[str]
    countries: Sequence[str]


def retrieve_candidates(
    connection: Connection,
    model: EmbeddingModel,
    query: RetrievalQuery,
    filters: Filters,
    *,
    matching: int,
    depth: int = INDEX_DEPTH,
) -> list[UUID]:
    """Nearest in meaning overall (at most `depth`), on topic and in the countries, and by words (FOCUSED_DEPTH each)."""
    found = dense_run(connection, model, query.vector, filters, depth=depth, matching=matching)
    for focus in _focuses(query):
        found += focused_run(connection, model, query.vector, filters, focus, depth=FOCUSED_DEPTH)
    ids = [candidate.creator_id for candidate in found]
    if query.words:
        ids += lexical_run(connection, query.words, filters, depth=FOCUSED_DEPTH)
    return list(dict.fromkeys(ids))


def _focuses(query: RetrievalQuery) -> list[Focus]:
    focuses = []
    if query.topic_keys:
        focuses.append(Focus("s.topic_keys && CAST(:topic_keys AS text[])", {"topic_keys": list(query.topic_keys)}))
    if query.countries:
        focuses.append(Focus(_IN_COUNTRIES, {"wanted_countries": list(query.countries)}))
    return focuses
