"""Reads one creator against a brief: sub-scores, and the evidence its reasons, cautions and gaps rest on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from babel import Locale

from influencerflow.creators.cleaning import Cleaned, clean_about, clean_niche
from influencerflow.creators.platforms import platform_title
from influencerflow.lexicon.places import places
from influencerflow.lexicon.tokens import Token, tokenize
from influencerflow.lexicon.topics import topics
from influencerflow.matching.copies import COPIED, copies_brief
from influencerflow.matching.wanted import Wanted
from influencerflow.scoring.audience import AudienceFit, audience_fit
from influencerflow.scoring.authenticity import authenticity
from influencerflow.scoring.benchmarks import Benchmarks
from influencerflow.scoring.budget import budget_fit
from influencerflow.scoring.creator import CreatorFigures
from influencerflow.scoring.engagement import calculate_engagement_score, engagement_standing
from influencerflow.scoring.niche import NicheFit, niche_fit
from influencerflow.scoring.peers import PeerStatistics
from influencerflow.scoring.reasons import Evidence, Read, Spans

_ENGLISH = Locale("en")
# Farther topics rank a creator, but are no reason to show.
_LEAST_SHOWN = 0.5
_ACCOUNT_NAMES = {
    "shop": "a shop",
    "brand": "a brand",
    "agency": "an agency",
    "venue": "a venue",
    "media": "a medium",
    "fan_page": "a fan page",
    "organisation": "an organisation",
}


@dataclass(frozen=True, slots=True)
class Context:
    """What every creator of a page is read against. `niche_similarity` (0-1) is asked about niches the lexicon lacks."""

    wanted: Wanted
    benchmarks: Benchmarks
    peers: PeerStatistics
    today: date
    niche_similarity: Callable[[str, str], float]
    planned_creators: int


@dataclass(frozen=True, slots=True)
class Assessment:
    evidence: Evidence
    engagement_score: float

    @property
    def audience(self) -> AudienceFit:
        return self.evidence.audience


def assess(context: Context, creator: Mapping[Any, Any], also_on: tuple[str, ...]) -> Assessment:
    """`creator`: a row of `creators` with its signals."""
    wanted, figures = context.wanted, CreatorFigures.of(creator)
    return Assessment(
        Evidence(
            read=_read(wanted, creator, also_on),
            niche=_niche(context, creator),
            audience=audience_fit(
                wanted.audience,
                figures,
                context.benchmarks,
                context.peers,
                today=context.today,
                topic=_topic(wanted, creator),
            ),
            engagement=engagement_standing(figures, context.benchmarks, context.peers),
            budget=budget_fit(
                wanted.brief.total_budget, figures, context.benchmarks, context.peers, context.planned_creators
            ),
            authenticity=authenticity(figures, context.benchmarks, context.peers),
            about=creator["about"],
            platform=platform_title(creator["platform"] or ""),
            followers=figures.followers_count_numeric,
            engagement_rate=figures.engagement_rate,
            collaboration_rate=figures.collaboration_rate,
            total_budget=wanted.brief.total_budget,
            planned_creators=context.planned_creators,
            asks_country=bool(wanted.countries),
            asks_language=bool(wanted.languages),
        ),
        calculate_engagement_score(figures.engagement_rate),
    )


def _topic(wanted: Wanted, creator: Mapping[Any, Any]) -> float | None:
    """How strongly the profile is about what is sought, 0-1; None for a profile that says nothing of any topic."""
    offered = creator["topics"] or {}
    served = (strength * wanted.topics.get(key, 0.0) for key, strength in offered.items())
    return max(served) if offered and wanted.topics else None


def _niche(context: Context, creator: Mapping[Any, Any]) -> NicheFit:
    wanted, inferred = context.wanted, creator["inferred_niche"]
    niche, known = _read_niche(creator["niche"])
    campaign = wanted.brief.product_niche
    if niche and niche.strip() and campaign and campaign.strip():
        if known and wanted.topics:
            nearness = max(wanted.topics.get(key, 0.0) for key in known)
        else:
            nearness = context.niche_similarity(campaign.strip(), niche.strip())
        return niche_fit(campaign, niche, nearness=nearness)
    label = topics().by_key[inferred].label if inferred in topics().by_key else None
    return niche_fit(campaign, niche, nearness=wanted.topics.get(inferred or "", 0.0), inferred=label)


@lru_cache(maxsize=1024)
def _read_niche(niche: str | None) -> tuple[str, frozenset[str]]:
    """What counts of it, and the topics it speaks of. Kept: a catalogue has few niches, and many creators in each."""
    counted = clean_niche(niche)[0]
    return counted, frozenset(mention.topic for mention in topics().mentions(counted))


def _read(wanted: Wanted, creator: Mapping[Any, Any], also_on: tuple[str, ...]) -> Read:
    about = clean_about(creator["about"])
    tokens = tokenize(about.text)
    spans: dict[str, list[tuple[int, int]]] = {}
    for mention in topics().mentions(about.text, tokens):
        spans.setdefault(mention.topic, []).append(about.raw_span(mention.start, mention.end))
    serving = sorted((-wanted.topics[key], key) for key in spans if wanted.topics.get(key, 0.0) >= _LEAST_SHOWN)
    excluded = [key for key in wanted.understanding.excluded_topics if key in spans]
    place, place_spans, elsewhere = _place(wanted, creator, about, tokens)
    language, other_language = _language(wanted, creator)
    return Read(
        topics=tuple((topics().by_key[key].label, _distinct(spans[key])) for _, key in serving),
        excluded=tuple((topics().by_key[key].label, _distinct(spans[key])) for key in excluded),
        words=_brief_words(wanted, about, tokens),
        place=place,
        place_spans=place_spans,
        elsewhere=elsewhere,
        language=language,
        other_language=other_language,
        account=_ACCOUNT_NAMES.get(creator["account"] or ""),
        other_platform=_other_platform(wanted, creator),
        also_on=also_on,
        flags=(*(creator["flags"] or ()), *((COPIED,) if copies_brief(wanted.brief, creator["about"]) else ())),
    )


def _brief_words(wanted: Wanted, about: Cleaned, tokens: list[Token]) -> Spans:
    """Where the bio uses words of the brief, the first use of each."""
    first: dict[str, tuple[int, int]] = {}
    for token in tokens:
        # `[phone]` stands where a number was taken out: nobody says it of themselves.
        if token.word in wanted.said_words and about.text[token.start - 1 : token.start] != "[":
            first.setdefault(token.word, about.raw_span(token.start, token.end))
    return tuple(first.values())


def _place(
    wanted: Wanted, creator: Mapping[Any, Any], about: Cleaned, tokens: list[Token]
) -> tuple[str | None, Spans, str | None]:
    """What fits, where the bio says so, and what contradicts."""
    if not wanted.countries:
        return None, (), None
    stated = (creator["country"] or "").upper()
    if stated in wanted.countries:
        return f"In {_country(stated)}", (), None
    named = [place for place in places().find(about.text, tokens) if place.kind in ("name", "city", "flag")]
    fitting = [place for place in named if set(place.countries) & wanted.countries]
    if fitting:
        code = next(code for code in fitting[0].countries if code in wanted.countries)
        return f"Profile points to {_country(code)}", tuple(about.raw_span(p.start, p.end) for p in fitting[:1]), None
    if stated:
        return None, (), f"In {_country(stated)}, which the brief does not ask for"
    return None, (), f"Profile points to {_country(named[0].countries[0])}" if named else None


def _language(wanted: Wanted, creator: Mapping[Any, Any]) -> tuple[str | None, str | None]:
    if not wanted.languages:
        return None, None
    written, stated = creator["text_language"], (creator["language"] or "").split("-")[0].lower()
    for code, verb in ((written, "Writes in"), (stated, "Speaks")):
        if code in wanted.languages:
            return f"{verb} {_language_name(code)}", None
    code, verb = (written, "Writes in") if written else (stated, "Speaks")
    return None, f"{verb} {_language_name(code)}, which the brief does not ask for" if code else None


def _other_platform(wanted: Wanted, creator: Mapping[Any, Any]) -> str | None:
    named = wanted.understanding.platforms
    return (
        " and ".join(map(platform_title, named)) if named and (creator["platform"] or "").lower() not in named else None
    )


def _distinct(spans: list[tuple[int, int]]) -> Spans:
    """In the order of the text, of those that overlap the longest."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return tuple(kept)


def _country(code: str) -> str:
    return str(_ENGLISH.territories.get(code, code))


def _language_name(code: str) -> str:
    return str(_ENGLISH.languages.get(code, code))
