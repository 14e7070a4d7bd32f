"""Which models there are, and which one answers searches."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, text

from influencerflow.embeddings import local
from influencerflow.embeddings.encoder import Encoder
from influencerflow.embeddings.text import TEXT_VERSION
from influencerflow.errors import ConflictError, NotFoundError
from influencerflow.settings import Settings

_COLUMNS = "id, provider, name, dimensions, text_version, state"


_wrapping: ContextVar[Callable[[Encoder], Encoder]] = ContextVar("_wrapping", default=lambda encoder: encoder)


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    id: int
    provider: str
    name: str
    dimensions: int
    text_version: int
    state: str


def configured_model(settings: Settings) -> tuple[str, str, int]:
    """Provider, name and dimensions of the encoder the settings ask for."""
    if settings.encoder == "openai":
        return "openai", settings.openai_model, settings.openai_dimensions
    return "local", local.NAME, local.DIMENSIONS


def active_model(connection: Connection) -> EmbeddingModel:
    row = connection.execute(text(f"SELECT {_COLUMNS} FROM embedding_models WHERE state = 'active'")).one_or_none()
    if row is None:
        raise NotFoundError("No embedding model is active.", remedy="Run `influencerflow migrate`.")
    return _model(row)


def list_models(connection: Connection) -> list[EmbeddingModel]:
    return [_model(row) for row in connection.execute(text(f"SELECT {_COLUMNS} FROM embedding_models ORDER BY id"))]


def ensure_active_model(connection: Connection, settings: Settings) -> EmbeddingModel:
    """The active model; in a new database the configured one becomes it. Vectors of older texts are queued to be redone."""
    # Two processes starting at once must not both register it.
    connection.execute(text("LOCK TABLE embedding_models IN SHARE ROW EXCLUSIVE MODE"))
    _adopt_text_version(connection)
    if connection.scalar(text("SELECT count(*) FROM embedding_models WHERE state = 'active'")):
        return active_model(connection)
    return add_model(connection, *configured_model(settings), state="active")


def _adopt_text_version(connection: Connection) -> None:
    """Another text in the same space: searches go on over the old vectors while the worker replaces those that differ."""
    updated = connection.execute(
        text("""
            UPDATE embedding_models m SET text_version = :version
            WHERE state IN ('building', 'active') AND text_version < :version AND NOT EXISTS (
                SELECT FROM embedding_models o
                WHERE (o.provider, o.name, o.dimensions, o.text_version) = (m.provider, m.name, m.dimensions, :version)
            )
        """),
        {"version": TEXT_VERSION},
    )
    if updated.rowcount:
        connection.execute(text("SELECT enqueue_embeddings(array_agg(id)) FROM creators HAVING count(*) > 0"))


def add_model(
    connection: Connection, provider: str, name: str, dimensions: int, *, state: str = "building"
) -> EmbeddingModel:
    """Registers a model and queues every creator for it. Raises ConflictError when it is there already."""
    row = connection.execute(
        text(f"""
            INSERT INTO embedding_models (provider, name, dimensions, text_version, state, activated_at)
            VALUES (:provider, :name, :dimensions, :text_version, :state, CASE :state WHEN 'active' THEN now() END)
            ON CONFLICT DO NOTHING RETURNING {_COLUMNS}
        """),
        {
            "provider": provider,
            "name": name,
            "dimensions": dimensions,
            "text_version": TEXT_VERSION,
            "state": state,
        },
    ).one_or_none()
    if row is None:
        raise ConflictError(f"{name} with {dimensions} dimensions is registered already.")
    model = _model(row)
    connection.execute(
        text("SELECT create_embedding_partition(:id, :dimensions)"), {"id": model.id, "dimensions": dimensions}
    )
    connection.execute(text("SELECT enqueue_embeddings(array_agg(id)) FROM creators HAVING count(*) > 0"))
    return model


@lru_cache(maxsize=4)
def _encoder(provider: str, name: str, dimensions: int, key: str | None, base_url: str | None) -> Encoder:
    if provider == "openai":
        from influencerflow.embeddings.openai import OpenAIEncoder

        settings = Settings(openai_api_key=key, openai_base_url=base_url)
        return OpenAIEncoder(name, dimensions, settings)
    return local.LocalEncoder()


def encoder_for(model: EmbeddingModel, settings: Settings) -> Encoder:
    """The encoder of exactly this model, loaded once per process."""
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else None
    encoder = _encoder(model.provider, model.name, model.dimensions, key, settings.openai_base_url)
    return _wrapping.get()(encoder)


@contextmanager
def wrapped_encoders(wrap: Callable[[Encoder], Encoder]) -> Iterator[None]:
    """Within the block, and in its thread only, `encoder_for` answers with what `wrap` makes of the encoder.

    `wrap` is asked anew by every call; it should answer alike each time, since query vectors are kept by encoder.
    """
    token = _wrapping.set(wrap)
    try:
        yield
    finally:
        _wrapping.reset(token)


def _model(row: Sequence[Any]) -> EmbeddingModel:
    return EmbeddingModel(*row)
