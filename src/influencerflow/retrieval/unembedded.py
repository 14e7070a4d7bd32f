"""Creators that wait for their vector: they pass filters and are found by words, but no dense run can see them."""

from uuid import UUID

from sqlalchemy import Connection, text

from influencerflow.embeddings.registry import EmbeddingModel
from influencerflow.retrieval.filters import Filters


def unembedded_run(connection: Connection, model: EmbeddingModel, filters: Filters, *, depth: int) -> list[UUID]:
    """At most `depth` creators that pass the filters and have no vector of the model, by id."""
    condition = filters.where()
    rows = connection.execute(
        text(f"""
            SELECT f.creator_id FROM creator_facets f
            WHERE {condition.sql} AND NOT EXISTS (
                SELECT FROM creator_embeddings e WHERE e.model_id = :model_id AND e.creator_id = f.creator_id
            )
            ORDER BY f.creator_id LIMIT :depth
        """),
        {"model_id": model.id, "depth": depth, **condition.parameters},
    )
    return list(rows.scalars())
