"""Campaigns in the database. A deleted one is not there for anybody, until it is restored."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select, text, update

from influencerflow.campaigns.brief import Brief
from influencerflow.campaigns.schemas import Campaign
from influencerflow.database.tables import campaigns
from influencerflow.errors import NotFoundError

_KEPT = "30 days"
_there = campaigns.c.deleted_at.is_(None)


def create_campaign(connection: Connection, values: dict[str, Any]) -> Campaign:
    row = connection.execute(insert(campaigns).values(values).returning(campaigns)).mappings().one()
    return Campaign.model_validate(dict(row))


def get_campaign(connection: Connection, campaign_id: UUID) -> Campaign:
    """Raises NotFoundError."""
    row = connection.execute(select(campaigns).where(campaigns.c.id == campaign_id, _there)).mappings().one_or_none()
    if row is None:
        raise NotFoundError(f"There is no campaign {campaign_id}.", remedy="GET /api/campaigns lists those there are.")
    return Campaign.model_validate(dict(row))


def update_campaign(connection: Connection, campaign_id: UUID, values: dict[str, Any]) -> Campaign:
    changed = update(campaigns).where(campaigns.c.id == campaign_id, _there)
    connection.execute(changed.values({**values, "updated_at": func.now()}))
    return get_campaign(connection, campaign_id)


def duplicate_campaign(connection: Connection, campaign_id: UUID) -> Campaign:
    """A draft with the same brief. Raises NotFoundError."""
    brief = get_campaign(connection, campaign_id).model_dump(include=set(Brief.model_fields))
    return create_campaign(connection, {**brief, "status": "draft"})


def delete_campaign(connection: Connection, campaign_id: UUID) -> None:
    """It can be restored for a while, with everything that belongs to it. Raises NotFoundError."""
    get_campaign(connection, campaign_id)
    connection.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(deleted_at=func.now()))
    connection.execute(delete(campaigns).where(campaigns.c.deleted_at < func.now() - text(f"interval '{_KEPT}'")))


def restore_campaign(connection: Connection, campaign_id: UUID) -> Campaign:
    """Raises NotFoundError for one that is gone for good."""
    connection.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(deleted_at=None))
    return get_campaign(connection, campaign_id)


def list_campaigns(
    connection: Connection, *, status: str | None, q: str | None, offset: int, limit: int
) -> tuple[list[Campaign], int]:
    """The newest first, and how many there are in all. `q` looks in brand, product and niche."""
    conditions = [*_searched(q), *([campaigns.c.status == status] if status else [])]
    total = connection.scalar(select(func.count()).select_from(campaigns).where(*conditions)) or 0
    ordered = select(campaigns).where(*conditions).order_by(campaigns.c.created_at.desc().nulls_last(), campaigns.c.id)
    rows = connection.execute(ordered.offset(offset).limit(limit)).mappings()
    return [Campaign.model_validate(dict(row)) for row in rows], total


def count_by_status(connection: Connection, q: str | None) -> dict[str | None, int]:
    """The most frequent first."""
    counted = select(campaigns.c.status, func.count().label("campaigns")).where(*_searched(q))
    rows = connection.execute(counted.group_by(campaigns.c.status).order_by(func.count().desc(), campaigns.c.status))
    return {row.status: row.campaigns for row in rows}


def _searched(q: str | None) -> list[ColumnElement[bool]]:
    if not q:
        return [_there]
    columns = (campaigns.c.brand_name, campaigns.c.product_name, campaigns.c.product_niche)
    return [_there, or_(*(column.icontains(q, autoescape=True) for column in columns))]
