"""What the source says beside each finding, and how likely the checked text is to be right."""

import sqlalchemy as sa
from alembic import op

revision = "0004_checks"
down_revision = "0003_stories"


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("checks") as table:
        table.add_column(sa.Column("probability", sa.Float()))
        table.add_column(sa.Column("source_item_id", sa.Text()))
        table.add_column(sa.Column("source", sa.Text(), nullable=False, server_default=sa.text("''")))
