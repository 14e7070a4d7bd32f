"""A run as a table, as JSON, and as a picture."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.million.buckets import Bucket
from benchmarks.million.measure import ENOUGH_RECALL, Result
from benchmarks.million.truth import DEPTH

Results = Mapping[str, Mapping[str, Result]]
# A p50 below this is mostly the clock and the network; a ratio of two of them says little.
LEAST_SECONDS = 0.0005


@dataclass(frozen=True, slots=True)
class Phase:
    """`results` by bucket, then by engine; ours comes first."""

    name: str
    buckets: Sequence[Bucket]
    results: Results

    @property
    def engines(self) -> list[str]:
        return list(next(iter(self.results.values())))


def figures(phase: Phase) -> list[dict[str, Any]]:
    """A dictionary per bucket and engine, milliseconds."""
    rows = []
    for bucket in phase.buckets:
        matches = [task.matches for task in bucket.tasks]
        for engine, result in phase.results[bucket.name].items():
            rows.append(
                {
                    "phase": phase.name, "bucket": bucket.name, "engine": engine,
                    "matches": [min(matches), max(matches)],
                    "queries": len(result.seconds), "p50_ms": round(1000 * result.percentile(50), 2),
                    "p95_ms": round(1000 * result.percentile(95), 2), "recall": round(result.recall, 4),
                    "returned": result.total("returned"), "missing": result.total("missing"),
                    "violating": result.total("violating"), "plans": dict(result.plans), "setting": result.setting,
                }
            )  # fmt: skip
    return rows


def ratios(phase: Phase, ours: str, other: str) -> tuple[float, str, float]:
    """Geometric mean of p50(other) / p50(ours) over all buckets; the worst bucket, and its ratio."""
    by_bucket = {
        name: max(of[other].percentile(50), LEAST_SECONDS) / max(of[ours].percentile(50), LEAST_SECONDS)
        for name, of in phase.results.items()
    }
    worst = min(by_bucket, key=by_bucket.__getitem__)
    return math.exp(sum(map(math.log, by_bucket.values())) / len(by_bucket)), worst, by_bucket[worst]


def markdown(phase: Phase) -> str:
    """One row a bucket; a cell says p50 / p95 in ms and recall, and what else is wrong."""
    engines = phase.engines
    lines = [
        f"### {phase.name}", "",
        f"p50 / p95 in milliseconds, recall@{DEPTH}. **Bold**: recall below {ENOUGH_RECALL}. `-n`: rows missing,"
        " `+n`: rows that break the filter, both over all queries of the bucket.", "",
        "| filter keeps | creators | " + " | ".join(engines) + " | our plan |",
        "|---|---" + "|---" * len(engines) + "|---|",
    ]  # fmt: skip
    for bucket in phase.buckets:
        of_bucket = phase.results[bucket.name]
        cells = [_cell(of_bucket[engine]) for engine in engines]
        plans = ", ".join(f"{plan} {count}" for plan, count in of_bucket[engines[0]].plans.most_common())
        matches = sorted(task.matches for task in bucket.tasks)
        lines.append(f"| {bucket.name} | {matches[len(matches) // 2]:,} | {' | '.join(cells)} | {plans} |")
    lines += ["", "| against | geometric mean of p50 ratios | worst bucket |", "|---|---|---|"]
    for other in engines[1:]:
        mean, worst, ratio = ratios(phase, engines[0], other)
        lines.append(f"| {other} | {mean:.1f}x | {ratio:.2f}x ({worst}) |")
    return "\n".join(lines) + "\n\n" + _settings(phase)


def _cell(result: Result) -> str:
    recall = f"{result.recall:.3f}".removeprefix("0")
    text = f"{_ms(result.percentile(50))} / {_ms(result.percentile(95))}, "
    text += recall if result.recall >= ENOUGH_RECALL else f"**{recall}**"
    if missing := result.total("missing"):
        text += f" `-{missing}`"
    if violating := result.total("violating"):
        text += f" `+{violating}`"
    return text


def _ms(seconds: float) -> str:
    value = 1000 * seconds
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _settings(phase: Phase) -> str:
    """How engines with knobs were set, where they were set alike; and how many queries a bucket they were asked."""
    lines = []
    for engine in phase.engines:
        results = [of[engine] for of in phase.results.values()]
        asked = sorted({len(result.seconds) for result in results})
        settings = sorted({result.setting for result in results} - {""})
        queries = f"{asked[0]}" if len(asked) == 1 else f"{asked[0]} to {asked[-1]}"
        how = f"; {settings[0]}" if len(settings) == 1 else f"; {len(settings)} settings" if settings else ""
        lines.append(f"- {engine}: {queries} queries a bucket{how}.")
    return "\n".join(lines) + "\n"


def write_report(folder: Path, name: str, heading: str, phases: Sequence[Phase], facts: Mapping[str, Any]) -> None:
    """`name`.md, .json and .svg in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    shown = "\n".join(f"- {key}: {value}" for key, value in facts.items())
    tables = "\n".join(map(markdown, phases))
    (folder / f"{name}.md").write_text(f"## {heading}\n\n{shown}\n\n{tables}", encoding="utf-8")
    rows = [row for phase in phases for row in figures(phase)]
    document = {"heading": heading, "facts": dict(facts), "rows": rows}
    (folder / f"{name}.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    draw(folder / f"{name}.svg", phases[0], heading)


def draw(path: Path, phase: Phase, heading: str) -> None:
    """p50 by bucket on a logarithmic scale; a hollow mark is a recall below enough."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    plt.rcParams["svg.hashsalt"] = "influencerflow"
    figure, axes = plt.subplots(figsize=(11, 0.26 * len(phase.buckets) + 1.6))
    places = range(len(phase.buckets))
    for number, engine in enumerate(phase.engines):
        results = [phase.results[bucket.name][engine] for bucket in phase.buckets]
        colour = f"C{number}"
        faces = [colour if result.recall >= ENOUGH_RECALL else "white" for result in results]
        p50 = [1000 * result.percentile(50) for result in results]
        axes.scatter(p50, places, s=30, c=faces, edgecolors=colour, zorder=3)
        axes.scatter([], [], s=30, c=colour, label=engine)
    axes.set_yticks(places, [bucket.name for bucket in phase.buckets], fontsize=8)
    axes.set_ylim(len(phase.buckets) - 0.5, -0.5)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel(f"p50, ms (hollow: recall@{DEPTH} below {ENOUGH_RECALL})")
    axes.grid(visible=True, axis="both", alpha=0.3)
    axes.set_title(f"{heading}: {phase.name.lower()}", fontsize=10)
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)
