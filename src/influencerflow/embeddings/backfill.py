"""Everything that has no vector yet: how much it is, what it costs, and into the queue with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection, text

from influencerflow.embeddings.registry import EmbeddingModel, list_models
from influencerflow.embeddings.requests import estimate_tokens, limits_of, shorten
from influencerflow.embeddings.store import read_texts
from influencerflow.embeddings.text import content_hash
from influencerflow.embeddings.usage import cost_usd, price, price_list
from influencerflow.settings import Settings

_SAMPLE = 5_000
_READ_AT_ONCE = 1_000

# With neither a vector nor a job that would make it one; or all.
_WANTING = """
    :every OR (NOT EXISTS (SELECT FROM creator_embeddings e WHERE e.model_id = m.id AND e.creator_id = c.id)
               AND NOT EXISTS (SELECT FROM embedding_jobs j WHERE j.model_id = m.id AND j.creator_id = c.id
                               AND j.state <> 'failed'))
"""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a model's backfill takes, at most: without what identical texts save. `cost_usd` None: the price is unknown."""

    model: str
    creators: int
    sampled: int
    tokens: int
    cost_usd: Decimal | None
    prices_as_of: date


def enqueue_backfill(connection: Connection, *, every: bool = False) -> int:
    """Queues what has no vector, failed jobs included, or everything, behind the edits; returns how many jobs."""
    queued = connection.execute(
        text(f"""
            INSERT INTO embedding_jobs (model_id, creator_id, lane)
            SELECT m.id, c.id, 1 FROM embedding_models m CROSS JOIN creators c
            WHERE m.state <> 'retired' AND ({_WANTING})
            ORDER BY m.id, c.id
            ON CONFLICT (model_id, creator_id) DO UPDATE
            SET state = 'queued', due_at = now(), enqueued_at = now(), attempts = 0, lane = 1, last_error = NULL
            WHERE embedding_jobs.state = 'failed'
        """),
        {"every": every},
    ).rowcount
    connection.execute(text("SELECT pg_notify('creator_embedding_needed', '')"))
    return queued


def estimate_backfill(connection: Connection, settings: Settings, *, every: bool = False) -> list[Estimate]:
    """Of each model that is in use or being built, counting also what is queued already."""
    models = [model for model in list_models(connection) if model.state != "retired"]
    return [_estimate(connection, settings, model, every=every) for model in models]


def _estimate(connection: Connection, settings: Settings, model: EmbeddingModel, *, every: bool) -> Estimate:
    wanted = """
        FROM creators c WHERE :every
            OR NOT EXISTS (SELECT FROM creator_embeddings e WHERE e.model_id = :model_id AND e.creator_id = c.id)
            OR EXISTS (SELECT FROM embedding_jobs j WHERE j.model_id = :model_id AND j.creator_id = c.id)
    """
    values = {"every": every, "model_id": model.id}
    creators = connection.scalar(text(f"SELECT count(*) {wanted}"), values) or 0
    # Ids are random, so the first of them are a sample. Adopted ids may not be: their hashes are.
    sample = connection.scalars(
        text(f"SELECT c.id {wanted} ORDER BY hashtextextended(c.id::text, 0) LIMIT :sample"),
        {**values, "sample": _SAMPLE},
    ).all()
    tokens = _tokens(connection, settings, model, sample)
    if sample:
        tokens = round(tokens * creators / len(sample))
    known = price(model, settings) is not None
    cost = cost_usd(model, tokens, settings) if known else None
    return Estimate(model.name, creators, len(sample), tokens, cost, price_list()[0])


def _tokens(connection: Connection, settings: Settings, model: EmbeddingModel, creator_ids: Sequence[UUID]) -> int:
    most = limits_of(model.provider, settings.embed_batch_size).text_bytes
    tokens = 0
    for start in range(0, len(creator_ids), _READ_AT_ONCE):
        texts = read_texts(connection, model.id, creator_ids[start : start + _READ_AT_ONCE])
        tokens += sum(
            estimate_tokens(shorten(stored.text, most))
            for stored in texts.values()
            if stored.embedded_hash != content_hash(stored.text)
        )
    return tokens
