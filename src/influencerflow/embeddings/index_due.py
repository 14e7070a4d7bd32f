"""When a model gets its vector index by itself: once it is worth one, and its first load is over.

Kept at every write, the index takes most of the time of a load; made at the end, nobody waits for it: until then searches
compare every vector, which misses none.
"""

from collections.abc import Callable

from sqlalchemy import Connection, text

from influencerflow.database.engine import Database
from influencerflow.embedding_queue.queue import backfill_waits
from influencerflow.embeddings.index_build import build_index
from influencerflow.embeddings.partitions import is_indexed, partition_name
from influencerflow.embeddings.registry import EmbeddingModel, kept_models
from influencerflow.errors import ConflictError

# Fewer vectors are compared faster than an index is searched.
WORTH_AN_INDEX = 20_000


def models_without_index(connection: Connection) -> list[EmbeddingModel]:
    """Those with so many vectors that they should have one. One that is `building` gets it from `models build`."""
    return [
        model
        for model in kept_models(connection)
        if model.state != "building" and not is_indexed(connection, model) and _is_worth_it(connection, model)
    ]


def written(connection: Connection, model: EmbeddingModel) -> int:
    """A number that grows whenever vectors are written."""
    return int(
        connection.scalar(
            text("SELECT coalesce(pg_stat_get_tuples_inserted(to_regclass(:name)), 0)"), {"name": partition_name(model)}
        )
        or 0
    )


def make_due_indexes(database: Database, say: Callable[[str], None]) -> None:
    """Those of models whose load is over, unless another process is at it; for commands that have just loaded."""
    with database.transaction() as connection:
        due = [model for model in models_without_index(connection) if not backfill_waits(connection, model.id)]
    for model in due:
        say(f"Making the vector index of model {model.id}; searches need not wait for it.")
        try:
            build_index(database, model, say=say)
        except ConflictError as error:
            say(error.message)


def _is_worth_it(connection: Connection, model: EmbeddingModel) -> bool:
    statement = text(f"SELECT count(*) FROM (SELECT FROM {partition_name(model)} LIMIT :most) counted")
    return (connection.scalar(statement, {"most": WORTH_AN_INDEX}) or 0) >= WORTH_AN_INDEX
