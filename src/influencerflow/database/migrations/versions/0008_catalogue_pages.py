"""Notes, history, uploaded imports, and the orders the catalogue is browsed in."""

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    cursor = op.get_bind().connection.cursor()
    cursor.execute(Path(__file__).with_name("0008_catalogue_pages.sql").read_text())
