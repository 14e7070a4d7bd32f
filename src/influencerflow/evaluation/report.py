"""The figures of one evaluation, as they are printed and as `--json` gives them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from influencerflow.evaluation.baselines import Rankings
from influencerflow.evaluation.bootstrap import Estimate, estimate_mean, estimate_ratio
from influencerflow.evaluation.engine import Timing
from influencerflow.evaluation.measures import MEASURES
from influencerflow.evaluation.reliability import Reliability

Row = dict[str, float | None]
RATIO_MEASURES = ("nDCG@10", "R@50")


@dataclass(frozen=True, slots=True)
class RunReport:
    """Measures by name: overall, by language of the brief, and by brief."""

    name: str
    overall: dict[str, Estimate | None]
    by_language: dict[str, dict[str, Estimate | None]]
    by_brief: dict[str, Row]


@dataclass(frozen=True, slots=True)
class Ratio:
    """Our mean over that of the run `against`."""

    measure: str
    against: str
    estimate: Estimate | None


@dataclass(frozen=True, slots=True)
class ReliabilityReport:
    """Shown percentages and, for the same pairs, the guide's cosine read as a probability (None without that run)."""

    pairs: str
    shown: Reliability
    raw_cosine: Reliability | None


@dataclass(frozen=True, slots=True)
class Report:
    """`runs` begins with ours; `reliability` is empty where the engine shows percentiles."""

    creators: int
    briefs: int
    unjudged_briefs: int
    judgments: int
    model: str
    languages: dict[str, str]
    runs: list[RunReport]
    ratios: list[Ratio]
    reliability: list[ReliabilityReport]
    timing: Timing

    @property
    def ours(self) -> RunReport:
        return self.runs[0]


def report_run(
    name: str, rankings: Rankings, grades: Mapping[str, Mapping[str, int]], languages: Mapping[str, str]
) -> RunReport:
    by_brief = {
        qid: {measure: of(rankings.get(qid, []), of_brief) for measure, of in MEASURES.items()}
        for qid, of_brief in grades.items()
    }
    spoken = {
        language: [row for qid, row in by_brief.items() if languages[qid] == language]
        for language in languages_by_frequency(languages)
    }
    return RunReport(
        name, _means(list(by_brief.values())), {key: _means(rows) for key, rows in spoken.items()}, by_brief
    )


def languages_by_frequency(languages: Mapping[str, str]) -> list[str]:
    count = list(languages.values()).count
    return sorted(set(languages.values()), key=lambda language: (-count(language), language))


def report_ratios(ours: RunReport, guide: RunReport | None, keywords: Sequence[RunReport]) -> list[Ratio]:
    """Against the guide, and against the keyword run that does best by the measure."""
    return [
        Ratio(measure, other.name, _ratio(measure, ours, other))
        for measure in RATIO_MEASURES
        for other in (guide, max(keywords, key=lambda run: _value(run, measure)))
        if other
    ]


def _means(rows: Sequence[Row]) -> dict[str, Estimate | None]:
    return {measure: estimate_mean([row[measure] for row in rows]) for measure in MEASURES}


def _ratio(measure: str, ours: RunReport, other: RunReport) -> Estimate | None:
    return estimate_ratio(
        [row[measure] for row in ours.by_brief.values()], [row[measure] for row in other.by_brief.values()]
    )


def _value(run: RunReport, measure: str) -> float:
    estimate = run.overall[measure]
    return estimate.value if estimate else 0.0
