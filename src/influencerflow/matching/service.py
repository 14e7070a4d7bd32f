"""Runs a brief: query vector, dense run, scores, reasons, page."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, RowMapping, select

from influencerflow.campaigns.brief import Brief
from influencerflow.database.tables import creators
from influencerflow.embeddings.registry import active_model, encoder_for
from influencerflow.errors import InvalidInputError
from influencerflow.matching.present import Ranked, brief_words, match_result
from influencerflow.matching.query import query_aspects, query_vector
from influencerflow.matching.schemas import MatchResult
from influencerflow.retrieval.dense import Candidate, count_matching, dense_run
from influencerflow.retrieval.filters import Filters
from influencerflow.scoring.calibration import CALIBRATIONS, match_score
from influencerflow.settings import Settings


@dataclass(frozen=True, slots=True)
class MatchPage:
    """`matching` counts all creators that pass the filters, `matches` are those of the page asked for."""

    matches: list[MatchResult]
    matching: int


def find_matches(
    connection: Connection, settings: Settings, brief: Brief, filters: Filters, *, page: int = 1, limit: int = 20
) -> MatchPage:
    """Raises InvalidInputError for a page past the end, EncoderUnavailableError when the query cannot be encoded."""
    model = active_model(connection)
    matching = count_matching(connection, model, filters)
    check_page(page, page_count(matching, limit))
    vector = query_vector(encoder_for(model, settings), query_aspects(brief))
    run = dense_run(connection, model, vector, filters, depth=page * limit, matching=matching)
    candidates = run[(page - 1) * limit :]
    calibration = CALIBRATIONS.get((model.provider, model.name, model.text_version))
    profiles = read_profiles(connection, [candidate.creator_id for candidate in candidates])
    words = brief_words(brief)

    def ranked(candidate: Candidate) -> Ranked:
        similarity = 1.0 - candidate.distance
        score, basis = match_score(calibration, dense_score=similarity, rank=candidate.rank, total=matching)
        return Ranked(candidate.rank, similarity, score, basis)

    matches = [
        match_result(brief, words, profiles[candidate.creator_id], ranked(candidate))
        for candidate in candidates
        if candidate.creator_id in profiles
    ]
    return MatchPage(matches, matching)


def read_profiles(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, RowMapping]:
    rows = connection.execute(select(creators).where(creators.c.id.in_(ids))).mappings()
    return {row["id"]: row for row in rows}


def page_count(total: int, limit: int) -> int:
    return math.ceil(total / limit)


def check_page(page: int, pages: int) -> None:
    """Page 1 of nothing is an empty page; every other page must exist."""
    if page > max(pages, 1):
        raise InvalidInputError.of_field("page", f"page {page} is past the end; there are {pages} pages")
