"""Candidates with everything ranking looks at, in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

import numpy as np
from pgvector import HalfVector
from pydantic_core import from_json
from sqlalchemy import Connection, text

from influencerflow.database.driver import uuid_array
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
                   CAST(s.topics AS text), array_to_string(s.countries, ' '), s.language, s.gender, s.account,
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
            WHERE c.id = ANY (CAST(:ids AS uuid[])) ORDER BY c.id
        """),
        {
            "query": HalfVector(vector).to_text(),
            "model_id": model.id,
            "ids": uuid_array(ids),
            "blocks": brief_blocks(wanted.brief),
        },
    ).all()
    known = [row.similarity for row in rows if row.similarity is not None and words.get(row.id)]
    neutral = float(np.median(known)) if known else 0.0
    found = []
    # By position: a name is looked up in each row anew, and hundreds of creators have a dozen columns.
    for (
        creator_id, platform, handle, name, country, language, about_hash,
        topics, named_countries, text_language, gender, account, similarity, suspect,
    ) in rows:  # fmt: skip
        text_countries = tuple(named_countries.split()) if named_countries else ()
        candidate = Candidate(
            similarity=neutral if similarity is None else float(similarity),
            words=words.get(creator_id, 0.0),
            topics=from_json(topics) if topics else {},
            country=country,
            text_countries=text_countries,
            country_languages=_languages(country, text_countries),
            language=language,
            text_language=text_language,
            gender=gender,
            account=account,
            embedded=similarity is not None,
        )
        copies = bool(suspect) and copies_brief(wanted.brief, suspect)
        if copies:
            candidate = discounted(candidate)
        found.append(Found(creator_id, candidate, platform or "", handle, name, about_hash, copies))
    return found


def _languages(country: str | None, text_countries: tuple[str, ...]) -> frozenset[str]:
    """What is spoken where the creator is."""
    return _spoken((country.upper(),) if country else text_countries)


@lru_cache(maxsize=1024)
def _spoken(countries: tuple[str, ...]) -> frozenset[str]:
    return frozenset(language for code in countries for language in places().languages.get(code, ()))
