"""A model's way: building, active, standby, retired. Whoever searches reads which is active, so a change is one commit."""

import time
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from influencerflow.database.engine import Database
from influencerflow.embeddings.copies import copy_vectors
from influencerflow.embeddings.encoder import RejectedInputError
from influencerflow.embeddings.index_build import build_index
from influencerflow.embeddings.partitions import drop_partition, locking_briefly
from influencerflow.embeddings.registry import (
    EmbeddingModel,
    active_model,
    add_model,
    encoder_for,
    get_model,
)
from influencerflow.embeddings.store import mirror_vectors
from influencerflow.errors import ConfigurationError, ConflictError, DatabaseUnavailableError
from influencerflow.settings import Settings

# An edit of just now is still on its way for every model: that is no gap.
GRACE_SECONDS = 60
_WAIT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Gap:
    """What a model lacks beside the active one.

    `missing`: creators only the active model has a vector of. `behind`: creators whose vector is of an older text, while the
    active model's is not. `failed`: those among the missing that were given up.
    """

    missing: int
    behind: int
    failed: int

    def __bool__(self) -> bool:
        return bool(self.missing or self.behind)

    def __str__(self) -> str:
        failed = f" ({self.failed:,} failed)" if self.failed else ""
        parts = [f"{_creators(self.missing)} without a vector{failed}"] if self.missing else []
        parts += [f"{_creators(self.behind)} with a vector of an older text"] if self.behind else []
        return " and ".join(parts) or "nothing"


@dataclass(frozen=True, slots=True)
class Change:
    """A change that was made: which model answers now, which did before, what the new one lacks."""

    model: EmbeddingModel
    previous: EmbeddingModel
    gap: Gap


def register(database: Database, settings: Settings, provider: str, name: str, dimensions: int) -> EmbeddingModel:
    """Adds a model to be built, after asking it for a vector: whatever is wrong with it is said before anything is paid for."""
    candidate = EmbeddingModel(0, provider, name, dimensions, 0, "building")
    try_encoder(candidate, settings)
    added: list[EmbeddingModel] = []
    locking_briefly(database, lambda connection: added.append(add_model(connection, provider, name, dimensions)))
    return added[-1]


def try_encoder(model: EmbeddingModel, settings: Settings) -> None:
    """Encodes one text. Raises ConfigurationError or EncoderUnavailableError where that fails."""
    try:
        vectors = encoder_for(model, settings).encode_query(["Is anybody there?"]).vectors
    except RejectedInputError as error:
        raise ConfigurationError(
            f"{model.name} cannot be used: {error.message}", remedy="Check its name and dimensions."
        ) from error
    if vectors.shape[1] != model.dimensions:
        raise ConfigurationError(f"{model.name} has {vectors.shape[1]:,} dimensions, not {model.dimensions:,}.")


def measure_gap(connection: Connection, model: EmbeddingModel, active: EmbeddingModel) -> Gap:
    """Exact, and so a second's work in a catalogue of a million."""
    row = connection.execute(
        text("""
            SELECT (SELECT count(*) FROM creator_embeddings a WHERE a.model_id = :active AND NOT EXISTS (
                        SELECT FROM creator_embeddings e WHERE e.model_id = :id AND e.creator_id = a.creator_id)) AS missing,
                   (SELECT count(*) FROM embedding_jobs j
                    WHERE j.model_id = :id AND j.enqueued_at < now() - make_interval(secs => :grace)
                      AND EXISTS (SELECT FROM creator_embeddings e WHERE e.model_id = :id AND e.creator_id = j.creator_id)
                      AND NOT EXISTS (SELECT FROM embedding_jobs o
                                      WHERE o.model_id = :active AND o.creator_id = j.creator_id)) AS behind,
                   (SELECT count(*) FROM embedding_jobs j
                    WHERE j.model_id = :id AND j.state = 'failed'
                      AND NOT EXISTS (SELECT FROM creator_embeddings e
                                      WHERE e.model_id = :id AND e.creator_id = j.creator_id)) AS failed
        """),
        {"id": model.id, "active": active.id, "grace": GRACE_SECONDS},
    ).one()
    return Gap(**row._mapping)


