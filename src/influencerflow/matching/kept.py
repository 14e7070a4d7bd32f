"""A ranked result kept for an hour: its pages hold together while the catalogue changes. Profiles are shown as they are now."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql import bindparam

from influencerflow.campaigns.brief import Brief
from influencerflow.campaigns.understanding import Understanding
from influencerflow.database.engine import Database
from influencerflow.embeddings.registry import encoder_for, get_model
from influencerflow.errors import FieldError, InvalidInputError, NotFoundError
from influencerflow.matching.options import MatchOptions
from influencerflow.matching.schemas import MatchResult, SimilaritySearchRequest
from influencerflow.matching.service import RankedPage, match_context, present_matches, rank_page, read_brief
from influencerflow.ranking.order import Scored
from influencerflow.retrieval.candidates import RunReport
from influencerflow.settings import Settings

# The cursor that begins.
FIRST = "first"
KEPT_CREATORS = 10_000
# What says where in a result one is, or how to show it, and not what was asked.
_NOT_ASKED = {"cursor", "page", "limit", "explain"}


@dataclass(frozen=True, slots=True)
class KeptPage:
    """`kept` creators, at most KEPT_CREATORS of the `matching` ones, make up all pages; `first` is where this one begins.

    `deleted`: creators that would be on it, but are in the catalogue no longer.
    """

    matches: list[MatchResult]
    matching: int
    kept: int
    first: int
    deleted: int
    next_cursor: str | None
    understood: Understanding
    runs: Mapping[str, RunReport] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Kept:
    id: UUID
    request: dict[str, Any]
    brief: dict[str, Any]
    model_id: int
    matching: int
    kept: int


def keep_result(connection: Connection, settings: Settings, request: SimilaritySearchRequest, brief: Brief) -> KeptPage:
    """Ranks as deep as is kept, keeps it, and answers with the first page. Raises as `find_matches` does."""
    ranked = rank_page(
        connection,
        settings,
        brief,
        request.filters(),
        request.options(),
        page=1,
        limit=KEPT_CREATORS,
        campaign_id=request.campaign_id,
    )
    result_id = _store(connection, request, brief, ranked)
    shown = list(enumerate(ranked.creators[: request.limit], 1))
    return KeptPage(
        present_matches(connection, ranked.context, ranked.model, shown, matching=ranked.matching),
        ranked.matching,
        len(ranked.creators),
        0,
        0,
        _cursor(result_id, len(shown)) if len(shown) < len(ranked.creators) else None,
        ranked.context.wanted.understanding,
        ranked.runs,
    )


def read_page(connection: Connection, settings: Settings, request: SimilaritySearchRequest) -> KeptPage:
    """The page the request's cursor leads to.

    Raises NotFoundError for a result that is kept no longer, InvalidInputError for what is no cursor, or one of a search
    other than the request describes.
    """
    result_id, first = _position(request.cursor or "")
    result = _read(connection, result_id)
    _refuse_another_search(request, result.request)
    try:
        brief = Brief.model_validate(result.brief)
        options = MatchOptions.model_validate({key: result.request.get(key) for key in MatchOptions.model_fields})
    except ValidationError:  # another version, in which the request says something else
        raise _gone() from None
    model = get_model(connection, result.model_id)
    wanted = read_brief(brief, options)
    context = match_context(connection, settings, wanted, encoder_for(model, settings), options)
    shown, reached = _next_existing(connection, result, first, request.limit)
    return KeptPage(
        present_matches(connection, context, model, shown, matching=result.matching),
        result.matching,
        result.kept,
        first,
        reached - first - len(shown),
        _cursor(result.id, reached) if reached < result.kept else None,
        wanted.understanding,
    )


def forget_results(database: Database) -> None:
    """Those that are kept no longer."""
    with database.transaction() as connection:
        connection.execute(text("SELECT forget_kept_results()"))


def _store(connection: Connection, request: SimilaritySearchRequest, brief: Brief, ranked: RankedPage) -> UUID:
    statement = text("""
        INSERT INTO kept_results (request, brief, model_id, matching, creator_ids, scores, similarities, same_as)
        VALUES (:request, :brief, :model_id, :matching, :creator_ids, :scores, :similarities, :same_as) RETURNING id
    """).bindparams(bindparam("request", type_=JSONB), bindparam("brief", type_=JSONB))
    creators = ranked.creators
    stored: UUID = connection.execute(
        statement,
        {
            "request": _asked(request),
            "brief": brief.model_dump(mode="json"),
            "model_id": ranked.model.id,
            "matching": ranked.matching,
            "creator_ids": [item.creator_id for item in creators],
            "scores": [item.score for item in creators],
            "similarities": [item.similarity if item.embedded else None for item in creators],
            "same_as": [item.same_as for item in creators],
        },
    ).scalar_one()
    return stored


def _read(connection: Connection, result_id: UUID) -> _Kept:
    row = connection.execute(
        text("""
            SELECT id, request, brief, model_id, matching, cardinality(creator_ids) AS kept FROM kept_results
            WHERE id = :id AND created_at > now() - interval '1 hour'
        """),
        {"id": result_id},
    ).one_or_none()
    if row is None:
        raise _gone()
    return _Kept(*row)


def _next_existing(
    connection: Connection, result: _Kept, first: int, limit: int
) -> tuple[list[tuple[int, Scored]], int]:
    """The next creators that still exist, with their ranks, and how far in the result they reach."""
    found: list[tuple[int, Scored]] = []
    reached = first
    while len(found) < limit and reached < result.kept:
        last = min(reached + limit - len(found), result.kept)
        rows = connection.execute(
            text("""
                SELECT :first + k.position AS rank, k.creator_id, k.score, k.similarity, k.same_as
                FROM kept_results r, unnest(
                    r.creator_ids[:first + 1 : :last], r.scores[:first + 1 : :last],
                    r.similarities[:first + 1 : :last], r.same_as[:first + 1 : :last]
                ) WITH ORDINALITY AS k (creator_id, score, similarity, same_as, position)
                WHERE r.id = :id AND EXISTS (SELECT FROM creators c WHERE c.id = k.creator_id) ORDER BY k.position
            """),
            {"id": result.id, "first": reached, "last": last},
        )
        found += [
            (
                row.rank,
                Scored(
                    row.creator_id, row.similarity or 0.0, row.score, row.same_as, embedded=row.similarity is not None
                ),
            )
            for row in rows
        ]
        reached = last
    return found, reached


def _asked(request: SimilaritySearchRequest) -> dict[str, Any]:
    return request.model_dump(mode="json", exclude=_NOT_ASKED)


def _refuse_another_search(request: SimilaritySearchRequest, kept: Mapping[str, Any]) -> None:
    """What is sent with the cursor may be left out, but not be something else."""
    asked = _asked(request)
    for name in sorted(request.model_fields_set - _NOT_ASKED):
        if asked[name] is not None and asked[name] != kept.get(name):
            raise InvalidInputError(
                f"cursor: it belongs to a search with another {name}.",
                remedy=f'Send the cursor alone, or cursor "{FIRST}" to search anew.',
                errors=[FieldError("cursor", f"belongs to a search with another {name}")],
            )


def _cursor(result_id: UUID, first: int) -> str:
    return base64.urlsafe_b64encode(result_id.bytes + first.to_bytes(2, "big")).decode()


def _position(cursor: str) -> tuple[UUID, int]:
    try:
        read = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        read = b""
    if len(read) != 18:
        raise InvalidInputError(
            "cursor: it is none of ours.",
            remedy=f'Send the `next_cursor` of an answer as it is, or "{FIRST}" to begin.',
            errors=[FieldError("cursor", "is none of ours")],
        )
    return UUID(bytes=read[:16]), int.from_bytes(read[16:], "big")


def _gone() -> NotFoundError:
    return NotFoundError(
        "The result this cursor leads to is kept no longer.", remedy=f'Search anew with cursor "{FIRST}".'
    )
