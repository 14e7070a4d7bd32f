"""The operation's figures, read from the database."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection, text

from influencerflow.embedding_queue.queue import QueueStatus, queue_status


@dataclass(frozen=True, slots=True)
class EmbeddingFigures:
    model: str | None
    dimensions: int | None
    creators: int
    embedded: int
    queue: QueueStatus
    requests: int
    texts: int
    tokens: int
    cost_usd: Decimal
    failures: int
    last_error: str | None


def embedding_figures(connection: Connection) -> EmbeddingFigures:
    row = connection.execute(
        text("""
            SELECT m.name AS model, m.dimensions, (SELECT count(*) FROM creators) AS creators,
                   (SELECT count(*) FROM creator_embeddings e WHERE e.model_id = m.id) AS embedded,
                   u.requests, u.texts, u.tokens, u.cost_usd, u.failures,
                   (SELECT last_error FROM embedding_jobs WHERE last_error IS NOT NULL ORDER BY due_at DESC LIMIT 1) AS last_error
            FROM (SELECT coalesce(sum(requests), 0)::bigint AS requests, coalesce(sum(texts), 0)::bigint AS texts,
                         coalesce(sum(tokens), 0)::bigint AS tokens, coalesce(sum(cost_usd), 0) AS cost_usd,
                         coalesce(sum(failures), 0)::bigint AS failures
                  FROM embedding_usage) u
            LEFT JOIN embedding_models m ON m.state = 'active'
        """)
    ).one()
    return EmbeddingFigures(queue=queue_status(connection), **row._mapping)
