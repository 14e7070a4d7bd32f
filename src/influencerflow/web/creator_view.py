"""Everything a creator's page shows, read in one go."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import Connection

from influencerflow.creators.history import Change, Figures, read_changes, read_figures
from influencerflow.creators.notes import Note, list_notes
from influencerflow.creators.peers import cached_peer_statistics
from influencerflow.creators.schemas import Creator
from influencerflow.errors import ConflictError, NotFoundError
from influencerflow.lexicon.topics import topics
from influencerflow.matching.across import CampaignMatch, campaigns_of_creator
from influencerflow.matching.service import read_profiles
from influencerflow.matching.similar import SimilarCreator, similar_creators
from influencerflow.retrieval.filters import Filters
from influencerflow.scoring.benchmarks import load_benchmarks
from influencerflow.scoring.budget import PriceEstimate, estimate_price
from influencerflow.scoring.creator import CreatorFigures
from influencerflow.scoring.demographics import Demographics, read_audience
from influencerflow.scoring.peers import PeerStatistics
from influencerflow.settings import Settings
from influencerflow.web.messages import t
from influencerflow.web.standing import Strip, strips, trend

_SIMILAR, _LONGEST_LIST, _MOST_TOPICS = 6, 6, 8
# Where the platform shows a profile, by handle.
_PROFILES = {
    "instagram": "https://www.instagram.com/{}/",
    "tiktok": "https://www.tiktok.com/@{}",
    "youtube": "https://www.youtube.com/@{}",
    "twitch": "https://www.twitch.tv/{}",
    "x": "https://x.com/{}",
    "threads": "https://www.threads.net/@{}",
}


@dataclass(frozen=True, slots=True)
class AudienceShare:
    """Between 0 and 100; `usual` is the mean of comparable creators, None where too few are known."""

    label: str
    share: float
    usual: float | None


@dataclass(frozen=True, slots=True)
class CreatorView:
    creator: Creator
    tier: str | None
    account: str | None
    inferred_niche: str | None
    topics: list[str]
    flags: list[str]
    strips: list[Strip]
    price: PriceEstimate | None
    audience: Demographics
    shares: Mapping[str, list[AudienceShare]]
    matches: list[CampaignMatch]
    similar: list[SimilarCreator] | None
    notes: list[Note]
    changes: list[Change]
    figures: list[Figures]
    line: str
    profile_url: str | None


def read_creator_view(connection: Connection, settings: Settings, creator_id: UUID) -> CreatorView:
    """Raises NotFoundError."""
    row = read_profiles(connection, [creator_id]).get(creator_id)
    if row is None:
        raise NotFoundError(t("creator.gone"))
    creator = Creator.model_validate(dict(row))
    known = CreatorFigures.of(row)
    benchmarks = load_benchmarks(settings.benchmarks)
    peers = cached_peer_statistics(connection, benchmarks)
    tier = benchmarks.tier(known.followers_count_numeric) if known.followers_count_numeric is not None else None
    audience, figures = read_audience(creator.audience), read_figures(connection, creator_id)
    return CreatorView(
        creator=creator,
        tier=tier,
        account=row["account"] if row["account"] != "person" else None,
        inferred_niche=row["inferred_niche"] if not creator.niche else None,
        topics=_topics(row["topics"] or {}),
        flags=list(row["flags"] or ()),
        strips=strips(known, benchmarks, peers),
        price=None if known.collaboration_rate else estimate_price(known, benchmarks, peers),
        audience=audience,
        shares={name: _shares(name, audience, peers, creator.platform, tier) for name in audience.shares},
        matches=campaigns_of_creator(connection, creator_id),
        similar=_similar(connection, creator_id),
        notes=list_notes(connection, creator_id),
        changes=read_changes(connection, creator_id),
        figures=figures,
        line=trend([*(item.followers_count_numeric for item in figures), known.followers_count_numeric]),
        profile_url=profile_url(creator),
    )


def profile_url(creator: Creator) -> str | None:
    handle = (creator.channel_name or "").lstrip("@")
    address = _PROFILES.get((creator.platform or "").lower())
    return address.format(quote(handle, safe="")) if address and handle else None


def _topics(strengths: Mapping[str, float]) -> list[str]:
    """Labels, the strongest first; the lexicon may have lost one since."""
    keys = sorted(strengths, key=lambda key: (-strengths[key], key))
    return [topics().by_key[key].label for key in keys if key in topics().by_key][:_MOST_TOPICS]


def _shares(
    dimension: str, audience: Demographics, peers: PeerStatistics, platform: str | None, tier: str | None
) -> list[AudienceShare]:
    """Ages in their order, everything else the largest first."""
    average = peers.average_audience(platform, tier, dimension)
    shares: list[tuple[Any, str, float]] = [
        (label if dimension == "age" else -share, label, share) for label, share in audience.shares[dimension].items()
    ]
    ordered = sorted(shares)[: None if dimension == "age" else _LONGEST_LIST]
    return [
        AudienceShare(label, 100 * share, _usual(average.shares if average else {}, label))
        for _, label, share in ordered
    ]


def _usual(average: Mapping[str, float], label: str) -> float | None:
    return 100 * average[label] if label in average else None


def _similar(connection: Connection, creator_id: UUID) -> list[SimilarCreator] | None:
    """None while the creator has no vector."""
    try:
        return similar_creators(connection, [creator_id], [], Filters(), limit=_SIMILAR)
    except ConflictError:
        return None
