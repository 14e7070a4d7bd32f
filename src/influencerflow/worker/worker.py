"""The embedding worker: any number may run, on any host. It holds no transaction while a model works."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import structlog
from sqlalchemy import text

from influencerflow.creators.signals import LEXICON_VERSION, read_signals
from influencerflow.creators.signals_store import enqueue_outdated, write_signals
from influencerflow.database.engine import Database
from influencerflow.embedding_queue import queue
from influencerflow.embedding_queue.listen import WakeUp
from influencerflow.embeddings.copies import copy_vectors
from influencerflow.embeddings.encoder import RejectedInputError
from influencerflow.embeddings.notices import usable_models
from influencerflow.embeddings.registry import EmbeddingModel, encoder_for
from influencerflow.embeddings.store import StoredText, read_texts, write_vectors
from influencerflow.embeddings.text import content_hash
from influencerflow.embeddings.usage import record_usage
from influencerflow.errors import DatabaseUnavailableError, InfluencerFlowError
from influencerflow.settings import Settings

log = structlog.get_logger()

# Notifications are only the wake-up: poolers drop them silently, so the queue is looked at this often anyway.
POLL_SECONDS = 2.0
OUTAGE_PAUSE_SECONDS = 30.0


@dataclass(slots=True)
class Tally:
    embedded: int = 0
    failed: int = 0


@dataclass(slots=True)
class Worker:
    database: Database
    settings: Settings
    on_progress: Callable[[Tally], None] = lambda _tally: None
    stopping: threading.Event = field(default_factory=threading.Event)
    worker_id: UUID = field(default_factory=uuid4)
    tally: Tally = field(default_factory=Tally)
    _outdated_queued: bool = False

    def drain(self) -> Tally:
        """Works until nothing is due. Raises what keeps it from working, such as a missing key."""
        try:
            while not self.stopping.is_set() and self.work_once():
                pass
        finally:
            self.give_back()
        return self.tally

    def run(self) -> None:
        """Works until `stopping` is set; survives outages of the database and of the provider."""
        wake_up = WakeUp(self.database.url.replace("postgresql+psycopg://", "postgresql://"))
        try:
            while not self.stopping.is_set():
                self._run_once(wake_up)
        finally:
            wake_up.close()
            self.give_back()

    def _run_once(self, wake_up: WakeUp) -> None:
        try:
            if not self.work_once():
                self._compact_changes()
                copy_vectors(self.database)
                wake_up.wait(POLL_SECONDS, self.stopping)
        except DatabaseUnavailableError as error:
            log.warning("database unavailable, waiting", reason=error.message)
            self.stopping.wait(POLL_SECONDS)
        except InfluencerFlowError as error:
            log.warning("embedding paused", reason=str(error), seconds=OUTAGE_PAUSE_SECONDS)
            self.stopping.wait(OUTAGE_PAUSE_SECONDS)
        except Exception:
            if self.stopping.is_set():  # while a process ends, its thread pools take no more work
                return
            log.exception("embedding paused by an unexpected error", seconds=OUTAGE_PAUSE_SECONDS)
            self.give_back()
            self.stopping.wait(OUTAGE_PAUSE_SECONDS)

    def give_back(self) -> None:
        """Makes what this worker still holds due at once; without a database, the leases run out by themselves."""
        with suppress(DatabaseUnavailableError), self.database.transaction() as connection:
            queue.release_jobs(connection, self.worker_id)

    def work_once(self) -> bool:
        """Embeds one batch; False when nothing is due."""
        with self.database.transaction() as connection:
            if not self._outdated_queued:
                enqueue_outdated(connection)
            models = usable_models(connection, self.settings)
            jobs = queue.claim_jobs(connection, self.worker_id, self.settings.embed_batch_size, list(models))
            if jobs:
                model = models[jobs[0].model_id]
                texts = read_texts(connection, model.id, [job.creator_id for job in jobs])
        self._outdated_queued = True
        if not jobs:
            return False
        try:
            self._embed(model, jobs, texts)
        except RejectedInputError as error:
            self._isolate(model, jobs, texts, error)
        except InfluencerFlowError:
            with self.database.transaction() as connection:
                record_usage(connection, model, requests=1, failures=1)
                queue.release_jobs(connection, self.worker_id, jobs)
            raise
        self.on_progress(self.tally)
        return True

    def _isolate(
        self, model: EmbeddingModel, jobs: Sequence[queue.Job], texts: dict[UUID, StoredText], error: RejectedInputError
    ) -> None:
        """A refused batch is halved until the input that poisons it is alone; the rest goes through."""
        if len(jobs) == 1:
            with self.database.transaction() as connection:
                record_usage(connection, model, requests=1, failures=1)
                queue.fail_jobs(connection, self.worker_id, jobs, error.message, retry=False)
            self.tally.failed += 1
            return
        for half in (jobs[: len(jobs) // 2], jobs[len(jobs) // 2 :]):
            try:
                self._embed(model, half, texts)
            except RejectedInputError as narrower:
                self._isolate(model, half, texts, narrower)

    def _embed(self, model: EmbeddingModel, jobs: Sequence[queue.Job], texts: dict[UUID, StoredText]) -> None:
        changed = {
            job.creator_id: texts[job.creator_id].text
            for job in jobs
            if job.creator_id in texts
            and texts[job.creator_id].embedded_hash != content_hash(texts[job.creator_id].text)
        }
        unread = {
            job.creator_id: read_signals(texts[job.creator_id].profile)
            for job in jobs
            if job.creator_id in texts and texts[job.creator_id].lexicon_version != LEXICON_VERSION
        }
        encoding = encoder_for(model, self.settings).encode_document(list(changed.values())) if changed else None
        with self.database.transaction() as connection:
            finished = queue.finish_jobs(connection, self.worker_id, jobs)
            write_signals(connection, {key: signals for key, signals in unread.items() if key in finished})
            if encoding:
                kept = [index for index, creator_id in enumerate(changed) if creator_id in finished]
                written = {key: value for key, value in changed.items() if key in finished}
                write_vectors(connection, model, written, encoding.vectors[kept])
                record_usage(connection, model, requests=1, texts=len(changed), tokens=encoding.tokens)
        self.tally.embedded += len(finished)

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
