"""Briefs for the invented catalogue, one a topic, and their query vectors from the product's own encoder."""

from dataclasses import dataclass

import numpy as np
from benchmarks.million.profiles import CLUSTERS_PER_TOPIC, Profiles

from influencerflow.campaigns.brief import Brief
from influencerflow.embeddings.encoder import Encoder, Vectors
from influencerflow.embeddings.local import LocalEncoder
from influencerflow.matching.query import query_aspects, query_vector

_PRODUCTS = (
    "an app",
    "a starter kit",
    "a monthly box",
    "a course",
    "a shop",
    "a subscription",
    "a festival",
    "a guide",
)
_AUDIENCES = (
    "Women aged 22-45", "Men 18-34 who are new to it", "Parents", "Students on a budget", "People over 50", "Everybody",
    "Young professionals in cities", "Enthusiasts who know the field",
)  # fmt: skip
_USES = ("first steps", "a gift", "every day", "saving time", "getting better", "meeting others", "a weekend")
_GOALS = ("brand awareness", "sales", "sign-ups", "content to reuse")
_BRANDS = ("Ironvale", "Northmeadow", "Brightkettle", "Lumora", "Fernwell", "Oakline")


@dataclass(frozen=True, slots=True)
class Query:
    """`topic` is the position in the profiles' topics; `vector` of length 1."""

    topic: int
    brief: Brief
    vector: Vectors


def invented_brief(profiles: Profiles, topic: int, rng: np.random.Generator) -> Brief:
    label = profiles.labels[topic]
    words = profiles.clusters[topic * CLUSTERS_PER_TOPIC + int(rng.integers(CLUSTERS_PER_TOPIC))].split("\n")[1]
    product = str(rng.choice(_PRODUCTS))
    return Brief(
        brand_name=str(rng.choice(_BRANDS)),
        product_name=f"{label} {product.rsplit(maxsplit=1)[-1]}",
        product_description=f"{product[0].upper()}{product[1:]} for {label.lower()}. {words}",
        target_audience=str(rng.choice(_AUDIENCES)),
        key_use_cases=[str(use) for use in rng.choice(_USES, 2, replace=False)],
        campaign_goal=str(rng.choice(_GOALS)),
        product_niche=label.lower(),
        total_budget=float(rng.integers(2, 80) * 1000),
    )


def invented_queries(profiles: Profiles, count: int, *, seed: int = 3, encoder: Encoder | None = None) -> list[Query]:
    """Topics in random order, each as often as the next."""
    encoder = encoder or LocalEncoder()
    rng = np.random.default_rng(seed)
    order = np.concatenate([rng.permutation(len(profiles.topics)) for _ in range(count // len(profiles.topics) + 1)])
    queries = []
    for topic in map(int, order[:count]):
        brief = invented_brief(profiles, topic, rng)
        queries.append(Query(topic, brief, query_vector(encoder, query_aspects(brief))))
    return queries
