"""Vectors kept between runs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from influencerflow.database.engine import Database
from influencerflow.embeddings.encoder import Encoder, Vectors
from influencerflow.embeddings.local import LocalEncoder
from influencerflow.embeddings.registry import active_model, encoder_for, wrapped_encoders
from influencerflow.evaluation.vectors import CachedModel, VectorCache, cached
from influencerflow.settings import Settings


class Counting:
    """A model whose vectors tell the text's length and what it was encoded as."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str], *, is_query: bool) -> tuple[Vectors, int]:
        self.asked += texts
        return np.array([[len(text), is_query] for text in texts], dtype=np.float32), len(texts)


def test_a_text_is_encoded_once_and_comes_back_in_the_order_asked(tmp_path: Path) -> None:
    model = Counting()
    with VectorCache(tmp_path) as cache:
        first, tokens = CachedModel(model, "m", cache).encode(["aaa", "b", "aaa"], is_query=False)
        assert first.tolist() == [[3, 0], [1, 0], [3, 0]]
        assert tokens == 2
    with VectorCache(tmp_path) as cache:
        again, tokens = CachedModel(model, "m", cache).encode(["cc", "aaa"], is_query=False)
        assert again.tolist() == [[2, 0], [3, 0]]
        assert tokens == 1
    assert model.asked == ["aaa", "b", "cc"]


def test_queries_documents_and_models_do_not_share_vectors(tmp_path: Path) -> None:
    model = Counting()
    with VectorCache(tmp_path) as cache:
        CachedModel(model, "m", cache).encode(["a"], is_query=False)
        vectors, _ = CachedModel(model, "m", cache).encode(["a"], is_query=True)
        CachedModel(model, "n", cache).encode(["a"], is_query=True)
    assert vectors.tolist() == [[1, 1]]
    assert model.asked == ["a"] * 3


def test_a_cached_encoder_gives_the_encoders_own_vectors(tmp_path: Path) -> None:
    encoder = LocalEncoder()
    texts = ["Powerlifting coach", "Sourdough"]
    with VectorCache(tmp_path) as cache:
        for _ in range(2):
            kept, bare = cached(encoder, cache)
            assert np.array_equal(kept.encode_document(texts).vectors, encoder.encode_document(texts).vectors)
            assert np.array_equal(kept.encode_query(texts).vectors, encoder.encode_query(texts).vectors)
            assert not np.allclose(bare.encode(texts, is_query=False)[0], encoder.encode_document(texts).vectors)


def test_encoders_are_wrapped_within_the_block_only(database: Database, settings: Settings, tmp_path: Path) -> None:
    with database.transaction() as connection:
        model = active_model(connection)
    plain = encoder_for(model, settings)

    def wrap(encoder: Encoder) -> Encoder:
        assert encoder is plain
        return kept

    with VectorCache(tmp_path) as cache:
        kept, _ = cached(plain, cache)
        with wrapped_encoders(wrap):
            assert encoder_for(model, settings) is kept
    assert encoder_for(model, settings) is plain