def activate(database: Database, settings: Settings, model_id: int, *, force: bool = False) -> Change:
    """Makes the model answer every search that begins after the commit; the one before it stays in step as `standby`.

    Raises ConflictError where something would be lost, unless it is forced, and where the model cannot be activated.
    """
    with database.transaction() as connection:
        model = _may_answer(get_model(connection, model_id))
    try_encoder(model, settings)
    build_index(database, model)
    with database.transaction() as connection:
        change = _switch(connection, model_id)
        if change.gap and not force:
            raise ConflictError(
                f"Model {model_id} is not complete: with it, searches have {change.gap}. Nothing was changed.",
                remedy=f"Run `influencerflow models build {model_id}` first, or activate it with --force all the same.",
            )
    copy_vectors(database)
    mirror_vectors(database, change.model)
    return change


def roll_back(database: Database, settings: Settings) -> Change:
    """Back to the model that answered before, at once. What it lacks is in the answer: it stays queued for it."""
    with database.transaction() as connection:
        previous = connection.scalar(
            text(
                "SELECT id FROM embedding_models WHERE state = 'standby' ORDER BY deactivated_at DESC, id DESC LIMIT 1"
            )
        )
        if previous is None:
            raise ConflictError(
                "There is no model to go back to.", remedy="Only a model that was active and is not retired can be."
            )
        change = _switch(connection, previous)
        encoder_for(change.model, settings)
    copy_vectors(database)
    mirror_vectors(database, change.model)
    return change


def retire(database: Database, model_id: int, *, wait_seconds: float = _WAIT_SECONDS) -> EmbeddingModel:
    """Ends a model that is not active and frees its space; usage figures stay. May be called again if it was interrupted."""
    with database.transaction() as connection:
        connection.execute(text("LOCK TABLE embedding_models IN SHARE ROW EXCLUSIVE MODE"))
        model = get_model(connection, model_id)
        if model.state == "active":
            raise ConflictError(
                f"Model {model_id} answers the searches.", remedy="Activate another one, or roll back, first."
            )
        retired_at: datetime = connection.execute(
            text("""
                UPDATE embedding_models SET state = 'retired', retired_at = clock_timestamp() WHERE id = :id
                RETURNING retired_at
            """),
            {"id": model_id},
        ).scalar_one()
        _delete_jobs(connection, model)
    _await_older_transactions(database, retired_at, wait_seconds)
    drop_partition(database, model)
    with database.transaction() as connection:
        _delete_jobs(connection, model)  # of what was being imported when it was retired
    return model


def _may_answer(model: EmbeddingModel) -> EmbeddingModel:
    if model.state == "active":
        raise ConflictError(f"Model {model.id} is active already.")
    if model.state == "retired":
        raise ConflictError(
            f"Model {model.id} is retired: its vectors are gone.", remedy="`influencerflow models add` starts it anew."
        )
    return model


def _switch(connection: Connection, model_id: int) -> Change:
    """Within the transaction: two processes that switch at once do so one after the other."""
    connection.execute(text("LOCK TABLE embedding_models IN SHARE ROW EXCLUSIVE MODE"))
    model, previous = _may_answer(get_model(connection, model_id)), active_model(connection)
    gap = measure_gap(connection, model, previous)
    for statement in (
        "UPDATE embedding_models SET state = 'standby', deactivated_at = clock_timestamp() WHERE state = 'active'",
        # From now on `creator_facets` holds another model's vectors, until they are copied.
        "UPDATE embedding_models SET state = 'active', copied = false, activated_at = clock_timestamp() WHERE id = :id",
    ):
        connection.execute(text(statement), {"id": model_id})
    return Change(get_model(connection, model_id), previous, gap)


def _delete_jobs(connection: Connection, model: EmbeddingModel) -> None:
    connection.execute(text("DELETE FROM embedding_jobs WHERE model_id = :id"), {"id": model.id})


def _await_older_transactions(database: Database, moment: datetime, seconds: float) -> None:
    """A search may have read which model is active, and be about to read its vectors; an import may still queue for it."""
    deadline = time.monotonic() + seconds
    while True:
        with database.transaction() as connection:
            older = connection.scalar(
                text("""
                    SELECT count(*) FROM pg_stat_activity
                    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
                      AND xact_start <= :moment
                """),
                {"moment": moment},
            )
        if not older:
            return
        if time.monotonic() > deadline:
            raise DatabaseUnavailableError(
                f"{older} older transactions are still open and may read its vectors, which are kept until they end.",
                remedy="End them, then run the command again.",
            )
        time.sleep(0.2)


def _creators(count: int) -> str:
    return f"{count:,} creator{'' if count == 1 else 's'}"
