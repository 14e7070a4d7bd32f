"""`embeddings backfill`, and what it shares with `worker --drain`."""

import json
from dataclasses import asdict
from decimal import Decimal
from typing import Annotated

import typer

from influencerflow.cli.progress import drain_with_progress, spent_so_far
from influencerflow.cli.stopping import stopping_on_signals
from influencerflow.database.engine import Database
from influencerflow.database.open import open_database
from influencerflow.embeddings.backfill import Estimate, enqueue_backfill, estimate_backfill
from influencerflow.embeddings.index_due import make_due_indexes
from influencerflow.embeddings.registry import ensure_active_model
from influencerflow.settings import Settings, load_settings


def backfill(
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Say how much there is to embed and what it costs; change nothing.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Look at every creator: where the vector is of another text, it is made anew.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The estimate for machines.")] = False,
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
        drain_until_told(database, settings, patient=True)


def _plain(value: object) -> float | str:
    return float(value) if isinstance(value, Decimal) else str(value)


def drain_until_told(database: Database, settings: Settings, *, patient: bool = False) -> None:
    """Embeds what is due and says what that took; told to stop, it gives back the rest and exits like any such command."""
    with stopping_on_signals() as (stopping, came):
        tally = drain_with_progress(database, settings, "Embedding", stopping=stopping, patient=patient)
    so_far = f" ({spent})" if (spent := spent_so_far(tally)) else ""
    typer.echo(f"{tally.embedded} embedded, {tally.failed} failed{so_far}")
    if came:
        raise typer.Exit(128 + came[0])
    make_due_indexes(database, lambda note: typer.echo(note, err=True))


def _show_estimates(estimates: list[Estimate], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([asdict(estimate) for estimate in estimates], default=_plain))
        return
    for estimate in estimates:
        cost = "at a price that is not known" if estimate.cost_usd is None else f"at most ${estimate.cost_usd:,.4f}"
        how = f", by a sample of {estimate.sampled:,}" if estimate.sampled < estimate.creators else ""
        priced = f" (prices as of {estimate.prices_as_of})" if estimate.cost_usd else ""
        typer.echo(
            f"{estimate.model}: {estimate.creators:,} creators, at most {estimate.tokens:,} tokens{how}, {cost}{priced}"
        )
