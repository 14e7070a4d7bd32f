"""Qdrant Edge, embedded: HNSW with links for filters, payload indexes made before the graph, as its documentation advises.

Half-precision vectors and everything in memory. Its knobs are `hnsw_ef` and ACORN, which it advises for filters that
combine several fields.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.million.engines.base import Data, Found, Setting
from benchmarks.million.truth import ATTRIBUTES

from influencerflow.embeddings.encoder import Vectors
from influencerflow.retrieval.filters import Filters

_KINDS = {
    "platform": "Keyword", "country": "Keyword", "language": "Keyword", "niche": "Keyword",
    "followers_count_numeric": "Integer", "engagement_rate": "Float", "collaboration_rate": "Float",
}  # fmt: skip
_RANGES = {
    "min_followers": ("followers_count_numeric", "gte"),
    "max_followers": ("followers_count_numeric", "lte"),
    "min_engagement": ("engagement_rate", "gte"),
    "max_rate": ("collaboration_rate", "lte"),
}
_LISTS = {"platforms": "platform", "countries": "country", "languages": "language", "niches": "niche"}


class Qdrant:
    name = "Qdrant Edge"
    settings: Sequence[Setting] = tuple(
        Setting(f"hnsw_ef {ef}{', ACORN' if acorn else ''}", {"ef": ef, "acorn": acorn})
        for ef, acorn in ((64, False), (128, False), (256, False), (256, True), (512, False), (512, True), (1024, True))
    )

    def __init__(self, folder: Path) -> None:
        import qdrant_edge

        self._qdrant = qdrant_edge
        self._folder = folder
        self._setting = self.settings[0].values

    def build(self, data: Data) -> None:
        q = self._qdrant
        self._folder.mkdir(parents=True)
        vectors = q.EdgeVectorParams(
            size=data.vectors.shape[1], distance=q.Distance.Cosine, datatype=q.VectorStorageDatatype.Float16,
            memory=q.Memory.Cached,
        )  # fmt: skip
        graph = q.HnswIndexConfig(m=16, ef_construct=100, full_scan_threshold=10_000, memory=q.Memory.Cached)
        # One segment: a graph for each of several would each have to be searched.
        optimizers = q.EdgeOptimizersConfig(default_segment_number=1, max_segment_size=10**8)
        config = q.EdgeConfig(vectors=vectors, hnsw_config=graph, optimizers=optimizers, payload_memory=q.Memory.Cached)
        self._shard = q.EdgeShard.create(str(self._folder), config)
        for field, kind in _KINDS.items():
            self._shard.update(q.UpdateOperation.create_field_index(field, getattr(q.PayloadSchemaType, kind)))
        for start, attributes, block in data.batches():
            payloads = attributes.select(ATTRIBUTES).to_dicts()
            points = [
                q.Point(start + row, vector.tolist(), payload)
                for row, (vector, payload) in enumerate(zip(block.astype(np.float32), payloads, strict=True))
            ]
            self._shard.update(q.UpdateOperation.upsert_points(points))
        self._shard.optimize()
        self._shard.flush()

    def use(self, setting: Setting) -> None:
        self._setting = setting.values

    def search(self, vector: Vectors, filters: Filters, depth: int) -> Found:
        q = self._qdrant
        acorn = q.AcornSearchParams(enable=True) if self._setting["acorn"] else None
        params = q.SearchParams(hnsw_ef=self._setting["ef"], acorn=acorn)
        request = q.QueryRequest(
            limit=depth, query=q.Query.Nearest(vector.tolist()), filter=self._filter(filters), params=params
        )
        return Found([int(point.id) for point in self._shard.query(request)])

    def _filter(self, filters: Filters) -> Any:
        q = self._qdrant
        must = []
        for name, value in filters.active().items():
            if name in _RANGES:
                field, bound = _RANGES[name]
                must.append(q.FieldCondition(field, range=q.RangeFloat(**{bound: float(value)})))
            else:
                must.append(q.FieldCondition(_LISTS[name], match=q.MatchAny(value)))
        return q.Filter(must=must) if must else None

    def delete(self, rows: Sequence[int]) -> None:
        for start in range(0, len(rows), 10_000):
            self._shard.update(self._qdrant.UpdateOperation.delete_points(list(rows[start : start + 10_000])))
        self._shard.optimize()
        self._shard.flush()

    def close(self) -> None:
        self._shard.close()
