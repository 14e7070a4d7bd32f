"""Candidates with everything ranking looks at, in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from uuid import UUID

import numpy as np
from pgvector import HalfVector
from sqlalchemy import Connection, text

from influencerflow.embeddings.encoder import Vectors
from influencerflow.embeddings.registry import EmbeddingModel
from influencerflow.lexicon.places import places
from influencerflow.matching.copies import brief_blocks, copies_brief, discounted
from influencerflow.matching.wanted import Wanted
from influencerflow.ranking.features import Candidate
from influencerflow.retrieval.lexical import word_scores


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate, what tells whether two of them are one person, and whether it copies the brief."""

    creator_id: UUID
    candidate: Candidate
    platform: str
    handle: str | None
    name: str | None
    about_hash: str | None
    copies: bool = False


def read_candidates(
    connection: Connection, model: EmbeddingModel, wanted: Wanted, vector: Vectors, ids: Sequence[UUID]
) -> list[Found]:
    """In the order of their ids. Those that copy the brief come without what it lends them.

    Those not embedded yet are taken to be as near in meaning as the median of the embedded ones that use the brief's words,
    as they do: what is not known neither helps nor hurts.
    """
    words = word_scores(connection, wanted.words, ids) if wanted.words else {}
    rows = connection.execute(
        text(f"""
            SELECT c.id, c.platform, c.channel_name, c.name, c.country, c.language,
                   CASE WHEN length(c.about) >= 40 THEN md5(c.about) END AS about_hash,
                   s.topics, s.countries AS text_countries, s.language AS text_language, s.gender, s.account,
                   1 - (e.embedding_vector::halfvec({model.dimensions}) <=> CAST(:query AS halfvec({model.dimensions})))
                       AS similarity,
                   CASE WHEN s.document @@ copied.phrases THEN c.about END AS suspect
            FROM creators c LEFT JOIN creator_embeddings e ON e.creator_id = c.id AND e.model_id = :model_id
            LEFT JOIN creator_signals s ON s.creator_id = c.id
            CROSS JOIN (
                SELECT CAST(string_agg('(' || CAST(phraseto_tsquery('simple', unaccent(block)) AS text) || ')', ' | ')
                            AS tsquery) AS phrases
                FROM unnest(CAST(:blocks AS text[])) AS b (block)
                WHERE numnode(phraseto_tsquery('simple', unaccent(block))) > 0
            ) copied
            WHERE c.id = ANY (:ids) ORDER BY c.id
        """),
        {
            "query": HalfVector(vector).to_text(),
            "model_id": model.id,
            "ids": list(ids),
            "blocks": brief_blocks(wanted.brief),
        },
    ).all()
    known = [row.similarity for row in rows if row.similarity is not None and words.get(row.id)]
    neutral = float(np.median(known)) if known else 0.0
    found = [
        Found(
            row.id,
            Candidate(
                similarity=neutral if row.similarity is None else float(row.similarity),
                words=words.get(row.id, 0.0),
                topics=row.topics or {},
                country=row.country,
                text_countries=row.text_countries or (),
                country_languages=_languages(row.country, row.text_countries),
                language=row.language,
                text_language=row.text_language,
                gender=row.gender,
                account=row.account,
                embedded=row.similarity is not None,
            ),
            row.platform or "",
            row.channel_name,
            row.name,
            row.about_hash,
        )
        for row in rows
    ]
    copies = {row.id for row in rows if row.suspect and copies_brief(wanted.brief, row.suspect)}
    return [
        replace(item, candidate=discounted(item.candidate), copies=True) if item.creator_id in copies else item
        for item in found
    ]


def _languages(country: str | None, text_countries: Sequence[str] | None) -> frozenset[str]:
    """What is spoken where the creator is."""
    return _spoken((country.upper(),) if country else tuple(text_countries or ()))


@lru_cache(maxsize=1024)
def _spoken(countries: tuple[str, ...]) -> frozenset[str]:
    return frozenset(language for code in countries for language in places().languages.get(code, ()))
