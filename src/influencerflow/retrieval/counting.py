"""How many creators pass the filters: exact, and counted once for each state of the catalogue."""

from collections import OrderedDict
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, text

from influencerflow.retrieval.filters import Filters

_KEPT = 1000
_counts: WeakKeyDictionary[Engine, OrderedDict[tuple[int, str], int]] = WeakKeyDictionary()
_lock = Lock()


def count_matching(connection: Connection, filters: Filters) -> int:
    """Embedded or not. Kept per process until the catalogue's change counter moves on."""
    condition = filters.where()
    counter = connection.scalar(text("SELECT coalesce(sum(changes), 0)::bigint FROM catalogue_changes")) or 0
    key = int(counter), condition.key
    with _lock:
        counts = _counts.setdefault(connection.engine, OrderedDict())
        if key in counts:
            counts.move_to_end(key)
            return counts[key]
    statement = text(f"SELECT count(*) FROM creator_facets f WHERE {condition.sql}")
    counted = int(connection.scalar(statement, condition.parameters) or 0)
    with _lock:
        counts[key] = counted
        while len(counts) > _KEPT:
            counts.popitem(last=False)
    return counted
