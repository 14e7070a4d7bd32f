"""One claimed batch: encode what is new, halve what fails, write what is still wanted."""

import threading
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

import numpy as np

from influencerflow.creators.signals import LEXICON_VERSION, read_signals
from influencerflow.creators.signals_store import write_signals
from influencerflow.database.engine import Database
from influencerflow.embedding_queue import queue
from influencerflow.embeddings.encoder import (
    AccountRefusedError,
    Encoder,
    RateLimitedError,
    RejectedInputError,
    TimedOutError,
    Vectors,
)
from influencerflow.embeddings.registry import EmbeddingModel
from influencerflow.embeddings.requests import Limits, first_request, shorten
from influencerflow.embeddings.store import StoredText, write_vectors
from influencerflow.embeddings.text import content_hash
from influencerflow.embeddings.usage import cost_usd, record_usage
from influencerflow.errors import ConfigurationError, DatabaseUnavailableError, InfluencerFlowError
from influencerflow.settings import Settings
from influencerflow.worker.breaker import LONGEST_PAUSE, Breaker

# Creators cannot be edited while their vectors are written, which takes the index a millisecond or more each.
_WRITTEN_AT_ONCE = 200


@dataclass(slots=True)
class Tally:
    """What a worker did: `embedded` creators, of which `reused` cost nothing since some creator had the same text."""

    embedded: int = 0
    failed: int = 0
    reused: int = 0
    requests: int = 0
    tokens: int = 0
    cost_usd: Decimal = Decimal(0)


@dataclass(slots=True)
class Workbench:
    """What all batches of a worker share."""

    database: Database
    settings: Settings
    worker_id: UUID
    on_progress: Callable[[Tally], None]
    tally: Tally = field(default_factory=Tally)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, **more: int | Decimal) -> None:
        with self.lock:
            for name, value in more.items():
                setattr(self.tally, name, getattr(self.tally, name) + value)
            self.on_progress(self.tally)


@dataclass(slots=True)
class Batch:
    """Jobs of one model, their creators' texts, and the vectors there are already, by the hash of their text."""

    model: EmbeddingModel
    encoder: Encoder
    limits: Limits
    breaker: Breaker
    lane: int
    jobs: list[queue.Job]
    texts: dict[UUID, StoredText]
    known: dict[bytes, Vectors]

    def new_texts(self) -> dict[bytes, str]:
        """Every distinct text without a vector, by its hash."""
        wanted = {self.hash_of(job): self.texts[job.creator_id].text for job in self.jobs if self.changed(job)}
        return {key: text for key, text in wanted.items() if key not in self.known}

    def changed(self, job: queue.Job) -> bool:
        stored = self.texts.get(job.creator_id)
        return stored is not None and stored.embedded_hash != content_hash(stored.text)

    def hash_of(self, job: queue.Job) -> bytes:
        return content_hash(self.texts[job.creator_id].text)


