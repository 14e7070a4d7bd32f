"""Requests, tokens, money and failures, by model and day; prices; the monthly cap."""

import tomllib
from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files

from sqlalchemy import Connection, text

from influencerflow.embeddings.registry import EmbeddingModel
from influencerflow.errors import EncoderUnavailableError
from influencerflow.settings import Settings


class SpendingCapError(EncoderUnavailableError):
    """What may be spent in a month is spent."""

    title = "Spending cap reached"


@lru_cache
def price_list() -> tuple[date, dict[str, Decimal]]:
    """As of when, and USD per million tokens by model."""
    raw = (files("influencerflow.embeddings") / "data" / "prices.toml").read_text(encoding="utf-8")
    table = tomllib.loads(raw, parse_float=Decimal)
    return table["as_of"], table["usd_per_million_tokens"]


def price(model: EmbeddingModel, settings: Settings) -> Decimal | None:
    """USD per million tokens: 0 for the local encoder, None where neither the list nor the operator knows it."""
    if model.provider != "openai":
        return Decimal(0)
    own = settings.embed_prices.get(model.name)
    return own if own is not None else price_list()[1].get(model.name)


def cost_usd(model: EmbeddingModel, tokens: int, settings: Settings) -> Decimal:
    """0 where the price is unknown."""
    return (price(model, settings) or Decimal(0)) * tokens / 1_000_000


def spent_this_month(connection: Connection) -> Decimal:
    """USD since the first of the month, by the database's UTC calendar."""
    spent: Decimal = connection.scalar(
        text("""
            SELECT coalesce(sum(cost_usd), 0) FROM embedding_usage
            WHERE day >= date_trunc('month', now() AT TIME ZONE 'UTC')::date
        """)
    )
    return spent


def require_budget(connection: Connection, model: EmbeddingModel, settings: Settings) -> None:
    """Raises SpendingCapError once the month's cap is reached. Requests already sent may still pass it by their price."""
    cap = settings.embed_monthly_cap_usd
    if cap is None or price(model, settings) == 0:
        return
    spent = spent_this_month(connection)
    if spent >= cap:
        raise SpendingCapError(
            f"${spent:,.2f} of this month's ${cap:,.2f} for embeddings are spent.",
            remedy="It goes on next month, or after a restart with a higher INFLUENCERFLOW_EMBED_MONTHLY_CAP_USD.",
        )


def record_usage(
    connection: Connection,
    model: EmbeddingModel,
    settings: Settings,
    *,
    requests: int = 0,
    texts: int = 0,
    tokens: int = 0,
    failures: int = 0,
) -> None:
    """In a transaction of its own, or all that embed that day wait for its end: the day has one row."""
    connection.execute(
        text("""
            INSERT INTO embedding_usage AS u (model_id, day, requests, texts, tokens, cost_usd, failures)
            VALUES (:model_id, (now() AT TIME ZONE 'UTC')::date, :requests, :texts, :tokens, :cost, :failures)
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
            "cost": cost_usd(model, tokens, settings),
            "failures": failures,
        },
    )
