"""What a creator's text says beyond its meaning as a whole; read once per edit and kept in `creator_signals`."""

import math
from collections import defaultdict
from dataclasses import dataclass, field

from influencerflow.embeddings.text import CreatorProfile, counted_profile
from influencerflow.lexicon.accounts import accounts
from influencerflow.lexicon.languages import languages
from influencerflow.lexicon.people import people
from influencerflow.lexicon.places import places
from influencerflow.lexicon.tokens import fold, tokenize
from influencerflow.lexicon.topics import STRONG, WEAK, topics

# Raise it whenever the lexicon or this file changes: the worker then reads every creator again.
LEXICON_VERSION = 3
# A flag or an adjective may tell where somebody is from, or which language they speak, as well as where they are.
_SURE_PLACES = frozenset({"name", "city", "flag"})
_LEAST_TOPIC = 0.3
_SHORTEST_HANDLE_PART = 4


@dataclass(frozen=True, slots=True)
class Signals:
    """Read from `counted`, what of the profile counts; `flags` say what does not.

    `topics`: strength 0-1 by topic. `account`: the kind of account, `person` where nothing speaks against it.
    """

    counted: CreatorProfile

    topics: dict[str, float] = field(default_factory=dict)
    countries: tuple[str, ...] = ()
    language: str | None = None
    gender: str | None = None
    account: str = "person"
    inferred_niche: str | None = None
    flags: tuple[str, ...] = ()

    @property
    def topic_keys(self) -> list[str]:
        return sorted(key for key, strength in self.topics.items() if strength >= _LEAST_TOPIC)


def read_signals(profile: CreatorProfile) -> Signals:
    profile, flags = counted_profile(profile)
    text = "\n".join(part for part in (profile.name, profile.about) if part)
    tokens = tokenize(text)
    strengths = topic_strengths(profile)
    found = places().find(text, tokens)
    return Signals(
        profile,
        topics=strengths,
        countries=tuple(sorted({code for place in found if place.kind in _SURE_PLACES for code in place.countries})),
        language=languages().written_in(profile.about),
        gender=people().own_gender(tokens),
        account=accounts().kind(text, tokens),
        inferred_niche=None if profile.niche else _main_topic(strengths),
        flags=flags,
    )


def topic_strengths(profile: CreatorProfile) -> dict[str, float]:
    """Strength = 1 - exp(-evidence): a second word adds less than the first, and repeating a word adds nothing.

    People are called Baker and Christian: words of a name or handle only support a topic.
    """
    evidence: dict[str, dict[str, float]] = defaultdict(dict)
    for text, most in ((profile.about, STRONG), (profile.name, WEAK)):
        for mention in topics().mentions(text):
            word = fold((text or "")[mention.start : mention.end])
            known = evidence[mention.topic].get(word, 0.0)
            evidence[mention.topic][word] = max(known, min(mention.weight, most))
    for mention in topics().mentions(profile.niche):
        evidence[mention.topic]["niche"] = 1.5 * STRONG
    for key in topics().inside(profile.channel_name, _SHORTEST_HANDLE_PART):
        evidence[key]["handle"] = WEAK
    return {key: round(1.0 - math.exp(-sum(words.values())), 3) for key, words in sorted(evidence.items())}


def _main_topic(strengths: dict[str, float]) -> str | None:
    """The strongest topic, the narrower of two; None when no word clearly speaks of one."""
    sure = [
        (strength, bool(topics().by_key[key].broader), key) for key, strength in strengths.items() if strength >= 0.6
    ]
    return max(sure)[2] if sure else None
