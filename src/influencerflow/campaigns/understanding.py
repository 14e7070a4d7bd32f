"""What a brief asks for beyond its meaning as a whole: read by rules that can be looked up, and open to correction."""

import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from influencerflow.campaigns.brief import Brief
from influencerflow.lexicon.accounts import accounts
from influencerflow.lexicon.languages import languages
from influencerflow.lexicon.people import people
from influencerflow.lexicon.places import Place, places
from influencerflow.lexicon.tokens import Token, fold, tokenize
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
_SPOKEN = {"speaking", "speakers", "speaker", "language", "sprachig", "sprachige", "sprachigen", "content", "parlant"}
_IN_LANGUAGE = {"in", "en", "auf", "em", "speak", "speaks", "speaking", "parlent", "hablan", "sprechen", "parlano"}
_REFUSAL = re.compile(
    r"\b(?:no|not|never|without|avoid|avoiding|exclude|excluding|except|sin|sans|pas de|ohne|keine?[nrs]?|senza|niente)\s+"
    r"((?:[\w'’-]+[ ,]*){1,4})"
)

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
    audience = [brief.target_audience, brief.campaign_goal]
    excluded_topics, excluded_accounts = _refused(audience)
    wanted = [item for item in _topics(brief) if item.key not in excluded_topics]
    found_places, named_languages = _places_and_languages(audience)
    genders = people().genders(brief.target_audience)
    return Understanding(
        topics=wanted,
        countries=sorted({code for place in found_places for code in place.countries}),
        languages=sorted(named_languages) or _own_language(brief),
        genders=sorted(genders) if len(genders) == 1 else [],
        age_ranges=people().ages(brief.target_audience),
        platforms=_platforms(audience),
        excluded_topics=sorted(excluded_topics),
        excluded_accounts=sorted(excluded_accounts),
    )


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


def _places_and_languages(texts: Iterable[str | None]) -> tuple[list[Place], set[str]]:
    """`German-speaking` and `en français` name a language; `Germans` and `French homes` a place."""
    found_places: list[Place] = []
    named: set[str] = set()
    for text in texts:
        tokens = tokenize(text)
        for place in places().find(text, tokens):
            if place.kind == "adjective" and (spoken := _language_meant(place, tokens)):
                named |= spoken
            else:
                found_places.append(place)
        for position, token in enumerate(tokens):
            if _is_spoken(tokens, position):
                named |= languages().named(token.word, [token])
    return found_places, named


def _language_meant(place: Place, tokens: list[Token]) -> frozenset[str]:
    at = [position for position, token in enumerate(tokens) if place.start <= token.start < place.end]
    words = [tokens[position] for position in at]
    return languages().named(None, words) if any(_is_spoken(tokens, position) for position in at) else frozenset()


def _is_spoken(tokens: list[Token], position: int) -> bool:
    before = tokens[position - 1].word if position else ""
    after = tokens[position + 1].word if position + 1 < len(tokens) else ""
    word = tokens[position].word
    return (
        before in _IN_LANGUAGE
        or after in _SPOKEN
        or word.endswith(("sprachig", "sprachige", "sprachigen", "hablante", "hablantes", "phone", "phones"))
    )


def _own_language(brief: Brief) -> list[str]:
    """A brief in Spanish seeks creators in Spanish; one in English, the language of business, need not mean English."""
    written = languages().written_in(
        ". ".join(part for part in (brief.product_description, brief.target_audience, brief.campaign_goal) if part)
    )
    return [written] if written and written != "en" else []


def _platforms(texts: Iterable[str | None]) -> list[str]:
    words = {token.word for text in texts for token in tokenize(text)}
    return sorted({platform for word, platform in _PLATFORM_NAMES.items() if word in words})


def _refused(texts: Iterable[str | None]) -> tuple[set[str], set[str]]:
    """Topics and kinds of account after a word of refusal: `no alcohol`, `not gaming`, `keine Shops`."""
    refused_topics: set[str] = set()
    refused_accounts: set[str] = set()
    for text in texts:
        for phrase in _REFUSAL.findall(fold(text or "")):
            refused_topics |= {mention.topic for mention in topics().mentions(phrase) if mention.weight == 1.0}
            refused_accounts |= accounts().named(phrase)
    return refused_topics, refused_accounts
