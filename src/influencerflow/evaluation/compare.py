"""Two models over one catalogue: what changes for the saved campaigns, and which is better where briefs are judged."""

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, text

from influencerflow.campaigns import repository as campaigns
from influencerflow.campaigns.brief import Brief
from influencerflow.database.engine import Database
from influencerflow.embeddings.registry import EmbeddingModel, pinned_model
from influencerflow.errors import InvalidInputError
from influencerflow.evaluation.baselines import Progress
from influencerflow.evaluation.bootstrap import Estimate, estimate_mean
from influencerflow.evaluation.measures import ndcg
from influencerflow.evaluation.readers import Qrels, read_briefs, read_qrels
from influencerflow.matching.options import MatchOptions
from influencerflow.matching.service import find_matches
from influencerflow.matching.stored import read_run
from influencerflow.retrieval.filters import Filters
from influencerflow.settings import Settings

TOP = 10
# How far down a creator of the one list is looked for in the other.
DEPTH = 100


@dataclass(frozen=True, slots=True)
class Move:
    """A creator among the first 10 of either list; None where it is not among the first 100."""

    creator_id: str
    name: str
    rank_before: int | None
    rank_after: int | None


@dataclass(frozen=True, slots=True)
class BriefComparison:
    """`overlap`: the share of the first 10 that both lists have. `ndcg_*`: None where the brief is not judged."""

    name: str
    overlap: float
    moves: list[Move]
    ndcg_before: float | None = None
    ndcg_after: float | None = None

    @property
    def mean_move(self) -> float | None:
        """Places up or down, over the creators of the first 10 before; one that is gone counts as at place 101."""
        moved = [
            abs((move.rank_after or DEPTH + 1) - move.rank_before)
            for move in self.moves
            if move.rank_before is not None and move.rank_before <= TOP
        ]
        return statistics.fmean(moved) if moved else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`before` and `after` are the models; milliseconds are medians of whole searches, each query encoded anew."""

    before: EmbeddingModel
    after: EmbeddingModel
    briefs: list[BriefComparison]
    overlap: float | None
    ndcg_before: Estimate | None
    ndcg_after: Estimate | None
    ndcg_difference: Estimate | None
    milliseconds_before: float | None
    milliseconds_after: float | None
    incomplete_campaigns: int


@dataclass(frozen=True, slots=True)
class _Asked:
    name: str
    brief: Brief
    filters: Filters
    options: MatchOptions
    grades: Mapping[str, int] | None = None


def compare_models(
    database: Database,
    settings: Settings,
    before: EmbeddingModel,
    after: EmbeddingModel,
    *,
    most: int,
    briefs: Path | None = None,
    qrels: Path | None = None,
    progress: Progress = lambda _what, _done, _total: None,
) -> Comparison:
    """The newest `most` campaigns as they were last run, or the judged briefs. Raises InvalidInputError naming file and line."""
    with database.snapshot() as connection:
        incomplete = 0
        if briefs and qrels:
            asked = list(_judged(connection, briefs, qrels))
        else:
            asked, incomplete = _saved(connection, most)
    compared, spent = [], {before.id: [0.0], after.id: [0.0]}
    for number, item in enumerate(asked, start=1):
        found = {}
        for model in (before, after):
            found[model.id], seconds = _search(database, settings, model, item, warm=number == 1)
            spent[model.id].append(seconds)
        compared.append(_compare(item, found[before.id], found[after.id]))
        progress("Comparing", number, len(asked))
    pairs = [(item.ndcg_before, item.ndcg_after) for item in compared]
    differences = [None if one is None or other is None else other - one for one, other in pairs]
    return Comparison(
        before,
        after,
        compared,
        statistics.fmean(item.overlap for item in compared) if compared else None,
        estimate_mean([one for one, _ in pairs]),
        estimate_mean([other for _, other in pairs]),
        estimate_mean(differences),
        _median(spent[before.id]),
        _median(spent[after.id]),
        incomplete,
    )


def _saved(connection: Connection, most: int) -> tuple[list[_Asked], int]:
    """Campaigns with the filters and options of their stored run; and how many have no complete brief."""
    items, _ = campaigns.list_campaigns(connection, status=None, q=None, offset=0, limit=most)
    asked = []
    for item in items:
        run = read_run(connection, item.id)
        try:
            asked.append(
                _Asked(
                    f"{item.brand_name}: {item.product_name}",
                    Brief.model_validate(item.model_dump(include=set(Brief.model_fields))),
                    Filters.model_validate(run.filters if run else {}),
                    MatchOptions.model_validate(run.options if run else {}),
                )
            )
        except ValidationError:
            continue
    return asked, len(items) - len(asked)


def _judged(connection: Connection, briefs: Path, qrels: Path) -> Iterator[_Asked]:
    sought = read_briefs(briefs)
    ids = {str(creator_id) for creator_id in connection.scalars(text("SELECT id FROM creators"))}
    grades: Qrels = read_qrels(qrels, qids=set(sought), creators=ids)
    if not grades:
        raise InvalidInputError(f"{qrels} judges none of the briefs.")
    for qid, brief in sought.items():
        if qid in grades:
            yield _Asked(qid, brief, Filters(), MatchOptions(), grades[qid])


def _search(
    database: Database, settings: Settings, model: EmbeddingModel, asked: _Asked, *, warm: bool
) -> tuple[list[tuple[str, str]], float]:
    """Creators' ids and names, best first, and the seconds it took; `warm` loads the model before the clock starts."""
    with pinned_model(model), database.snapshot() as connection:
        if warm:
            find_matches(connection, settings, _WARM_UP, Filters(), limit=1)
        started = time.perf_counter()
        page = find_matches(connection, settings, asked.brief, asked.filters, asked.options, limit=DEPTH)
        return [(match.id, match.name) for match in page.matches], time.perf_counter() - started


_WARM_UP = Brief(product_name="Warm-up", brand_name="Nobody", product_niche="warm-up exercises", total_budget=1)


def _compare(asked: _Asked, before: Sequence[tuple[str, str]], after: Sequence[tuple[str, str]]) -> BriefComparison:
    names = dict([*after, *before])
    ranks_before, ranks_after = _ranks(before), _ranks(after)
    first = dict.fromkeys([key for key, _ in before[:TOP]] + [key for key, _ in after[:TOP]])
    shared = len({key for key, _ in before[:TOP]} & {key for key, _ in after[:TOP]})
    shown = max(len(before[:TOP]), len(after[:TOP]))
    scores: dict[str, Any] = {}
    if asked.grades is not None:
        for name, found in (("ndcg_before", before), ("ndcg_after", after)):
            scores[name] = ndcg([key for key, _ in found], asked.grades, cutoff=TOP)
    moves = [Move(key, names[key], ranks_before.get(key), ranks_after.get(key)) for key in first]
    return BriefComparison(asked.name, shared / shown if shown else 1.0, moves, **scores)


def _ranks(found: Sequence[tuple[str, str]]) -> dict[str, int]:
    return {key: rank for rank, (key, _) in enumerate(found, start=1)}


def _median(seconds: Sequence[float]) -> float | None:
    return 1000 * statistics.median(seconds[1:]) if seconds[1:] else None
