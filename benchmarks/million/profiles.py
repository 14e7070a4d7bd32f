"""Invented profile texts, a handful a topic of the product's own lexicon, and what the product reads from them."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from influencerflow.creators.signals import Signals, read_signals
from influencerflow.embeddings.text import CreatorProfile
from influencerflow.lexicon.files import read_data

CLUSTERS_PER_TOPIC = 4
VARIANTS = 6
_OPENINGS = (
    "All about {0} and {1}.", "{0}, {1} and a bit of {2}", "Sharing {0} every week ✨ {1}", "Your daily {0} | {1} | {2}",
    "{0} for beginners. New videos on {1}.", "{1} · {0} · honest reviews", "I post {0} and {1} with my two kids",
    "Obsessed with {0}. DM for {1} collabs", "{0} shop, {1} deals, worldwide shipping",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Profile:
    """A text that many creators share: one tells them apart by name, handle, figures and vector."""

    topic: str
    about: str

    @property
    def signals(self) -> Signals:
        return read_signals(CreatorProfile(name=None, niche=None, about=self.about))


@dataclass(frozen=True, slots=True)
class Profiles:
    """`clusters[c]` is the text cluster `c` lies around, `variants[c]` the profiles of its creators."""

    topics: list[str]
    labels: list[str]
    clusters: list[str]
    variants: list[list[Profile]]

    def distinct(self) -> Iterable[Profile]:
        return {profile.about: profile for cluster in self.variants for profile in cluster}.values()


@lru_cache(maxsize=2)
def read_profiles(topics: int | None = None) -> Profiles:
    """The lexicon's first topics, or all; CLUSTERS_PER_TOPIC clusters each. Alike in every run."""
    rng = np.random.default_rng(11)
    entries = list(read_data("topics.toml").items())[:topics]
    clusters: list[str] = []
    variants: list[list[Profile]] = []
    for topic, entry in entries:
        words = [term for term in entry.get("strong", ()) if term.isascii() and not term.endswith("*")] or [topic]
        for _ in range(CLUSTERS_PER_TOPIC):
            own = list(rng.choice(words, 3))
            clusters.append(f"{entry['label']}\n{_about(own, rng)}")
            variants.append([Profile(topic, _about([own[0], *rng.choice(words, 2)], rng)) for _ in range(VARIANTS)])
    return Profiles([topic for topic, _ in entries], [entry["label"] for _, entry in entries], clusters, variants)


def _about(words: list[str], rng: np.random.Generator) -> str:
    return str(rng.choice(_OPENINGS)).format(*words)
