"""Work shared out over the cores, by threads each of which keeps to cores of its own."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import count, pairwise
from typing import TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")

# So many rows are worth sharing out; more than four cores would only wait for memory.
_WORTH_THREADS, _MOST_THREADS = 20_000, 4


def at_once(work: Callable[[Part], Result], parts: Sequence[Part]) -> list[Result]:
    """What `work` returns for each part, which gains by this where it lets other threads run meanwhile."""
    if len(parts) == 1 or cores() == 1:
        return [work(part) for part in parts]
    return list(_threads().map(work, parts))


def by_rows(work: Callable[[slice], Result], rows: int) -> list[Result]:
    """The same, for consecutive parts of so many rows."""
    parts = cores() if rows >= _WORTH_THREADS else 1
    bounds = [rows * part // parts for part in range(parts + 1)]
    return at_once(work, [slice(start, end) for start, end in pairwise(bounds)])


def cores() -> int:
    """How many take part."""
    return len(_affinities())


@cache
def _affinities() -> list[set[int]]:
    """For each thread the cores it may run on. Where the system chooses, threads may start on the core that woke them, and wait
    for each other there (docs/decisions/0014-search-memory.md).
    """
    usable = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))
    threads = min(_MOST_THREADS, len(usable))
    return [set(usable[first::threads]) for first in range(threads)]


@cache
def _threads() -> ThreadPoolExecutor:
    numbers = count()

    def keep_to_cores() -> None:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, _affinities()[next(numbers)])

    return ThreadPoolExecutor(cores(), "cores", initializer=keep_to_cores)
