"""pgvector as its documentation advises, and the original guide's statement, each over a table of its own.

pgvector's README ("Filtering", "Iterative Index Scans", "Half-Precision Vectors"): one table, half precision, B-tree
indexes on what is filtered by, HNSW, `relaxed_order`, ordered by the bare distance; `ef_search` and `max_scan_tuples` are
its knobs. The guide orders by a score derived from the distance, which no index serves; its ivfflat index is left out.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import psycopg
from benchmarks.million.engines.base import Data, Found, Setting
from benchmarks.million.load import prepare_builds
from benchmarks.million.truth import ATTRIBUTES
from pgvector import HalfVector, Vector
from psycopg import sql

from influencerflow.embeddings.encoder import Vectors
from influencerflow.retrieval.filters import Filters

SCHEMA = "benchmark_peers"
_CONDITIONS = {
    "min_followers": "followers_count_numeric >= %({})s",
    "max_followers": "followers_count_numeric <= %({})s",
    "min_engagement": "engagement_rate >= %({})s",
    "max_rate": "collaboration_rate <= %({})s",
    "platforms": "platform = ANY (%({})s)",
    "countries": "country = ANY (%({})s)",
    "languages": "language = ANY (%({})s)",
    "niches": "niche = ANY (%({})s)",
}
_FILTERED = (
    "platform", "country", "language", "niche", "followers_count_numeric", "engagement_rate", "collaboration_rate"
)  # fmt: skip


def where(filters: Filters) -> str:
    conditions = [_CONDITIONS[name].format(name) for name in filters.active()]
    return f"WHERE {' AND '.join(conditions)}" if conditions else ""


class _Table:
    """A table of `id`, attributes and `embedding` in the peers' schema; a session of its own."""

    name: str
    settings: Sequence[Setting] = ()
    table: str
    vector_type: str

    def __init__(self, url: str, positions: Mapping[UUID, int]) -> None:
        self._positions = positions
        self._ids = {row: creator_id for creator_id, row in positions.items()}
        self._connection: psycopg.Connection[Any] = psycopg.connect(url, autocommit=True)
        # As the product's own sessions: a generic plan would ignore how selective a filter is.
        self._connection.execute("SET plan_cache_mode = force_custom_plan")
        self._connection.execute("SET jit = off")

    def build(self, data: Data) -> None:
        """From the product's own rows: the same vectors, whatever they were loaded with."""
        dimensions = data.vectors.shape[1]
        self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        self._connection.execute(f"DROP TABLE IF EXISTS {self.table}")
        self._connection.execute(
            f"""
            CREATE TABLE {self.table} AS
            SELECT c.id, {", ".join(f"c.{name}" for name in ATTRIBUTES)},
                   e.embedding_vector::{self.vector_type}({dimensions}) AS embedding
            FROM creators c JOIN creator_embeddings e ON e.creator_id = c.id
            JOIN embedding_models m ON m.id = e.model_id AND m.state = 'active'
            """
        )
        self._connection.execute(f"ALTER TABLE {self.table} ADD PRIMARY KEY (id)")
        self._index(len(data.vectors))
        self._connection.execute(f"VACUUM (ANALYZE) {self.table}")

    def _index(self, size: int) -> None:
        """Nothing beside the primary key."""

    def use(self, setting: Setting) -> None:
        for name, value in setting.values.items():
            self._connection.execute(sql.SQL("SET {} = {}").format(sql.SQL(name), sql.Literal(value)))

    def delete(self, rows: Sequence[int]) -> None:
        self._connection.execute(f"DELETE FROM {self.table} WHERE id = ANY (%s)", [[self._ids[row] for row in rows]])
        self._before_vacuum()
        self._connection.execute(f"VACUUM (ANALYZE) {self.table}")

    def _before_vacuum(self) -> None:
        """Nothing without a vector index."""

    def close(self) -> None:
        self._connection.execute(f"DROP TABLE IF EXISTS {self.table}")
        self._connection.close()


class Pgvector(_Table):
    """Its plan is PostgreSQL's own choice, as the documentation leaves it."""

    name = "pgvector"
    table = f"{SCHEMA}.documented"
    vector_type = "halfvec"
    # From the defaults up; beyond these, a scan ends by the memory it may take, which `scan_mem_multiplier` raises.
    settings = tuple(
        Setting(
            f"ef_search {ef_search}, max_scan_tuples {tuples:,}",
            {"hnsw.iterative_scan": "relaxed_order", "hnsw.ef_search": ef_search, "hnsw.max_scan_tuples": tuples,
             "hnsw.scan_mem_multiplier": multiplier},
        )
        for ef_search, tuples, multiplier in (
            (40, 20_000, 1), (100, 20_000, 1), (200, 20_000, 2), (400, 50_000, 10), (800, 200_000, 100),
            (1000, 1_000_000, 1000),
        )
    )  # fmt: skip

    def _index(self, size: int) -> None:
        for column in _FILTERED:
            self._connection.execute(f"CREATE INDEX ON {self.table} ({column})")
        prepare_builds(self._connection, size)
        self._connection.execute(
            f"CREATE INDEX documented_hnsw ON {self.table} USING hnsw (embedding halfvec_cosine_ops)"
        )

    def _before_vacuum(self) -> None:
        """As its documentation advises, which knows that vacuuming takes long otherwise."""
        self._connection.execute(f"REINDEX INDEX CONCURRENTLY {SCHEMA}.documented_hnsw")

    def search(self, vector: Vectors, filters: Filters, depth: int) -> Found:
        """Ordered again outside, as its documentation shows for `relaxed_order`."""
        rows = self._connection.execute(
            f"""
            WITH nearest AS MATERIALIZED (
                SELECT id, embedding <=> %(query)s::halfvec AS distance FROM {self.table} {where(filters)}
                ORDER BY distance LIMIT %(depth)s
            )
            SELECT id FROM nearest ORDER BY distance + 0
            """,
            {"query": HalfVector(vector).to_text(), "depth": depth, **filters.active()},
        ).fetchall()
        return Found([self._positions[row[0]] for row in rows])


class Guide(_Table):
    name = "the guide's SQL"
    table = f"{SCHEMA}.guide"
    vector_type = "vector"

    def search(self, vector: Vectors, filters: Filters, depth: int) -> Found:
        rows = self._connection.execute(
            f"""
            SELECT id, platform, niche, followers_count_numeric, engagement_rate, collaboration_rate,
                   1 - (embedding <=> %(query)s::vector) AS similarity_score
            FROM {self.table} {where(filters)} ORDER BY similarity_score DESC LIMIT %(depth)s
            """,
            {"query": Vector(vector).to_text(), "depth": depth, **filters.active()},
        ).fetchall()
        return Found([self._positions[row[0]] for row in rows])
