"""Reads creators' texts and writes their vectors."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from pgvector import HalfVector, Vector
from sqlalchemy import Connection, Row, text

from influencerflow.database.engine import Database
from influencerflow.embeddings.encoder import Vectors, normalized
from influencerflow.embeddings.registry import EmbeddingModel
from influencerflow.embeddings.text import CreatorProfile, content_hash, creator_text


@dataclass(frozen=True, slots=True)
class StoredText:
    """A creator's profile and current text, and what was made of them so far (None where nothing was)."""

    profile: CreatorProfile
    text: str
    embedded_hash: bytes | None
    lexicon_version: int | None


def read_texts(connection: Connection, model_id: int, creator_ids: Sequence[UUID]) -> dict[UUID, StoredText]:
    """Texts of the model's own version, by creator."""
    version = connection.scalar(text("SELECT text_version FROM embedding_models WHERE id = :id"), {"id": model_id})
    rows = connection.execute(
        text("""
            SELECT c.id, c.name, c.niche, c.about, c.channel_name, e.content_hash, s.lexicon_version
            FROM creators c LEFT JOIN creator_embeddings e ON e.creator_id = c.id AND e.model_id = :model_id
            LEFT JOIN creator_signals s ON s.creator_id = c.id
            WHERE c.id = ANY (:ids)
        """),
        {"model_id": model_id, "ids": list(creator_ids)},
    )
    texts = {}
    for row in rows:
        profile = CreatorProfile(row.name, row.niche, row.about, row.channel_name)
        texts[row.id] = StoredText(profile, creator_text(profile, version), row.content_hash, row.lexicon_version)
    return texts


def write_vectors(
    connection: Connection,
    model: EmbeddingModel,
    texts: Mapping[UUID, str],
    vectors: Vectors,
    *,
    shortened: Collection[UUID] = (),
) -> None:
    """Stores one vector a creator, `vectors` in the order of `texts`.

    Those of the active model count as a change of the catalogue; a model that was retired meanwhile keeps none.

    `shortened`: the creators whose texts were too long for the model.
    """
    if not texts:
        return
    # Locked until the end, so that the model neither becomes the active one nor loses its table in between.
    state = connection.scalar(text("SELECT state FROM embedding_models WHERE id = :id FOR SHARE"), {"id": model.id})
    if state == "retired":
        return
    connection.execute(
        text("""
            INSERT INTO creator_embeddings (model_id, creator_id, embedding_vector, content_hash, shortened)
            VALUES (:model_id, :creator_id, CAST(:vector AS halfvec), :content_hash, :shortened)
            ON CONFLICT (model_id, creator_id) DO UPDATE
            SET embedding_vector = excluded.embedding_vector, content_hash = excluded.content_hash,
                shortened = excluded.shortened, embedded_at = now()
        """),
        [
            {
                "model_id": model.id,
                "creator_id": creator_id,
                "vector": HalfVector(vector),
                "content_hash": content_hash(source),
                "shortened": creator_id in shortened,
            }
            for (creator_id, source), vector in zip(texts.items(), vectors, strict=True)
        ],
    )
    if state != "active":
        return
    connection.execute(text("INSERT INTO catalogue_changes VALUES (1)"))
    if own_vector_dimensions(connection) in {model.dimensions, -1}:
        connection.execute(
            text("UPDATE creators SET embedding_vector = CAST(:vector AS vector) WHERE id = :id"),
            [{"id": key, "vector": Vector(vector).to_text()} for key, vector in zip(texts, vectors, strict=True)],
        )


def read_vectors(connection: Connection, model: EmbeddingModel, creator_ids: Sequence[UUID]) -> Vectors:
    """Shape (creators, dimensions), in the order of the ids, each of which has a vector."""
    if not creator_ids:
        return np.empty((0, model.dimensions), dtype=np.float32)
    rows = connection.execute(
        text("""
            SELECT e.embedding_vector::text
            FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS wanted (id, position)
            JOIN creator_embeddings e ON e.creator_id = wanted.id AND e.model_id = :model_id ORDER BY wanted.position
        """),
        {"ids": list(creator_ids), "model_id": model.id},
    )
    vectors = [np.fromstring(value[1:-1], dtype=np.float32, sep=",") for (value,) in rows]
    return normalized(np.array(vectors, dtype=np.float32).reshape(len(vectors), model.dimensions))


def vectors_of_texts(connection: Connection, model: EmbeddingModel, hashes: Collection[bytes]) -> dict[bytes, Vectors]:
    """The vectors, of shape (dimensions,), that the model has for texts with these hashes, whoever's texts they are."""
    rows = connection.execute(
        text("""
            SELECT wanted.hash, found.vector
            FROM unnest(CAST(:hashes AS bytea[])) AS wanted (hash) CROSS JOIN LATERAL (
                SELECT e.embedding_vector::text AS vector FROM creator_embeddings e
                WHERE e.model_id = :model_id AND e.content_hash = wanted.hash LIMIT 1
            ) AS found
        """),
        {"hashes": list(hashes), "model_id": model.id},
    )
    return {bytes(key): np.fromstring(vector[1:-1], dtype=np.float32, sep=",") for key, vector in rows}


def own_vector_dimensions(connection: Connection) -> int | None:
    """Dimensions of a platform's own `creators.embedding_vector` column, -1 if it takes any, None without the column."""
    dimensions: int | None = connection.scalar(
        text("""
            SELECT a.atttypmod FROM pg_attribute a
            WHERE a.attrelid = 'creators'::regclass AND a.attname = 'embedding_vector' AND NOT a.attisdropped
              AND a.atttypid = 'vector'::regtype
        """)
    )
    return dimensions


