"""Requests, tokens, money and failures, by model and day."""

from decimal import Decimal

from sqlalchemy import Connection, text

from influencerflow.embeddings.registry import EmbeddingModel

# USD per million tokens (openai.com/api/pricing, November 2026). Everything else counts tokens but no money.
PRICES = {"text-embedding-3-small": Decimal("0.02"), "text-embedding-3-large": Decimal("0.13")}


def cost_usd(model: EmbeddingModel, tokens: int) -> Decimal:
    if model.provider != "openai":
        return Decimal(0)
    return PRICES.get(model.name, Decimal(0)) * tokens / 1_000_000


def record_usage(
    connection: Connection,
    model: EmbeddingModel,
    *,
    requests: int = 0,
    texts: int = 0,
    tokens: int = 0,
    failures: int = 0,
) -> None:
    connection.execute(
        text("""
            INSERT INTO embedding_usage AS u (model_id, day, requests, texts, tokens, cost_usd, failures)
            VALUES (:model_id, current_date, :requests, :texts, :tokens, :cost, :failures)
            ON CONFLICT (model_id, day) DO UPDATE
            SET requests = u.requests + excluded.requests, texts = u.texts + excluded.texts,
                tokens = u.tokens + excluded.tokens, cost_usd = u.cost_usd + excluded.cost_usd,
                failures = u.failures + excluded.failures
        """),
        {
            "model_id": model.id,
            "requests": requests,
            "texts": texts,
            "tokens": tokens,
            "cost": cost_usd(model, tokens),
            "failures": failures,
        },
    )
