"""A progress bar over a draining worker: how far, how fast, what it has cost so far."""

import threading

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from influencerflow.database.engine import Database
from influencerflow.embedding_queue.queue import queue_status
from influencerflow.settings import Settings
from influencerflow.worker.batch import Tally
from influencerflow.worker.worker import Worker


def drain_with_progress(
    database: Database,
    settings: Settings,
    title: str,
    *,
    stopping: threading.Event | None = None,
    patient: bool = False,
) -> Tally:
    """Embeds until nothing is left to do. On a terminal the bar moves; in a log it leaves one line.

    Raises what keeps the worker from working; with `patient`, it waits for outages to end.
    """
    with database.transaction() as connection:
        status = queue_status(connection)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    cost = TextColumn("{task.fields[cost]}")
    with Progress(*columns, TimeRemainingColumn(), cost, console=Console(stderr=True)) as progress:
        due = status.queued + status.running
        task = progress.add_task(title, total=due, rate="creators", cost="")
        worker = Worker(
            database,
            settings,
            on_progress=lambda tally: _show(progress, task, due, tally),
            stopping=stopping or threading.Event(),
        )
        return worker.drain(patient=patient)


def _show(progress: Progress, task: TaskID, due: int, tally: Tally) -> None:
    done = tally.embedded + tally.failed
    speed = progress.tasks[task].finished_speed or progress.tasks[task].speed
    rate = f"creators, {speed:,.0f}/s" if speed else "creators"
    progress.update(task, completed=done, total=max(due, done), rate=rate, cost=spent_so_far(tally))


def spent_so_far(tally: Tally) -> str:
    """What there is to tell of `$0.0042, 12,345 tokens, 3 failed`; empty for the local encoder that fails nothing."""
    parts = []
    if tally.cost_usd:
        parts.append(f"${tally.cost_usd:,.4f}")
        parts.append(f"{tally.tokens:,} tokens in {tally.requests:,} requests")
    if tally.failed:
        parts.append(f"{tally.failed:,} failed")
    return ", ".join(parts)
