"""A progress bar over a draining worker."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from influencerflow.database.engine import Database
from influencerflow.embedding_queue.queue import queue_status
from influencerflow.settings import Settings
from influencerflow.worker.worker import Tally, Worker


def drain_with_progress(database: Database, settings: Settings, title: str) -> Tally:
    """Embeds until nothing is due. On a terminal the bar moves; in a log it leaves one line."""
    with database.transaction() as connection:
        due = queue_status(connection).queued
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("creators"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress:
        task = progress.add_task(title, total=due)

        def show(tally: Tally) -> None:
            done = tally.embedded + tally.failed
            progress.update(task, completed=done, total=max(due, done))

        return Worker(database, settings, on_progress=show).drain()
