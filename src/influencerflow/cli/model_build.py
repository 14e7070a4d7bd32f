"""Works on a model's creators beside whatever workers there are, and shows how far all of them have come."""

import time
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from sqlalchemy import text

from influencerflow.database.engine import Database
from influencerflow.embeddings.registry import EmbeddingModel
from influencerflow.settings import Settings
from influencerflow.worker.batch import Tally
from influencerflow.worker.worker import Worker

_LOOK_SECONDS = 1.0
# Counting a million jobs takes a while: looking must not cost more than this share of the time.
_LOOKING_SHARE = 0.02


def build_with_progress(database: Database, settings: Settings, model: EmbeddingModel) -> None:
    """Returns when nothing is due for the model any more; what failed for good does not count as due."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bars:
        due = _due(database, model)
        watch = _Watch(database, model, bars, bars.add_task("Embedding", total=due, rate=""), due)
        worker = Worker(database, settings, on_progress=watch.look_again)
        while watch.look():
            worker.drain()
            if watch.look():  # held by other workers, or to be tried again later
                time.sleep(_LOOK_SECONDS)


@dataclass(slots=True)
class _Watch:
    database: Database
    model: EmbeddingModel
    bars: Progress
    task: TaskID
    total: int
    started: float = field(default_factory=time.monotonic)
    next_look: float = 0.0

    def look_again(self, _tally: Tally) -> None:
        if time.monotonic() >= self.next_look:
            self.look()

    def look(self) -> int:
        """Counts the creators that are due for the model, and shows how many are done."""
        began = time.monotonic()
        due = _due(self.database, self.model)
        ended = time.monotonic()
        self.next_look = ended + max(_LOOK_SECONDS, (ended - began) / _LOOKING_SHARE)
        # Edits queue more meanwhile.
        self.total = max(self.total, due)
        done = self.total - due
        rate = done / (ended - self.started) if done else 0.0
        self.bars.update(self.task, completed=done, total=self.total, rate=f"{rate:,.0f}/s" if rate else "")
        return due


def _due(database: Database, model: EmbeddingModel) -> int:
    with database.transaction() as connection:
        return int(
            connection.scalar(
                text("SELECT count(*) FROM embedding_jobs WHERE model_id = :id AND state <> 'failed'"), {"id": model.id}
            )
            or 0
        )
