"""`models compare`: what changes for the saved campaigns when another model answers."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from influencerflow.cli.evaluate import progress_bars
from influencerflow.database.open import open_database
from influencerflow.embeddings.registry import active_model, get_model
from influencerflow.errors import ConflictError, InvalidInputError
from influencerflow.evaluation.bootstrap import Estimate
from influencerflow.evaluation.compare import TOP, BriefComparison, Comparison, Move, compare_models
from influencerflow.monitoring.models import ModelFigures, model_figures
from influencerflow.settings import load_settings

console = Console(highlight=False, soft_wrap=True)


def compare(
    model_id: Annotated[int, typer.Argument(help="The model to change to, as `models list` numbers them.")],
    with_: Annotated[
        int | None, typer.Option("--with", help="The one to compare it with; default: the active.")
    ] = None,
    campaigns: Annotated[int, typer.Option(help="How many campaigns, the newest first.", min=1)] = 50,
    briefs: Annotated[
        Path | None, typer.Option(help="JSONL: judged briefs instead of campaigns, as for `evaluate`.")
    ] = None,
    qrels: Annotated[Path | None, typer.Option(help="Their judgments: qid, 0, creator id, grade.")] = None,
    moves: Annotated[bool, typer.Option("--moves", help="Also name the creators that come, go and move.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Every figure, for machines.")] = False,
) -> None:
    """Show what changes in the first 10 of every saved campaign, and which model is better where briefs are judged."""
    if (briefs is None) != (qrels is None):
        raise InvalidInputError("--briefs and --qrels belong together.", remedy="Give both or neither.")
    settings = load_settings()
    with open_database(settings) as database:
        with database.transaction() as connection:
            after = get_model(connection, model_id)
            before = active_model(connection) if with_ is None else get_model(connection, with_)
            for model in (before, after):
                if model.state == "retired":
                    raise ConflictError(f"Model {model.id} is retired: it has no vectors to compare.")
            figures = {item.id: item for item in model_figures(connection)}
        if before == after:
            raise ConflictError(f"Model {model_id} is the one to compare with.", remedy="Name another with --with.")
        with progress_bars() as progress:
            found = compare_models(
                database, settings, before, after, most=campaigns, briefs=briefs, qrels=qrels, progress=progress
            )
    covered = [figures[before.id], figures[after.id]]
    if as_json:
        extra = {"coverage_before": covered[0].coverage, "coverage_after": covered[1].coverage}
        typer.echo(json.dumps({**asdict(found), **extra}, indent=2, ensure_ascii=False))
        return
    _print(found, covered, moves=moves)


def _print(found: Comparison, figures: list[ModelFigures], *, moves: bool) -> None:
    before, after = found.before, found.after
    console.print(f"Model {after.id} ({after}) beside model {before.id} ({before}).")
    for model in figures:
        if model.embedded < model.creators:
            covers = f"{model.embedded:,} of {model.creators:,} creators"
            console.print(f"Model {model.id} has {covers}: the others count by words only.")
    if not found.briefs:
        console.print("There is no campaign with a complete brief to compare by.")
        return
    judged = found.ndcg_difference is not None
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("brief" if judged else "campaign", no_wrap=True, overflow="ellipsis", max_width=44)
    for title in (f"overlap@{TOP}", "first now", "mean move", *(("nDCG@10", "then") if judged else ())):
        table.add_column(title, justify="right")
    for item in found.briefs:
        table.add_row(Text(item.name), *_cells(item, judged))
    console.print(table)
    if moves:
        for item in found.briefs:
            _print_moves(item)
    _print_summary(found, figures)


def _cells(item: BriefComparison, judged: bool) -> list[str]:
    first = next((move for move in item.moves if move.rank_before == 1), None)
    cells = [f"{item.overlap:.0%}", _place(first.rank_after) if first else "-"]
    cells.append("-" if item.mean_move is None else f"{item.mean_move:.1f}")
    if judged:
        cells += ["-" if value is None else f"{value:.2f}" for value in (item.ndcg_before, item.ndcg_after)]
    return cells


def _print_moves(item: BriefComparison) -> None:
    console.print(Text(f"\n{item.name}", style="bold"))
    for move in sorted(item.moves, key=_order):
        name = " ".join("".join(c for c in move.name if c.isprintable()).split())
        console.print(Text(f"  {_place(move.rank_before):>4} → {_place(move.rank_after):<4} {name}"))


def _order(move: Move) -> tuple[int, int]:
    return move.rank_after or 1_000, move.rank_before or 1_000


def _place(rank: int | None) -> str:
    return "-" if rank is None else str(rank)


def _print_summary(found: Comparison, figures: list[ModelFigures]) -> None:
    console.print(
        f"\nOverlap@{TOP} {found.overlap:.2f} over {len(found.briefs)} "
        f"{'judged briefs' if found.ndcg_difference else 'campaigns'}; 1 is the same {TOP} creators everywhere."
    )
    if found.incomplete_campaigns:
        console.print(f"Left out: {found.incomplete_campaigns} without a complete brief.")
    if found.ndcg_difference:
        console.print(
            f"nDCG@10 {_estimate(found.ndcg_before)} before, {_estimate(found.ndcg_after)} after; "
            f"difference {_estimate(found.ndcg_difference, signed=True)} (95% interval)."
        )
    else:
        console.print("Overlap says how much changes, not whether it gets better: --briefs and --qrels measure that.")
    console.print(
        f"A search took {found.milliseconds_before:.0f} ms before, {found.milliseconds_after:.0f} ms after (median)."
    )
    for item in figures:
        if not item.calibrated:
            console.print(
                f"Model {item.id} has no calibration: with it, matches show a percentile instead of a probability."
            )


def _estimate(estimate: Estimate | None, *, signed: bool = False) -> str:
    if estimate is None:
        return "-"
    shape = "+.2f" if signed else ".2f"
    interval = (
        f" [{estimate.low:{shape}}, {estimate.high:{shape}}]" if None not in (estimate.low, estimate.high) else ""
    )
    return f"{estimate.value:{shape}}{interval}"
