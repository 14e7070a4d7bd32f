"""The worker's heartbeat: a thread that keeps its lease while models take their time, and clears up after the dead."""

import os
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from uuid import UUID

import structlog
from sqlalchemy import Connection

from influencerflow.database.engine import Database
from influencerflow.embedding_queue import leases, queue
from influencerflow.errors import DatabaseUnavailableError

log = structlog.get_logger()

Pause = tuple[str, float]


class Lease:
    """`seconds` long, renewed three times in that; `paused` tells why the worker does nothing, for others to see."""

    def __init__(self, database: Database, worker_id: UUID, seconds: float, paused: Callable[[], Pause | None]) -> None:
        self._database, self._worker_id, self._seconds, self._paused = database, worker_id, seconds, paused
        # Held between the claim of jobs and their entry in `held`, so that they are not taken for strays.
        self.lock = threading.Lock()
        self.held: dict[int, Sequence[UUID]] = {}

    def renew(self, connection: Connection) -> None:
        leases.renew_lease(
            connection,
            self._worker_id,
            socket.gethostname(),
            os.getpid(),
            seconds=self._seconds,
            paused=self._paused(),
        )

    def beat(self) -> None:
        """Renews, gives back what was left behind, and queues again what dead workers held."""
        with self.lock, self._database.transaction() as connection:
            self.renew(connection)
            held = [creator for creators in self.held.values() for creator in creators]
            queue.release_strays(connection, self._worker_id, held)
            lost = leases.reap(connection)
        if lost:
            log.warning("jobs of vanished workers are queued again", jobs=lost)

    def keep(self, stopping: threading.Event) -> None:
        """Beats until `stopping` is set. Without a database the lease runs out, and others take over."""
        while not stopping.wait(self._seconds / 3):
            with suppress(DatabaseUnavailableError):
                self.beat()

    def end(self) -> None:
        """Makes what the worker still holds due at once; without a database, the lease runs out by itself."""
        with suppress(DatabaseUnavailableError), self.lock, self._database.transaction() as connection:
            queue.release_jobs(connection, self._worker_id)
            leases.end_lease(connection, self._worker_id)
