"""What the source says beside each finding, how likely the checked text is right, and the checks of leads."""

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
    with op.batch_alter_table("issues") as table:
        table.add_column(sa.Column("lead_about", sa.JSON(none_as_null=True)))
        table.add_column(sa.Column("lead_cut", sa.JSON(none_as_null=True)))
    op.create_table(
        "lead_checks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("claim", sa.Integer(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("probability", sa.Float()),
        sa.Column("source_item_id", sa.Text()),
        sa.Column("source", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_lead_checks_issue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_checks")),
    )
    op.create_index(op.f("ix_lead_checks_issue_id"), "lead_checks", ["issue_id"])
