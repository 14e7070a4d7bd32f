"""When to leave a model's provider alone, and when to ask again (Nygard, "Release It!": circuit breaker)."""

import threading
import time

import structlog

from influencerflow.errors import InfluencerFlowError

log = structlog.get_logger()

# One poisonous text makes at most two failures in a row, since the other half of its batch goes through.
FAILURES_TO_OPEN = 5
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 60.0


class Breaker:
    """One model's, shared by the threads that encode for it. Closed: `error` is None.

    What opened it for an outage is tried with a text of our own before creators' texts are: so an outage uses up no
    creator's attempts, and a text that always fails cannot pass for an outage.
    """

    def __init__(self, model: str) -> None:
        self._model = model
        self._lock = threading.Lock()
        self._failures = 0
        self._pause = FIRST_PAUSE
        self._until = 0.0
        self.error: InfluencerFlowError | None = None
        # A server of one's own may need minutes for what OpenAI answers in a second: no more texts at once than half of
        # what timed out.
        self.most_texts: int | None = None
        self._needs_probe = self._probing = False
        # Whether the error is known to be the provider's: failures in a row may be those of one text until a probe fails.
        self.certain = False

    def failed(self, error: InfluencerFlowError) -> bool:
        """Counts a failed request; whether the breaker is open now."""
        with self._lock:
            self._failures += 1
            opens = self._failures >= FAILURES_TO_OPEN
        if opens:
            self.open(error, self._pause, needs_probe=True, certain=False)
        return self.error is not None

    def timed_out(self, texts: int) -> None:
        self.most_texts = min(self.most_texts or texts, max(1, texts // 2))

    def succeeded(self) -> None:
        with self._lock:
            was_open, self.error = self.error is not None, None
            self._failures, self._pause, self._needs_probe, self._probing = 0, FIRST_PAUSE, False, False
        if was_open:
            log.info("embedding goes on", model=self._model)

    def open(self, error: InfluencerFlowError, seconds: float, *, needs_probe: bool, certain: bool = True) -> None:
        with self._lock:
            said = self.error is not None and str(self.error) == str(error)
            self.error, self.certain, self._needs_probe, self._probing = error, certain, needs_probe, False
            self._until = time.monotonic() + seconds
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
        if not said:
            log.warning("embedding paused", model=self._model, reason=str(error), seconds=round(seconds, 1))

    def begins_probe(self) -> bool:
        """Whether the pause is over and it is for the caller to send the probe, whose outcome it has to tell."""
        with self._lock:
            begins = self.error is not None and self._needs_probe and not self._probing and self.seconds_left() == 0
            self._probing = self._probing or begins
        return begins

    def probe_failed(self, error: InfluencerFlowError) -> None:
        self.open(error, self._pause, needs_probe=True)

    def seconds_left(self) -> float:
        return max(self._until - time.monotonic(), 0.0) if self.error else 0.0

    def lets_through(self) -> bool:
        """Whether creators' texts may be sent; a pause that needs no probe ends by itself."""
        if self.error and not self._needs_probe and self.seconds_left() == 0:
            self.succeeded()
        return self.error is None
