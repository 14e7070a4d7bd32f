"""Moves a query towards creators that were liked and away from those that were not.

Relevance feedback after Rocchio (1971), "Relevance feedback in information retrieval", in The SMART Retrieval System;
Manning, Raghavan & Schuetze (2008), Introduction to Information Retrieval, 9.1.1.
"""

from influencerflow.embeddings.encoder import Vectors, normalized

# The textbook's. On 22 judged briefs no other choice is better by more than chance; a gamma above 0.5 makes lists worse
# (docs/decisions/0011-feedback.md, benchmarks/shape_examples.py).
ALPHA, BETA, GAMMA = 1.0, 0.75, 0.15


def shape_query(query: Vectors, liked: Vectors, disliked: Vectors) -> Vectors:
    """A brief's query, of shape (dimensions,), moved by examples of shape (creators, dimensions); all of length 1."""
    unit: Vectors = normalized(rocchio(ALPHA * query, liked, disliked, beta=BETA, gamma=GAMMA)[None, :])[0]
    return unit


def rocchio(query: Vectors, liked: Vectors, disliked: Vectors, *, beta: float, gamma: float) -> Vectors:
    """query + beta * mean(liked) - gamma * mean(disliked), of any length.

    Means, so that ten examples of one kind do not drown what else there is.
    """
    moved = query
    if len(liked):
        moved = moved + beta * liked.mean(axis=0)
    if len(disliked):
        moved = moved - gamma * disliked.mean(axis=0)
    return moved
