"""Campaigns in the database."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select, update

from influencerflow.campaigns.schemas import Campaign
from influencerflow.database.tables import campaigns
from influencerflow.errors import NotFoundError


def create_campaign(connection: Connection, values: dict[str, Any]) -> Campaign:
    row = connection.execute(insert(campaigns).values(values).returning(campaigns)).mappings().one()
    return Campaign.model_validate(dict(row))


def get_campaign(connection: Connection, campaign_id: UUID) -> Campaign:
    """Raises NotFoundError."""
    row = connection.execute(select(campaigns).where(campaigns.c.id == campaign_id)).mappings().one_or_none()
    if row is None:
        raise NotFoundError(f"There is no campaign {campaign_id}.", remedy="GET /api/campaigns lists those there are.")
    return Campaign.model_validate(dict(row))


def update_campaign(connection: Connection, campaign_id: UUID, values: dict[str, Any]) -> Campaign:
    changed = update(campaigns).where(campaigns.c.id == campaign_id).values({**values, "updated_at": func.now()})
    connection.execute(changed)
    return get_campaign(connection, campaign_id)


def delete_campaign(connection: Connection, campaign_id: UUID) -> None:
    get_campaign(connection, campaign_id)
    connection.execute(delete(campaigns).where(campaigns.c.id == campaign_id))


def list_campaigns(
    connection: Connection, *, status: str | None, q: str | None, offset: int, limit: int
) -> tuple[list[Campaign], int]:
    """The newest first, and how many there are in all. `q` looks in brand, product and niche."""
    conditions: list[ColumnElement[bool]] = []
    if status:
        conditions.append(campaigns.c.status == status)
    if q:
        columns = (campaigns.c.brand_name, campaigns.c.product_name, campaigns.c.product_niche)
        conditions.append(or_(*(column.icontains(q, autoescape=True) for column in columns)))
    total = connection.scalar(select(func.count()).select_from(campaigns).where(*conditions)) or 0
    ordered = select(campaigns).where(*conditions).order_by(campaigns.c.created_at.desc().nulls_last(), campaigns.c.id)
    rows = connection.execute(ordered.offset(offset).limit(limit)).mappings()
    return [Campaign.model_validate(dict(row)) for row in rows], total
