"""The lexical run: creators whose name, niche, handle or bio use the brief's words, rare words counting most."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

from influencerflow.creators.cleaning import STUFFED_NAME
from influencerflow.database.driver import uuid_array
from influencerflow.embeddings.encoder import Vectors
from influencerflow.embeddings.registry import EmbeddingModel
from influencerflow.lexicon.stop_words import content_words
from influencerflow.lexicon.tokens import tokenize
from influencerflow.retrieval.filters import Filters
from influencerflow.retrieval.focus import Focus, focus_size, focused_run
from influencerflow.retrieval.plan import Decision, Plan

# How much a word counts by the field of the brief it stands in: the niche is what is sought, the rest surrounds it.
WORD_WEIGHTS = {"product_niche": 1.0, "key_use_cases": 0.4, "target_audience": 0.4, "product_description": 0.25}
_SHORTEST_PREFIX, _SHORTEST_INSIDE = 4, 5
_MAX_WORDS = 40
# Rarer than this is rare enough: counting stops here, so that it stays cheap in a large catalogue.
_COUNT_LIMIT = 500
_REFERENCE_SIZE = 10_000
# The sum of weights times idf at which a profile has used most of what a brief can be recognised by.
_SATURATION = 8.0


@dataclass(frozen=True, slots=True)
class LexicalQuery:
    """`words`: folded, with their weights; `inside`: LIKE patterns for handles such as `thevegankitchen`."""

    words: Mapping[str, float]
    inside: tuple[str, ...]

    @property
    def sought(self) -> list[str]:
        """The words that weigh most: a creator that only shares the rest is not looked for."""
        most = max(self.words.values())
        return [word for word, weight in self.words.items() if weight == most]


# A word as a tsquery, the longer ones as a prefix. Quoted: letters such as the Ukrainian apostrophe, `⑴` or `½` become
# punctuation that means something in a tsquery.
_TSQUERY = f"""quote_literal(unaccent(word)) || CASE WHEN length(word) >= {_SHORTEST_PREFIX} THEN ':*' ELSE '' END"""
_SOUGHT = f"""SELECT to_tsquery('simple', string_agg({_TSQUERY}, ' | ')) AS query
              FROM unnest(CAST(:words AS text[])) AS w (word)"""
# Beyond so many, words alone say little: see `lexical_run`.
RANKED = 10_000


def lexical_query(fields: Mapping[str, str | None]) -> LexicalQuery | None:
    """`fields` by their names in WORD_WEIGHTS. None when there is no word that says anything."""
    weights: dict[str, float] = {}
    for field, weight in WORD_WEIGHTS.items():
        for word in content_words([fields.get(field)]):
            weights[word] = max(weights.get(word, 0.0), weight)
    niche = [token.word for token in tokenize(fields.get("product_niche"))]
    # `vegan food` is written `veganfood` in handles and hashtags.
    weights |= {first + second: 1.0 for first, second in itertools.pairwise(niche)}
    if not weights:
        return None
    kept = sorted(weights, key=lambda word: (-weights[word], word))[:_MAX_WORDS]
    inside = tuple(
        f"%{word}%" for word in content_words([fields.get("product_niche")]) if len(word) >= _SHORTEST_INSIDE
    )
    return LexicalQuery({word: weights[word] for word in kept}, inside)


def lexical_run(
    connection: Connection, model: EmbeddingModel, vector: Vectors, query: LexicalQuery, filters: Filters, *, depth: int
) -> tuple[list[UUID], Decision]:
    """At most `depth` creators, embedded or not, the best first, ties by id.

    By ts_rank: name and niche count most, then the handle. Where more than RANKED use the words, they tell little apart:
    then those nearest in meaning are taken, and those not embedded yet.
    """
    focus = _users_of(query)
    size = focus_size(connection, focus, RANKED + 1)
    if size > RANKED:
        run = focused_run(connection, model, vector, filters, focus, depth=depth)
        return run.ids + _unembedded_users(connection, filters, focus, depth=depth), run.decision
    condition = filters.where()
    rows = connection.execute(
        text(f"""
            SELECT s.creator_id
            FROM ({focus.ids}) AS found JOIN creator_signals s ON s.creator_id = found.creator_id
            JOIN creator_facets f ON f.creator_id = found.creator_id CROSS JOIN LATERAL ({_SOUGHT}) AS sought
            WHERE {condition.sql} AND (s.document @@ sought.query OR NOT :stuffed_name = ANY (s.flags))
            ORDER BY ts_rank(s.document, sought.query) DESC, s.creator_id
            LIMIT :depth
        """),
        {**condition.parameters, **focus.parameters, "depth": depth, "stuffed_name": STUFFED_NAME},
    )
    return list(rows.scalars()), Decision(Plan.EXACT, size)


def _users_of(query: LexicalQuery) -> Focus:
    """Who uses a word that is sought, in the text or inside the name. Two conditions joined by OR would use neither index."""
    return Focus(
        f"""SELECT s.creator_id FROM creator_signals s WHERE s.document @@ ({_SOUGHT})
            UNION
            SELECT c.id FROM creators c
            WHERE lower(coalesce(c.name, '') || ' ' || coalesce(c.channel_name, '')) LIKE ANY (:inside)""",
        f"""EXISTS (SELECT FROM creator_signals s WHERE s.creator_id = f.creator_id AND s.document @@ ({_SOUGHT}))""",
        {"words": query.sought, "inside": list(query.inside)},
    )


def _unembedded_users(connection: Connection, filters: Filters, focus: Focus, *, depth: int) -> list[UUID]:
    condition = filters.where()
    statement = text(f"""
        SELECT f.creator_id FROM creator_facets f WHERE f.vector IS NULL AND {condition.sql} AND {focus.test} LIMIT :depth
    """)
    rows = connection.execute(statement, {**condition.parameters, **focus.parameters, "depth": depth})
    return sorted(rows.scalars())


def word_scores(connection: Connection, query: LexicalQuery, creator_ids: Sequence[UUID]) -> dict[UUID, float]:
    """0-1 by creator: 1 - exp(-sum(weight x idf) / saturation) over the brief's words its profile uses.

    idf = ln(1 + 10,000 / min(uses, 500)), after Sparck Jones 1972, for a catalogue of a fixed size: a brief's scores do
    not drift when creators are added that have nothing to do with it.
    """
    if not creator_ids:
        return {}
    rows = connection.execute(
        text(f"""
            WITH terms AS (
                SELECT to_tsquery('simple', {_TSQUERY}) AS query, weight
                FROM unnest(CAST(:words AS text[]), CAST(:weights AS float8[])) AS w (word, weight)
            ), weighed AS MATERIALIZED (
                SELECT query, weight * ln(1 + CAST(:reference_size AS float8) / greatest(uses.n, 1)) AS weight
                FROM terms CROSS JOIN LATERAL (
                    SELECT count(*) AS n FROM (
                        SELECT FROM creator_signals WHERE document @@ terms.query LIMIT :count_limit
                    ) counted
                ) uses
            )
            SELECT s.creator_id, sum(weighed.weight) AS evidence
            FROM creator_signals s JOIN weighed ON s.document @@ weighed.query
            WHERE s.creator_id = ANY (CAST(:ids AS uuid[])) GROUP BY s.creator_id
        """),
        {
            "words": list(query.words),
            "weights": list(query.words.values()),
            "count_limit": _COUNT_LIMIT,
            "reference_size": _REFERENCE_SIZE,
            "ids": uuid_array(creator_ids),
        },
    )
    return {row.creator_id: 1.0 - math.exp(-row.evidence / _SATURATION) for row in rows}
