"""The bundled model, as many threads use it at once."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from influencerflow.embeddings.local import DIMENSIONS, E5Engine, LocalEncoder

TEXTS = [f"Creator {number}\nhiking\n{'hut to hut through the Alps. ' * (number + 1)}" for number in range(6)]


def test_texts_encoded_at_once_get_the_vectors_they_get_alone() -> None:
    engine = E5Engine()
    together, tokens = engine.encode(TEXTS, is_query=False)
    alone = [engine.encode([text], is_query=False) for text in TEXTS]
    np.testing.assert_array_equal(together, np.vstack([vectors for vectors, _ in alone]))
    assert tokens == sum(count for _, count in alone)


def test_queries_and_documents_of_several_callers_do_not_mix() -> None:
    encoder = LocalEncoder()
    expected_query = encoder.encode_query(TEXTS).vectors
    expected_document = encoder.encode_document(TEXTS).vectors
    with ThreadPoolExecutor(4) as callers:
        queries = [callers.submit(encoder.encode_query, TEXTS) for _ in range(3)]
        documents = [callers.submit(encoder.encode_document, TEXTS) for _ in range(3)]
    for future in queries:
        np.testing.assert_array_equal(future.result().vectors, expected_query)
    for future in documents:
        np.testing.assert_array_equal(future.result().vectors, expected_document)


def test_no_text_and_a_nul_in_a_text_do_no_harm() -> None:
    engine = E5Engine()
    assert engine.encode([], is_query=True)[0].shape == (0, DIMENSIONS)
    whole, _ = engine.encode(["hiking\0and camping", "hiking and camping", "hiking"], is_query=True)
    np.testing.assert_array_equal(whole[0], whole[1])
    assert not np.array_equal(whole[0], whole[2])
