"""From a brief to one query vector.

A brief as a whole reads like any other brief; its niche alone says too little. So three views of it are encoded, what
briefs have in common is taken away from each (the centre over background briefs), and they are added up. Since scores
are dot products, that is the same as fusing three dense runs with equal weights, at the price of one.
"""

import json
from functools import lru_cache
from importlib.resources import files

from influencerflow.campaigns.brief import Brief
from influencerflow.embeddings.encoder import Encoder, Vectors, normalized


def query_aspects(brief: Brief) -> tuple[str, str, str]:
    """What is sought in few words, that with for whom, and all of it. Never empty."""
    niche = brief.product_niche or brief.product_name
    audience = [niche, brief.target_audience]
    whole = [
        brief.product_niche,
        brief.product_name,
        brief.product_description,
        brief.target_audience,
        ", ".join(brief.key_use_cases or []),
        brief.campaign_goal,
    ]
    return niche, _joined(audience), _joined(whole)


@lru_cache(maxsize=512)
def query_vector(encoder: Encoder, aspects: tuple[str, str, str]) -> Vectors:
    """Shape (dimensions,), length 1. Kept for the briefs seen last, since pages of one brief ask for it again."""
    vectors = encoder.encode_query(aspects).vectors
    combined = normalized(vectors - _query_centres(encoder)).sum(axis=0, keepdims=True)
    unit: Vectors = normalized(combined)[0]
    return unit


@lru_cache(maxsize=4096)
def _niche_vector(encoder: Encoder, niche: str) -> Vectors:
    vector: Vectors = normalized(encoder.encode_query([niche]).vectors - _query_centres(encoder)[0])[0]
    return vector


def niche_similarity(encoder: Encoder, one: str, other: str) -> float:
    """How near two niches are in meaning, 0-1: the centred cosine, since unrelated ones lie around 0."""
    cosine = float(_niche_vector(encoder, one.lower()) @ _niche_vector(encoder, other.lower()))
    return min(1.0, max(0.0, cosine))


@lru_cache(maxsize=4)
def _query_centres(encoder: Encoder) -> Vectors:
    """Shipped with the local encoder; measured once per process, in one request, with any other."""
    if encoder.query_centres is not None:
        return encoder.query_centres
    texts = background_texts()
    vectors = encoder.encode_query([text for aspect in texts for text in aspect]).vectors
    centres: Vectors = vectors.reshape(len(texts), -1, vectors.shape[1]).mean(axis=1)
    return centres


def background_texts() -> list[tuple[str, ...]]:
    """The aspects of invented briefs about anything and everything: a tuple of texts an aspect."""
    raw = (files("influencerflow.embeddings") / "data" / "background_briefs.json").read_text(encoding="utf-8")
    fields = set(Brief.model_fields) - {"brand_name", "total_budget"}
    briefs = [
        Brief(brand_name="Background", total_budget=1, **{key: value for key, value in item.items() if key in fields})
        for item in json.loads(raw)
    ]
    return list(zip(*map(query_aspects, briefs), strict=True))


def _joined(parts: list[str | None]) -> str:
    return ". ".join(part for part in parts if part)
