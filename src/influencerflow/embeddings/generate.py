"""The guide's `generate_creator_embedding`: one creator, now, without the queue."""

from contextlib import nullcontext
from typing import Any
from uuid import UUID

from influencerflow.creators.signals import read_signals
from influencerflow.creators.signals_store import write_signals
from influencerflow.database.engine import Database
from influencerflow.database.open import open_database
from influencerflow.embeddings.registry import encoder_for, ensure_active_model
from influencerflow.embeddings.store import read_texts, write_vectors
from influencerflow.embeddings.usage import record_usage, require_budget
from influencerflow.errors import NotFoundError
from influencerflow.settings import Settings, load_settings


class CreatorNotFoundError(NotFoundError, ValueError):
    """Also a ValueError, as the guide's function raises."""


def generate_creator_embedding(
    creator_id: str | UUID, *, database: Database | None = None, settings: Settings | None = None
) -> dict[str, Any]:
    """Embeds one creator with the active model and stores the vector.

    Returns `{"creator_id", "embedding_updated", "embedding_dimensions"}`. Raises CreatorNotFoundError, and
    SpendingCapError once the month's cap is reached.
    """
    settings = settings or load_settings()
    opened = nullcontext(database) if database else open_database(settings)
    with opened as used:
        try:
            key = UUID(str(creator_id))
        except ValueError:
            raise CreatorNotFoundError(f"Creator with ID {creator_id} not found") from None
        with used.transaction() as connection:
            model = ensure_active_model(connection, settings)
            require_budget(connection, model, settings)
            texts = read_texts(connection, model.id, [key])
        if key not in texts:
            raise CreatorNotFoundError(f"Creator with ID {creator_id} not found")
        # No transaction stays open while the model works; a text edited meanwhile is queued and embedded again.
        encoding = encoder_for(model, settings).encode_document([texts[key].text])
        with used.transaction() as connection:
            record_usage(connection, model, settings, requests=encoding.requests, texts=1, tokens=encoding.tokens)
        with used.transaction() as connection:
            if read_texts(connection, model.id, [key]).get(key) == texts[key]:
                write_vectors(connection, model, {key: texts[key].text}, encoding.vectors)
                write_signals(connection, {key: read_signals(texts[key].profile)})
    return {"creator_id": creator_id, "embedding_updated": True, "embedding_dimensions": model.dimensions}
