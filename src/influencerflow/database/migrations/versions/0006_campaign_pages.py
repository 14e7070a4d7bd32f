"""Campaigns are deleted in two steps, so that it can be taken back."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    cursor = op.get_bind().connection.cursor()
    cursor.execute(Path(__file__).with_name("0006_campaign_pages.sql").read_text())
