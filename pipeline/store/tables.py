"""The tables (SQLAlchemy Core). A change here needs a migration in migrations/versions; a test compares the two.

Items and stories carry no status: a stage's to-do list is a query for what is missing. ``*_at`` columns are UTC.
"""

import zlib
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import SchemaItem

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


class UTCDateTime(sa.TypeDecorator[datetime]):
    """An aware UTC datetime in and out; SQLite has no type for it and keeps sortable text."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware to UTC; a naive datetime is a bug."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive datetime reached the store: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Back to aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Compressed(sa.TypeDecorator[bytes]):
    """Bytes in and out; kept as zlib (RFC 1950) where that is shorter. A feed shrinks to a fifth."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """The first byte says which."""
        if value is None:
            return None
        packed = zlib.compress(value, level=1)
        return b"z" + packed if len(packed) < len(value) else b"-" + value

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """As they were."""
        if value is None:
            return None
        return zlib.decompress(value[1:]) if value[:1] == b"z" else bytes(value[1:])


def _text(name: str, *, key: bool = False, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=key, nullable=null)


def _at(name: str, *, null: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, UTCDateTime, nullable=null)


sources = sa.Table(
    "sources",
    metadata,
    _text("id", key=True),
    _text("url", null=True),
    sa.Column("validators", sa.JSON, nullable=False),
    _text("cursor", null=True),
    _text("moved_to", null=True),
    _at("next_fetch_at", null=True),
    _at("checked_at", null=True),
    _at("succeeded_at", null=True),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    _text("trouble", null=True),
    _at("gone_at", null=True),
    _text("options_hash", null=True),
    sa.Column("entries", sa.Integer),
    sa.Column("wish", sa.JSON(none_as_null=True)),
    _at("alerted_at", null=True),
)

bodies = sa.Table("bodies", metadata, _text("sha256", key=True), sa.Column("body", Compressed, nullable=False))

payloads = sa.Table(
    "payloads",
    metadata,
    _text("source_id", key=True),
    _text("url", key=True),
    sa.Column("fetched_at", UTCDateTime, primary_key=True),
    _text("media_type"),
    sa.Column("sha256", sa.Text, sa.ForeignKey("bodies.sha256"), nullable=False),
)

items = sa.Table(
    "items",
    metadata,
    _text("id", key=True),
    _text("source_id"),
    _text("guid"),
    _text("url"),
    _text("via", null=True),
    _text("title"),
    sa.Column("body_sha256", sa.Text, sa.ForeignKey("bodies.sha256"), nullable=False),
    _text("kind"),
    sa.Column("authors", sa.JSON, nullable=False),
    _text("language"),
    _at("published_at", null=True),
    _at("fetched_at"),
    sa.Column("points", sa.Integer),
    sa.Column("comments", sa.Integer),
    sa.Column("media", sa.JSON, nullable=False),
    sa.Column("text_url", sa.Text, nullable=False, server_default=sa.text("''")),
    sa.Column("credit", sa.Text, nullable=False, server_default=sa.text("''")),
    sa.UniqueConstraint("source_id", "guid"),
    sa.Index(None, "fetched_at"),
)

pages = sa.Table(
    "pages",
    metadata,
    sa.Column("item_id", sa.Text, sa.ForeignKey("items.id"), primary_key=True),
    sa.Column("url", sa.Text, nullable=False, index=True),
    sa.Column("body_sha256", sa.Text, sa.ForeignKey("bodies.sha256")),
    _at("published_at", null=True),
    _text("outcome"),
    _at("fetched_at"),
)

robots = sa.Table("robots", metadata, _text("origin", key=True), _text("body"), _at("fetched_at"))

spendings = sa.Table(
    "spendings",
    metadata,
    _text("source_id", key=True),
    _text("day", key=True),
    sa.Column("cost_usd_micros", sa.BigInteger, nullable=False),
)

stories = sa.Table("stories", metadata, _text("id", key=True), _at("first_seen_at"))

memberships = sa.Table(
    "memberships",
    metadata,
    sa.Column("item_id", sa.Text, sa.ForeignKey("items.id"), primary_key=True),
    sa.Column("story_id", sa.Text, sa.ForeignKey("stories.id"), nullable=False, index=True),
    _text("method"),
    sa.Column("score", sa.Float, nullable=False),
)

# An index of what is missing: the items that are in no story and were not skipped. To find those by looking for rows
# that are not there takes a second with a million items, on every run.
unfolded = sa.Table("unfolded", metadata, sa.Column("item_id", sa.Text, sa.ForeignKey("items.id"), primary_key=True))

# What tells whether a new item may belong to the story of this one, so that a run need not read the texts of two weeks.
signatures = sa.Table(
    "signatures",
    metadata,
    sa.Column("item_id", sa.Text, sa.ForeignKey("items.id"), primary_key=True),
    sa.Column("seen_at", UTCDateTime, nullable=False, index=True),
    _text("url_key"),
    _text("text_hash"),
    _text("meaning_sha256"),
    sa.Column("terms", sa.LargeBinary, nullable=False),
)

embeddings = sa.Table(
    "embeddings",
    metadata,
    _text("model", key=True),
    _text("text_sha256", key=True),
    sa.Column("vector", sa.LargeBinary, nullable=False),
    sa.Column("used_at", UTCDateTime, nullable=False, index=True),
)

doubts = sa.Table(
    "doubts",
    metadata,
    sa.Column("story_id", sa.Text, sa.ForeignKey("stories.id"), primary_key=True),
    sa.Column("other_id", sa.Text, sa.ForeignKey("stories.id"), primary_key=True),
    sa.Column("score", sa.Float, nullable=False),
    _text("reason"),
    _text("verdict", null=True),
    _text("decided_by", null=True),
    _at("at"),
)

skips = sa.Table("skips", metadata, _text("stage", key=True), _text("subject", key=True), _text("reason"), _at("at"))

issues = sa.Table(
    "issues",
    metadata,
    _text("id", key=True),
    _at("opens_at"),
    _at("closes_at"),
    _at("publish_at"),
    _text("status"),
    _text("subject"),
    sa.Column("lead", sa.JSON(none_as_null=True)),
    sa.Column("lead_about", sa.JSON(none_as_null=True)),
    sa.Column("lead_cut", sa.JSON(none_as_null=True)),
    sa.Column("counts", sa.JSON, nullable=False),
    _text("approved_sha256", null=True),
    _text("approved_by", null=True),
)

slots = sa.Table(
    "slots",
    metadata,
    sa.Column("issue_id", sa.Text, sa.ForeignKey("issues.id"), primary_key=True),
    sa.Column("story_id", sa.Text, sa.ForeignKey("stories.id"), primary_key=True),
    _text("section"),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("parts", sa.JSON, nullable=False),
    sa.Column("revision", sa.Integer),
    sa.Column("brief", sa.Boolean, nullable=False),
    _text("update_of", null=True),
    _text("ran_in", null=True),
)

# Stories that an issue left out because they ran before.
repeats = sa.Table(
    "repeats",
    metadata,
    sa.Column("issue_id", sa.Text, sa.ForeignKey("issues.id"), primary_key=True),
    sa.Column("story_id", sa.Text, sa.ForeignKey("stories.id"), primary_key=True),
    sa.Column("repeat_of", sa.Text, sa.ForeignKey("stories.id"), nullable=False),
    _text("ran_in"),
    sa.Column("score", sa.Float, nullable=False),
)

summaries = sa.Table(
    "summaries",
    metadata,
    sa.Column("story_id", sa.Text, sa.ForeignKey("stories.id"), primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    _text("language"),
    _text("input_hash"),
    _text("headline"),
    sa.Column("claims", sa.JSON, nullable=False),
    _text("why_it_matters", null=True),
    sa.Column("tags", sa.JSON, nullable=False),
    _text("written_by"),
    _at("written_at"),
    _text("note", null=True),
    sa.Column("cut", sa.JSON, nullable=False),
    _at("verified_at", null=True),
)


def _finding() -> tuple[SchemaItem, ...]:
    """What a check found, wherever."""
    return (
        sa.Column("claim", sa.Integer, nullable=False),
        _text("method"),
        _text("verdict"),
        sa.Column("start", sa.Integer, nullable=False),
        sa.Column("end", sa.Integer, nullable=False),
        _text("note"),
        sa.Column("probability", sa.Float),
        _text("source_item_id", null=True),
        sa.Column("source", sa.Text, nullable=False, server_default=sa.text("''")),
    )


checks = sa.Table(
    "checks",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _text("story_id"),
    sa.Column("revision", sa.Integer, nullable=False),
    *_finding(),
    sa.ForeignKeyConstraint(["story_id", "revision"], ["summaries.story_id", "summaries.revision"]),
    sa.Index(None, "story_id", "revision"),
)

lead_checks = sa.Table(
    "lead_checks",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("issue_id", sa.Text, sa.ForeignKey("issues.id"), nullable=False, index=True),
    *_finding(),
)

reviews = sa.Table(
    "reviews",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("issue_id", sa.Text, sa.ForeignKey("issues.id"), nullable=False, index=True),
    _text("story_id", null=True),
    sa.Column("revision", sa.Integer),
    _text("action"),
    _text("reviewer"),
    _text("channel"),
    _text("comment"),
    sa.Column("position", sa.Integer),
    _text("sha256", null=True),
    _text("other_id", null=True),
    sa.Column("moved", sa.JSON, nullable=False),
    _at("decided_at"),
)

renderings = sa.Table(
    "renderings",
    metadata,
    sa.Column("issue_id", sa.Text, sa.ForeignKey("issues.id"), primary_key=True),
    _text("format", key=True),
    _text("language", key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
    _text("sha256"),
)

recipients = sa.Table(
    "recipients", metadata, _text("address", key=True), _text("name"), _at("added_at"), _at("removed_at", null=True)
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("issue_id", sa.Text, sa.ForeignKey("issues.id"), primary_key=True),
    _text("channel", key=True),
    _text("recipient", key=True),
    _text("status"),
    sa.Column("attempts", sa.Integer, nullable=False),
    _text("message_id"),
    _at("changed_at"),
    _at("next_attempt_at", null=True),
    _text("detail"),
    sa.Index(None, "status"),
)

model_answers = sa.Table("model_answers", metadata, _text("key", key=True), _text("answer"), _at("at"))

model_calls = sa.Table(
    "model_calls",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _text("stage"),
    _text("prompt"),
    _text("model"),
    sa.Column("input_tokens", sa.Integer, nullable=False),
    sa.Column("output_tokens", sa.Integer, nullable=False),
    sa.Column("cached_tokens", sa.Integer, nullable=False),
    sa.Column("cost_usd_micros", sa.BigInteger, nullable=False),
    sa.Column("duration_ms", sa.Integer, nullable=False),
    sa.Column("from_cache", sa.Boolean, nullable=False),
    _text("error"),
    _at("called_at"),
)

# Texts that are printed, in another language. ``story_id`` is the id of the issue where the text is of its lead;
# ``number`` is that of ``Check.claim``. An empty ``text``: none that held was given.
translations = sa.Table(
    "translations",
    metadata,
    _text("story_id", key=True),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    _text("language", key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    _text("source"),
    _text("text"),
    _text("input_hash"),
    _text("written_by"),
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _at("started_at"),
    _at("finished_at", null=True),
    sa.Column("exit_code", sa.Integer),
    sa.Column("counts", sa.JSON, nullable=False),
)

problems = sa.Table(
    "problems",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.id"), index=True),
    _text("stage"),
    _text("subject"),
    _text("kind"),
    _text("message"),
    _at("at"),
)

secrets = sa.Table("secrets", metadata, _text("name", key=True), _text("value"))
