"""Runs a brief: understand, retrieve, rank, assess; a page of matches comes out."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

import structlog
from sqlalchemy import Connection, RowMapping, text

from influencerflow.campaigns.brief import Brief
from influencerflow.campaigns.understanding import Understanding, understand
from influencerflow.creators.exclusions import excluded_ids
from influencerflow.creators.peers import cached_peer_statistics
from influencerflow.embeddings.encoder import Encoder
from influencerflow.embeddings.registry import EmbeddingModel, active_model, encoder_for
from influencerflow.embeddings.store import read_vectors
from influencerflow.errors import InvalidInputError
from influencerflow.matching.assess import Context, assess
from influencerflow.matching.options import MatchOptions
from influencerflow.matching.present import UNKNOWN, Ranked, match_result
from influencerflow.matching.prices import with_prices
from influencerflow.matching.query import niche_similarity, query_aspects, query_vector
from influencerflow.matching.rank import rank_creators, score_creators
from influencerflow.matching.schemas import MatchResult
from influencerflow.matching.shape import shape_query
from influencerflow.matching.wanted import Wanted
from influencerflow.ranking.order import Scored
from influencerflow.retrieval.candidates import RunReport
from influencerflow.retrieval.counting import count_matching
from influencerflow.retrieval.filters import Filters
from influencerflow.scoring.benchmarks import load_benchmarks
from influencerflow.scoring.calibration import calibration_of, match_score
from influencerflow.settings import Settings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class MatchPage:
    """`matching` counts all creators that pass the filters, `matches` are those of the page asked for.

    `runs` tells by run how candidates were found.
    `examples`: how many creators of `like` and `unlike` shaped the order.
    """

    matches: list[MatchResult]
    matching: int
    understood: Understanding
    runs: Mapping[str, RunReport]
    examples: int = 0


@dataclass(frozen=True, slots=True)
class RankedPage:
    """The same before profiles are read: `creators` from rank `first` on, to be shown in `context`."""

    context: Context
    model: EmbeddingModel
    creators: Sequence[Scored]
    first: int
    matching: int
    runs: Mapping[str, RunReport]
    examples: int


def find_matches(
    connection: Connection,
    settings: Settings,
    brief: Brief,
    filters: Filters,
    options: MatchOptions | None = None,
    *,
    page: int = 1,
    limit: int = 20,
    campaign_id: UUID | None = None,
) -> MatchPage:
    """`campaign_id`: leave out who is excluded from this campaign, beside who is excluded everywhere.

    Raises InvalidInputError for a page past the end, EncoderUnavailableError when the query cannot be encoded.
    """
    ranked = rank_page(connection, settings, brief, filters, options, page=page, limit=limit, campaign_id=campaign_id)
    matches = present_matches(
        connection,
        ranked.context,
        ranked.model,
        list(enumerate(ranked.creators, ranked.first)),
        matching=ranked.matching,
    )
    return MatchPage(matches, ranked.matching, ranked.context.wanted.understanding, ranked.runs, ranked.examples)


def rank_page(
    connection: Connection,
    settings: Settings,
    brief: Brief,
    filters: Filters,
    options: MatchOptions | None,
    *,
    page: int,
    limit: int,
    campaign_id: UUID | None,
) -> RankedPage:
    """As `find_matches`."""
    options = options or MatchOptions()
    wanted = read_brief(brief, options)
    model = active_model(connection)
    filters = with_prices(connection, settings, filters).without(excluded_ids(connection, campaign_id))
    matching = count_matching(connection, filters)
    check_page(page, page_count(matching, limit))
    encoder = encoder_for(model, settings)
    vector = query_vector(encoder, query_aspects(brief))
    liked, disliked = read_vectors(connection, model, options.like), read_vectors(connection, model, options.unlike)
    shaped = shape_query(vector, liked, disliked)
    ranked = rank_creators(
        connection, model, wanted, shaped, filters, matching=matching, depth=page * limit, mmr_lambda=options.mmr_lambda
    )
    shown = ranked.creators[(page - 1) * limit : page * limit]
    examples = len(liked) + len(disliked)
    if examples:
        # What a percentage promises was fitted to briefs alone: examples change the order, not what a match is worth.
        alone = score_creators(connection, model, wanted, vector, [item.creator_id for item in shown])
        shown = [replace(alone[item.creator_id], same_as=item.same_as) for item in shown]
    log.debug("ranked", matching=matching, **{name: asdict(run) for name, run in ranked.runs.items()})
    context = match_context(connection, settings, wanted, encoder, options)
    return RankedPage(context, model, shown, (page - 1) * limit + 1, matching, ranked.runs, examples)


def read_brief(brief: Brief, options: MatchOptions) -> Wanted:
    understood = understand(brief)
    return Wanted(brief, options.understanding.apply(understood) if options.understanding else understood)


def match_creators(
    connection: Connection, settings: Settings, brief: Brief, ids: Sequence[UUID], options: MatchOptions | None = None
) -> dict[UUID, MatchResult]:
    """Named creators read against a brief, whatever filters say; `rank` counts among them. Not embedded ones are left out.

    Raises EncoderUnavailableError when the query cannot be encoded.
    """
    options = options or MatchOptions()
    wanted = read_brief(brief, options)
    model = active_model(connection)
    encoder = encoder_for(model, settings)
    scored = score_creators(connection, model, wanted, query_vector(encoder, query_aspects(brief)), ids)
    context = match_context(connection, settings, wanted, encoder, options)
    found = [replace(item, same_as=None) for item in scored.values()]
    matches = present_matches(connection, context, model, list(enumerate(found, 1)), matching=len(found))
    return {UUID(match.id): match for match in matches}


def match_context(
    connection: Connection, settings: Settings, wanted: Wanted, encoder: Encoder, options: MatchOptions
) -> Context:
    benchmarks = load_benchmarks(settings.benchmarks)
    return Context(
        wanted,
        benchmarks,
        cached_peer_statistics(connection, benchmarks),
        datetime.now(UTC).date(),
        lambda campaign, creator: niche_similarity(encoder, campaign, creator),
        options.planned_creators,
    )


def present_matches(
    connection: Connection,
    context: Context,
    model: EmbeddingModel,
    shown: Sequence[tuple[int, Scored]],
    *,
    matching: int,
) -> list[MatchResult]:
    """With their ranks, from 1, among `matching` creators."""
    leaders = {item.same_as for _, item in shown if item.same_as}
    profiles = read_profiles(connection, [*(item.creator_id for _, item in shown), *leaders])
    calibration = calibration_of(model.provider, model.name, model.text_version)
    matches = []
    for rank, item in shown:
        if item.creator_id not in profiles:
            continue
        creator = profiles[item.creator_id]
        leader = profiles.get(item.same_as) if item.same_as else None
        also_on = (f"{leader['name'] or UNKNOWN} on {leader['platform'] or UNKNOWN}",) if leader else ()
        score, basis = match_score(calibration, score=item.score, asked=context.wanted.asked, rank=rank, total=matching)
        placed = Ranked(rank, item.similarity, score, basis, item.same_as)
        if not item.embedded:
            placed = replace(placed, similarity=None, basis="provisional")
        matches.append(match_result(creator, assess(context, creator, also_on), placed))
    return matches


def read_profiles(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, RowMapping]:
    """Rows of `creators` with what was read from their texts. Figures are numbers of at least 0 or None, whatever an adopted
    table holds.
    """
    rows = connection.execute(
        text("""
            SELECT c.id, c.name, c.platform, c.channel_name, c.niche, c.about, c.followers_count,
                   known_count(c.followers_count_numeric) AS followers_count_numeric, known_count(c.avg_views) AS avg_views,
                   known_figure(c.engagement_rate) AS engagement_rate,
                   known_figure(c.collaboration_rate) AS collaboration_rate, c.country, c.language, c.profile_image,
                   c.audience, c.past_brands, c.source, c.external_id, c.created_at, c.updated_at,
                   s.topics, s.language AS text_language, s.account, s.inferred_niche, s.flags
            FROM creators c LEFT JOIN creator_signals s ON s.creator_id = c.id
            WHERE c.id = ANY (:ids)
        """),
        {"ids": list(ids)},
    ).mappings()
    return {row["id"]: row for row in rows}


def page_count(total: int, limit: int) -> int:
    return math.ceil(total / limit)


def check_page(page: int, pages: int) -> None:
    """Page 1 of nothing is an empty page; every other page must exist."""
    if page > max(pages, 1):
        raise InvalidInputError.of_field("page", f"page {page} is past the end; the last one is page {max(pages, 1)}")
