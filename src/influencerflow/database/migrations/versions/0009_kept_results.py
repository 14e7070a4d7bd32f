"""Ranked results that are kept for an hour, to be paged through; room in the catalogue for new figures."""

from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    cursor = op.get_bind().connection.cursor()
    cursor.execute(Path(__file__).with_name("0009_kept_results.sql").read_text())
