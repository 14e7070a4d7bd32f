"""A campaign's shortlist with everything beside it: scores, prices, what was said, and what it adds up to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from influencerflow.campaigns.brief import Brief
from influencerflow.feedback import repository, shortlist
from influencerflow.feedback.schemas import ShortlistEntry
from influencerflow.matching import stored
from influencerflow.matching.schemas import MatchResult
from influencerflow.matching.service import match_creators, read_profiles
from influencerflow.settings import Settings


@dataclass(frozen=True, slots=True)
class Listed:
    """A creator on the shortlist. `match` is None while it is not embedded, or for a brief that is not complete.

    `ranked`: it is in the campaign's stored run, and its rank and scores are those of that run.
    """

    entry: ShortlistEntry
    profile: RowMapping
    match: MatchResult | None
    ranked: bool
    said: RowMapping | None
    elsewhere: RowMapping | None

    @property
    def rate(self) -> float | None:
        """USD for one collaboration, as the creator names it; 0 says nothing."""
        return self.profile["collaboration_rate"] or None


@dataclass(frozen=True, slots=True)
class Totals:
    """USD and people, over those not rejected. `estimated` is between `estimated_low` and `estimated_high`."""

    creators: int = 0
    named: int = 0
    named_sum: float = 0.0
    estimates: int = 0
    estimated: float = 0.0
    estimated_low: float = 0.0
    estimated_high: float = 0.0
    reaching: int = 0
    reach: int = 0

    @property
    def unknown(self) -> int:
        return self.creators - self.named - self.estimates

    @property
    def cost(self) -> float:
        return self.named_sum + self.estimated


def add_up(listed: Iterable[Listed]) -> Totals:
    """Reach is a sum over posts: people who follow two of them count twice."""
    counted = [item for item in listed if item.entry.status != "rejected"]
    named = [item.rate for item in counted if item.rate]
    estimates = [
        item.match.price_estimate for item in counted if not item.rate and item.match and item.match.price_estimate
    ]
    reach = [item.match.in_target_reach for item in counted if item.match and item.match.in_target_reach is not None]
    return Totals(
        creators=len(counted),
        named=len(named),
        named_sum=sum(named),
        estimates=len(estimates),
        estimated=sum(item.mid for item in estimates),
        estimated_low=sum(item.low for item in estimates),
        estimated_high=sum(item.high for item in estimates),
        reaching=len(reach),
        reach=sum(reach),
    )


def read_listed(connection: Connection, settings: Settings, campaign_id: UUID, brief: Brief | None) -> list[Listed]:
    """In the shortlist's order."""
    entries = shortlist.read_shortlist(connection, campaign_id).entries
    ids = [entry.creator_id for entry in entries]
    profiles = read_profiles(connection, ids)
    matches, ranked = read_named(connection, settings, campaign_id, brief, ids)
    said = repository.standing_verdicts(connection, campaign_id, ids)
    elsewhere = repository.contacted_elsewhere(connection, campaign_id, ids)
    return [
        Listed(
            entry,
            profiles[entry.creator_id],
            matches.get(entry.creator_id),
            entry.creator_id in ranked,
            said.get(entry.creator_id),
            elsewhere.get(entry.creator_id),
        )
        for entry in entries
        if entry.creator_id in profiles
    ]


def read_named(
    connection: Connection, settings: Settings, campaign_id: UUID, brief: Brief | None, ids: Sequence[UUID]
) -> tuple[dict[UUID, MatchResult], set[UUID]]:
    """Matches of named creators: from the stored run, the others read against the brief now; and which are of the run."""
    matches = stored.read_stored(connection, campaign_id, ids)
    ranked = set(matches)
    others = [creator_id for creator_id in ids if creator_id not in matches]
    if others and brief:
        matches |= match_creators(connection, settings, brief, others)
    return matches, ranked
