"""`up`, `serve` and `migrate`."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import text

from influencerflow.cli.progress import drain_with_progress
from influencerflow.database.engine import Database
from influencerflow.database.open import open_database
from influencerflow.embeddings.notices import say_notices
from influencerflow.embeddings.registry import add_model, encoder_for, ensure_active_model
from influencerflow.embeddings.store import adopt_vectors, own_vector_dimensions
from influencerflow.errors import ConfigurationError, EncoderUnavailableError
from influencerflow.matching.warm import warm_encoders
from influencerflow.retrieval.memory_keeper import keep_in_memory
from influencerflow.settings import Settings, load_settings
from influencerflow.worker.worker import Worker

console = Console(stderr=True, highlight=False)
STOPPING_SECONDS = 5.0  # supervisors kill after 10

HostOption = Annotated[str, typer.Option(help="Address to listen on.")]
PortOption = Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)]


def up(
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    sample: Annotated[
        bool, typer.Option("--sample/--no-sample", help="Load the sample into an empty catalogue.")
    ] = True,
) -> None:
    """Everything on one machine: database, migrations, worker, API and pages."""
    settings = load_settings()
    _require_free_port(host, port)
    with open_database(settings, migrating=True, pool_size=20) as database:
        with database.transaction() as connection:
            model = ensure_active_model(connection, settings)
            say_notices(connection, settings)
        encoder_for(model, settings)  # a missing key is better said now than by every search
        if sample and _load_sample_once(database):
            _embed_sample(database, settings)
        with _background_worker(database, settings):
            where = settings.home if settings.embedded else "the database of INFLUENCERFLOW_DATABASE_URL"
            _serve(database, settings, host, port, f"data in {where} · Ctrl-C stops everything")


def serve(host: HostOption = "127.0.0.1", port: PortOption = 8000) -> None:
    """API and pages only; stateless, any number may run."""
    settings = load_settings()
    _require_free_port(host, port)
    with open_database(settings, pool_size=20) as database:
        with database.transaction() as connection:
            ensure_active_model(connection, settings)
            say_notices(connection, settings)
        _serve(database, settings, host, port, "Ctrl-C stops it")


def migrate(
    vectors_from: Annotated[
        str | None,
        typer.Option(help="Model the platform's own embedding_vector column was filled with: take the vectors over."),
    ] = None,
) -> None:
    """Bring the database to this version's tables; adopts an existing platform's."""
    settings = load_settings()
    with open_database(settings, migrating=True) as database, database.transaction() as connection:
        if vectors_from is None:
            model = ensure_active_model(connection, settings)
            say_notices(connection, settings)
            console.print(f"Ready. Active model: {model.name}, {model.dimensions} dimensions.")
            return
        if connection.scalar(text("SELECT count(*) FROM embedding_models")):
            raise ConfigurationError(
                "This database has an active model already; its own vectors can only be taken over on the first migration."
            )
        dimensions = own_vector_dimensions(connection)
        if dimensions is None:
            raise ConfigurationError("creators has no embedding_vector column to take vectors from.")
        if dimensions < 1:
            dimensions = settings.openai_dimensions
        model = add_model(connection, "openai", vectors_from, dimensions, state="active")
        adopted = adopt_vectors(connection, model)
        console.print(f"Took over {adopted:,} vectors of {model.name}, {model.dimensions} dimensions.")


def _serve(database: Database, settings: Settings, host: str, port: int, note: str) -> None:
    import uvicorn

    from influencerflow.app import create_app

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                shown = f"[{host}]" if ":" in host else host
                console.print(f"InfluencerFlow is at http://{shown}:{port} · {note}", soft_wrap=True)

    config = uvicorn.Config(create_app(database, settings), host=host, port=port, log_level="warning", lifespan="off")
    # uvicorn raises the signal again after it has shut down; for a server that is the proper end.
    server = Server(config)
    memory = keep_in_memory(database, settings.search_memory_mb)
    with suppress(KeyboardInterrupt, SystemExit), warm_encoders(database, settings), memory:
        server.run()
    if not server.started and not server.should_exit:
        raise ConfigurationError(f"Cannot listen on {host}:{port}.", remedy="Choose another with --port or --host.")


@contextmanager
def _background_worker(database: Database, settings: Settings) -> Iterator[None]:
    worker = Worker(database, settings)
    thread = threading.Thread(target=worker.run, name="embedding-worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        worker.stopping.set()
        thread.join(timeout=STOPPING_SECONDS)
        worker.give_back()  # a batch that takes longer is somebody else's now


def _embed_sample(database: Database, settings: Settings) -> None:
    """What the encoder does not do now, the worker does as soon as it can: no reason not to serve."""
    try:
        drain_with_progress(database, settings, "Embedding the sample")
    except EncoderUnavailableError as error:
        console.print(f"Not all of the sample is embedded yet: {error} The worker goes on trying.", soft_wrap=True)


def _load_sample_once(database: Database) -> bool:
    """Fills an empty database with the invented sample; True if it did."""
    from influencerflow.sample.load import load_sample

    with database.transaction() as connection:
        if connection.scalar(text("SELECT EXISTS (SELECT FROM creators) OR EXISTS (SELECT FROM campaigns)")):
            return False
    load_sample(database)
    return True


def _require_free_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigurationError(
                f"Cannot listen on {host}:{port}: {error.strerror}.", remedy="Choose another with --port or --host."
            ) from None
