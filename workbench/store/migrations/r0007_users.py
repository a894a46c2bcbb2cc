"""Revision 0007: a run belongs to the user of a shared server who started it; what cards have shown is kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column; what was run before belongs to nobody, and is given to somebody with ``workbench share``."""
    op.add_column("runs", sa.Column("belongs_to", sa.String(64), nullable=False, server_default=""))
    if (
        "published" in sa.inspect(op.get_bind()).get_table_names()
    ):  # tables of a new kind are made when a store is opened
        return
    op.create_table(
        "published",
        sa.Column("card_hash", sa.String(64), primary_key=True),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("salt", sa.String(32), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
