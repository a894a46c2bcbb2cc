"""The tables of the store, for SQLAlchemy. Text, numbers and JSON only: the same on SQLite and PostgreSQL."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, MetaData, String, Table, Text

METADATA = MetaData()

REVISION = "0007"
"""Of the tables below. Who changes them adds a module to ``migrations`` and raises this."""

VERSION = Table("alembic_version", METADATA, Column("version_num", String(32), primary_key=True))

TRANSCRIPTS = Table(
    "transcripts",
    METADATA,
    Column("transcript_key", String(40), primary_key=True),
    Column("condition_id", Text, nullable=False),
    Column("model_id", Text, nullable=False),
    Column("status", String(8), nullable=False),
    Column("error", Text),
    Column("hypothesis_raw", Text),
    Column("confidence", Float),
    Column("decode_s", Float),
    Column("duration_s", Float),
    Column("audio_digest", String(64)),
    Column("achieved_snr_db", Float),
    Column("facts", Text, nullable=False),
    Column("checksum", String(16), nullable=False, default="", server_default=""),
)

CORPORA = Table(
    "corpora",
    METADATA,
    Column("fingerprint", String(64), primary_key=True),
    Column("info", Text, nullable=False),
    Column("checksum", String(16), nullable=False, default="", server_default=""),
)

UTTERANCES = Table(
    "utterances",
    METADATA,
    Column("fingerprint", String(64), primary_key=True),
    Column("utterance_id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("corpus_id", Text, nullable=False),
    Column("speaker_id", Text, nullable=False),
    Column("prompt_id", Text, nullable=False),
    Column("slot", Integer, nullable=False),
    Column("path", Text, nullable=False),
    Column("start_s", Float),
    Column("end_s", Float),
    Column("channel", Integer),
    Column("duration_s", Float),
    Column("source_digest", String(64), nullable=False),
    Column("reference", Text, nullable=False),
    Column("attributes", Text, nullable=False),
)

RUNS = Table(
    "runs",
    METADATA,
    Column("run_id", String(64), primary_key=True),
    Column("study", Text, nullable=False),
    Column("study_json", Text, nullable=False),
    Column("study_digest", String(64), nullable=False),
    Column("base", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("state", String(12), nullable=False),
    Column("total", Integer, nullable=False, default=0),
    Column("done", Integer, nullable=False, default=0),
    Column("failed", Integer, nullable=False, default=0),
    Column("reused", Integer, nullable=False, default=0),
    Column("created_at", String(32), nullable=False),
    Column("started_at", String(32), nullable=False, default=""),
    Column("finished_at", String(32), nullable=False, default=""),
    Column("message", Text, nullable=False, default=""),
    Column("notes", Text, nullable=False, default="[]"),
    Column("versions", Text, nullable=False, default="{}"),
    Column("models", Text, nullable=False, default="[]"),
    Column("corpora", Text, nullable=False, default="[]"),
    Column("content_digest", String(64), nullable=False, default=""),
    Column("same_as", String(64), nullable=False, default=""),
    Column("host", Text, nullable=False, default=""),
    Column("pid", Integer, nullable=False, default=0),
    Column("pid_started", Float, nullable=False, default=0.0),
    Column("cancel_requested", Integer, nullable=False, default=0),
    Column("number", Integer, nullable=False, server_default="0"),
    Column("place", Text, nullable=False, default="", server_default=""),
    Column("owner", String(32), nullable=False, default="", server_default=""),
    Column("renewals", Integer, nullable=False, default=0, server_default="0"),
    Column("renewed_at", Float, nullable=False, default=0.0, server_default="0"),
    Column("items_checksum", String(16), nullable=False, default="", server_default=""),
    Column("checksum", String(16), nullable=False, default="", server_default=""),
    Column("belongs_to", String(64), nullable=False, default="", server_default=""),
)

RUN_ITEMS = Table(
    "run_items",
    METADATA,
    Column("run_id", String(64), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("utterance_id", Text, nullable=False),
    Column("condition_id", Text, nullable=False),
    Column("model_id", Text, nullable=False),
    Column("transcript_key", String(40), nullable=False),
    Index("run_items_by_key", "run_id", "transcript_key"),
)

RELEASES = Table(
    "releases",
    METADATA,
    Column("release_id", String(32), primary_key=True),
    Column("corpus_id", Text, primary_key=True),
    Column("run_id", String(64), nullable=False),
    Column("epsilon", Float, nullable=False),
    Column("budget", Float, nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("content", Text, nullable=False, default="", server_default=""),
)
"""What private releases cost the speakers of each corpus: the entry is made before the noise is drawn, and never taken back."""

PUBLISHED = Table(
    "published",
    METADATA,
    Column("card_hash", String(64), primary_key=True),
    Column("run_id", String(64), nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("salt", String(32), nullable=False),
    Column("content", Text, nullable=False),
)
"""Which groups of whom the cards of this store have shown, speakers by keyed hashes: the next card is compared with it."""
