"""What is printed in a second language."""

import sqlalchemy as sa
from alembic import op

revision = "0005_translations"
down_revision = "0004_checks"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "translations",
        sa.Column("story_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("input_hash", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("story_id", "revision", "language", "number", name=op.f("pk_translations")),
    )
