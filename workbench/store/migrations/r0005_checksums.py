"""Revision 0005: transcripts, corpora, runs and their work lists have checksums, so that damage is seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from workbench.store import checksums

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns; the checksums of what was stored before are those of what is there now."""
    for table in ("transcripts", "corpora", "runs"):
        op.add_column(table, sa.Column("checksum", sa.String(16), nullable=False, server_default=""))
    op.add_column("runs", sa.Column("items_checksum", sa.String(16), nullable=False, server_default=""))
    checksums.seal_all(op.get_bind())
