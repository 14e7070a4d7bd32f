"""`worker`, `embeddings` and `models`."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from influencerflow.cli.backfill import backfill, drain_until_told
from influencerflow.cli.stopping import stopping_on_signals
from influencerflow.database.open import open_database
from influencerflow.embedding_queue.leases import list_workers
from influencerflow.embedding_queue.queue import retry_failed
from influencerflow.embeddings.registry import encoder_for, ensure_active_model, list_models
from influencerflow.monitoring.figures import embedding_figures
from influencerflow.settings import load_settings
from influencerflow.worker.worker import Worker

embeddings_app = typer.Typer(no_args_is_help=True)
embeddings_app.command()(backfill)
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
            drain_until_told(database, settings)
            return
        with stopping_on_signals() as (stopping, _):
            running = Worker(database, settings, stopping=stopping)
            typer.echo("Waiting for creators to embed; Ctrl-C stops.", err=True)
            running.run()
        typer.echo(f"{running.tally.embedded} embedded, {running.tally.failed} failed")


@embeddings_app.command()
def status(as_json: JsonOption = False) -> None:
    """How much of the catalogue is embedded, what waits, what failed, what it cost."""
    settings = load_settings()
    with open_database(settings) as database, database.transaction() as connection:
        ensure_active_model(connection, settings)
        figures, workers = embedding_figures(connection), list_workers(connection)
    if as_json:
        typer.echo(json.dumps({**asdict(figures), "workers": [asdict(each) for each in workers]}, default=float))
        return
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_row("Model", f"{figures.model}, {figures.dimensions} dimensions")
    table.add_row("Embedded", f"{figures.embedded:,} of {figures.creators:,} creators")
    table.add_row("Queued", f"{figures.queue.queued:,} (oldest {figures.queue.oldest_due_seconds:,.0f} s)")
    table.add_row("Running", f"{figures.queue.running:,}")
    table.add_row("Failed", f"{figures.queue.failed:,}")
    table.add_row("Used", f"{figures.requests:,} requests, {figures.tokens:,} tokens, ${figures.cost_usd:,.4f}")
    table.add_row("Workers", f"{len(workers):,}")
    for paused in (each for each in workers if each.paused_reason):
        table.add_row("Paused", f"{paused.host}, process {paused.process}: {paused.paused_reason}")
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
