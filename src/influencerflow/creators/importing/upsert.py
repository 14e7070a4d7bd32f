"""Staged rows into the catalogue: a handful of statements, whatever the number of rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from psycopg.cursor import Cursor
from sqlalchemy import Connection, text

from influencerflow.creators.importing.columns import FIELDS
from influencerflow.creators.importing.readers import Rejection

_CHANNEL = "lower(ltrim({0}.channel_name, '@'))"
_SAME_CHANNEL = f"lower(c.platform) = lower(s.platform) AND {_CHANNEL.format('c')} = {_CHANNEL.format('s')}"
_UPDATED = [field for field in FIELDS if field != "id"]


@dataclass(frozen=True, slots=True)
class UpsertCounts:
    inserted: int
    updated: int
    unchanged: int


def create_staging(connection: Connection) -> None:
    """Has the catalogue's own column types, so that an adopted numeric(5,2) rounds before it is compared."""
    columns = ", ".join(FIELDS)
    connection.execute(text(f"CREATE TEMP TABLE staged ON COMMIT DROP AS SELECT {columns} FROM creators WITH NO DATA"))
    connection.execute(text("ALTER TABLE staged ADD row_number bigint, ADD match_id uuid, ADD channel_key text"))


def serialise_imports(connection: Connection) -> None:
    """Two imports of one new creator would both insert it, or wait for each other's rows in opposite orders."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('influencerflow import', 1))"))


def copy_rows(connection: Connection, rows: Iterable[tuple[int, dict[str, Any]]]) -> None:
    """COPY, the fastest way in; rows are consumed as they are parsed."""
    cursor: Cursor[Any] = connection.connection.cursor()  # type: ignore[assignment]
    with cursor.copy(f"COPY staged (row_number, {', '.join(FIELDS)}) FROM STDIN") as copy:
        for number, values in rows:
            copy.write_row([number, *(values.get(field) for field in FIELDS)])


def match_existing(connection: Connection) -> None:
    """By id, else by source and external id, else by platform and channel (the oldest, where there are several)."""
    connection.execute(text("ANALYZE staged"))
    connection.execute(text("UPDATE staged s SET match_id = c.id FROM creators c WHERE c.id = s.id"))
    # Without a source, an external id is the platform's own number, and platforms count alike.
    connection.execute(
        text("""
            UPDATE staged s SET match_id = found.id
            FROM (SELECT DISTINCT ON (s.row_number) s.row_number, c.id
                  FROM staged s JOIN creators c ON c.external_id = s.external_id AND c.source IS NOT DISTINCT FROM s.source
                  WHERE s.match_id IS NULL AND (s.source IS NOT NULL OR lower(c.platform) = lower(s.platform))
                  ORDER BY s.row_number, c.created_at, c.id) found
            WHERE s.row_number = found.row_number
        """)
    )
    connection.execute(
        text(f"""
            UPDATE staged s SET match_id = found.id
            FROM (SELECT DISTINCT ON (s.row_number) s.row_number, c.id
                  FROM staged s JOIN creators c ON {_SAME_CHANNEL}
                  WHERE s.match_id IS NULL ORDER BY s.row_number, c.created_at, c.id) found
            WHERE s.row_number = found.row_number
        """)
    )


def take_out_conflicts(connection: Connection) -> list[Rejection]:
    """Rows that are a creator an earlier row is already, and rows that would give a creator another's channel."""
    twice = connection.execute(
        text("""
            DELETE FROM staged s USING staged earlier
            WHERE earlier.match_id = s.match_id AND earlier.row_number < s.row_number
            RETURNING s.row_number, 'id', s.match_id::text, 'is the same creator as row ' || earlier.row_number
        """)
    ).all()
    # What a row leaves out stays as it is stored: a creator that moves to another platform keeps its channel's name.
    connection.execute(text(f"UPDATE staged s SET channel_key = {_CHANNEL.format('s')}"))
    connection.execute(
        text(f"""
            UPDATE staged s SET channel_key = {_CHANNEL.format("c")}
            FROM creators c WHERE c.id = s.match_id AND s.channel_name IS NULL
        """)
    )
    taken = connection.execute(
        text(f"""
            DELETE FROM staged s USING creators c
            WHERE s.match_id IS NOT NULL AND c.id <> s.match_id
              AND lower(c.platform) = lower(s.platform) AND {_CHANNEL.format("c")} = s.channel_key
              AND NOT EXISTS (SELECT FROM creators own WHERE own.id = s.match_id
                              AND lower(own.platform) = lower(s.platform) AND {_CHANNEL.format("own")} = s.channel_key)
            RETURNING s.row_number, 'channel_name', s.channel_key, 'belongs to creator ' || c.id || ' already'
        """)
    ).all()
    crossed = connection.execute(
        text(f"""
            DELETE FROM staged s USING staged earlier
            WHERE lower(earlier.platform) = lower(s.platform) AND earlier.channel_key = s.channel_key
              AND earlier.row_number < s.row_number
              AND NOT EXISTS (SELECT FROM creators own WHERE own.id = s.match_id
                              AND lower(own.platform) = lower(s.platform) AND {_CHANNEL.format("own")} = s.channel_key)
            RETURNING s.row_number, 'channel_name', s.channel_key, 'is the channel of row ' || earlier.row_number
        """)
    ).all()
    by_row = {row[0]: Rejection(row[0], row[1], row[2] or "", row[3]) for row in (*twice, *taken, *crossed)}
    return [by_row[number] for number in sorted(by_row)]


_MERGED = ", ".join(f"coalesce(s.{field}, c.{field})" for field in _UPDATED)
_CURRENT = ", ".join(f"c.{field}" for field in _UPDATED)
_CHANGED = f"FROM staged s JOIN creators c ON c.id = s.match_id WHERE ({_MERGED}) IS DISTINCT FROM ({_CURRENT})"


def count_changes(connection: Connection) -> UpsertCounts:
    """What `merge` would do."""
    matched, new, updated = connection.execute(
        text(f"""
            SELECT count(match_id), count(*) - count(match_id), (SELECT count(*) {_CHANGED}) FROM staged
        """)
    ).one()
    return UpsertCounts(new, updated, matched - updated)


def merge(connection: Connection) -> UpsertCounts:
    """A value the file does not have erases nothing; a creator that would not change is not touched."""
    matched = connection.scalar(text("SELECT count(*) FROM staged WHERE match_id IS NOT NULL")) or 0
    updated = inserted = 0
    # A statement that changes nothing would still count as a change of the catalogue.
    if connection.scalar(text(f"SELECT EXISTS (SELECT {_CHANGED})")):
        updated = connection.execute(
            text(f"""
                UPDATE creators SET ({", ".join(_UPDATED)}, updated_at) = (SELECT {", ".join(f"m.{f}" for f in _UPDATED)}, now())
                FROM (SELECT c.id AS changed_id, {", ".join(f"coalesce(s.{f}, c.{f}) AS {f}" for f in _UPDATED)} {_CHANGED}) m
                WHERE creators.id = m.changed_id
            """)
        ).rowcount
    if connection.scalar(text("SELECT EXISTS (SELECT FROM staged WHERE match_id IS NULL)")):
        columns = ", ".join(_UPDATED)
        inserted = connection.execute(
            text(f"""
                INSERT INTO creators (id, {columns})
                SELECT coalesce(id, gen_random_uuid()), {columns} FROM staged WHERE match_id IS NULL ORDER BY row_number
            """)
        ).rowcount
    return UpsertCounts(inserted, updated, matched - updated)
