"""What sources wish and cost, pages of items, and the credit that a licence asks for."""

import sqlalchemy as sa
from alembic import op

revision = "0002_sources"
down_revision = "0001_first_tables"


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("sources") as table:
        table.add_column(sa.Column("options_hash", sa.Text()))
        table.add_column(sa.Column("entries", sa.Integer()))
        table.add_column(sa.Column("wish", sa.JSON(none_as_null=True)))
        table.add_column(sa.Column("alerted_at", sa.DateTime(timezone=True)))
    with op.batch_alter_table("items") as table:
        table.add_column(sa.Column("text_url", sa.Text(), nullable=False, server_default=sa.text("''")))
        table.add_column(sa.Column("credit", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.create_table(
        "pages",
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("body_sha256", sa.Text()),
        sa.Column("published_at", sa.DateTime(timezone=True)),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_pages_item_id")),
        sa.ForeignKeyConstraint(["body_sha256"], ["bodies.sha256"], name=op.f("fk_pages_body_sha256")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_pages")),
    )
    op.create_index(op.f("ix_pages_url"), "pages", ["url"])
    op.create_table(
        "robots",
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("origin", name=op.f("pk_robots")),
    )
    op.create_table(
        "spendings",
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("cost_usd_micros", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source_id", "day", name=op.f("pk_spendings")),
    )