def mirror_vectors(database: Database, model: EmbeddingModel) -> int:
    """Fills a platform's own vector column, batch by batch; returns how many, 0 where the vectors do not fit."""
    mirrored, last = 0, UUID(int=0)
    with database.transaction() as connection:
        fits = own_vector_dimensions(connection) in {model.dimensions, -1}
    while fits:
        with database.transaction() as connection:
            # Locked before their vectors are read: a worker's newer one is not overwritten.
            ids = connection.scalars(
                text("""
                    SELECT c.id FROM creators c JOIN creator_embeddings e ON e.creator_id = c.id
                    WHERE e.model_id = :model_id AND e.creator_id > :last
                    ORDER BY c.id LIMIT 1000 FOR NO KEY UPDATE OF c
                """),
                {"model_id": model.id, "last": last},
            ).all()
            connection.execute(
                text("""
                    UPDATE creators c SET embedding_vector = e.embedding_vector::vector FROM creator_embeddings e
                    WHERE e.model_id = :model_id AND e.creator_id = c.id AND c.id = ANY (:ids)
                """),
                {"model_id": model.id, "ids": list(ids)},
            )
        if not ids:
            break
        mirrored, last = mirrored + len(ids), max(ids)
    return mirrored


def reuse_vectors(database: Database, model: EmbeddingModel) -> int:
    """Copies the vectors of creators whose text reads the same to another version of this model; returns how many.

    A creator edited meanwhile is queued for the model, and is embedded whatever was copied.
    """
    copied, last = 0, UUID(int=0)
    while True:
        with database.transaction() as connection:
            rows = connection.execute(
                text("""
                    SELECT DISTINCT ON (e.creator_id) e.creator_id, e.model_id, e.content_hash
                    FROM creator_embeddings e JOIN embedding_models m ON m.id = e.model_id
                    WHERE (m.provider, m.name, m.dimensions) = (:provider, :name, :dimensions) AND m.id <> :id
                      AND e.creator_id > :last
                    ORDER BY e.creator_id, m.text_version DESC LIMIT 1000
                """),
                {
                    "id": model.id,
                    "provider": model.provider,
                    "name": model.name,
                    "dimensions": model.dimensions,
                    "last": last,
                },
            ).all()
            if not rows:
                return copied
            texts = read_texts(connection, model.id, [row.creator_id for row in rows])
            same = [
                row for row in rows if row.creator_id in texts and _reads_as(texts[row.creator_id], row.content_hash)
            ]
            copied += _copy_vectors(connection, model, same)
            last = rows[-1].creator_id


def _reads_as(stored: StoredText, other_hash: bytes) -> bool:
    return content_hash(stored.text) == other_hash


def _copy_vectors(connection: Connection, model: EmbeddingModel, rows: Sequence[Row[Any]]) -> int:
    return connection.execute(
        text("""
            INSERT INTO creator_embeddings (model_id, creator_id, embedding_vector, content_hash, shortened, embedded_at)
            SELECT :id, e.creator_id, e.embedding_vector, e.content_hash, e.shortened, e.embedded_at
            FROM unnest(CAST(:models AS integer[]), CAST(:creators AS uuid[])) AS source (model_id, creator_id)
            JOIN creator_embeddings e ON e.model_id = source.model_id AND e.creator_id = source.creator_id
            ON CONFLICT DO NOTHING
        """),
        {"id": model.id, "models": [row.model_id for row in rows], "creators": [row.creator_id for row in rows]},
    ).rowcount


def adopt_vectors(connection: Connection, model: EmbeddingModel) -> int:
    """Takes over the vectors a platform has in its own column, so that nothing is paid for twice; returns how many.

    What text they were made of is unknown; the creators' present texts are taken for it, so that reading a creator for
    its signals does not embed it afresh, and the next edit does.
    """
    if own_vector_dimensions(connection) not in {model.dimensions, -1}:
        return 0
    adopted = connection.execute(
        text("""
            INSERT INTO creator_embeddings (model_id, creator_id, embedding_vector, content_hash)
            SELECT :model_id, id, embedding_vector::halfvec, ''
            FROM creators WHERE vector_dims(embedding_vector) = :dimensions AND vector_norm(embedding_vector) > 0
            ON CONFLICT DO NOTHING
        """),
        {"model_id": model.id, "dimensions": model.dimensions},
    ).rowcount
    _hash_adopted(connection, model)
    connection.execute(
        text("""
            DELETE FROM embedding_jobs j USING creator_embeddings e
            WHERE j.model_id = :model_id AND e.model_id = j.model_id AND e.creator_id = j.creator_id
        """),
        {"model_id": model.id},
    )
    connection.execute(text("INSERT INTO catalogue_changes VALUES (1)"))
    return adopted


def _hash_adopted(connection: Connection, model: EmbeddingModel) -> None:
    """Batch by batch: a platform's bios need not fit into memory."""
    while ids := connection.scalars(
        text("SELECT creator_id FROM creator_embeddings WHERE model_id = :model_id AND content_hash = '' LIMIT 1000"),
        {"model_id": model.id},
    ).all():
        texts = read_texts(connection, model.id, ids)
        connection.execute(
            text("""
                UPDATE creator_embeddings SET content_hash = :content_hash
                WHERE model_id = :model_id AND creator_id = :creator_id
            """),
            [
                {"model_id": model.id, "creator_id": key, "content_hash": content_hash(stored.text)}
                for key, stored in texts.items()
            ],
        )
