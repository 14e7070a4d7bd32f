"""The wake-up of workers: one connection that LISTENs for as long as the worker lives."""

import threading
from collections.abc import Callable
from contextlib import suppress

import psycopg

from influencerflow.embedding_queue.queue import CHANNEL

# How soon a waiting thread sees that it is to stop.
_SLICE_SECONDS = 0.25
_RECONNECT_SECONDS = 2.0


def listen(url: str, on_wake: Callable[[], None], stopping: threading.Event) -> None:
    """Calls `on_wake` on every notification, and after every connection, since notifications may have been missed.

    Returns when `stopping` is set; a lost connection is opened again. Poolers drop notifications silently: poll as well.
    """
    while not stopping.is_set():
        with suppress(psycopg.OperationalError):
            _listen_once(url, on_wake, stopping)
        stopping.wait(_RECONNECT_SECONDS)


def _listen_once(url: str, on_wake: Callable[[], None], stopping: threading.Event) -> None:
    with psycopg.connect(
        url, autocommit=True, connect_timeout=5, application_name="influencerflow listening"
    ) as connection:
        connection.execute(f"LISTEN {CHANNEL}")
        on_wake()
        while not stopping.is_set():
            if any(True for _ in connection.notifies(timeout=_SLICE_SECONDS, stop_after=1)):
                on_wake()
