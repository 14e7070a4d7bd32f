"""`influencerflow`. Whatever goes wrong on purpose is one readable line and exit code 2."""

import signal
import sys
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from influencerflow import __version__
from influencerflow.cli.creators import creators_app
from influencerflow.cli.embeddings import embeddings_app, worker
from influencerflow.cli.evaluate import evaluate
from influencerflow.cli.index import index_app
from influencerflow.cli.match import match
from influencerflow.cli.models import models_app
from influencerflow.cli.server import migrate, serve, up
from influencerflow.cli.status import status
from influencerflow.errors import InfluencerFlowError
from influencerflow.logging import configure_logging
from influencerflow.settings import load_settings

app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, help="From a brief to the creators worth hiring."
)
app.add_typer(creators_app, name="creators", help="The catalogue: import, daily refresh.")
app.add_typer(embeddings_app, name="embeddings", help="What is embedded, what is due, what failed.")
app.add_typer(models_app, name="models", help="Embedding models: which there are, and changing from one to another.")
app.add_typer(index_app, name="index", help="The vector index: build it, see how it is, what would help.")
embeddings_app.command()(status)
for command in (up, serve, worker, match, evaluate, migrate):
    app.command()(command)


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"influencerflow {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True)] = False,
) -> None:
    configure_logging(load_settings())


def run() -> None:
    """Entry point of the console script."""
    # Being terminated is a way to end like any other: what was started is stopped.
    signal.signal(signal.SIGTERM, _terminate)
    try:
        app()
    except InfluencerFlowError as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]Error:[/red] {_escape(str(error))}")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


def _terminate(_signal: int, _frame: object) -> NoReturn:
    sys.exit(143)


def _escape(text: str) -> str:
    from rich.markup import escape

    return escape(text)
