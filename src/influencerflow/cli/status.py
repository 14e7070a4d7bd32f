"""`embeddings status`: how far embeddings follow the catalogue, for people and for machines."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from influencerflow.database.open import open_database
from influencerflow.embedding_queue.leases import WorkerStatus, list_workers
from influencerflow.embeddings.notices import model_notices
from influencerflow.embeddings.registry import ensure_active_model
from influencerflow.monitoring.figures import EmbeddingFigures, embedding_figures, progress_notes
from influencerflow.settings import load_settings

console = Console(highlight=False, soft_wrap=True)


def status(as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False) -> None:
    """How much of the catalogue is embedded, what waits and for how long, what failed, what it cost."""
    settings = load_settings()
    with open_database(settings) as database, database.transaction() as connection:
        ensure_active_model(connection, settings)
        figures, notices = embedding_figures(connection), model_notices(connection, settings)
        workers = list_workers(connection)
    notices += progress_notes(figures)
    if as_json:
        shown = {**asdict(figures), "notices": notices, "workers": [asdict(worker) for worker in workers]}
        typer.echo(json.dumps(shown, default=float))
        return
    console.print(_table(figures, workers))
    for notice in notices:
        console.print(f"Note: {notice}")


def _table(figures: EmbeddingFigures, workers: Sequence[WorkerStatus]) -> Table:
    about = "about " if figures.estimated else ""
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_row("Model", f"{figures.model_id}: {figures.model}, {figures.dimensions} dimensions")
    table.add_row("Embedded", f"{about}{figures.embedded:,} of {figures.creators:,} creators")
    table.add_row("Queued", f"{figures.queue.queued:,} (oldest {figures.queue.oldest_due_seconds:,.0f} s)")
    table.add_row("Running", f"{figures.queue.running:,}")
    table.add_row("Failed", f"{figures.queue.failed:,}")
    if fresh := figures.freshness:
        table.add_row(
            "Edit to searchable",
            f"{fresh.p50_seconds:,.1f} s half of the time, {fresh.p95_seconds:,.1f} s 95 of 100 times ({fresh.edits:,} edits)",
        )
    table.add_row("Used", f"{figures.requests:,} requests, {figures.tokens:,} tokens, ${figures.cost_usd:,.4f}")
    table.add_row("Workers", f"{len(workers):,}")
    for paused in (worker for worker in workers if worker.paused_reason):
        table.add_row("Paused", f"{paused.host}, process {paused.process}: {paused.paused_reason}")
    if figures.last_error:
        table.add_row("Last error", figures.last_error)
    return table
