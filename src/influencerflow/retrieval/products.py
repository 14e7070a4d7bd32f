"""Inner products of bytes, many at a time, shared out over the cores."""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import count

import numkong
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.int8]
Products = NDArray[np.int32]

# So many rows are worth sharing out; more than four cores would only wait for memory.
_WORTH_THREADS, _MOST_THREADS = 100_000, 4


def inner_products(many: Bytes, one: Bytes) -> Products:
    """Of `many` (rows, directions) with `one` (1, directions), row by row. Other threads run meanwhile."""
    if not many.size:
        return np.zeros(len(many), dtype=np.int32)
    packed, found = numkong.dots_pack(one, dtype="int8"), numkong.empty((len(many), 1), dtype="int32")

    def compute(start: int, end: int) -> None:
        numkong.dots_packed(many, packed, out=found, start_row=start, end_row=end)

    parts = len(_cores()) if len(many) >= _WORTH_THREADS else 1
    if parts == 1:
        compute(0, len(many))
    else:
        bounds = [len(many) * part // parts for part in range(parts + 1)]
        list(_threads().map(compute, bounds[:-1], bounds[1:]))
    products: Products = np.asarray(found)[:, 0]
    return products


@cache
def _cores() -> list[set[int]]:
    """For each thread those it may run on. Where the system chooses, threads may start on the core that woke them, and wait
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
            os.sched_setaffinity(0, _cores()[next(numbers)])

    return ThreadPoolExecutor(len(_cores()), "products", initializer=keep_to_cores)
