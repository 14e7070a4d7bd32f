"""`index`: builds the vector index, and tells how it is and what would make searches faster."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from influencerflow.database.engine import Database
from influencerflow.database.open import open_database
from influencerflow.embeddings.index_build import build_index
from influencerflow.embeddings.index_due import WORTH_AN_INDEX
from influencerflow.embeddings.registry import EmbeddingModel, ensure_active_model, get_model
from influencerflow.errors import ConflictError
from influencerflow.monitoring.vector_index import Advice, IndexFigures, advise, index_figures
from influencerflow.retrieval.plan import first_scan
from influencerflow.retrieval.recall import TOP_K, measure_recall
from influencerflow.settings import Settings, load_settings

index_app = typer.Typer(no_args_is_help=True)
console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)
JsonOption = Annotated[bool, typer.Option("--json", help="For machines.")]
ModelOption = Annotated[
    int | None, typer.Option("--model", help="As `models list` numbers them; default: the active one.")
]
SampleOption = Annotated[
    int, typer.Option(help="How many queries recall is measured with; 0 leaves it out.", min=0, max=10_000)
]


@index_app.command()
def build(
    model_id: ModelOption = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Anew, though there is one; that one serves until the new one is done.")
    ] = False,
) -> None:
    """Build the vector index beside running searches. If it is interrupted, run it again."""
    settings = load_settings()
    with open_database(settings) as database:
        model = _model(database, settings, model_id)
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        with Progress(*columns, console=errors) as bar:
            task = bar.add_task("Building", total=1.0)
            built = build_index(
                database,
                model,
                rebuild=rebuild,
                on_progress=lambda phase, done: bar.update(task, description=_phase(phase), completed=done),
                say=bar.console.print,
            )
            bar.update(task, description="Done", completed=1.0)
        with database.transaction() as connection:
            figures = index_figures(connection, model)
    if not built:
        console.print("The index is there and whole; --rebuild makes it anew.")
    console.print(f"Model {model.id}: {figures.vectors:,} vectors, {_size(figures.bytes)}.")


@index_app.command()
def status(model_id: ModelOption = None, sample: SampleOption = 50, as_json: JsonOption = False) -> None:
    """Whether the index is whole, how large, how much of it is unused, and how many of the nearest it finds."""
    settings = load_settings()
    with open_database(settings) as database:
        figures = _measured(database, _model(database, settings, model_id), sample)
    if as_json:
        typer.echo(json.dumps(asdict(figures)))
        return
    console.print(_table(figures))
    for note in _warnings(figures):
        console.print(f"Note: {note}")


@index_app.command()
def tune(model_id: ModelOption = None, sample: SampleOption = 50, as_json: JsonOption = False) -> None:
    """What to change, and why: rebuilding, vacuuming, memory. Nothing is changed."""
    settings = load_settings()
    with open_database(settings) as database:
        figures = _measured(database, _model(database, settings, model_id), sample, wider=True)
    advice = advise(figures, embedded=settings.embedded)
    if as_json:
        typer.echo(json.dumps({"advice": [asdict(item) for item in advice], "figures": asdict(figures)}))
        return
    _show(advice)


def _show(advice: list[Advice]) -> None:
    if not advice:
        console.print("Nothing to change.")
    for item in advice:
        console.print(f"{item.what}: {item.why}.\n    {item.how}", markup=False)


def _model(database: Database, settings: Settings, model_id: int | None) -> EmbeddingModel:
    with database.transaction() as connection:
        active = ensure_active_model(connection, settings)
        model = active if model_id is None else get_model(connection, model_id)
    if model.state == "retired":
        raise ConflictError(
            f"Model {model.id} is retired: it has no vectors.", remedy="`models list` shows the others."
        )
    return model


def _measured(database: Database, model: EmbeddingModel, sample: int, *, wider: bool = False) -> IndexFigures:
    with database.transaction() as connection:
        figures = index_figures(connection, model)
        if not figures.valid or not sample or not figures.vectors:
            return figures
        recalls: list[float | None] = []
        scans = [first_scan(TOP_K, 1.0), 4 * first_scan(TOP_K, 1.0)][: 2 if wider else 1]
        with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=errors) as bar:
            task = bar.add_task("Comparing with everybody", total=sample * len(scans))
            for scan in scans:
                recalls.append(
                    measure_recall(connection, model, queries=sample, scan=scan, on_query=lambda: bar.advance(task))
                )
        return index_figures(connection, model, recall=recalls[0], recall_wider=recalls[-1] if wider else None)


def _table(figures: IndexFigures) -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_row("Model", f"{figures.model_id}: {figures.model}")
    table.add_row("Index", "whole" if figures.valid else "none that is whole")
    table.add_row("Vectors", f"{figures.vectors:,}")
    table.add_row("Size", f"{_size(figures.bytes)}, {figures.unused:.0%} unused")
    if figures.recall is not None:
        table.add_row(f"Recall@{TOP_K}", f"{figures.recall:.3f}")
    whole = figures.copied and not figures.uncopied
    table.add_row("Copy beside facets", "whole" if whole else f"{figures.uncopied:,} vectors missing")
    for item in figures.tables:
        vacuumed = "never vacuumed" if item.vacuumed is None else f"vacuumed {item.vacuumed:,.0f} h ago"
        table.add_row(item.name, f"{item.rows:,} rows, {item.dead:,} dead, {_size(item.bytes)}, {vacuumed}")
    table.add_row(
        "Read by searches", f"{_size(figures.read_by_searches)} of {_size(figures.shared_buffers)} shared_buffers"
    )
    table.add_row("A build takes", f"{_size(figures.build.needed)} of memory, and gets {_size(figures.build.given)}")
    return table


def _warnings(figures: IndexFigures) -> list[str]:
    notes = []
    if not figures.valid:
        slow = figures.vectors >= WORTH_AN_INDEX
        notes.append(
            "There is no whole index: searches compare every vector, which is right"
            + (", but slow. `influencerflow index build` makes one." if slow else ", and fast enough for so few.")
        )
    if figures.unfinished:
        notes.append(
            f"{', '.join(figures.unfinished)} was left half-made; `influencerflow index build` clears it away."
        )
    return notes


def _phase(phase: str) -> str:
    """`building index: loading tuples` and the like, as PostgreSQL names them."""
    return (phase.rpartition(": ")[2] or phase).capitalize()


def _size(size: int) -> str:
    for unit, factor in (("GB", 1 << 30), ("MB", 1 << 20)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size / 1024:.0f} kB"
