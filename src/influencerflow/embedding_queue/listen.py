"""The wake-up of workers: one connection that LISTENs for as long as the worker lives."""

import threading
import time

import psycopg

from influencerflow.embedding_queue.queue import CHANNEL

# How soon a waiting thread sees that it is to stop.
_SLICE_SECONDS = 0.25


class WakeUp:
    """Opened when first waited for, and again after it was lost. Notifications may get lost too: poll as well."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None

    def wait(self, seconds: float, stopping: threading.Event) -> None:
        """Returns on a notification, after `seconds`, or soon after `stopping` is set; never raises for a lost server."""
        deadline = time.monotonic() + seconds
        try:
            listening = self._listen()
            while not stopping.is_set() and time.monotonic() < deadline:
                if any(True for _ in listening.notifies(timeout=_SLICE_SECONDS, stop_after=1)):
                    return
        except psycopg.OperationalError:
            self.close()
            stopping.wait(max(deadline - time.monotonic(), 0))

    def close(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None

    def _listen(self) -> psycopg.Connection[tuple[object, ...]]:
        if self._connection is None:
            self._connection = psycopg.connect(
                self._url, autocommit=True, connect_timeout=5, application_name="influencerflow listening"
            )
            self._connection.execute(f"LISTEN {CHANNEL}")
        return self._connection
