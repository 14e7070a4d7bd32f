"""The list of matches a page shows: the stored one where it is what is asked for, and what to say where there is none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

import structlog
from sqlalchemy import Connection

from influencerflow.campaigns.brief import Brief
from influencerflow.creators.repository import read_audiences, read_updates
from influencerflow.embeddings.encoder import RejectedInputError
from influencerflow.errors import EncoderUnavailableError, InvalidInputError, NotFoundError
from influencerflow.feedback.repository import count_dismissed
from influencerflow.matching import stored
from influencerflow.matching.prices import with_prices
from influencerflow.matching.schemas import MatchResult
from influencerflow.matching.service import find_matches, page_count
from influencerflow.matching.stored import STORED_MATCHES, StoredRun
from influencerflow.retrieval.counting import count_matching
from influencerflow.retrieval.filters import Filters
from influencerflow.scoring.demographics import Demographics
from influencerflow.settings import Settings
from influencerflow.web.filter_form import filter_chips
from influencerflow.web.frame import PAGE_SIZE, check_page
from influencerflow.web.match_form import BEST, MatchForm

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Widening:
    """A list of filters that keeps somebody: all of them without one, or only one of them."""

    way: Literal["without", "only"]
    text: str
    filters: Filters
    creators: int


@dataclass(frozen=True, slots=True)
class Results:
    """One page of matches out of `total` creators that pass the filters; `ranked` of them are kept and can be sorted.

    `complete` is false while only the first page is known. `failure` says why there are none; `widenings` what would help.
    """

    matches: Sequence[MatchResult] = ()
    total: int = 0
    ranked: int = 0
    pages: int = 0
    complete: bool = True
    computed_at: datetime | None = None
    audiences: Mapping[str, Demographics] = field(default_factory=dict)
    updates: Mapping[str, datetime] = field(default_factory=dict)
    widenings: Sequence[Widening] = ()
    failure: str | None = None

    @property
    def keepable(self) -> int:
        """How many of them a list keeps."""
        return min(self.total, STORED_MATCHES)


def read_results(
    connection: Connection, settings: Settings, campaign_id: UUID, brief: Brief, form: MatchForm, *, page: int
) -> Results:
    """Raises NotFoundError for a page past the end. A provider that does not answer is a failure in the results."""
    filters, options = form.filters.filters, form.options
    if filters is None or options is None:
        return Results()
    try:
        beyond = form.sort == BEST and page > page_count(STORED_MATCHES, PAGE_SIZE)
        first = form.sort == BEST and page == 1
        if beyond or (first and stored.is_being_ranked(connection, campaign_id)):
            return _without_storing(connection, settings, campaign_id, brief, form, page)
        # A first page is full although those turned down do not show.
        shown = PAGE_SIZE + count_dismissed(connection, campaign_id)
        depth = min(shown, STORED_MATCHES) if first else STORED_MATCHES
        run, _ = stored.run_campaign(connection, settings, campaign_id, brief, filters, options, depth=depth)
    except (EncoderUnavailableError, RejectedInputError) as error:
        log.warning("no matches", reason=error.message)
        return Results(failure=str(error))
    total = max(run.total, run.stored)
    pages = page_count(_reachable(connection, run, form), PAGE_SIZE)
    check_page(page, pages)
    matches = stored.read_matches(connection, campaign_id, page=page, limit=PAGE_SIZE, order=form.sort)
    return Results(
        matches,
        total,
        run.stored,
        pages,
        run.complete,
        run.computed_at,
        *_profiles(connection, matches),
        widenings=[] if total else _widenings(connection, settings, filters),
    )


def _reachable(connection: Connection, run: StoredRun, form: MatchForm) -> int:
    """How many matches the pages hold: those turned down leave the list that is kept, not the pages beyond it."""
    if form.sort == BEST and run.total > run.stored:
        return run.total
    return stored.count_matches(connection, run.campaign_id)


def _without_storing(
    connection: Connection, settings: Settings, campaign_id: UUID, brief: Brief, form: MatchForm, page: int
) -> Results:
    """A page that no list keeps, or that must not wait until somebody's list is ranked."""
    filters, options = form.filters.filters or Filters(), form.options
    try:
        found = find_matches(
            connection, settings, brief, filters, options, page=page, limit=PAGE_SIZE, campaign_id=campaign_id
        )
    except InvalidInputError as error:
        raise NotFoundError(error.message) from None  # past the end
    total = found.matching
    pages = page_count(total, PAGE_SIZE)
    audiences, updates = _profiles(connection, found.matches)
    complete = page > 1 or total <= PAGE_SIZE
    ranked = min(total, STORED_MATCHES) if page > 1 else len(found.matches)
    return Results(found.matches, total, ranked, pages, complete, audiences=audiences, updates=updates)


def _profiles(
    connection: Connection, matches: Sequence[MatchResult]
) -> tuple[Mapping[str, Demographics], Mapping[str, datetime]]:
    ids = [match.id for match in matches]
    return read_audiences(connection, ids), read_updates(connection, ids)


def _widenings(connection: Connection, settings: Settings, filters: Filters) -> list[Widening]:
    """Where nobody passes, what would help, the most helpful first; each filter alone where it takes more than one away."""
    chips = {chip.name: chip for chip in filter_chips(filters)}
    ways: tuple[Literal["without", "only"], ...] = ("without", "only") if len(chips) > 1 else ("without",)
    for way in ways:
        found = []
        for name, chip in chips.items():
            others = set(chips) - {name} if way == "only" else {name}
            kept = filters.model_copy(update=dict.fromkeys(others))
            if creators := count_matching(connection, with_prices(connection, settings, kept)):
                found.append(Widening(way, chip.text, kept, creators))
        if found:
            return sorted(found, key=lambda item: -item.creators)
    return []
