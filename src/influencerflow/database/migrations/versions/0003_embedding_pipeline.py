"""Lanes, workers and their leases, vectors found by their text, shortened texts noted."""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    cursor = op.get_bind().connection.cursor()
    cursor.execute(Path(__file__).with_name("0003_embedding_pipeline.sql").read_text())
