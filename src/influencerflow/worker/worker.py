"""The embedding worker: any number may run, on any host. It holds no transaction while a model works."""

import contextvars
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import structlog
from sqlalchemy import text

from influencerflow.database.engine import Database
from influencerflow.embedding_queue import queue
from influencerflow.embedding_queue.listen import listen
from influencerflow.embeddings.copies import copy_vectors
from influencerflow.embeddings.encoder import RateLimitedError
from influencerflow.errors import DatabaseUnavailableError, EncoderUnavailableError
from influencerflow.settings import Settings
from influencerflow.worker.batch import Batch, BatchRun, Tally, Workbench
from influencerflow.worker.index_keeper import IndexKeeper
from influencerflow.worker.intake import Intake

log = structlog.get_logger()

# Notifications are only the wake-up: poolers drop them silently, so the queue is looked at this often anyway.
POLL_SECONDS = 2.0
OUTAGE_PAUSE_SECONDS = 30.0
# How soon it sees that it is to stop.
_SLICE_SECONDS = 0.25


@dataclass(slots=True)
class Worker:
    database: Database
    settings: Settings
    on_progress: Callable[[Tally], None] = lambda _tally: None
    stopping: threading.Event = field(default_factory=threading.Event)
    worker_id: UUID = field(default_factory=uuid4)
    _bench: Workbench = field(init=False)
    _intake: Intake = field(init=False)
    # Set whenever there may be something to do: a batch ended, somebody notified.
    _changed: threading.Event = field(default_factory=threading.Event)
    _fault: Exception | None = None

    def __post_init__(self) -> None:
        self._bench = Workbench(self.database, self.settings, self.worker_id, self.on_progress)
        self._intake = Intake(self.database, self.settings, self.worker_id)

    @property
    def tally(self) -> Tally:
        return self._bench.tally

    def drain(self, *, patient: bool = False) -> Tally:
        """Works until nothing is queued, nor held by another worker.

        Raises what keeps it from working, such as a missing key; with `patient`, it waits for outages to end.
        """
        with self._at_work(self._intake.lease.keep):
            while not self.stopping.is_set():
                if not self._start_batch() and not self._intake.in_flight:
                    if self._nothing_left():
                        break
                    self._raise_pause(patient=patient)
                self._wait(0.5)
        return self.tally

    def run(self) -> None:
        """Works until `stopping` is set; survives outages of the database and of the provider."""
        url = self.database.url.replace("postgresql+psycopg://", "postgresql://")
        keep_index = IndexKeeper(self.database).keep
        with self._at_work(self._intake.lease.keep, keep_index, lambda done: listen(url, self._changed.set, done)):
            while not self.stopping.is_set():
                self._run_once()

    def work_once(self) -> bool:
        """Embeds one batch; False when nothing is due. Raises what keeps its model from working."""
        for probe in self._intake.due_probes():
            probe()
        batch = self._intake.next_batch()
        if batch is None:
            return False
        self._work_on(batch)
        self._raise_fault()
        self._raise_pause(patient=False)
        return True

    def give_back(self) -> None:
        """Makes what this worker still holds due at once; without a database, its lease runs out by itself."""
        self._intake.lease.end()

    @contextmanager
    def _at_work(self, *beside: Callable[[threading.Event], None]) -> Iterator[None]:
        """With threads that end with the block. None of them keeps a process alive that is told to stop."""
        done = threading.Event()
        threads = [threading.Thread(target=work, args=[done], daemon=True) for work in beside]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            done.set()
            self.stopping.set()
            self.give_back()
            for thread in threads:
                thread.join(timeout=1)

    def _run_once(self) -> None:
        try:
            if not self._start_batch():
                if not self._intake.in_flight:
                    self._compact_changes()
                    copy_vectors(self.database)
                    self._forget_results()
                self._wait(POLL_SECONDS)
        except DatabaseUnavailableError as error:
            log.warning("database unavailable, waiting", reason=error.message)
            self.stopping.wait(POLL_SECONDS)
        except Exception:
            if self.stopping.is_set():  # while a process ends, its thread pools take no more work
                return
            log.exception("embedding paused by an unexpected error", seconds=OUTAGE_PAUSE_SECONDS)
            self.stopping.wait(OUTAGE_PAUSE_SECONDS)

    def _start_batch(self) -> bool:
        """Starts a thread for the next batch, if there is one that may be sent beside those in flight."""
        self._raise_fault()
        for probe in self._intake.due_probes():
            self._start(probe)
        batch = self._intake.next_batch()
        if batch is None:
            return False
        self._start(lambda: self._work_on(batch))
        return True

    def _start(self, work: Callable[[], None]) -> None:
        threading.Thread(target=contextvars.copy_context().run, args=[work], daemon=True).start()

    def _work_on(self, batch: Batch) -> None:
        try:
            BatchRun(self._bench, batch).run()
        except Exception as error:  # told by the thread that waits for it
            self._fault = error
        finally:
            self._intake.end(batch)
            self._changed.set()

    def _raise_fault(self) -> None:
        fault, self._fault = self._fault, None
        if fault:
            self._intake.lease.beat()  # the batch goes back
            raise fault

    def _raise_pause(self, *, patient: bool) -> None:
        for error in self._intake.pauses():
            outage = type(error) is EncoderUnavailableError
            if not ((outage and patient) or isinstance(error, RateLimitedError)):
                raise error

    def _nothing_left(self) -> bool:
        with self.database.transaction() as connection:
            return queue.seconds_until_due(connection, self.worker_id, self._intake.unusable) is None

    def _wait(self, seconds: float) -> None:
        deadline = time.monotonic() + min(seconds, self._intake.shortest_pause())
        while not self.stopping.is_set() and (left := deadline - time.monotonic()) > 0:
            if self._changed.wait(min(left, _SLICE_SECONDS)):
                break
        self._changed.clear()

    def _forget_results(self) -> None:
        with self.database.transaction() as connection:
            connection.execute(text("SELECT forget_kept_results()"))

    def _compact_changes(self) -> None:
        """Folds the change counter's rows into one; the sum, which is the counter, stays the same."""
        with self.database.transaction() as connection:
            if (connection.scalar(text("SELECT count(*) FROM catalogue_changes")) or 0) > 100:
                connection.execute(
                    text("""
                        WITH folded AS (DELETE FROM catalogue_changes RETURNING changes)
                        INSERT INTO catalogue_changes SELECT sum(changes) FROM folded HAVING count(*) > 0
                    """)
                )
