"""Everybody's first directions, four bits for every two of them: a million creators are looked through in milliseconds.

Product quantization, scanned in registers (Andre, Kermarrec, Le Scouarnec: Cache locality is not enough, VLDB 2015), by faiss.
"""

import math
from typing import Self

import faiss
import numpy as np

from influencerflow.embeddings.encoder import Vectors
from influencerflow.retrieval.columns import Rows
from influencerflow.retrieval.cores import at_once, cores
from influencerflow.retrieval.reduction import Bytes

# Fewer are compared as fast by their bytes.
WORTH_SCANNING = 20_000
_BITS, _TOGETHER = 4, 2
# What the codes are made from; so many creators are coded at a time.
_SAMPLED, _AT_ONCE = 20_000, 50_000


class FastScan:
    """One index a core; of so many parts, part n holds the rows n, n + parts, n + 2 * parts: who is near is in all alike."""

    def __init__(self, parts: list[faiss.Index]) -> None:
        self._parts = parts

    @classmethod
    def of(cls, first: Bytes, scale: Vectors) -> Self | None:
        """Of bytes of shape (creators, directions), which are projections times `scale` (directions)."""
        if len(first) < WORTH_SCANNING:
            return None
        pairs = first.shape[1] // _TOGETHER
        directions = pairs * _TOGETHER
        trained = faiss.IndexPQFastScan(directions, pairs, _BITS, faiss.METRIC_INNER_PRODUCT)
        trained.train(_projections(first[:: len(first) // _SAMPLED], scale, directions))
        parts = []
        for number in range(cores()):
            part, rows = faiss.clone_index(trained), first[number :: cores()]
            for start in range(0, len(rows), _AT_ONCE):
                part.add(_projections(rows[start : start + _AT_ONCE], scale, directions))
            parts.append(part)
        return cls(parts)

    @property
    def bytes(self) -> int:
        return sum(part.ntotal * part.d * _BITS // (8 * _TOGETHER) for part in self._parts)

    def nearest(self, query: Vectors, count: int) -> Rows:
        """About `count` of the largest inner products with the projections of `query`, of shape (1, directions), in no order."""
        parts, directions = len(self._parts), self._parts[0].d
        # Somewhat more than an even share: by chance one part holds more of them.
        each = min(count // parts + 2 * math.isqrt(count), self._parts[-1].ntotal)
        asked = np.ascontiguousarray(query[:, :directions])

        def search(number: int) -> Rows:
            _, places = self._parts[number].search(asked, each)
            rows: Rows = (places[0] * parts + number).astype(np.int32)
            return rows

        return np.concatenate(at_once(search, range(parts)))


def _projections(first: Bytes, scale: Vectors, directions: int) -> Vectors:
    found: Vectors = np.ascontiguousarray(first[:, :directions] / scale[:directions], dtype=np.float32)
    return found
