"""From a brief to one query vector."""

from functools import lru_cache

import numpy as np

from influencerflow.campaigns.brief import Brief
from influencerflow.embeddings.encoder import Encoder, Vectors

# A long brief in one vector blurs what is sought; the aspects are encoded apart and added up, which is the same as
# fusing their runs by weighted scores. Weights: docs/decisions/0005-query-vector.md.
NICHE_WEIGHT = 1.0
USE_CASES_WEIGHT = 0.5
PRODUCT_WEIGHT = 0.25
AUDIENCE_WEIGHT = 0.25


def query_aspects(brief: Brief) -> tuple[tuple[str, float], ...]:
    """The texts a brief is searched by and their weights; there is always the product."""
    aspects = [
        (brief.product_niche, NICHE_WEIGHT),
        (", ".join(brief.key_use_cases or []), USE_CASES_WEIGHT),
        (" ".join(filter(None, (brief.product_name, brief.product_description))), PRODUCT_WEIGHT),
        (brief.target_audience, AUDIENCE_WEIGHT),
    ]
    return tuple((text, weight) for text, weight in aspects if text)


@lru_cache(maxsize=512)
def query_vector(encoder: Encoder, aspects: tuple[tuple[str, float], ...]) -> Vectors:
    """Shape (dimensions,), length 1. Kept for the briefs seen last, since pages of one brief ask for it again."""
    vectors = encoder.encode_query([text for text, _ in aspects]).vectors
    weights = np.array([weight for _, weight in aspects], dtype=np.float32)
    combined = weights @ vectors
    unit: Vectors = combined / np.linalg.norm(combined)
    return unit
