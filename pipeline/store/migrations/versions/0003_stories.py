"""What folding remembers of items, doubts, repeats and updates, and what a reviewer's merge or split moved."""

import sqlalchemy as sa
from alembic import op

revision = "0003_stories"
down_revision = "0002_sources"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "unfolded",
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_unfolded_item_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_unfolded")),
    )
    op.execute(
        "INSERT INTO unfolded SELECT items.id FROM items"
        " LEFT JOIN memberships ON memberships.item_id = items.id"
        " LEFT JOIN skips ON skips.stage = 'dedupe' AND skips.subject = items.id"
        " WHERE memberships.item_id IS NULL AND skips.subject IS NULL"
    )
    op.create_table(
        "signatures",
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("meaning_sha256", sa.Text(), nullable=False),
        sa.Column("terms", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_signatures_item_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_signatures")),
    )
    op.create_index(op.f("ix_signatures_seen_at"), "signatures", ["seen_at"])
    op.create_table(
        "embeddings",
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("text_sha256", sa.Text(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("model", "text_sha256", name=op.f("pk_embeddings")),
    )
    op.create_index(op.f("ix_embeddings_used_at"), "embeddings", ["used_at"])
    op.create_table(
        "doubts",
        sa.Column("story_id", sa.Text(), nullable=False),
        sa.Column("other_id", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text()),
        sa.Column("decided_by", sa.Text()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name=op.f("fk_doubts_story_id")),
        sa.ForeignKeyConstraint(["other_id"], ["stories.id"], name=op.f("fk_doubts_other_id")),
        sa.PrimaryKeyConstraint("story_id", "other_id", name=op.f("pk_doubts")),
    )
    op.create_table(
        "repeats",
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("story_id", sa.Text(), nullable=False),
        sa.Column("repeat_of", sa.Text(), nullable=False),
        sa.Column("ran_in", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_repeats_issue_id")),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name=op.f("fk_repeats_story_id")),
        sa.ForeignKeyConstraint(["repeat_of"], ["stories.id"], name=op.f("fk_repeats_repeat_of")),
        sa.PrimaryKeyConstraint("issue_id", "story_id", name=op.f("pk_repeats")),
    )
    with op.batch_alter_table("slots") as table:
        table.add_column(sa.Column("update_of", sa.Text()))
        table.add_column(sa.Column("ran_in", sa.Text()))
    with op.batch_alter_table("reviews") as table:
        table.add_column(sa.Column("other_id", sa.Text()))
        table.add_column(sa.Column("moved", sa.JSON(), nullable=False, server_default=sa.text("'[]'")))
    with op.batch_alter_table("reviews") as table:  # the default is for the rows there; PostgreSQL compares no JSON
        table.alter_column("moved", server_default=None)
