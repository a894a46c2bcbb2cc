"""Revision 0006: private releases and what they cost the speakers of each corpus."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the table, unless the database has it: tables of a new kind are made when a store is opened."""
    if "releases" in sa.inspect(op.get_bind()).get_table_names():
        return
    op.create_table(
        "releases",
        sa.Column("release_id", sa.String(32), primary_key=True),
        sa.Column("corpus_id", sa.Text, primary_key=True),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("epsilon", sa.Float, nullable=False),
        sa.Column("budget", sa.Float, nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("content", sa.Text, nullable=False, server_default=""),
    )
