"""Models change without downtime: the previous one stays in step as `standby`, and how long edits take is kept."""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    cursor = op.get_bind().connection.cursor()
    cursor.execute(Path(__file__).with_name("0004_models.sql").read_text())
