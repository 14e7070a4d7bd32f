"""A brief, understood: what retrieval is asked for, and what candidates are ranked by."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from influencerflow.campaigns.brief import Brief
from influencerflow.campaigns.understanding import Understanding
from influencerflow.lexicon.stop_words import content_words
from influencerflow.lexicon.topics import topics
from influencerflow.retrieval.lexical import LexicalQuery, lexical_query
from influencerflow.scoring.audience import AudienceTarget
from influencerflow.scoring.calibration import ASKS

# Creators of topics this near are looked for; farther ones count when another run finds them.
_LEAST_SEARCHED = 0.5


@dataclass(frozen=True)
class Wanted:
    brief: Brief
    understanding: Understanding

    @cached_property
    def topics(self) -> Mapping[str, float]:
        """How much posting about each topic serves the brief, 0-1."""
        served: dict[str, float] = {}
        for topic in self.understanding.topics:
            for key, nearness in topics().near(topic.key).items():
                served[key] = max(served.get(key, 0.0), nearness * topic.weight)
        return served

    @cached_property
    def countries(self) -> frozenset[str]:
        return frozenset(self.understanding.countries)

    @cached_property
    def languages(self) -> frozenset[str]:
        return frozenset(self.understanding.languages)

    @cached_property
    def genders(self) -> frozenset[str]:
        return frozenset(self.understanding.genders)

    @cached_property
    def audience(self) -> AudienceTarget:
        return AudienceTarget(
            age_ranges=tuple(self.understanding.age_ranges),
            genders=self.genders,
            countries=self.countries,
            languages=self.languages,
            interests=frozenset(topic.label.lower() for topic in self.understanding.topics),
            text=self.brief.target_audience,
        )

    @cached_property
    def said_words(self) -> frozenset[str]:
        """Words of the brief that are worth pointing out in a bio."""
        return frozenset(content_words([self.brief.product_niche, ", ".join(self.brief.key_use_cases or [])]))

    @property
    def asked(self) -> list[str]:
        return [name for name in ASKS if getattr(self, name)]

    @property
    def searched_topics(self) -> list[str]:
        return sorted(key for key, served in self.topics.items() if served >= _LEAST_SEARCHED)

    @cached_property
    def words(self) -> LexicalQuery | None:
        brief = self.brief
        return lexical_query(
            {
                "product_niche": brief.product_niche or brief.product_name,
                "key_use_cases": ", ".join(brief.key_use_cases or []),
                "target_audience": brief.target_audience,
                "product_description": brief.product_description,
            }
        )
