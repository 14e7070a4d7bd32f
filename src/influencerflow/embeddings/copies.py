"""The copy of the active model's vectors beside what filters look at (`creator_facets.vector`).

A trigger keeps it from then on. It is made anew after another model was activated; until it is whole, searches join the
model's own table, which is slower and finds the same.
"""

from uuid import UUID

from sqlalchemy import Connection, text

from influencerflow.database.engine import Database

_BATCH = 2000


def copy_vectors(database: Database) -> int:
    """Makes the copy where it is not whole, batch by batch; returns how many were copied. May be interrupted at any time."""
    copied, last = 0, UUID(int=0)
    with database.transaction() as connection:
        model = connection.scalar(text("SELECT id FROM embedding_models WHERE state = 'active' AND NOT copied"))
    while model is not None:
        with database.transaction() as connection:
            reached = connection.scalar(
                text("SELECT copy_active_vectors(:last, :batch)"), {"last": last, "batch": _BATCH}
            )
            if reached is None:
                _finish(connection, model)
                break
        copied, last = copied + _BATCH, reached
    return copied


def _finish(connection: Connection, model: int) -> None:
    """Takes away what is left of the model before, where this one has no vector; workers wait meanwhile, searches do not.

    Another model may have been activated meanwhile, whose copy whoever activated it makes.
    """
    connection.execute(text("LOCK TABLE creator_embeddings IN SHARE MODE"))
    if (
        connection.scalar(text("SELECT state FROM embedding_models WHERE id = :id FOR SHARE"), {"id": model})
        != "active"
    ):
        return
    connection.execute(
        text("""
            UPDATE creator_facets f SET vector = NULL WHERE vector IS NOT NULL AND NOT EXISTS (
                SELECT FROM creator_embeddings e WHERE e.model_id = :id AND e.creator_id = f.creator_id
            )
        """),
        {"id": model},
    )
    connection.execute(text("UPDATE embedding_models SET copied = true WHERE id = :id"), {"id": model})
