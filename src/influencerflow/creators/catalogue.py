"""Browsing the catalogue: any order, a page at a time, as fast on the last page of a million as on the first."""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.exc import DataError
from sqlalchemy.types import NullType

from influencerflow.creators.schemas import Creator
from influencerflow.errors import InvalidInputError
from influencerflow.retrieval.filters import Filters

Sort = Literal["followers", "fewest", "engagement", "price", "name", "newest"]
# Beyond it nobody reads on, and counting on would take longer than finding the page.
COUNTED = 10_000
LONGEST_SEARCH = 100
# As the trigram index has it.
_SEARCHED = "lower(coalesce(c.name, '') || ' ' || coalesce(c.channel_name, ''))"


@dataclass(frozen=True, slots=True)
class _Order:
    """`value` of `creators` as an index has it, beside the id; unknown values come last in either direction."""

    value: str
    descending: bool
    parse: Callable[[str], object]
    creators: str = "creators"


# Figures are put in order by the indexes of the facets: indexes on `creators` would make a refresh of them twice as slow.
_FIGURES = """(SELECT c.*, f.followers AS known_followers, f.engagement AS known_engagement, f.rate AS known_rate
               FROM creators c JOIN creator_facets f ON f.creator_id = c.id)"""
_ORDERS: dict[Sort, _Order] = {
    "followers": _Order("c.known_followers", True, int, _FIGURES),
    "fewest": _Order("c.known_followers", False, int, _FIGURES),
    "engagement": _Order("c.known_engagement", True, float, _FIGURES),
    "price": _Order("c.known_rate", False, float, _FIGURES),
    "name": _Order("left(lower(c.name), 80)", False, str),
    "newest": _Order("c.created_at", True, datetime.fromisoformat),
}


@dataclass(frozen=True, slots=True)
class CataloguePage:
    """`before` and `after` are cursors to the neighbouring pages, None where there is none.

    `total` counts what passes the filters; it is exact up to COUNTED, otherwise at least that many.
    """

    creators: list[Creator]
    before: str | None
    after: str | None
    total: int
    exact: bool


@dataclass(frozen=True, slots=True)
class _Cursor:
    """A place in an order: of the creator there its value as PostgreSQL writes it, None when unknown, and its id."""

    value: str | None
    creator_id: UUID


def browse(
    connection: Connection,
    filters: Filters,
    *,
    q: str | None = None,
    sort: Sort = "followers",
    after: str | None = None,
    before: str | None = None,
    limit: int = 50,
) -> CataloguePage:
    """`q` is part of a name or handle. Raises InvalidInputError for a cursor that is none, or both at once."""
    if after and before:
        raise InvalidInputError.of_field("after", "and before exclude each other")
    order = _ORDERS[sort]
    condition, parameters = _condition(filters, q)
    total, exact = count_creators(connection, filters, q)
    backwards = before is not None
    name = "before" if backwards else "after"
    cursor = _read_cursor(name, after or before, order)
    try:
        source = (_few if parameters and exact else _many)(order.creators, condition)
        rows = _read(connection, order, source, parameters, cursor, limit + 1, backwards=backwards)
    except DataError as error:
        raise InvalidInputError.of_field(name, "is not a place in this list") from error
    more, rows = len(rows) > limit, rows[:limit]
    if backwards:
        rows.reverse()
    first = _cursor(rows[0]) if rows and (more if backwards else cursor) else None
    last = _cursor(rows[-1]) if rows and (cursor if backwards else more) else None
    return CataloguePage([Creator.model_validate(dict(row)) for row in rows], first, last, total, exact)


def count_creators(connection: Connection, filters: Filters, q: str | None = None) -> tuple[int, bool]:
    """How many pass the filters, and whether that is exact; of the whole catalogue PostgreSQL's own estimate will do."""
    condition, parameters = _condition(filters, q)
    counted = connection.scalar(
        text(f"SELECT count(*) FROM (SELECT FROM creators c WHERE {condition} LIMIT {COUNTED + 1}) AS counted"),
        parameters,
    )
    if not counted or counted <= COUNTED:
        return counted or 0, True
    if condition == "true":
        estimate = connection.scalar(text("SELECT reltuples FROM pg_class WHERE oid = 'creators'::regclass"))
        return max(COUNTED, int(estimate or 0)), False
    return COUNTED, False


