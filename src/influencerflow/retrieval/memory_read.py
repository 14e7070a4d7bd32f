"""Reads the facets of all creators, or of those that changed, into arrays."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from influencerflow.embeddings.encoder import Vectors
from influencerflow.embeddings.registry import EmbeddingModel
from influencerflow.retrieval.memory import NUMBERS, WORDS, Columns, MemoryIndex
from influencerflow.retrieval.reduction import Reduction

_SAMPLED = 20_000
_ROWS_AT_ONCE = 10_000
# No word hashes to it but by a chance of one in 2**64.
_UNKNOWN = "-9223372036854775808"
# PostgreSQL's binary COPY format: a signature, flags and an extension before the rows, a count of -1 after them.
_HEADER, _TRAILER = 19, 2

# How a field is selected, and what it is sent as. None is NULL, so that all rows are as long.
_FIELDS = {
    "creator_id": ("creator_id", "V16"),
    **{name: (f"coalesce({name}::float8, 'NaN')", ">f8") for name in NUMBERS},
    "updated_at": ("coalesce(extract(epoch FROM updated_at)::float8, 'NaN')", ">f8"),
    **{name: (f"coalesce(hashtextextended({name}, 0), {_UNKNOWN})", ">i8") for name in WORDS},
    "has_contact": ("has_contact::int::int8", ">i8"),
}

Records = NDArray[np.void]
Fields = Mapping[str, tuple[str, str]]


def read_index(connection: Connection, model: EmbeddingModel) -> MemoryIndex:
    """Of everybody. The connection is in a snapshot, and the model's vectors are copied."""
    sample = [_floats(block["vector"]) for block in _copied(connection, {}, model, _sampled(connection))]
    reduction = Reduction.of(np.concatenate(sample) if sample else np.empty((0, model.dimensions), dtype=np.float32))
    return MemoryIndex.of(model, _since(connection), reduction, _read(connection, model, reduction, "creator_facets"))


def read_changes(connection: Connection, model: EmbeddingModel, index: MemoryIndex) -> MemoryIndex:
    """The same, with what changed since. Who was deleted stays until everybody is read again: SQL finds them no more."""
    changed = f"(SELECT * FROM creator_facets WHERE changed_by >= '{index.since:d}') AS changed"
    reduction = index.compared.reduction
    old, new = index.columns(), _read(connection, model, reduction, changed)
    kept = old.only(~_among(old.ids, new.ids))
    return MemoryIndex.of(model, _since(connection), reduction, Columns.joined([kept, new]))


def _among(ids: Records, others: Records) -> NDArray[np.bool_]:
    """Which of the `ids` are among the others. Half an id tells all but a few apart; the rest is compared whole."""
    found = np.isin(_halves(ids), _halves(others))
    whole = {id_.tobytes() for id_ in others}
    found[found] = [id_.tobytes() in whole for id_ in ids[found]]
    return found


def _halves(ids: Records) -> NDArray[np.uint64]:
    return np.ascontiguousarray(ids).view(np.uint64)[::2]


def _since(connection: Connection) -> int:
    """The oldest transaction whose end the snapshot does not see."""
    return int(connection.scalar(text("SELECT CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text)")) or 0)


def _sampled(connection: Connection) -> str:
    """Whole pages at random, the same ones as long as the table stays as it is."""
    creators = connection.scalar(text("SELECT reltuples FROM pg_class WHERE oid = 'creator_facets'::regclass")) or 0
    return f"creator_facets TABLESAMPLE SYSTEM ({min(100.0, 100 * _SAMPLED / max(creators, 1))}) REPEATABLE (0)"


def _read(connection: Connection, model: EmbeddingModel, reduction: Reduction, source: str) -> Columns:
    nobody = np.zeros(0, dtype=_record(_FIELDS, model))
    blocks = _copied(connection, _FIELDS, model, source)
    return Columns.joined([_columns(block, reduction) for block in (nobody, *blocks)])


def _columns(block: Records, reduction: Reduction) -> Columns:
    numbers = {name: block[name].astype(np.float64) for name in NUMBERS}
    words = {name: block[name].astype(np.int64) for name in WORDS}
    return Columns(block["creator_id"].copy(), numbers, words, reduction.reduce(_floats(block["vector"])))


def _record(fields: Fields, model: EmbeddingModel) -> np.dtype[np.void]:
    """A row of the binary COPY format: a count of fields, then length and value of each."""
    layout: list[Any] = [("count", ">i2")]
    for name, (_, dtype) in fields.items():
        layout += [(f"length of {name}", ">i4"), (name, dtype)]
    layout += [
        ("length of vector", ">i4"),
        ("dimensions", ">i2"),
        ("unused", ">i2"),
        ("vector", ">u2", (model.dimensions,)),
    ]
    return np.dtype(layout)


def _copied(connection: Connection, fields: Fields, model: EmbeddingModel, source: str) -> Iterator[Records]:
    """The fields and `vector` of everybody who has one, some thousand rows at a time."""
    record = _record(fields, model)
    selected = ", ".join([*(expression for expression, _ in fields.values()), "vector"])
    statement = f"COPY (SELECT {selected} FROM {source} WHERE vector IS NOT NULL) TO STDOUT (FORMAT binary)"
    cursor = connection.connection.cursor()
    with cursor.copy(statement) as copy:
        pending, skipped = bytearray(), _HEADER
        for data in copy:
            pending += data
            if len(pending) > skipped + _ROWS_AT_ONCE * record.itemsize:
                yield np.frombuffer(bytes(pending[skipped:]), record, _ROWS_AT_ONCE)
                pending, skipped = pending[skipped + _ROWS_AT_ONCE * record.itemsize :], 0
    rest = bytes(pending[skipped : len(pending) - _TRAILER])
    if rest:
        yield np.frombuffer(rest, record)


def _floats(halves: NDArray[np.uint16]) -> Vectors:
    """Half-precision numbers as they are sent, high byte first."""
    return halves.astype(np.uint16).view(np.float16).astype(np.float32)
