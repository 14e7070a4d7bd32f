"""Which transaction changed a creator's facets, for the copy of them that web processes keep in memory."""

from pathlib import Path

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    cursor = op.get_bind().connection.cursor()
    cursor.execute(Path(__file__).with_name("0010_changed_facets.sql").read_text())
