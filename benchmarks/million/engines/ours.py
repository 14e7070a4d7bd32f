"""InfluencerFlow's dense run as a web process calls it: everything between a filter and creator ids."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import psycopg
from benchmarks.million.engines.base import Data, Found, Setting
from benchmarks.million.load import plain_url
from sqlalchemy import Connection

from influencerflow.database.engine import Database
from influencerflow.embeddings.encoder import Vectors
from influencerflow.embeddings.index_build import build_index
from influencerflow.embeddings.registry import EmbeddingModel, active_model
from influencerflow.retrieval.dense import dense_run
from influencerflow.retrieval.filters import Filters
from influencerflow.retrieval.memory_keeper import refresh

# Enough for what is measured.
_ROOM_MB = 4096


def dense_search(
    connection: Connection, model: EmbeddingModel, vector: Vectors, filters: Filters, depth: int
) -> tuple[list[UUID], str]:
    """The only place that knows how the product is asked: ids, nearest first, and the plan it chose."""
    found = dense_run(connection, model, vector, filters, depth=depth)
    return found.ids, found.decision.plan


class Ours:
    name = "InfluencerFlow"
    settings: Sequence[Setting] = ()

    def __init__(self, database: Database, positions: Mapping[UUID, int]) -> None:
        self._database, self._positions = database, positions
        self._ids = {row: creator_id for creator_id, row in positions.items()}
        # Like the other engines' sessions, open from one search to the next.
        self._session: Connection | None = None
        with database.transaction() as connection:
            self._model = active_model(connection)

    def build(self, data: Data) -> None:  # noqa: ARG002
        """Loaded beforehand (`load.py`); what a web process does when it starts is left."""
        refresh(self._database, _ROOM_MB)

    def use(self, setting: Setting) -> None:
        raise AssertionError(f"InfluencerFlow has nothing to tune, and was told {setting.name}")

    def search(self, vector: Vectors, filters: Filters, depth: int) -> Found:
        if self._session is None:
            self._session = self._database.engine.connect()
        ids, plan = dense_search(self._session, self._model, vector, filters, depth)
        return Found([self._positions[creator_id] for creator_id in ids], plan)

    def delete(self, rows: Sequence[int]) -> None:
        """As `influencerflow index tune` advises: a new graph is made faster than many rows are taken out of one."""
        self.close()
        with psycopg.connect(plain_url(self._database), autocommit=True) as connection:
            connection.execute("DELETE FROM creators WHERE id = ANY (%s)", [[self._ids[row] for row in rows]])
            build_index(self._database, self._model, rebuild=True)
            connection.execute("VACUUM (ANALYZE)")
        refresh(self._database, _ROOM_MB)

    def close(self) -> None:
        """Its session; the database is whoever's who opened it."""
        if self._session is not None:
            self._session.close()
        self._session = None
