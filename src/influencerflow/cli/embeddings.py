"""`worker` and `embeddings`."""

from typing import Annotated

import typer

from influencerflow.cli.backfill import backfill, drain_until_told
from influencerflow.cli.stopping import stopping_on_signals
from influencerflow.database.open import open_database
from influencerflow.embedding_queue.queue import retry_failed
from influencerflow.embeddings.notices import say_notices
from influencerflow.embeddings.registry import encoder_for, ensure_active_model
from influencerflow.settings import load_settings
from influencerflow.worker.worker import Worker

embeddings_app = typer.Typer(no_args_is_help=True)
embeddings_app.command()(backfill)


def worker(
    drain: Annotated[bool, typer.Option("--drain", help="Work until nothing is due, then exit.")] = False,
) -> None:
    """Embed what changed; any number may run, on any host."""
    settings = load_settings()
    with open_database(settings) as database:
        with database.transaction() as connection:
            model = ensure_active_model(connection, settings)
            say_notices(connection, settings)
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
def retry(
    reason: Annotated[str | None, typer.Option(help="Only those whose reason contains this.")] = None,
) -> None:
    """Queue the failed ones again."""
    with open_database(load_settings()) as database, database.transaction() as connection:
        typer.echo(f"{retry_failed(connection, reason=reason)} queued again")
