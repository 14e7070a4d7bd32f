"""What a provider lets through: its `x-ratelimit-*` headers, obeyed before they bite, and its `retry-after`."""

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(slots=True)
class _Bucket:
    """`remaining` of `limit` at `seen`; comes back at `rate` a second, or, where that is unknown, all of it at `full_at`."""

    limit: float
    remaining: float
    rate: float | None
    seen: float
    full_at: float

    def available(self, now: float) -> float:
        if now >= self.full_at and self.rate is None:
            return self.limit
        return min(self.limit, self.remaining + (self.rate or 0.0) * (now - self.seen))

    def seconds_until(self, wanted: float, now: float) -> float:
        missing = min(wanted, self.limit) - self.available(now)
        if missing <= 0:
            return 0.0
        return missing / self.rate if self.rate else self.full_at - now

    def take(self, wanted: float, now: float) -> None:
        self.remaining, self.seen = self.available(now) - wanted, now


class Allowance:
    """Of one key, shared by the threads that use it. Other processes' use shows in the headers of the next answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._not_before = 0.0
        self._buckets: dict[str, _Bucket] = {}

    def seconds_to_wait(self, tokens: int) -> float:
        """0 if a request of so many tokens may go now, which then counts as sent; else how long until it may."""
        wanted = {"requests": 1.0, "tokens": float(tokens)}
        with self._lock:
            now = time.monotonic()
            waits = [bucket.seconds_until(wanted[kind], now) for kind, bucket in self._buckets.items()]
            wait = max([self._not_before - now, 0.0, *waits])
            if wait <= 0:
                for kind, bucket in self._buckets.items():
                    bucket.take(wanted[kind], now)
            return wait

    def pause(self, seconds: float) -> None:
        with self._lock:
            self._not_before = max(self._not_before, time.monotonic() + seconds)

    def observe(self, headers: Mapping[str, str]) -> None:
        """Reads an answer's headers. Answers overtake each other: of two counts, the lower one is believed."""
        with self._lock:
            now = time.monotonic()
            for kind in ("requests", "tokens"):
                remaining = _number(headers.get(f"x-ratelimit-remaining-{kind}"))
                if remaining is None:
                    continue
                reset = duration(headers.get(f"x-ratelimit-reset-{kind}")) or 0.0
                limit = _number(headers.get(f"x-ratelimit-limit-{kind}")) or max(remaining, 1.0)
                rate = (limit - remaining) / reset if limit > remaining and reset > 0 else None
                known = self._buckets.get(kind)
                if known and known.limit == limit:
                    remaining = min(remaining, known.available(now))
                self._buckets[kind] = _Bucket(limit, remaining, rate, now, now + reset)


def duration(value: str | None) -> float | None:
    """Seconds of `6m0s`, `20ms`, `1.5s` or a bare number; None for anything else."""
    if not value:
        return None
    if (bare := _number(value)) is not None:
        return bare
    parts = _PART.findall(value)
    if not parts or "".join(number + unit for number, unit in parts) != value.strip():
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None
