"""Moves a query towards creators that were liked and away from those that were not."""

from influencerflow.embeddings.encoder import Vectors, normalized

# The textbook's. On 22 judged briefs no other choice is better by more than chance; a gamma above 0.5 makes lists worse
# (docs/decisions/0011-feedback.md, benchmarks/shape_examples.py).
ALPHA, BETA, GAMMA = 1.0, 0.75, 0.15


def shape_query(query: Vectors, liked: Vectors, disliked: Vectors) -> Vectors:
    """alpha * query + beta * mean(liked) - gamma * mean(disliked), brought back to length 1.

    Relevance feedback after Rocchio (1971), "Relevance feedback in information retrieval", in The SMART Retrieval System;
    Manning, Raghavan & Schuetze (2008), Introduction to Information Retrieval, 9.1.1. `query` has shape (dimensions,),
    the examples (creators, dimensions); all of length 1. Means, so that ten examples of one kind do not drown the brief.
    """
    moved = ALPHA * query
    if len(liked):
        moved = moved + BETA * liked.mean(axis=0)
    if len(disliked):
        moved = moved - GAMMA * disliked.mean(axis=0)
    unit: Vectors = normalized(moved[None, :])[0]
    return unit
