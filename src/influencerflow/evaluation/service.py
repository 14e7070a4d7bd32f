"""Evaluates the engine over judged briefs: a throwaway catalogue, every run, every measure."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from influencerflow.campaigns.brief import Brief
from influencerflow.database.engine import Database
from influencerflow.embeddings.encoder import BareModel, Encoder
from influencerflow.embeddings.local import LocalEncoder
from influencerflow.embeddings.registry import encoder_for, wrapped_encoders
from influencerflow.evaluation import baselines
from influencerflow.evaluation.baselines import DenseScores, Progress, Rankings
from influencerflow.evaluation.catalogue import fill_catalogue, read_creators, throwaway_database
from influencerflow.evaluation.engine import RUN_DEPTH, rankings, search, time_searches
from influencerflow.evaluation.keywords import whole_brief
from influencerflow.evaluation.measures import RELEVANT_GRADE
from influencerflow.evaluation.readers import Collection, read_collection
from influencerflow.evaluation.reliability import measure_reliability
from influencerflow.evaluation.report import ReliabilityReport, Report, report_ratios, report_run
from influencerflow.evaluation.vectors import VectorCache, cached
from influencerflow.matching.schemas import MatchResult
from influencerflow.settings import Settings

OURS = "InfluencerFlow"
KEYWORDS_BRIEF = "Keywords: brief"
KEYWORDS_NICHE = "Keywords: niche"
GUIDE = "Guide's recipe"
PREVIOUS = "Previous default"

# How far down a list judged creators are looked for when percentages are checked: further down all of them are near 0.
RELIABILITY_DEPTH = 2_000


def evaluate(
    settings: Settings,
    *,
    creators: Path,
    briefs: Path,
    qrels: Path,
    cache: Path | None = None,
    dense_baselines: bool = True,
    progress: Progress = lambda _what, _done, _total: None,
) -> Report:
    """Raises InvalidInputError naming file and line. `cache` is the folder of kept vectors, by default in the home folder.

    Without `dense_baselines` only the engine's own texts are encoded, a third to a half of the work.
    """
    collection = read_collection(creators, briefs, qrels)
    with VectorCache(cache or settings.home / "cache") as vectors, throwaway_database(settings) as database:
        kept: dict[Encoder, tuple[Encoder, BareModel]] = {}

        def wrap(encoder: Encoder) -> Encoder:
            if encoder not in kept:
                kept[encoder] = cached(encoder, vectors)
            return kept[encoder][0]

        with wrapped_encoders(wrap):
            model = fill_catalogue(database, settings, creators, progress)
        timing = time_searches(database, settings, [item.brief for item in collection.briefs])
        with wrapped_encoders(wrap):
            found = _search_all(database, settings, collection, RUN_DEPTH, progress)
            deep = _search_all(database, settings, collection, RELIABILITY_DEPTH, progress)
        with database.transaction() as connection:
            catalogue = read_creators(connection)
        encoder = encoder_for(model, settings)
        dense = {}
        if dense_baselines:
            dense = _dense_runs(catalogue, collection, encoder, kept[encoder][1], progress)
    runs = {OURS: rankings(found), **_keyword_runs(catalogue, collection), **_rankings(dense)}
    languages = {item.qid: brief_language(item.brief) for item in collection.briefs}
    grades = {item.qid: item.grades for item in collection.briefs}
    reports = {name: report_run(name, run, grades, languages) for name, run in runs.items()}
    keywords = [reports[KEYWORDS_BRIEF], reports[KEYWORDS_NICHE]]
    return Report(
        creators=len(catalogue),
        briefs=len(collection.briefs),
        unjudged_briefs=collection.unjudged_briefs,
        judgments=sum(map(len, grades.values())),
        model=f"{model.provider} {model.name}",
        languages=languages,
        runs=list(reports.values()),
        ratios=report_ratios(reports[OURS], reports.get(GUIDE), keywords),
        reliability=[
            *_reliability(f"Judged creators in the first {RUN_DEPTH}", found, grades, dense.get(GUIDE)),
            *_reliability(f"Judged creators in the first {RELIABILITY_DEPTH:,}", deep, grades, dense.get(GUIDE)),
        ],
        timing=timing,
    )


def brief_language(brief: Brief) -> str:
    """ISO 639-1 code of the language a brief is written in, as far as its text tells."""
    import py3langid

    language: str = py3langid.classify(whole_brief(brief))[0]
    return language


def _search_all(
    database: Database, settings: Settings, collection: Collection, limit: int, progress: Progress
) -> dict[str, list[MatchResult]]:
    found = {}
    for number, item in enumerate(collection.briefs, start=1):
        found[item.qid] = search(database, settings, item.brief, limit=limit)
        progress(f"Searching for {limit:,} creators", number, len(collection.briefs))
    return found


def _keyword_runs(catalogue: Sequence[Mapping[str, Any]], collection: Collection) -> dict[str, Rankings]:
    whole, niche = baselines.keyword_queries({item.qid: item.brief for item in collection.briefs})
    return {
        KEYWORDS_BRIEF: baselines.rank_by_keywords(catalogue, whole, depth=RUN_DEPTH),
        KEYWORDS_NICHE: baselines.rank_by_keywords(catalogue, niche, depth=RUN_DEPTH),
    }


def _dense_runs(
    catalogue: Sequence[Mapping[str, Any]],
    collection: Collection,
    encoder: Encoder,
    model: BareModel,
    progress: Progress,
) -> dict[str, DenseScores]:
    briefs = {item.qid: item.brief for item in collection.briefs}
    runs = {GUIDE: baselines.guide_scores(catalogue, briefs, model, progress)}
    if isinstance(encoder, LocalEncoder):
        runs[PREVIOUS] = baselines.previous_scores(catalogue, briefs, model, progress)
    return runs


def _rankings(runs: Mapping[str, DenseScores]) -> dict[str, Rankings]:
    return {name: scores.rankings(depth=RUN_DEPTH) for name, scores in runs.items()}


def _reliability(
    title: str,
    found: Mapping[str, Sequence[MatchResult]],
    grades: Mapping[str, Mapping[str, int]],
    guide: DenseScores | None,
) -> list[ReliabilityReport]:
    """Nothing where a percentile is shown: it does not claim to be a probability."""
    pairs = [(qid, match) for qid, matches in found.items() for match in matches if match.id in grades[qid]]
    if any(match.match_score_basis != "calibrated" for _, match in pairs):
        return []
    suitable = [grades[qid][match.id] >= RELEVANT_GRADE for qid, match in pairs]
    shown = measure_reliability([match.scores.match_score / 100 for _, match in pairs], suitable)
    if shown is None:
        return []
    cosines = [guide.of_pair(qid, match.id) for qid, match in pairs] if guide else []
    return [ReliabilityReport(title, shown, measure_reliability(cosines, suitable) if guide else None)]
