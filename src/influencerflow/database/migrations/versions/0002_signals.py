"""What is read out of a creator's text: its words for the lexical run, and topics, places and the like for ranking."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    cursor = op.get_bind().connection.cursor()
    cursor.execute(Path(__file__).with_name("0002_signals.sql").read_text())
