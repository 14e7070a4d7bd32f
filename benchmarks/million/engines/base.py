"""What an engine has to do to be measured."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from influencerflow.embeddings.encoder import Vectors
from influencerflow.retrieval.filters import Filters

# Rows an engine is given at a time.
BATCH = 20_000


@dataclass(frozen=True, slots=True)
class Data:
    """The catalogue, row for row; an engine calls a creator by its row. `vectors` in half precision."""

    attributes: pl.DataFrame
    vectors: NDArray[np.float16]

    def batches(self) -> Iterator[tuple[int, pl.DataFrame, NDArray[np.float16]]]:
        """First row, attributes and vectors."""
        for start in range(0, len(self.vectors), BATCH):
            yield start, self.attributes[start : start + BATCH], self.vectors[start : start + BATCH]


@dataclass(frozen=True, slots=True)
class Found:
    """Rows, the nearest first, and how the engine went about it, where it tells."""

    rows: Sequence[int]
    plan: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """One way to ask an engine that has knobs; cheaper ones come first in its list."""

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)


class Engine(Protocol):
    """`settings`: empty where there is nothing to tune. `search` is what the clock runs for; `use` is not."""

    name: str
    settings: Sequence[Setting]

    def build(self, data: Data) -> None: ...

    def use(self, setting: Setting) -> None: ...

    def search(self, vector: Vectors, filters: Filters, depth: int) -> Found: ...

    def delete(self, rows: Sequence[int]) -> None:
        """Deletes them and does whatever its documentation advises afterwards."""

    def close(self) -> None: ...
