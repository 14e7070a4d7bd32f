"""A campaign's run kept in `match_scores`: answered from there until anything it depends on changes."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql import bindparam

from influencerflow.campaigns.brief import Brief
from influencerflow.embeddings.registry import active_model
from influencerflow.matching.present import shown
from influencerflow.matching.schemas import MatchResult, ReasonOut, Scores
from influencerflow.matching.service import find_matches, read_profiles
from influencerflow.retrieval.filters import Filters
from influencerflow.settings import Settings

# Raise it whenever the same brief over the same catalogue may come out differently.
SCORING_VERSION = 1
STORED_MATCHES = 500


@dataclass(frozen=True, slots=True)
class StoredRun:
    campaign_id: UUID
    fingerprint: str
    filters: dict[str, Any]
    total: int
    stored: int
    computed_at: datetime


def fingerprint(connection: Connection, brief: Brief, filters: Filters) -> str:
    """Changes when the brief, the filters, the model, the scoring or the catalogue does."""
    parts = {
        "brief": brief.model_dump(),
        "filters": filters.model_dump(mode="json", include=set(filters.active())),
        "model": active_model(connection).id,
        "scoring": SCORING_VERSION,
        "catalogue": str(connection.scalar(text("SELECT coalesce(sum(changes), 0) FROM catalogue_changes"))),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def read_run(connection: Connection, campaign_id: UUID) -> StoredRun | None:
    row = connection.execute(
        text("""
            SELECT campaign_id, fingerprint, filters, total, stored, computed_at
            FROM match_runs WHERE campaign_id = :id
        """),
        {"id": campaign_id},
    ).one_or_none()
    return StoredRun(*row) if row else None


def run_campaign(
    connection: Connection, settings: Settings, campaign_id: UUID, brief: Brief, filters: Filters
) -> tuple[StoredRun, bool]:
    """The campaign's run, and whether it was there already; otherwise it replaces the one before."""
    # Two people pressing the button at once compute it once.
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:id, 0))"), {"id": str(campaign_id)})
    current = fingerprint(connection, brief, filters)
    run = read_run(connection, campaign_id)
    if run and run.fingerprint == current:
        return run, True
    found = find_matches(connection, settings, brief, filters, limit=STORED_MATCHES)
    connection.execute(text("DELETE FROM match_scores WHERE campaign_id = :id"), {"id": campaign_id})
    if found.matches:
        connection.execute(_INSERT, [_row(campaign_id, current, match) for match in found.matches])
    run = _store_run(connection, campaign_id, current, filters, found.matching, len(found.matches))
    return run, False


def read_matches(connection: Connection, campaign_id: UUID, *, page: int, limit: int) -> list[MatchResult]:
    """One page of the stored run, with the profiles as they are now."""
    rows = connection.execute(
        text("""
            SELECT creator_id, rank, reasons, details FROM match_scores
            WHERE campaign_id = :id AND rank IS NOT NULL ORDER BY rank OFFSET :offset LIMIT :limit
        """),
        {"id": campaign_id, "offset": (page - 1) * limit, "limit": limit},
    ).all()
    profiles = read_profiles(connection, [row.creator_id for row in rows])
    return [
        shown(
            profiles[row.creator_id],
            Scores.model_validate(row.details["scores"]),
            [ReasonOut.model_validate(reason) for reason in row.reasons],
            row.rank,
            row.details["basis"],
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
        "details": {"scores": scores, "basis": match.match_score_basis},
        "fingerprint": current,
    }


def _store_run(
    connection: Connection, campaign_id: UUID, current: str, filters: Filters, total: int, stored: int
) -> StoredRun:
    row = connection.execute(
        text("""
            INSERT INTO match_runs (campaign_id, fingerprint, filters, total, stored)
            VALUES (:campaign_id, :fingerprint, :filters, :total, :stored)
            ON CONFLICT (campaign_id) DO UPDATE SET fingerprint = excluded.fingerprint, filters = excluded.filters,
                total = excluded.total, stored = excluded.stored, computed_at = now()
            RETURNING campaign_id, fingerprint, filters, total, stored, computed_at
        """).bindparams(bindparam("filters", type_=JSONB)),
        {
            "campaign_id": campaign_id,
            "fingerprint": current,
            "filters": filters.model_dump(mode="json", include=set(filters.active())),
            "total": total,
            "stored": stored,
        },
    ).one()
    return StoredRun(*row)
