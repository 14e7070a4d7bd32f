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
from influencerflow.settings import Server, Settings

_COLUMNS = "id, provider, name, dimensions, text_version, state, copied"


_pinned: ContextVar["EmbeddingModel | None"] = ContextVar("_pinned", default=None)
_wrapping: ContextVar[Callable[[Encoder], Encoder]] = ContextVar("_wrapping", default=lambda encoder: encoder)


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """`copied`: whether `creator_facets` holds all its vectors."""

    id: int
    provider: str
    name: str
    dimensions: int
    text_version: int
    state: str
    copied: bool = False

    def __str__(self) -> str:
        return f"{self.provider} {self.name}, {self.dimensions:,} dimensions, text version {self.text_version}"


def configured_model(settings: Settings) -> tuple[str, str, int]:
    """Provider, name and dimensions of the encoder the settings ask for."""
    if settings.encoder == "openai":
        return "openai", settings.openai_model, settings.openai_dimensions
    return "local", local.NAME, local.DIMENSIONS


def active_model(connection: Connection) -> EmbeddingModel:
    """Read once a search, with everything after it in that model's space. Raises NotFoundError."""
    model = _pinned.get() or _find_active(connection)
    if model is None:
        raise NotFoundError("No embedding model is active.", remedy="Run `influencerflow migrate`.")
    return model


def get_model(connection: Connection, model_id: int) -> EmbeddingModel:
    """Raises NotFoundError."""
    statement = text(f"SELECT {_COLUMNS} FROM embedding_models WHERE id = :id")
    row = connection.execute(statement, {"id": model_id}).one_or_none()
    if row is None:
        raise NotFoundError(
            f"There is no model {model_id}.", remedy="`influencerflow models list` shows those there are."
        )
    return _model(row)


def list_models(connection: Connection) -> list[EmbeddingModel]:
    return [_model(row) for row in connection.execute(text(f"SELECT {_COLUMNS} FROM embedding_models ORDER BY id"))]


def kept_models(connection: Connection) -> list[EmbeddingModel]:
    """The models whose vectors follow every edit, the active one first."""
    kept = [model for model in list_models(connection) if model.state != "retired"]
    return sorted(kept, key=lambda model: model.state != "active")


def ensure_active_model(connection: Connection, settings: Settings) -> EmbeddingModel:
    """The active model; in a new database the configured one becomes it. Settings never change it afterwards."""
    if model := _find_active(connection):
        return model
    # Two processes starting at once must not both register it.
    connection.execute(text("LOCK TABLE embedding_models IN SHARE ROW EXCLUSIVE MODE"))
    return _find_active(connection) or add_model(connection, *configured_model(settings), state="active")


def add_model(
    connection: Connection, provider: str, name: str, dimensions: int, *, state: str = "building"
) -> EmbeddingModel:
    """Registers a model for the present text version, or one that was retired again.

    From now on every edit is queued for it; an active one gets everybody queued, one that is `building` when it is built.
    Raises ConflictError when it is there already.
    """
    row = connection.execute(
        text(f"""
            INSERT INTO embedding_models AS m (provider, name, dimensions, text_version, state, copied, activated_at)
            VALUES (:provider, :name, :dimensions, :text_version, :state, :state = 'active',
                    CASE :state WHEN 'active' THEN now() END)
            ON CONFLICT (provider, name, dimensions, text_version) DO UPDATE
            SET state = excluded.state, copied = excluded.copied, created_at = now(),
                activated_at = excluded.activated_at, retired_at = NULL
            WHERE m.state = 'retired' AND to_regclass('creator_embeddings_' || m.id) IS NULL
            RETURNING {_COLUMNS}
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
        raise ConflictError(
            f"{provider} {name} with {dimensions:,} dimensions is registered already.",
            remedy="`influencerflow models list` shows it.",
        )
    model = _model(row)
    # Its vector index is made when its first load is over: kept at every write, it would take most of the time.
    connection.execute(
        text("SELECT create_embedding_partition(:id, :dimensions, false)"), {"id": model.id, "dimensions": dimensions}
    )
    if state == "active":
        enqueue_missing(connection, model)
    return model


def enqueue_missing(connection: Connection, model: EmbeddingModel) -> int:
    """Queues the creators the model has no vector of; returns how many were not queued already."""
    return int(connection.scalar(text("SELECT enqueue_missing_embeddings(:id)"), {"id": model.id}) or 0)


def _find_active(connection: Connection) -> EmbeddingModel | None:
    row = connection.execute(text(f"SELECT {_COLUMNS} FROM embedding_models WHERE state = 'active'")).one_or_none()
    return _model(row) if row else None


@lru_cache(maxsize=4)
def _encoder(provider: str, name: str, dimensions: int, server: Server) -> Encoder:
    if provider == "openai":
        from influencerflow.embeddings.openai import OpenAIEncoder

        return OpenAIEncoder(name, dimensions, server)
    return local.LocalEncoder()


def encoder_for(model: EmbeddingModel, settings: Settings) -> Encoder:
    """The encoder of exactly this model, whatever the settings would start a new database with; loaded once per process.

    Raises ConfigurationError where this process lacks what it needs, such as a key.
    """
    encoder = _encoder(model.provider, model.name, model.dimensions, settings.server_of(model.name))
    return _wrapping.get()(encoder)


@contextmanager
def pinned_model(model: EmbeddingModel) -> Iterator[None]:
    """Within the block, and in its thread only, searches are answered with this model, active or not."""
    token = _pinned.set(model)
    try:
        yield
    finally:
        _pinned.reset(token)


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
