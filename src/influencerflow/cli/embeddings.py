"""`worker` and `embeddings`."""

import json
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from influencerflow.cli.progress import drain_with_progress
from influencerflow.database.open import open_database
from influencerflow.embedding_queue.queue import retry_failed
from influencerflow.embeddings.registry import encoder_for, ensure_active_model
from influencerflow.monitoring.figures import embedding_figures
from influencerflow.settings import load_settings
from influencerflow.worker.worker import Worker

embeddings_app = typer.Typer(no_args_is_help=True)
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
            tally = drain_with_progress(database, settings, "Embedding")
            typer.echo(f"{tally.embedded} embedded, {tally.failed} failed")
            return
        running = Worker(database, settings)
        typer.echo("Waiting for creators to embed; Ctrl-C stops.", err=True)
        with suppress(KeyboardInterrupt, SystemExit):  # being told to stop is the proper end of a service
            running.run()
        typer.echo(f"{running.tally.embedded} embedded, {running.tally.failed} failed")


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
def retry() -> None:
    """Queue the failed ones again."""
    with open_database(load_settings()) as database, database.transaction() as connection:
        typer.echo(f"{retry_failed(connection)} queued again")
