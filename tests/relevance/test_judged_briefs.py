"""The engine on the judged briefs that lie beside a checkout: what it may not fall below.

The first run encodes 8,123 creators, minutes of work; vectors are kept in the user's cache folder, later runs take a
fraction.
"""

from pathlib import Path

import pytest

from influencerflow.database.embedded import EmbeddedServer
from influencerflow.evaluation.bootstrap import Estimate
from influencerflow.evaluation.report import Report
from influencerflow.evaluation.service import evaluate
from influencerflow.settings import Settings

FLOORS = {"nDCG@10": 0.65, "R@50": 0.76}


@pytest.fixture(scope="module")
def report(server: EmbeddedServer, shared_folder: Path, vector_folder: Path) -> Report:
    return evaluate(
        Settings(database_url=server.url),
        creators=shared_folder / "data" / "creators.jsonl",
        briefs=shared_folder / "relevance" / "briefs.jsonl",
        qrels=shared_folder / "relevance" / "qrels.tsv",
        cache=vector_folder,
        dense_baselines=False,
    )


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("measure", FLOORS)
def test_the_engine_stays_above_its_floor(report: Report, measure: str) -> None:
    assert mean(report.ours.overall[measure]) >= FLOORS[measure]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_engine_beats_keyword_search(report: Report) -> None:
    keywords = [run for run in report.runs if run.name.startswith("Keywords")]
    assert len(keywords) == 2
    for run in keywords:
        assert mean(report.ours.overall["nDCG@10"]) > 1.5 * mean(run.overall["nDCG@10"])


def mean(estimate: Estimate | None) -> float:
    assert estimate is not None
    return estimate.value
