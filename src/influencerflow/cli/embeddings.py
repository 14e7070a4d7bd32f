"""`worker`, `embeddings` and `models`."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from influencerflow.cli.progress import drain_with_progress, spent_so_far
from influencerflow.cli.stopping import stopping_on_signals
from influencerflow.database.engine import Database
from influencerflow.database.open import open_database
from influencerflow.embedding_queue.queue import retry_failed
from influencerflow.embeddings.backfill import Estimate, enqueue_backfill, estimate_backfill
from influencerflow.embeddings.registry import encoder_for, ensure_active_model, list_models
from influencerflow.monitoring.figures import embedding_figures
from influencerflow.settings import Settings, load_settings
from influencerflow.worker.worker import Worker

embeddings_app = typer.Typer(no_args_is_help=True)
models_app = typer.Typer(no_args_is_help=True)
console = Console(highlight=False)
JsonOption = Annotated[bool, typer.Option("--json", help="For machines.")]


def worker(
    drain: Annotated[bool, typer.Option("--drain", help="Work until nothing is due, then exit.")] = False,
) -> None:
    """Embed what changed; any number may run, on any host."""
    settings = load_settings()
    with open_database(settings) as database:
        with database.transaction() as connection:
            model = ensure_active_model(connection, settings)
        encoder_for(model, settings)
        if drain:
            _drain(database, settings, "Embedding")
            return
        with stopping_on_signals() as (stopping, _):
            running = Worker(database, settings, stopping=stopping)
            typer.echo("Waiting for creators to embed; Ctrl-C stops.", err=True)
            running.run()
        typer.echo(f"{running.tally.embedded} embedded, {running.tally.failed} failed")


def _drain(database: Database, settings: Settings, title: str, *, patient: bool = False) -> None:
    with stopping_on_signals() as (stopping, came):
        tally = drain_with_progress(database, settings, title, stopping=stopping, patient=patient)
    so_far = f" ({spent})" if (spent := spent_so_far(tally)) else ""
    typer.echo(f"{tally.embedded} embedded, {tally.failed} failed{so_far}")
    if came:
        raise typer.Exit(128 + came[0])


@embeddings_app.command()
def status(as_json: JsonOption = False) -> None:
    """How much of the catalogue is embedded, what waits, what failed, what it cost."""
    settings = load_settings()
    with open_database(settings) as database, database.transaction() as connection:
        ensure_active_model(connection, settings)
        figures = embedding_figures(connection)
    if as_json:
        typer.echo(json.dumps(asdict(figures), default=float))
        return
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_row("Model", f"{figures.model}, {figures.dimensions} dimensions")
    table.add_row("Embedded", f"{figures.embedded:,} of {figures.creators:,} creators")
    table.add_row("Queued", f"{figures.queue.queued:,} (oldest {figures.queue.oldest_due_seconds:,.0f} s)")
    table.add_row("Running", f"{figures.queue.running:,}")
    table.add_row("Failed", f"{figures.queue.failed:,}")
    table.add_row("Used", f"{figures.requests:,} requests, {figures.tokens:,} tokens, ${figures.cost_usd:,.4f}")
    if figures.last_error:
        table.add_row("Last error", figures.last_error)
    console.print(table)


@embeddings_app.command()
def retry(
    reason: Annotated[str | None, typer.Option(help="Only those whose reason contains this.")] = None,
) -> None:
    """Queue the failed ones again."""
    with open_database(load_settings()) as database, database.transaction() as connection:
        typer.echo(f"{retry_failed(connection, reason=reason)} queued again")


@embeddings_app.command()
def backfill(
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Say how much there is to embed and what it costs; change nothing.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Look at every creator: where the vector is of another text, it is made anew.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Embed what has no vector yet, whatever the reason, behind the edits of the day."""
    settings = load_settings()
    with open_database(settings) as database:
        with database.transaction() as connection:
            ensure_active_model(connection, settings)
        if estimate:
            with database.snapshot() as connection:
                _show_estimates(estimate_backfill(connection, settings, every=every), as_json=as_json)
            return
        with database.transaction() as connection:
            queued = enqueue_backfill(connection, every=every)
        typer.echo(f"{queued:,} queued; what was queued before is worked on as well.", err=True)
        _drain(database, settings, "Embedding", patient=True)


def _show_estimates(estimates: list[Estimate], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([asdict(estimate) for estimate in estimates], default=float))
        return
    for estimate in estimates:
        cost = "at a price that is not known" if estimate.cost_usd is None else f"at most ${estimate.cost_usd:,.4f}"
        how = f", by a sample of {estimate.sampled:,}" if estimate.sampled < estimate.creators else ""
        priced = f" (prices as of {estimate.prices_as_of})" if estimate.cost_usd else ""
        typer.echo(
            f"{estimate.model}: {estimate.creators:,} creators, at most {estimate.tokens:,} tokens{how}, {cost}{priced}"
        )


@models_app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """Every registered model and its state."""
    settings = load_settings()
    with open_database(settings) as database, database.transaction() as connection:
        ensure_active_model(connection, settings)
        models = list_models(connection)
    if as_json:
        typer.echo(json.dumps([asdict(model) for model in models]))
        return
    table = Table("id", "provider", "name", "dimensions", "text version", "state", box=None)
    for model in models:
        table.add_row(*(str(value) for value in asdict(model).values()))
    console.print(table)
