"""Being told to stop, for commands that first have something to finish or give back."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def stopping_on_signals() -> Iterator[tuple[threading.Event, list[int]]]:
    """An event that SIGTERM and Ctrl-C set, and the signals that came.

    An exception out of nowhere, as both raise otherwise, would tear a statement that claims or commits. The second signal
    does raise KeyboardInterrupt.
    """
    stopping, came = threading.Event(), list[int]()

    def stop(number: int, _frame: FrameType | None) -> None:
        if came:
            raise KeyboardInterrupt
        came.append(number)
        stopping.set()

    before = [(number, signal.signal(number, stop)) for number in SIGNALS]
    try:
        yield stopping, came
    finally:
        for number, handler in before:
            signal.signal(number, handler)
