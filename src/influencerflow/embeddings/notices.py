"""What an operator should know of the models: settings that ask for another one, older texts, what this process lacks."""

from functools import lru_cache

import structlog
from sqlalchemy import Connection

from influencerflow.embeddings.registry import EmbeddingModel, configured_model, encoder_for, kept_models
from influencerflow.embeddings.text import TEXT_VERSION, check_text_version
from influencerflow.errors import ConfigurationError
from influencerflow.settings import Settings

log = structlog.get_logger()


def unusable_models(connection: Connection, settings: Settings) -> set[int]:
    """Models beside the active one that this process cannot embed for: their jobs wait for a process that can."""
    unusable = set()
    for model in kept_models(connection):
        reason = reason_unusable(model, settings)
        if reason and model.state != "active":
            _warn_once(model.id, reason)
            unusable.add(model.id)
    return unusable


def reason_unusable(model: EmbeddingModel, settings: Settings) -> str | None:
    """Why this process can neither make the model's texts nor encode with it, if so."""
    try:
        check_text_version(model.text_version)
        encoder_for(model, settings)
    except ConfigurationError as error:
        return str(error)
    return None


def model_notices(connection: Connection, settings: Settings) -> list[str]:
    """Sentences for people; nothing where everything agrees."""
    models = kept_models(connection)
    active = next((model for model in models if model.state == "active"), None)
    if active is None:
        return []
    notices = [*_settings_notice(active, settings), *_text_notice(active, models)]
    for model in models:
        if model.state != "active" and (reason := reason_unusable(model, settings)):
            notices.append(f"Model {model.id} ({model.name}, {model.state}) cannot be used by this process: {reason}")
    return notices


def say_notices(connection: Connection, settings: Settings) -> None:
    """When a process starts."""
    for notice in model_notices(connection, settings):
        log.warning(notice)


def _settings_notice(active: EmbeddingModel, settings: Settings) -> list[str]:
    """Only what was set counts: a default asks for nothing."""
    names = {"encoder", "openai_model", "openai_dimensions"} if settings.encoder == "openai" else {"encoder"}
    wanted = configured_model(settings)
    if not names & settings.model_fields_set or wanted == (active.provider, active.name, active.dimensions):
        return []
    provider, name, dimensions = wanted
    return [
        f"The settings name {provider} {name} with {dimensions:,} dimensions, but the active model is {active}. Settings do not "
        "change the model of a database; `influencerflow models add`, `build` and `activate` do."
    ]


def _text_notice(active: EmbeddingModel, models: list[EmbeddingModel]) -> list[str]:
    if active.text_version > TEXT_VERSION:
        return [f"Model {active.id} was made by a newer version of InfluencerFlow: this process should be upgraded."]
    same = [
        m for m in models if (m.provider, m.name, m.dimensions) == (active.provider, active.name, active.dimensions)
    ]
    if any(model.text_version == TEXT_VERSION for model in same):
        return []
    return [
        f"This version reads creators' texts in a new way (text version {TEXT_VERSION}). Searches go on with the vectors of "
        f"version {active.text_version} until you change: `influencerflow models add`, `build`, `activate`."
    ]


@lru_cache(maxsize=64)
def _warn_once(model_id: int, reason: str) -> None:
    log.warning("creators are not embedded for this model here", model=model_id, reason=reason)
