"""`models`: another model, or the same one over new texts, is built beside the active one and takes over in one commit."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Column, Table

from influencerflow.cli.model_build import build_with_progress
from influencerflow.cli.model_compare import compare
from influencerflow.database.open import open_database
from influencerflow.embeddings import lifecycle, local
from influencerflow.embeddings.index_build import build_index
from influencerflow.embeddings.index_due import WORTH_AN_INDEX
from influencerflow.embeddings.notices import model_notices, reason_unusable
from influencerflow.embeddings.registry import enqueue_missing, ensure_active_model, get_model
from influencerflow.embeddings.store import own_vector_dimensions, reuse_vectors
from influencerflow.errors import ConfigurationError, ConflictError, InvalidInputError
from influencerflow.monitoring.models import ModelFigures, model_figures
from influencerflow.scoring.calibration import calibration_of
from influencerflow.settings import Settings, load_settings

models_app = typer.Typer(no_args_is_help=True)
console = Console(highlight=False, soft_wrap=True)
JsonOption = Annotated[bool, typer.Option("--json", help="For machines.")]
ModelId = Annotated[int, typer.Argument(help="As `models list` numbers them.")]


@models_app.command()
def add(
    encoder: Annotated[
        Literal["local", "openai"] | None, typer.Option(help="Default: INFLUENCERFLOW_ENCODER's.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Model of the openai encoder.")] = None,
    dimensions: Annotated[int | None, typer.Option(help="Its dimensions.", min=1, max=4000)] = None,
) -> None:
    """Register a model to change to; searches do not notice."""
    settings = load_settings()
    candidate = _candidate(settings, encoder, name, dimensions)
    with open_database(settings) as database:
        with database.transaction() as connection:
            ensure_active_model(connection, settings)
        model = lifecycle.register(database, settings, *candidate)
    console.print(f"Model {model.id}: {model}. Creators that are added or edited are embedded for it from now on.")
    _say_uncalibrated(model.id, calibration_of(model.provider, model.name, model.text_version) is not None)
    console.print(f"Next: influencerflow models build {model.id}")


@models_app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """Every registered model: state, coverage, size, age."""
    settings = load_settings()
    with open_database(settings) as database, database.transaction() as connection:
        ensure_active_model(connection, settings)
        models, notices = model_figures(connection), model_notices(connection, settings)
    if as_json:
        listed = [{**asdict(model), "coverage": round(model.coverage, 6)} for model in models]
        typer.echo(json.dumps(listed, default=datetime.isoformat))
        return
    name = Column("model", overflow="fold")  # never shortened: people copy it
    table = Table("id", "state", name, "dimensions", "text", "embedded", "due", "failed", "size", "since", box=None)
    for model in models:
        table.add_row(*_cells(model))
    console.print(table)
    for notice in notices:
        console.print(f"Note: {notice}")


@models_app.command()
def build(
    model_id: ModelId,
    wait: Annotated[
        bool,
        typer.Option("--wait/--no-wait", help="Work on it here and show progress, or leave it to running workers."),
    ] = True,
) -> None:
    """Embed the whole catalogue for a model, from the queue that edits go through as well; may be interrupted and run again."""
    settings = load_settings()
    with open_database(settings) as database:
        with database.transaction() as connection:
            model = get_model(connection, model_id)
            if model.state == "retired":
                raise ConflictError(
                    f"Model {model_id} is retired.", remedy="`influencerflow models add` starts it anew."
                )
        if copied := reuse_vectors(database, model):
            typer.echo(f"{copied:,} texts read the same: their vectors are taken over.", err=True)
        with database.transaction() as connection:
            queued = enqueue_missing(connection, model)
        typer.echo(f"{queued:,} creators queued for model {model_id}.", err=True)
        if not wait:
            return
        if reason := reason_unusable(model, settings):
            raise ConfigurationError(reason, remedy="Or build it with --no-wait, where workers have what it takes.")
        build_with_progress(database, settings, model)
        typer.echo("Making the vector index.", err=True)
        build_index(database, model)
        with database.transaction() as connection:
            figures = next(item for item in model_figures(connection) if item.id == model_id)
    console.print(
        f"Model {model_id} has {figures.embedded:,} of {figures.creators:,} creators, {figures.failed:,} failed; "
        f"{_size(figures.size_bytes)}, {figures.tokens:,} tokens, ${figures.cost_usd:,.4f}."
    )
    if figures.failed:
        console.print("`influencerflow embeddings retry` tries the failed ones again.")
    if model.state == "building":
        console.print(f"Next: influencerflow models compare {model_id}, then influencerflow models activate {model_id}")


models_app.command()(compare)


@models_app.command()
def activate(
    model_id: ModelId,
    force: Annotated[bool, typer.Option("--force", help="Even if it does not have every creator.")] = False,
) -> None:
    """Let a model answer all searches, in every process at once; the one before stays in step, to go back to."""
    settings = load_settings()
    with open_database(settings) as database:
        change = lifecycle.activate(database, settings, model_id, force=force)
        with database.transaction() as connection:
            own_column = own_vector_dimensions(connection)
    _say_change(change, own_column)
    console.print(
        f"Model {change.previous.id} is kept in step: `influencerflow models rollback` goes back to it at once, "
        f"`influencerflow models retire {change.previous.id}` frees its space when you are sure."
    )


@models_app.command()
def rollback() -> None:
    """Back to the model that answered before the last change."""
    settings = load_settings()
    with open_database(settings) as database:
        change = lifecycle.roll_back(database, settings)
        with database.transaction() as connection:
            own_column = own_vector_dimensions(connection)
    _say_change(change, own_column)


@models_app.command()
def retire(model_id: ModelId) -> None:
    """End a model that is not active and free its space; its usage figures stay."""
    with open_database(load_settings()) as database:
        with database.transaction() as connection:
            freed = next((model.size_bytes for model in model_figures(connection) if model.id == model_id), 0)
        model = lifecycle.retire(database, model_id)
    console.print(f"Model {model.id} ({model.name}) is retired; {_size(freed)} are free.")


def _candidate(
    settings: Settings, encoder: str | None, name: str | None, dimensions: int | None
) -> tuple[str, str, int]:
    """Provider, name and dimensions."""
    provider = encoder or settings.encoder
    if provider == "local":
        if name or dimensions:
            raise InvalidInputError("The local encoder is one model.", remedy="Leave out --name and --dimensions.")
        return "local", local.NAME, local.DIMENSIONS
    return "openai", name or settings.openai_model, dimensions or settings.openai_dimensions


def _say_change(change: lifecycle.Change, own_column: int | None) -> None:
    model = change.model
    console.print(f"Model {model.id} ({model}) answers from now on, in place of model {change.previous.id}.")
    if change.gap:
        console.print(
            f"It has {change.gap}: until they are embedded, such creators are found by their words, or by an older text."
        )
    _say_uncalibrated(model.id, calibration_of(model.provider, model.name, model.text_version) is not None)
    if own_column is not None and own_column not in {model.dimensions, -1}:
        console.print(
            f"Your own column creators.embedding_vector has {own_column:,} dimensions: it keeps the vectors of model "
            f"{change.previous.id} and is no longer updated."
        )


def _say_uncalibrated(model_id: int, calibrated: bool) -> None:
    if not calibrated:
        console.print(
            f"No calibration is shipped for model {model_id}: matches show a percentile instead of a probability, and are "
            "ordered by weights fitted with another model. benchmarks/fit_ranking.py fits both on judged briefs."
        )


def _cells(model: ModelFigures) -> tuple[str, ...]:
    since = {"active": model.activated_at, "standby": model.deactivated_at, "retired": model.retired_at}
    return (
        str(model.id),
        model.state,
        f"{model.provider} {model.name}",
        f"{model.dimensions:,}",
        str(model.text_version),
        "-" if model.state == "retired" else f"{model.embedded:,} of {model.creators:,} ({_percent(model.coverage)})",
        f"{model.due:,}",
        f"{model.failed:,}",
        _size(model.size_bytes) + (", no index" if model.embedded >= WORTH_AN_INDEX and not model.indexed else ""),
        _age(since.get(model.state) or model.created_at),
    )


def _percent(share: float) -> str:
    """100% only where nothing is missing."""
    return f"{min(share, 0.999) if share < 1 else 1:.{0 if share == 1 else 1}%}"


def _size(size: int) -> str:
    for unit, factor in (("GB", 1 << 30), ("MB", 1 << 20)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size / 1024:.0f} kB"


def _age(moment: datetime) -> str:
    seconds = (datetime.now(UTC) - moment).total_seconds()
    for unit, factor in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= factor:
            return f"{seconds / factor:.0f} {unit}"
    return f"{seconds:.0f} s"
