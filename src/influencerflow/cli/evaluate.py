"""`evaluate`: how good the matches are on judged briefs, beside what they have to beat."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from influencerflow.evaluation.bootstrap import Estimate
from influencerflow.evaluation.measures import MEASURES
from influencerflow.evaluation.report import ReliabilityReport, Report, languages_by_frequency
from influencerflow.evaluation.service import evaluate as run_evaluation
from influencerflow.settings import load_settings

WIDTH = 100


def evaluate(
    creators: Annotated[Path, typer.Option(help="JSONL with the import's fields; every creator has a UUID as id.")],
    briefs: Annotated[Path, typer.Option(help="JSONL: the fields of the similarity search, and a qid.")],
    qrels: Annotated[Path, typer.Option(help="TREC judgments: qid, 0, creator id, grade (2 and up is suitable).")],
    cache: Annotated[
        Path | None, typer.Option(help="Folder where vectors are kept between runs; default in INFLUENCERFLOW_HOME.")
    ] = None,
    per_brief: Annotated[bool, typer.Option("--per-brief", help="Also nDCG@10 brief by brief.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Every figure, for machines.")] = False,
) -> None:
    """Measure the matches on judged briefs, in a database of its own that is dropped at the end."""
    with progress_bars() as progress:
        report = run_evaluation(
            load_settings(), creators=creators, briefs=briefs, qrels=qrels, cache=cache, progress=progress
        )
    if as_json:
        typer.echo(json.dumps(asdict(report), indent=2, ensure_ascii=False))
        return
    console = Console(highlight=False, width=WIDTH)
    console.print(
        f"{report.briefs} briefs with {report.judgments:,} judgments over {report.creators:,} creators, no filters, "
        f"{report.model}."
    )
    if report.unjudged_briefs:
        console.print(f"Left out: {report.unjudged_briefs} briefs without a judgment.")
    for table in (_measures(report), _languages(report)):
        console.print(table)
    if per_brief:
        console.print(_briefs(report))
    _print_ratios(console, report)
    _print_reliability(console, report)
    _print_timing(console, report)


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """A bar a step, on standard error."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bars = Progress(*columns, console=Console(stderr=True))
    steps: dict[str, TaskID] = {}

    def show(step: str, done: int, total: int) -> None:
        if step not in steps:
            bars.start()  # not before: an error in the files is one line, without bars above it
            steps[step] = bars.add_task(step, total=total)
        bars.update(steps[step], completed=done, total=max(done, total))

    try:
        yield show
    finally:
        if steps:
            bars.stop()


def _measures(report: Report) -> Table:
    table = _table("Means over briefs, with 95% bootstrap intervals", "", [run.name for run in report.runs])
    for measure in MEASURES:
        table.add_row(measure, *(_figure(run.overall[measure]) for run in report.runs))
    return table


def _languages(report: Report) -> Table:
    table = _table("nDCG@10 by language of the brief", "", [run.name for run in report.runs])
    for language in languages_by_frequency(report.languages):
        count = list(report.languages.values()).count(language)
        table.add_row(f"{language} ({count})", *(_figure(run.by_language[language]["nDCG@10"]) for run in report.runs))
    return table


def _briefs(report: Report) -> Table:
    table = _table("nDCG@10 by brief", "", [run.name for run in report.runs])
    for qid, language in report.languages.items():
        values = (run.by_brief[qid]["nDCG@10"] for run in report.runs)
        table.add_row(f"{qid} {language}", *("-" if value is None else f"{value:.2f}" for value in values))
    return table


def _print_ratios(console: Console, report: Report) -> None:
    console.print("\n[bold]Ours over theirs[/bold]")
    for ratio in report.ratios:
        console.print(f"{ratio.measure}: {_figure(ratio.estimate)} times {ratio.against}")


def _print_reliability(console: Console, report: Report) -> None:
    if not report.reliability:
        console.print("\nMatch is shown as a percentile with this model; there is no probability to check.")
        return
    table = _table(
        "Match as shown, and the share that was suitable", "bin", [part.pairs for part in report.reliability]
    )
    for index in range(max(len(part.shown.bins) for part in report.reliability)):
        table.add_row(str(index + 1), *(_bin(part, index) for part in report.reliability))
    table.add_row("ECE", *(f"{part.shown.ece:.3f}" for part in report.reliability))
    if report.reliability[0].raw_cosine:
        errors = [part.raw_cosine.ece if part.raw_cosine else None for part in report.reliability]
        table.add_row("ECE, raw cosine", *("-" if error is None else f"{error:.3f}" for error in errors))
    console.print(table)


def _bin(part: ReliabilityReport, index: int) -> str:
    if index >= len(part.shown.bins):
        return ""
    item = part.shown.bins[index]
    return f"{item.predicted:.0%} shown, {item.observed:.0%} of {item.pairs} suitable"


def _print_timing(console: Console, report: Report) -> None:
    timing = report.timing
    table = _table(f"Milliseconds a search, {timing.briefs} briefs", "", ["mean", "p50", "p95"])
    for name, spent in (("whole search", timing.search_ms), ("of that, encoding", timing.encoding_ms)):
        table.add_row(name, *(f"{value:.0f}" for value in (spent.mean, spent.p50, spent.p95)))
    console.print(table)
    if timing.ratio is not None:
        console.print(f"A search takes {timing.ratio:.2f} times as long as encoding its query.")


def _table(title: str, first: str, columns: list[str]) -> Table:
    table = Table(title=f"\n{title}", title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    table.add_column(first, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _figure(estimate: Estimate | None) -> str:
    if estimate is None:
        return "-"
    value = f"{estimate.value:.2f}"
    if estimate.low is None:
        return value
    return f"{value} {estimate.low:.2f}-" + ("∞" if estimate.high is None else f"{estimate.high:.2f}")