def _condition(filters: Filters, q: str | None) -> tuple[str, dict[str, Any]]:
    passing = filters.where()
    condition, parameters = "true", dict(passing.parameters)
    if passing.asks:
        condition = f"c.id IN (SELECT f.creator_id FROM creator_facets f WHERE {passing.sql})"
    wanted = (q or "").strip().lower().lstrip("@")
    if wanted:
        escaped = wanted.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        condition = f"{condition} AND {_SEARCHED} LIKE :pattern" if parameters else f"{_SEARCHED} LIKE :pattern"
        parameters = {**parameters, "pattern": f"%{escaped}%"}
    return condition, parameters


def _read(
    connection: Connection,
    order: _Order,
    source: str,
    parameters: dict[str, Any],
    cursor: _Cursor | None,
    limit: int,
    *,
    backwards: bool,
) -> list[Any]:
    """Known values and unknown ones are two stretches of the list; a page may begin in one and end in the other."""
    descending = order.descending != backwards
    stretches = [False, True] if not backwards else [True, False]
    if cursor is not None:
        stretches = stretches[stretches.index(cursor.value is None) :]
    rows: list[Any] = []
    for index, unknown in enumerate(stretches):
        if len(rows) < limit:
            start = cursor if index == 0 else None
            statement = _statement(order, source, start, descending=descending, unknown=unknown)
            values = {**parameters, "limit": limit - len(rows)}
            if start is not None:
                values |= {"cursor_id": start.creator_id} | ({} if unknown else {"cursor_value": start.value})
            # Without a type, a value is read as the column's own, which adopted tables choose.
            typed = [bindparam("cursor_value", type_=NullType())] if start is not None and not unknown else []
            rows += connection.execute(text(statement).bindparams(*typed), values).mappings().all()
    return rows


def _many(creators: str, condition: str) -> str:
    """Walked through in the order of an index, until enough have been found."""
    return f"{{listed}} FROM {creators} c WHERE {condition} AND"


def _few(creators: str, condition: str) -> str:
    """Found first and put in order then: walking through a million in order for some hundred would take half a minute."""
    return (
        f"WITH passing AS MATERIALIZED (SELECT c.* FROM {creators} c WHERE {condition}) {{listed}} FROM passing c WHERE"
    )


def _statement(order: _Order, source: str, start: _Cursor | None, *, descending: bool, unknown: bool) -> str:
    beyond, direction = ("<", "DESC") if descending else (">", "ASC")
    place = "true"
    if start is not None:
        place = (
            f"c.id {beyond} :cursor_id" if unknown else f"({order.value}, c.id) {beyond} (:cursor_value, :cursor_id)"
        )
    ordered = f"c.id {direction}" if unknown else f"{order.value} {direction}, c.id {direction}"
    return f"""
        {source.format(listed=f"SELECT c.*, CAST({order.value} AS text) AS cursor_value")}
        {order.value} IS {"" if unknown else "NOT"} NULL AND {place} ORDER BY {ordered} LIMIT :limit
    """


def _cursor(row: Any) -> str:
    place = json.dumps([row["cursor_value"], row["id"].hex], ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(place).rstrip(b"=").decode()


def _read_cursor(name: str, written: str | None, order: _Order) -> _Cursor | None:
    if written is None:
        return None
    try:
        value, creator_id = json.loads(base64.urlsafe_b64decode(written + "=" * (-len(written) % 4)))
        if value is not None:
            order.parse(value)
        return _Cursor(value, UUID(creator_id))
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError):
        raise InvalidInputError.of_field(name, "is not a place in this list") from None


def list_platforms(connection: Connection) -> list[str]:
    """Those there are, from one entry of the index to the next."""
    found = connection.scalars(
        text("""
            WITH RECURSIVE known AS (
                (SELECT lower(platform) AS name FROM creators WHERE platform IS NOT NULL ORDER BY lower(platform) LIMIT 1)
                UNION ALL
                SELECT (SELECT lower(c.platform) FROM creators c WHERE lower(c.platform) > known.name
                        ORDER BY lower(c.platform) LIMIT 1)
                FROM known WHERE known.name IS NOT NULL
            )
            SELECT name FROM known WHERE name IS NOT NULL
        """)
    )
    return [name for name in found if name.strip()]