class BatchRun:
    def __init__(self, bench: Workbench, batch: Batch) -> None:
        self._bench, self._batch = bench, batch
        self._new = batch.new_texts()
        self._jobs: dict[bytes, list[queue.Job]] = {}
        self._ready: list[queue.Job] = []
        self._failed: list[tuple[bytes, InfluencerFlowError]] = []
        for job in batch.jobs:
            if batch.changed(job) and batch.hash_of(job) in self._new:
                self._jobs.setdefault(batch.hash_of(job), []).append(job)
            else:
                self._ready.append(job)

    def run(self) -> None:
        """Leaves no job of the batch leased, unless somebody edits its creator at this moment or the database is away."""
        hashes = list(self._new)
        fit = first_request([self._new[key] for key in hashes], self._batch.limits)
        self._give_back(hashes[fit:])
        self._write(self._ready, self._batch.known, reused=True)
        # First in, first out, so that a half that works is met before its sibling is halved again and again.
        pieces = deque([hashes[:fit]] if fit else [])
        while pieces:
            piece = pieces.popleft()
            try:
                vectors = self._encode(piece)
            except (AccountRefusedError, ConfigurationError) as error:
                self._batch.breaker.open(error, LONGEST_PAUSE, needs_probe=True)
                self._failed_request()
            except RateLimitedError as error:
                self._batch.breaker.open(error, error.retry_after, needs_probe=False)
            except DatabaseUnavailableError:
                raise
            except InfluencerFlowError as error:
                self._failed_request()
                if isinstance(error, TimedOutError):
                    self._batch.breaker.timed_out(len(piece))
                if not self._batch.breaker.failed(error):
                    half = len(piece) // 2
                    if half:
                        pieces.extend([piece[:half], piece[half:]])
                    else:
                        self._failed.append((piece[0], error))
                    continue
            else:
                self._batch.breaker.succeeded()
                self._write([job for key in piece for job in self._jobs[key]], vectors)
                continue
            self._give_back([*piece, *(key for rest in pieces for key in rest), *(key for key, _ in self._failed)])
            return
        for key, reason in self._failed:
            self._fail(self._jobs[key], reason)

    def _encode(self, piece: Sequence[bytes]) -> dict[bytes, Vectors]:
        bench, model = self._bench, self._batch.model
        encoding = self._batch.encoder.encode_document([self._new[key] for key in piece])
        with bench.database.transaction() as connection:
            record_usage(
                connection,
                model,
                bench.settings,
                requests=encoding.requests,
                texts=len(piece),
                tokens=encoding.tokens,
            )
        cost = cost_usd(model, encoding.tokens, bench.settings)
        bench.count(requests=encoding.requests, tokens=encoding.tokens, cost_usd=cost)
        return dict(zip(piece, encoding.vectors, strict=True))

    def _fail(self, jobs: Sequence[queue.Job], error: InfluencerFlowError) -> None:
        """A text that failed alone, while the provider was up: fails for good if it was refused, else waits longer."""
        refused = isinstance(error, RejectedInputError)
        with self._bench.database.transaction() as connection:
            queue.fail_jobs(connection, self._bench.worker_id, jobs, error.message, retry=not refused)
        if refused or jobs[0].attempts >= queue.MAX_ATTEMPTS:
            self._bench.count(failed=len(jobs))

    def _write(self, jobs: Sequence[queue.Job], vectors: dict[bytes, Vectors], *, reused: bool = False) -> None:
        for start in range(0, len(jobs), _WRITTEN_AT_ONCE):
            self._write_some(jobs[start : start + _WRITTEN_AT_ONCE], vectors, reused=reused)

    def _write_some(self, jobs: Sequence[queue.Job], vectors: dict[bytes, Vectors], *, reused: bool) -> None:
        batch, texts = self._batch, self._batch.texts
        unread = {
            job.creator_id: read_signals(texts[job.creator_id].profile)
            for job in jobs
            if job.creator_id in texts and texts[job.creator_id].lexicon_version != LEXICON_VERSION
        }
        with self._bench.database.transaction() as connection:
            finished = queue.finish_jobs(connection, self._bench.worker_id, jobs)
            write_signals(connection, {key: signals for key, signals in unread.items() if key in finished})
            changed = [job for job in jobs if job.creator_id in finished and batch.changed(job)]
            write_vectors(
                connection,
                batch.model,
                {job.creator_id: texts[job.creator_id].text for job in changed},
                np.array([vectors[batch.hash_of(job)] for job in changed], dtype=np.float32),
                shortened=self._too_long(changed),
            )
        copies = len(changed) if reused else len(changed) - len({batch.hash_of(job) for job in changed})
        self._bench.count(embedded=len(finished), reused=copies)

    def _too_long(self, jobs: Sequence[queue.Job]) -> Collection[UUID]:
        sources = {job.creator_id: self._batch.texts[job.creator_id].text for job in jobs}
        most = self._batch.limits.text_bytes
        return {key for key, text in sources.items() if shorten(text, most) != text}

    def _give_back(self, hashes: Sequence[bytes]) -> None:
        jobs = [job for key in hashes for job in self._jobs[key]]
        if jobs:
            with self._bench.database.transaction() as connection:
                queue.release_jobs(connection, self._bench.worker_id, jobs)

    def _failed_request(self) -> None:
        with self._bench.database.transaction() as connection:
            record_usage(connection, self._batch.model, self._bench.settings, requests=1, failures=1)
