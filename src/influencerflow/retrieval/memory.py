"""The catalogue in memory, reduced to what tells who may be among the nearest; PostgreSQL then compares those exactly.

It is a copy of what one snapshot saw. A search reads what changed since along with what the copy proposes, and SQL decides
who passes: the copy can be late, and returns nobody wrong.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, text

from influencerflow.embeddings.encoder import Vectors
from influencerflow.embeddings.registry import EmbeddingModel
from influencerflow.retrieval.columns import Clause, NumberColumn, Passing, Rows, WordColumn, passing
from influencerflow.retrieval.conditions import Condition
from influencerflow.retrieval.nearest import Compared
from influencerflow.retrieval.reduction import Reduced, Reduction

NUMBERS = ("followers", "avg_views", "engagement", "rate", "credibility", "updated_at")
WORDS = ("platform", "country", "language", "niche", "has_contact")
_LISTS = {"platforms": "platform", "countries": "country", "languages": "language", "niches": "niche"}
# Of these SQL folds the words that are asked for; the others come in the spelling of the facets.
_FOLDED = frozenset({"platform", "niche"})
_KNOWN_HASHES = 100_000


class Columns(NamedTuple):
    """One entry a creator who has a vector: `ids` of 16 bytes, by column `numbers` (NaN: unknown) and hashes of `words`."""

    ids: NDArray[np.void]
    numbers: Mapping[str, NDArray[np.float64]]
    words: Mapping[str, NDArray[np.int64]]
    reduced: Reduced

    @classmethod
    def joined(cls, parts: Sequence["Columns"]) -> "Columns":
        return cls(
            np.concatenate([part.ids for part in parts]),
            {name: np.concatenate([part.numbers[name] for part in parts]) for name in NUMBERS},
            {name: np.concatenate([part.words[name] for part in parts]) for name in WORDS},
            Reduced(*(np.concatenate(arrays) for arrays in zip(*(part.reduced for part in parts), strict=True))),
        )

    def only(self, mask: NDArray[np.bool_]) -> "Columns":
        numbers = {name: values[mask] for name, values in self.numbers.items()}
        words = {name: hashes[mask] for name, hashes in self.words.items()}
        return Columns(self.ids[mask], numbers, words, self.reduced.only(mask))


@dataclass(frozen=True, slots=True)
class MemoryIndex:
    """`since`: what transactions of this number and later wrote may be missing."""

    model_id: int
    since: int
    ids: NDArray[np.void]
    numbers: Mapping[str, NumberColumn]
    words: Mapping[str, WordColumn]
    compared: Compared
    hashes: dict[str, int | None] = field(default_factory=dict)
    hashes_folded: dict[str, int | None] = field(default_factory=dict)

    @classmethod
    def of(cls, model: EmbeddingModel, since: int, reduction: Reduction, columns: Columns) -> "MemoryIndex":
        numbers = {name: NumberColumn.of(values) for name, values in columns.numbers.items()}
        words = {name: WordColumn.of(hashes) for name, hashes in columns.words.items()}
        return cls(model.id, since, columns.ids, numbers, words, Compared.of(reduction, columns.reduced))

    def columns(self) -> Columns:
        """What it was made of."""
        numbers = {name: column.read() for name, column in self.numbers.items()}
        words = {name: column.read() for name, column in self.words.items()}
        return Columns(self.ids, numbers, words, self.compared.reduced)

    @property
    def size(self) -> int:
        return len(self.ids)

    @property
    def bytes(self) -> int:
        numbers, words = self.numbers.values(), self.words.values()
        columns = sum(column.bytes for column in numbers) + sum(column.bytes for column in words)
        return self.ids.nbytes + self.compared.bytes + columns

    def passing(self, connection: Connection, condition: Condition) -> Passing:
        """Everybody who passes, and possibly some more."""
        return passing(self._clauses(connection, condition.parameters), self.size)

    def nearest(self, query: Vectors, may_pass: Passing, count: int) -> Rows:
        """The `count` of these who seem nearest, or all there are, in no order."""
        return self.compared.nearest(query, may_pass, count)

    def ids_of(self, rows: Rows) -> str:
        """As PostgreSQL reads an array."""
        digits = self.ids[rows].tobytes().hex()
        return "{" + ",".join(digits[start : start + 32] for start in range(0, len(digits), 32)) + "}"

    def _clauses(self, connection: Connection, asked: Mapping[str, Any]) -> Iterator[Clause]:
        """`asked`: the parameters of the condition, which carry the names of the filters."""
        for name, column in self.numbers.items():
            low, high = _bounds(name, asked)
            if low is not None or high is not None:
                yield column.between(low, high)
        for listed, name in _LISTS.items():
            for parameter, but in ((listed, False), (f"exclude_{listed}", True)):
                if parameter in asked:
                    hashes = self._hashes(connection, asked[parameter], folded=name in _FOLDED)
                    yield self.words[name].any_of(hashes, but=but)
        if "has_contact" in asked:
            yield self.words["has_contact"].any_of([int(asked["has_contact"])])

    def _hashes(self, connection: Connection, words: Sequence[str], *, folded: bool) -> list[int]:
        """As PostgreSQL folds and hashes them; kept, since words come again. What is empty when folded has none."""
        known = self.hashes_folded if folded else self.hashes
        if len(known) > _KNOWN_HASHES:
            known.clear()
        found = {word: known[word] for word in words if word in known}
        if missing := [word for word in words if word not in found]:
            word = "facet_word(word)" if folded else "word"
            statement = text(
                f"SELECT word, hashtextextended({word}, 0) FROM unnest(CAST(:words AS text[])) AS w (word)"
            )
            found |= {row[0]: row[1] for row in connection.execute(statement, {"words": missing})}
            known.update(found)
        return [value for value in found.values() if value is not None]


def _bounds(name: str, asked: Mapping[str, Any]) -> tuple[float | None, float | None]:
    if name == "rate" and "band_platform" in asked:
        return None, None  # an estimate may stand for it
    if name == "updated_at":
        since: datetime | None = asked.get("updated_since")
        return (None if since is None else since.timestamp()), None
    low, high = asked.get(f"min_{name}"), asked.get(f"max_{name}")
    if name == "credibility" and low is not None:
        low = low / 100 - 1e-9
    return low, high


_indexes: WeakKeyDictionary[Engine, MemoryIndex] = WeakKeyDictionary()


def held(engine: Engine) -> MemoryIndex | None:
    """What this process holds of a database, if anything."""
    return _indexes.get(engine)


def hold(engine: Engine, index: MemoryIndex | None) -> None:
    if index is None:
        _indexes.pop(engine, None)
    else:
        _indexes[engine] = index
