"""A campaign's run kept in `match_scores`: answered from there until anything it depends on changes."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Connection, Row, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql import bindparam

from influencerflow.campaigns.brief import Brief
from influencerflow.creators.exclusions import exclusions_state
from influencerflow.creators.signals import LEXICON_VERSION
from influencerflow.embeddings.registry import active_model
from influencerflow.matching.options import MatchOptions
from influencerflow.matching.present import shown
from influencerflow.matching.schemas import MatchDetails, MatchResult, ReasonOut, Scores
from influencerflow.matching.service import MatchPage, find_matches, read_profiles
from influencerflow.retrieval.filters import Filters
from influencerflow.settings import Settings

# Raise it whenever the same brief over the same catalogue may come out differently.
SCORING_VERSION = 4
STORED_MATCHES = 500
# What a stored list may be read by, beside its rank, which breaks ties. What is unknown comes last.
_PRICE = "coalesce(c.collaboration_rate, CAST(m.details #>> '{details,price_estimate,mid}' AS float8))"
ORDERS: Mapping[str, str] = {
    "match": "m.rank",
    "niche": "m.niche_match DESC",
    "audience": "m.audience_match DESC",
    "engagement_score": "m.engagement_score DESC",
    "budget": "m.budget_fit DESC",
    "followers": "c.followers_count_numeric DESC NULLS LAST",
    "engagement": "c.engagement_rate DESC NULLS LAST",
    "price": f"{_PRICE} NULLS LAST",
}


@dataclass(frozen=True, slots=True)
class StoredRun:
    """`understood` is what was read from the brief, with the corrections of `options`."""

    campaign_id: UUID
    fingerprint: str
    filters: dict[str, Any]
    options: dict[str, Any]
    understood: dict[str, Any]
    total: int
    stored: int
    computed_at: datetime

    @property
    def complete(self) -> bool:
        """Whether it has all that a list keeps, or only the first few of it."""
        return self.stored >= min(self.total, STORED_MATCHES)


def fingerprint(
    connection: Connection,
    settings: Settings,
    brief: Brief,
    filters: Filters,
    options: MatchOptions,
    campaign_id: UUID | None = None,
) -> str:
    """Changes when the brief, the filters, the options, who is excluded, the model, the scoring or the catalogue does."""
    parts = {
        "brief": brief.model_dump(),
        "filters": filters.model_dump(mode="json", include=set(filters.active())),
        "options": options.asked(),
        "excluded": exclusions_state(connection, campaign_id),
        "model": active_model(connection).id,
        "scoring": [SCORING_VERSION, LEXICON_VERSION, str(settings.benchmarks or "")],
        "catalogue": str(connection.scalar(text("SELECT coalesce(sum(changes), 0) FROM catalogue_changes"))),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def read_run(connection: Connection, campaign_id: UUID) -> StoredRun | None:
    return read_runs(connection, [campaign_id]).get(campaign_id)


def read_runs(connection: Connection, campaign_ids: Sequence[UUID]) -> dict[UUID, StoredRun]:
    rows = connection.execute(
        text("""
            SELECT campaign_id, fingerprint, filters, options, understood, total, stored, computed_at
            FROM match_runs WHERE campaign_id = ANY (:ids)
        """),
        {"ids": list(campaign_ids)},
    )
    return {row.campaign_id: StoredRun(*row) for row in rows}


def is_being_ranked(connection: Connection, campaign_id: UUID) -> bool:
    """Whether another transaction is making the campaign's run, for which `run_campaign` would wait."""
    free = connection.scalar(
        text("SELECT pg_try_advisory_xact_lock(hashtextextended(:id, 0))"), {"id": str(campaign_id)}
    )
    return not free


def is_stale(connection: Connection, settings: Settings, brief: Brief, run: StoredRun) -> bool:
    """Whether anything the run rests on has changed since; the lexicon may no longer have a topic that was asked for."""
    try:
        filters, options = Filters.model_validate(run.filters), MatchOptions.model_validate(run.options)
    except ValidationError:
        return True
    return fingerprint(connection, settings, brief, filters, options, run.campaign_id) != run.fingerprint


def run_campaign(
    connection: Connection,
    settings: Settings,
    campaign_id: UUID,
    brief: Brief,
    filters: Filters,
    options: MatchOptions | None = None,
    *,
    depth: int = STORED_MATCHES,
) -> tuple[StoredRun, bool]:
    """The campaign's run, and whether it was there already; otherwise it replaces the one before.

    `depth` is how many matches are needed now: the first few are found much sooner than all that a list keeps.
    """
    # Two people pressing the button at once compute it once.
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:id, 0))"), {"id": str(campaign_id)})
    options = options or MatchOptions()
    current = fingerprint(connection, settings, brief, filters, options, campaign_id)
    run = read_run(connection, campaign_id)
    if run and run.fingerprint == current and run.stored >= min(run.total, depth):
        return run, True
    found = find_matches(connection, settings, brief, filters, options, limit=depth, campaign_id=campaign_id)
    connection.execute(text("DELETE FROM match_scores WHERE campaign_id = :id"), {"id": campaign_id})
    if found.matches:
        connection.execute(_INSERT, [_row(campaign_id, current, match) for match in found.matches])
    return _store_run(connection, campaign_id, current, filters, options, found), False


