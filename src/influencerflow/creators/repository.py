"""Creators in the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, delete, func, insert, literal, or_, select, text, update
from sqlalchemy.exc import IntegrityError

from influencerflow.creators.display import followers_text
from influencerflow.creators.schemas import Creator
from influencerflow.database.tables import creators
from influencerflow.errors import ConflictError, NotFoundError
from influencerflow.scoring.demographics import Demographics, read_audience

_searched = func.lower(func.coalesce(creators.c.name, "") + " " + func.coalesce(creators.c.channel_name, ""))


def create_creator(connection: Connection, values: dict[str, Any]) -> Creator:
    """Raises ConflictError when the id, or the channel on that platform, is taken."""
    if values.get("id") and connection.scalar(select(creators.c.id).where(creators.c.id == values["id"])):
        raise ConflictError(
            f"There is a creator {values['id']} already.", remedy=f"PATCH /api/creators/{values['id']} changes it."
        )
    _refuse_taken_channel(connection, values.get("platform"), values.get("channel_name"), None)
    given = {key: value for key, value in values.items() if key != "id" or value is not None}
    try:
        with connection.begin_nested():
            row = connection.execute(insert(creators).values(_derived(given)).returning(creators)).mappings().one()
    except IntegrityError as error:
        raise _taken_meanwhile() from error
    return Creator.model_validate(dict(row))


def get_creator(connection: Connection, creator_id: UUID) -> Creator:
    """Raises NotFoundError."""
    row = connection.execute(select(creators).where(creators.c.id == creator_id)).mappings().one_or_none()
    if row is None:
        raise NotFoundError(f"There is no creator {creator_id}.", remedy="GET /api/creators lists those there are.")
    return Creator.model_validate(dict(row))


def update_creator(connection: Connection, creator_id: UUID, values: dict[str, Any]) -> Creator:
    """Changes the given fields only. Raises NotFoundError, ConflictError."""
    current = get_creator(connection, creator_id)
    if not values:
        return current
    platform, channel = values.get("platform", current.platform), values.get("channel_name", current.channel_name)
    if {"platform", "channel_name"} & values.keys():
        _refuse_taken_channel(connection, platform, channel, creator_id)
    changes = {**_derived(values), "updated_at": func.now()}
    try:
        with connection.begin_nested():
            connection.execute(update(creators).where(creators.c.id == creator_id).values(changes))
    except IntegrityError as error:
        raise _taken_meanwhile() from error
    return get_creator(connection, creator_id)


def delete_creator(connection: Connection, creator_id: UUID) -> None:
    get_creator(connection, creator_id)
    connection.execute(delete(creators).where(creators.c.id == creator_id))


def list_creators(
    connection: Connection,
    *,
    platform: str | None = None,
    country: str | None = None,
    language: str | None = None,
    niche: str | None = None,
    q: str | None = None,
    min_followers: int | None = None,
    max_followers: int | None = None,
    offset: int,
    limit: int,
) -> tuple[list[Creator], int]:
    """The most followed first, unknown last; and how many there are in all. `q` is part of a name or handle."""
    conditions: list[ColumnElement[bool]] = []
    for column, value in ((creators.c.platform, platform), (creators.c.country, country), (creators.c.niche, niche)):
        if value:
            conditions.append(func.lower(column) == value.lower())
    if language:
        tag = func.lower(creators.c.language)
        conditions.append(or_(tag == language.lower(), tag.startswith(language.lower() + "-", autoescape=True)))
    if q:
        conditions.append(_searched.contains(q.lower().lstrip("@"), autoescape=True))
    if min_followers is not None:
        conditions.append(creators.c.followers_count_numeric >= min_followers)
    if max_followers is not None:
        conditions.append(creators.c.followers_count_numeric <= max_followers)
    total = connection.scalar(select(func.count()).select_from(creators).where(*conditions)) or 0
    order = (creators.c.followers_count_numeric.desc().nulls_last(), creators.c.id)
    rows = connection.execute(
        select(creators).where(*conditions).order_by(*order).offset(offset).limit(limit)
    ).mappings()
    return [Creator.model_validate(dict(row)) for row in rows], total


def read_audiences(connection: Connection, ids: Sequence[str]) -> dict[str, Demographics]:
    """By id, what is known of the audiences of these creators."""
    asked = creators.c.id.in_([UUID(creator_id) for creator_id in ids])
    rows = connection.execute(select(creators.c.id, creators.c.audience).where(asked))
    return {str(row.id): read_audience(row.audience) for row in rows}


def read_updates(connection: Connection, ids: Sequence[str]) -> dict[str, datetime]:
    """By id, when what is known of these creators was last brought up to date."""
    asked = creators.c.id.in_([UUID(creator_id) for creator_id in ids])
    rows = connection.execute(select(creators.c.id, creators.c.updated_at).where(asked))
    return {str(row.id): row.updated_at for row in rows if row.updated_at}


def read_names(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, str | None]:
    rows = connection.execute(select(creators.c.id, creators.c.name).where(creators.c.id.in_(ids)))
    return {row.id: row.name for row in rows}


def _derived(values: dict[str, Any]) -> dict[str, Any]:
    """With the display text of a follower figure that comes without one."""
    if "followers_count_numeric" in values and not values.get("followers_count"):
        return {**values, "followers_count": followers_text(values["followers_count_numeric"])}
    return values


def _taken_meanwhile() -> ConflictError:
    """Only a writer that does not take our lock, an import for one, gets this far."""
    return ConflictError("Another writer took this id or channel meanwhile.", remedy="Look it up and try again.")


def _refuse_taken_channel(
    connection: Connection, platform: str | None, channel: str | None, own_id: UUID | None
) -> None:
    if not platform or not channel:
        return
    # Adopted databases may lack the unique index; two requests for one channel still must not both pass.
    key = f"{platform}/{channel.lstrip('@')}".lower()
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 1))"), {"key": key})
    same_channel = func.lower(func.ltrim(creators.c.channel_name, "@")) == func.lower(func.ltrim(literal(channel), "@"))
    same = select(creators.c.id).where(func.lower(creators.c.platform) == platform.lower(), same_channel)
    taken = connection.scalar(same.where(creators.c.id != own_id) if own_id else same)
    if taken:
        raise ConflictError(
            f"{platform} @{channel.lstrip('@')} is creator {taken} already.",
            remedy=f"PATCH /api/creators/{taken} changes it.",
        )
