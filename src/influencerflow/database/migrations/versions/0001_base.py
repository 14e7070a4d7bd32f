"""The whole schema of the guide and the house plan, created or, on an existing platform, completed."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Straight to the driver: the file is SQL as written, without bind parameters for SQLAlchemy to look for.
    cursor = op.get_bind().connection.cursor()
    cursor.execute(Path(__file__).with_name("0001_base.sql").read_text())
