"""`creators import` and `creators refresh`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from influencerflow.creators.importing.readers import Rejection
from influencerflow.creators.importing.refresh import refresh_creators
from influencerflow.creators.importing.service import (
    ImportOptions,
    ImportPreview,
    ImportResult,
    import_creators,
    preview_import,
)
from influencerflow.database.open import open_database
from influencerflow.embeddings.registry import ensure_active_model
from influencerflow.errors import InvalidInputError
from influencerflow.settings import load_settings

creators_app = typer.Typer(no_args_is_help=True)
console = Console(highlight=False)
_SHOWN_PROBLEMS = 20

MapOption = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="COLUMN=FIELD", help="Which field a column is; FIELD - leaves it out."),
]
EngagementOption = Annotated[Literal["percent", "fraction"], typer.Option(help="Whether 0.034 means 0.034% or 3.4%.")]
ReportOption = Annotated[Path | None, typer.Option(help="Where rejected rows go; default FILE.rejected.csv, here.")]


@creators_app.callback()
def creators() -> None:
    """The catalogue."""


@creators_app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV, JSON, JSONL or Parquet.")],
    map_: MapOption = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="A value for rows without one: platform=tiktok."),
    ] = None,
    engagement_as: EngagementOption = "percent",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show mapping, first rows and every problem; change nothing.")
    ] = False,
    report: ReportOption = None,
) -> None:
    """Add or update creators from a file; importing it twice changes nothing."""
    options = ImportOptions(_pairs("--map", map_), _pairs("--set", set_), engagement_as)
    report = report or Path(f"{file.stem}.rejected.csv")
    if dry_run:
        _show_preview(preview_import(file, options))
        return
    settings = load_settings()
    with open_database(settings) as database:
        with database.transaction() as connection:
            ensure_active_model(connection, settings)
        with _progress(f"Importing {file.name}") as progress:
            result = import_creators(database, file, options, report=report, progress=progress)
    _show_result(result, report)


@creators_app.command()
def refresh(
    file: Annotated[Path, typer.Argument(help="CSV, JSON, JSONL or Parquet: ids and figures.")],
    map_: MapOption = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="For rows without one: platform=tiktok, source=NAME."),
    ] = None,
    engagement_as: EngagementOption = "percent",
    report: ReportOption = None,
) -> None:
    """New followers, engagement, views and rates of creators that are there; no text changes, nothing is embedded again."""
    options = ImportOptions(_pairs("--map", map_), _pairs("--set", set_), engagement_as)
    report = report or Path(f"{file.stem}.rejected.csv")
    with open_database(load_settings()) as database, _progress(f"Refreshing from {file.name}") as progress:
        result = refresh_creators(database, file, options, report=report, progress=progress)
    console.print(f"{result.updated:,} updated, {result.confirmed:,} as before, ", end="")
    console.print(f"{result.unchanged:,} up to date already, {result.rejected_rows:,} rejected")
    if result.rejections:
        _show_rejections(result.rejections[:5])
        console.print(f"All of them with their reasons: {report}")
    if result.rejections and not result.updated + result.confirmed + result.unchanged:
        raise typer.Exit(1)


@contextmanager
def _progress(title: str) -> Iterator[Callable[[float], None]]:
    """A bar that is told how much is done, 0 to 1."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(escape(title), total=1.0)
        yield lambda done: bar.update(task, completed=done)
        bar.update(task, completed=1.0)


def _pairs(option: str, given: list[str] | None) -> dict[str, str]:
    pairs = {}
    for item in given or []:
        left, equals, right = item.rpartition("=") if option == "--map" else item.partition("=")
        if not equals or not left.strip() or not right.strip():
            shape = "COLUMN=FIELD" if option == "--map" else "FIELD=VALUE"
            raise InvalidInputError(f"{option} {item}: write it as {shape}.")
        pairs[left.strip()] = right.strip()
    return pairs


def _show_result(result: ImportResult, report: Path) -> None:
    console.print(f"{result.inserted:,} added, {result.updated:,} updated, {result.unchanged:,} unchanged, ", end="")
    console.print(f"{result.rejected_rows:,} rejected")
    if result.rejections:
        _show_rejections(result.rejections[:5])
        console.print(f"All of them with their reasons: {report}")
    if result.inserted + result.updated:
        console.print("Embed them with `influencerflow worker --drain`, unless a worker runs already.")
    if result.rejections and not result.inserted + result.updated + result.unchanged:
        raise typer.Exit(1)


def _show_preview(preview: ImportPreview) -> None:
    mapping = Table("field", "column", title="Mapping", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for field, column in preview.mapping.items():
        mapping.add_row(field, escape(column))
    console.print(mapping)
    if preview.unmapped:
        console.print(f"Not used: {escape(', '.join(preview.unmapped))}")
    rows = Table(*preview.mapping, title="First rows", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for values in preview.rows:
        rows.add_row(*(escape(_cell(values.get(field))) for field in preview.mapping))
    console.print(rows)
    rejected = len({rejection.row for rejection in preview.rejections})
    console.print(f"{preview.good:,} rows would go in, {rejected:,} would be rejected.")
    _show_rejections(preview.rejections)


def _show_rejections(rejections: list[Rejection]) -> None:
    for item in rejections:
        what = f"{item.field} {_cell(item.value)!r} " if item.field else ""
        console.print(escape(f"  row {item.row}: {what}{item.reason}"), soft_wrap=True)


def _cell(value: object) -> str:
    text = "" if value is None else " ".join("".join(c if c.isprintable() else " " for c in str(value)).split())
    return text if len(text) <= 40 else text[:39] + "…"