# Of `match_scores m`: who was turned down keeps its rank, and nobody else's changes.
_SHOWN = """
    m.campaign_id = :id AND m.rank IS NOT NULL AND (:dismissed OR NOT EXISTS (
        SELECT FROM current_verdicts v
        WHERE v.campaign_id = :id AND v.creator_id = m.creator_id AND v.verdict IN ('not_relevant', 'rejected')
    ))
"""


def count_matches(connection: Connection, campaign_id: UUID, *, dismissed: bool = False) -> int:
    """How many of the stored run are shown; `dismissed`: with those turned down."""
    statement = text(f"SELECT count(*) FROM match_scores m WHERE {_SHOWN}")
    return int(connection.scalar(statement, {"id": campaign_id, "dismissed": dismissed}) or 0)


def read_matches(
    connection: Connection,
    campaign_id: UUID,
    *,
    page: int,
    limit: int,
    order: str = "match",
    dismissed: bool = False,
) -> list[MatchResult]:
    """One page of the stored run, with the profiles as they are now. `order`: a key of ORDERS.

    `dismissed`: with those turned down.
    """
    rows = connection.execute(
        text(f"""
            SELECT m.creator_id, m.rank, m.reasons, m.details
            FROM match_scores m JOIN creators c ON c.id = m.creator_id
            WHERE {_SHOWN} ORDER BY {ORDERS[order]}, m.rank OFFSET :offset LIMIT :limit
        """),
        {"id": campaign_id, "dismissed": dismissed, "offset": (page - 1) * limit, "limit": limit},
    ).all()
    return _as_shown(connection, rows)


def read_stored(connection: Connection, campaign_id: UUID, ids: Sequence[UUID]) -> dict[UUID, MatchResult]:
    """Named creators, as far as they are in the stored run."""
    rows = connection.execute(
        text("""
            SELECT creator_id, rank, reasons, details FROM match_scores
            WHERE campaign_id = :id AND rank IS NOT NULL AND creator_id = ANY (:ids)
        """),
        {"id": campaign_id, "ids": list(ids)},
    ).all()
    return {UUID(match.id): match for match in _as_shown(connection, rows)}


def _as_shown(connection: Connection, rows: Sequence[Row[Any]]) -> list[MatchResult]:
    profiles = read_profiles(connection, [row.creator_id for row in rows])
    return [
        shown(
            profiles[row.creator_id],
            Scores.model_validate(row.details["scores"]),
            [ReasonOut.model_validate(reason) for reason in row.reasons],
            MatchDetails.model_validate(row.details["details"]),
            row.rank,
        )
        for row in rows
    ]


_INSERT = text("""
    INSERT INTO match_scores (campaign_id, creator_id, match_score, niche_match, audience_match, engagement_score,
                              budget_fit, rank, reasons, details, fingerprint)
    VALUES (:campaign_id, :creator_id, :match_score, :niche_match, :audience_match, :engagement_score,
            :budget_fit, :rank, :reasons, :details, :fingerprint)
""").bindparams(bindparam("reasons", type_=JSONB), bindparam("details", type_=JSONB))


def _row(campaign_id: UUID, current: str, match: MatchResult) -> Mapping[str, Any]:
    scores = match.scores.model_dump()
    return {
        **{key: scores[key] for key in scores if key != "similarity"},
        "campaign_id": campaign_id,
        "creator_id": UUID(match.id),
        "rank": match.rank,
        "reasons": [reason.model_dump() for reason in match.reasons],
        "details": {"scores": scores, "details": match.model_dump(include=set(MatchDetails.model_fields))},
        "fingerprint": current,
    }


def _store_run(
    connection: Connection, campaign_id: UUID, current: str, filters: Filters, options: MatchOptions, found: MatchPage
) -> StoredRun:
    row = connection.execute(
        text("""
            INSERT INTO match_runs (campaign_id, fingerprint, filters, options, understood, total, stored, model_id,
                                    scoring_version)
            VALUES (:campaign_id, :fingerprint, :filters, :options, :understood, :total, :stored,
                    (SELECT id FROM embedding_models WHERE state = 'active'), :scoring_version)
            ON CONFLICT (campaign_id) DO UPDATE SET fingerprint = excluded.fingerprint, filters = excluded.filters,
                options = excluded.options, understood = excluded.understood, total = excluded.total,
                stored = excluded.stored, model_id = excluded.model_id, scoring_version = excluded.scoring_version,
                computed_at = now()
            RETURNING campaign_id, fingerprint, filters, options, understood, total, stored, computed_at
        """).bindparams(*(bindparam(name, type_=JSONB) for name in ("filters", "options", "understood"))),
        {
            "campaign_id": campaign_id,
            "fingerprint": current,
            "filters": filters.model_dump(mode="json", include=set(filters.active())),
            "options": options.asked(),
            "understood": found.understood.model_dump(mode="json"),
            "total": found.matching,
            "stored": len(found.matches),
            "scoring_version": SCORING_VERSION,
        },
    ).one()
    return StoredRun(*row)
