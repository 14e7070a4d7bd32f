"""LanceDB, embedded: IVF_PQ, which its documentation advises for filtered search, scalar indexes, prefiltering.

Its knobs are how many partitions are read (`nprobes`) and how many times the wanted rows are compared again by their full
vectors (`refine_factor`). Bitmap indexes for the few platforms, countries, languages and niches, B-trees for figures.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from benchmarks.million.engines.base import Data, Found, Setting
from benchmarks.million.truth import ATTRIBUTES

from influencerflow.embeddings.encoder import Vectors
from influencerflow.retrieval.filters import Filters

_NAMED = ("platform", "country", "language", "niche")
_FIGURES = ("followers_count_numeric", "engagement_rate", "collaboration_rate")
_RANGES = {
    "min_followers": "followers_count_numeric >= {}",
    "max_followers": "followers_count_numeric <= {}",
    "min_engagement": "engagement_rate >= {}",
    "max_rate": "collaboration_rate <= {}",
}
_LISTS = {"platforms": "platform", "countries": "country", "languages": "language", "niches": "niche"}


def where(filters: Filters) -> str:
    """An SQL condition; values are numbers, or names whose quotes are doubled."""
    parts = []
    for name, value in filters.active().items():
        if name in _RANGES:
            parts.append(_RANGES[name].format(value))
            continue
        column = _LISTS[name]
        quoted = ", ".join("'" + item.replace("'", "''") + "'" for item in value)
        parts.append(f"{column} IN ({quoted})")
    return " AND ".join(parts)


class Lance:
    name = "LanceDB"
    settings: Sequence[Setting] = tuple(
        Setting(f"nprobes {nprobes}, refine_factor {refine}", {"nprobes": nprobes, "refine": refine})
        for nprobes, refine in ((20, 5), (20, 20), (50, 20), (100, 50), (250, 50), (1_000, 100))
    )

    def __init__(self, folder: Path) -> None:
        import lancedb

        self._connection = lancedb.connect(folder)
        self._setting = self.settings[0].values

    def build(self, data: Data) -> None:
        import pyarrow as pa

        dimensions = data.vectors.shape[1]
        table = None
        for start, attributes, vectors in data.batches():
            batch = attributes.select(ATTRIBUTES).to_arrow()
            values = pa.array(vectors.astype(np.float32).ravel())
            batch = batch.append_column("id", pa.array(range(start, start + len(batch)), pa.int64()))
            batch = batch.append_column("vector", pa.FixedSizeListArray.from_arrays(values, dimensions))
            table = table.add(batch) and table if table else self._connection.create_table("creators", batch)
        assert table is not None  # noqa: S101 - a catalogue is never empty
        table.optimize()
        table.create_index(metric="cosine", index_type="IVF_PQ", num_sub_vectors=dimensions // 8)
        for column in _NAMED:
            table.create_scalar_index(column, index_type="BITMAP")
        for column in (*_FIGURES, "id"):
            table.create_scalar_index(column, index_type="BTREE")
        self._table = table

    def use(self, setting: Setting) -> None:
        self._setting = setting.values

    def search(self, vector: Vectors, filters: Filters, depth: int) -> Found:
        query = self._table.search(vector).distance_type("cosine").nprobes(self._setting["nprobes"])
        query = query.refine_factor(self._setting["refine"]).select(["id", "_distance"]).limit(depth)
        if condition := where(filters):
            query = query.where(condition, prefilter=True)
        return Found(query.to_arrow()["id"].to_pylist())

    def delete(self, rows: Sequence[int]) -> None:
        for start in range(0, len(rows), 10_000):
            self._table.delete(f"id IN ({', '.join(map(str, rows[start : start + 10_000]))})")
        self._table.optimize()

    def close(self) -> None:
        """Its folder is removed by whoever made it."""
