"""What a worker does next: which models can be worked on, which lane's turn it is, and the batch that is claimed."""

import threading
from collections.abc import Callable
from functools import partial
from uuid import UUID

from sqlalchemy import Connection

from influencerflow.creators.signals_store import enqueue_outdated
from influencerflow.database.engine import Database
from influencerflow.embedding_queue import queue
from influencerflow.embeddings.encoder import Encoder
from influencerflow.embeddings.notices import unusable_models
from influencerflow.embeddings.registry import EmbeddingModel, encoder_for, list_models
from influencerflow.embeddings.requests import estimate_tokens, limits_of
from influencerflow.embeddings.store import read_texts, vectors_of_texts
from influencerflow.embeddings.usage import record_usage, require_budget
from influencerflow.errors import DatabaseUnavailableError, InfluencerFlowError
from influencerflow.settings import Settings
from influencerflow.worker.batch import Batch
from influencerflow.worker.breaker import LONGEST_PAUSE, Breaker
from influencerflow.worker.lease import Lease, Pause

# Edits go first; but where they never end, a backfill still gets every so-manieth batch.
BACKFILL_TURN = 8
PROBE_TEXT = "Fitness"


class Intake:
    def __init__(self, database: Database, settings: Settings, worker_id: UUID) -> None:
        self._database, self._settings, self._worker_id = database, settings, worker_id
        self.lease = Lease(database, worker_id, settings.embed_lease_seconds, self._pause)
        self.in_flight: list[Batch] = []
        # Models that wait for a process that has what they take.
        self.unusable: set[int] = set()
        self._lock = threading.Lock()
        self._breakers: dict[int, Breaker] = {}
        self._tokens_a_text: dict[int, float] = {}
        self._batches = 0
        self._outdated_queued = False

    def next_batch(self) -> Batch | None:
        """Claims and reads one, in one short transaction; None where nothing is due or may be sent."""
        with self.lease.lock:
            with self._database.transaction() as connection:
                self.lease.renew(connection)
                if not self._outdated_queued:
                    enqueue_outdated(connection)
                batch = self._claim(connection, self._workable(connection))
            self._outdated_queued = True
            if batch:
                self.lease.held[id(batch)] = [job.creator_id for job in batch.jobs]
                with self._lock:
                    self.in_flight.append(batch)
                self._batches += 1
        return batch

    def end(self, batch: Batch) -> None:
        with self._lock:
            self.in_flight = [other for other in self.in_flight if other is not batch]
        self.lease.held.pop(id(batch), None)

    def pauses(self) -> list[InfluencerFlowError]:
        """What certainly keeps a model from being worked on."""
        return [breaker.error for breaker in self._breakers.values() if breaker.error and breaker.certain]

    def shortest_pause(self) -> float:
        """Seconds until a pause ends; a long time when there is none."""
        return min((max(b.seconds_left(), 0.05) for b in self._breakers.values() if b.error), default=3600.0)

    def due_probes(self) -> list[Callable[[], None]]:
        """To be called, each in a thread or not: they ask whether a provider is back."""
        if not any(breaker.error for breaker in self._breakers.values()):
            return []
        with self._database.transaction() as connection:
            models = list_models(connection)
        return [
            partial(self._probe, model, self._breakers[model.id])
            for model in models
            if model.id in self._breakers and self._breakers[model.id].begins_probe()
        ]

    def _probe(self, model: EmbeddingModel, breaker: Breaker) -> None:
        try:
            encoding = encoder_for(model, self._settings).encode_document([PROBE_TEXT])
            with self._database.transaction() as connection:
                record_usage(connection, model, self._settings, requests=1, texts=1, tokens=encoding.tokens)
        except InfluencerFlowError as error:
            breaker.probe_failed(error)
        else:
            breaker.succeeded()

    def _workable(self, connection: Connection) -> list[tuple[EmbeddingModel, Encoder]]:
        workable = []
        self.unusable = unusable_models(connection, self._settings)
        for model in list_models(connection):
            if model.id in self.unusable:
                continue
            breaker = self._breakers.setdefault(model.id, Breaker(model.name))
            if model.state == "retired" or not breaker.lets_through():
                continue
            try:
                require_budget(connection, model, self._settings)
                workable.append((model, encoder_for(model, self._settings)))
            except DatabaseUnavailableError:
                raise
            except InfluencerFlowError as error:
                breaker.open(error, LONGEST_PAUSE, needs_probe=False)
        return workable

    def _claim(self, connection: Connection, workable: list[tuple[EmbeddingModel, Encoder]]) -> Batch | None:
        backfills_turn = self._batches % BACKFILL_TURN == BACKFILL_TURN - 1
        lanes = (queue.BACKFILL, queue.EDITED) if backfills_turn else (queue.EDITED, queue.BACKFILL)
        for lane in lanes:
            limits = {model.id: self._most_texts(model) for model, _ in workable if self._has_room(model, lane)}
            jobs = queue.claim_jobs(connection, self._worker_id, lane, limits) if limits else []
            if jobs:
                model, encoder = next(pair for pair in workable if pair[0].id == jobs[0].model_id)
                return self._read(connection, model, encoder, lane, jobs)
        return None

    def _read(
        self, connection: Connection, model: EmbeddingModel, encoder: Encoder, lane: int, jobs: list[queue.Job]
    ) -> Batch:
        texts = read_texts(connection, model.id, [job.creator_id for job in jobs])
        limits = limits_of(model.provider, self._settings.embed_batch_size)
        batch = Batch(model, encoder, limits, self._breakers[model.id], lane, jobs, texts, {})
        new = batch.new_texts()
        if new:
            self._tokens_a_text[model.id] = sum(map(estimate_tokens, new.values())) / len(new)
            batch.known.update(vectors_of_texts(connection, model, new))
        return batch

    def _most_texts(self, model: EmbeddingModel) -> int:
        """No more than fit into one request, as long as the texts of the last batch were, or than are answered in time."""
        limits = limits_of(model.provider, self._settings.embed_batch_size)
        most = self._breakers[model.id].most_texts or limits.texts
        return max(1, min(limits.texts, most, int(limits.tokens / self._tokens_a_text.get(model.id, 1.0))))

    def _has_room(self, model: EmbeddingModel, lane: int) -> bool:
        """The local encoder keeps every core busy with one batch; of several requests in flight one is kept for edits."""
        most = self._settings.embed_requests_in_flight if model.provider == "openai" else 1
        with self._lock:
            lanes = [batch.lane for batch in self.in_flight if batch.model.id == model.id]
        backfills = lanes.count(queue.BACKFILL)
        return len(lanes) < most and (lane == queue.EDITED or backfills < max(most - 1, 1))

    def _pause(self) -> Pause | None:
        paused = [breaker for breaker in self._breakers.values() if breaker.error]
        if not paused:
            return None
        return " ".join(str(breaker.error) for breaker in paused), max(breaker.seconds_left() for breaker in paused)
