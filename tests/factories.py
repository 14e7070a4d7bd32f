"""Rows to test with: whatever a test does not say is plausible."""

import itertools
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert

from influencerflow.database.tables import campaigns, creators

_numbers = itertools.count(1)


def add_creator(connection: Connection, **values: Any) -> UUID:
    number = next(_numbers)
    row = {
        "name": f"Creator {number}",
        "platform": "instagram",
        "channel_name": f"creator_{number}",
        "niche": "fitness",
        "about": "Barbell training for busy people",
        "followers_count_numeric": 12_500,
        "engagement_rate": 3.4,
        "collaboration_rate": 400.0,
        **values,
    }
    added: UUID = connection.execute(insert(creators).values(row).returning(creators.c.id)).scalar_one()
    return added


def add_campaign(connection: Connection, **values: Any) -> UUID:
    row = {
        "brand_name": "Ironvale",
        "product_name": "Lift Log",
        "product_description": "An app that plans strength training",
        "target_audience": "Women aged 22-45",
        "key_use_cases": ["first barbell programme"],
        "product_niche": "fitness",
        "total_budget": 10_000.0,
        **values,
    }
    added: UUID = connection.execute(insert(campaigns).values(row).returning(campaigns.c.id)).scalar_one()
    return added
