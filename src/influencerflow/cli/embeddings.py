"""`worker` and `embeddings`."""

from contextlib import suppress
from typing import Annotated

import typer

from influencerflow.cli.progress import drain_with_progress
from influencerflow.database.open import open_database
from influencerflow.embedding_queue.queue import retry_failed
from influencerflow.embeddings.notices import say_notices
from influencerflow.embeddings.registry import encoder_for, ensure_active_model
from influencerflow.settings import load_settings
from influencerflow.worker.worker import Worker

embeddings_app = typer.Typer(no_args_is_help=True)


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
            tally = drain_with_progress(database, settings, "Embedding")
            typer.echo(f"{tally.embedded} embedded, {tally.failed} failed")
            return
        running = Worker(database, settings)
        typer.echo("Waiting for creators to embed; Ctrl-C stops.", err=True)
        with suppress(KeyboardInterrupt, SystemExit):  # being told to stop is the proper end of a service
            running.run()
        typer.echo(f"{running.tally.embedded} embedded, {running.tally.failed} failed")


@embeddings_app.command()
def retry() -> None:
    """Queue the failed ones again."""
    with open_database(load_settings()) as database, database.transaction() as connection:
        typer.echo(f"{retry_failed(connection)} queued again")
