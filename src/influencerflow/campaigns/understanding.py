"""What a brief asks for beyond its meaning as a whole: read by rules that can be looked up, and open to correction."""

import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from influencerflow.campaigns.brief import Brief
from influencerflow.campaigns.refusals import read_refusals
from influencerflow.campaigns.spoken import read_places
from influencerflow.lexicon.languages import languages
from influencerflow.lexicon.people import people
from influencerflow.lexicon.tokens import tokenize
from influencerflow.lexicon.topics import STRONG, topics

# How much a topic counts by where it is mentioned: the niche is what is sought, the rest surrounds it.
FIELD_WEIGHTS = {
    "product_niche": 1.0,
    "target_audience": 0.5,
    "key_use_cases": 0.4,
    "product_description": 0.4,
    "campaign_goal": 0.3,
    "product_name": 0.3,
}
MAX_TOPICS, LEAST_TOPIC_WEIGHT = 5, 0.45
_ONLY_SUPPORTED = 0.8
_PLATFORM_NAMES = {
    "instagram": "instagram", "reels": "instagram", "tiktok": "tiktok", "tiktoks": "tiktok", "tiktokers": "tiktok",
    "youtube": "youtube", "youtubers": "youtube", "youtuber": "youtube", "twitch": "twitch", "pinterest": "pinterest",
    "facebook": "facebook", "linkedin": "linkedin", "snapchat": "snapchat", "podcast": "podcast", "podcasts": "podcast",
}  # fmt: skip
# French and Italian join articles to words: `d'Italie`. `US` is a country, `us` is not.
_ELISION = re.compile(r"\b([cdjlmnst]|qu|un|all|dall|dell|nell|sull)['’](?=[^\W\d_])", re.IGNORECASE)
_US = re.compile(r"(?<![A-Z] )\bUS\b(?! [A-Z]{2})")

Share = Annotated[float, Field(ge=0, le=1)]


class TopicWanted(BaseModel):
    """`weight` is 1 for what the niche names and less for what surrounds it; `label` is for people."""

    key: str
    label: str
    weight: Share


class Understanding(BaseModel):
    """Lists are empty where the brief says nothing, which asks for nothing."""

    model_config = ConfigDict(extra="forbid")

    topics: list[TopicWanted] = []
    countries: list[str] = Field([], description="Where the audience is, ISO 3166 alpha-2.")
    languages: list[str] = Field([], description="BCP 47; the brief's own language unless it names others.")
    genders: list[str] = Field([], description="`female` or `male`, when the audience is one of the two.")
    age_ranges: list[tuple[int, int]] = Field([], description="Years, both ends included.")
    platforms: list[str] = []
    excluded_topics: list[str] = Field([], description="Topics the brief rules out.")
    excluded_accounts: list[str] = Field([], description="Kinds of account the brief rules out, such as `shop`.")


def understand(brief: Brief) -> Understanding:
    """Deterministic; never raises for a valid brief."""
    brief = _readable(brief)
    audience = [text for text in (brief.target_audience, brief.campaign_goal) if text]
    written = languages().written_in(". ".join(filter(None, [brief.product_description, *audience])))
    refusals = [read_refusals(text, written) for text in audience]
    sought = {mention.topic for mention in topics().mentions(brief.product_niche) if mention.weight == STRONG}
    # What the niche names is sought, whatever else was read.
    excluded_topics = {key for refused in refusals for key in refused.topics} - sought
    excluded_countries = {code for refused in refusals for code in refused.countries}
    places_and_languages = [read_places(text) for text in audience]
    countries = {code for found, _ in places_and_languages for code in found}
    spoken = {code for _, found in places_and_languages for code in found}
    genders = people().genders(brief.target_audience)
    return Understanding(
        topics=[item for item in _topics(brief) if item.key not in excluded_topics],
        countries=sorted(countries - excluded_countries),
        # A brief in Spanish seeks creators in Spanish; one in English, the language of business, need not mean English.
        languages=sorted(spoken) or ([written] if written and written != "en" else []),
        genders=sorted(genders) if len(genders) == 1 else [],
        age_ranges=people().ages(brief.target_audience),
        platforms=_platforms(audience),
        excluded_topics=sorted(excluded_topics),
        excluded_accounts=sorted({kind for refused in refusals for kind in refused.accounts}),
    )


def _readable(brief: Brief) -> Brief:
    """With words apart that are written as one, as far as the lexicon has to tell them apart."""

    def apart(value: object) -> object:
        if isinstance(value, list):
            return [apart(item) for item in value]
        return _US.sub("USA", _ELISION.sub(r"\1 ", value)) if isinstance(value, str) else value

    return brief.model_copy(update={name: apart(value) for name, value in brief})


def _topics(brief: Brief) -> list[TopicWanted]:
    weights: dict[str, float] = {}
    for field, field_weight in FIELD_WEIGHTS.items():
        value = getattr(brief, field)
        text = ", ".join(value) if isinstance(value, list) else value
        mentions = topics().mentions(text)
        proven = field != "product_niche" or any(mention.weight == STRONG for mention in mentions)
        for mention in mentions:
            # A niche is a name: where it has no word that proves a topic, one that supports a topic has to do.
            weight = mention.weight if proven else _ONLY_SUPPORTED
            weights[mention.topic] = max(weights.get(mention.topic, 0.0), field_weight * weight)
    # Where the niche names a topic, passing mentions elsewhere only blur it; otherwise they are all there is.
    least = LEAST_TOPIC_WEIGHT if max(weights.values(), default=0.0) >= _ONLY_SUPPORTED else 0.0
    ordered = sorted(((weight, key) for key, weight in weights.items() if weight >= least), key=lambda x: (-x[0], x[1]))
    return [
        TopicWanted(key=key, label=topics().by_key[key].label, weight=round(weight, 3))
        for weight, key in ordered[:MAX_TOPICS]
    ]


def _platforms(texts: Iterable[str]) -> list[str]:
    words = {token.word for text in texts for token in tokenize(text)}
    return sorted({platform for word, platform in _PLATFORM_NAMES.items() if word in words})
