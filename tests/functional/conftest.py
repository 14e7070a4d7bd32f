"""A database with creators and a campaign, for pages in a browser."""

import pytest
from tests.browsing import FLAGS, HOSTILE, RTL, ZALGO
from tests.conftest import database_url, run_sql
from tests.factories import add_campaign, add_creator

from influencerflow.database.embedded import EmbeddedServer
from influencerflow.database.engine import Database
from influencerflow.settings import Settings
from influencerflow.worker.worker import Worker

# The campaign of the stocked database.
CAMPAIGN = "5f0c3a52-6a51-4f0e-8d4e-0c5f5f1c2a10"
HOSTILE_NAME = f"Ana {RTL} {HOSTILE} {FLAGS} {ZALGO} {'x' * 1000}"


@pytest.fixture(scope="session")
def stocked(server: EmbeddedServer, template: str, settings: Settings) -> str:
    """The name of a database with 25 creators, one of them hostile, all embedded, and a campaign for them."""
    run_sql(server, f"CREATE DATABASE template_stocked TEMPLATE {template}")
    database = Database(database_url(server, "template_stocked"))
    with database.transaction() as connection:
        add_creator(
            connection,
            name=HOSTILE_NAME,
            about=f"Barbell {HOSTILE} {RTL} {ZALGO} {FLAGS} {'y' * 1000}",
            niche=f"fitness {HOSTILE}",
            profile_image="http://x/y.png",
            followers_count_numeric=90_000,
            country="AT",
            language="de",
        )
        for number in range(24):
            add_creator(
                connection,
                about=f"Pasta number {number}",
                niche="cooking" if number % 2 else None,
                engagement_rate=None,
                platform="tiktok" if number % 3 else "youtube",
                followers_count_numeric=1_000 * (number + 1),
                collaboration_rate=50.0 * (number + 1) if number < 12 else None,
            )
        add_campaign(connection, id=CAMPAIGN)
    Worker(database, settings).drain()
    database.close()
    return "template_stocked"
