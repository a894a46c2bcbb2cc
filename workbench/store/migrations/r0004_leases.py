"""Revision 0004: a run is leased to the process that works on it, which renews the lease while it lives."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns; a run that is under way without a lease is looked for among the processes of its host, as before."""
    op.add_column("runs", sa.Column("place", sa.Text, nullable=False, server_default=""))
    op.add_column("runs", sa.Column("owner", sa.String(32), nullable=False, server_default=""))
    op.add_column("runs", sa.Column("renewals", sa.Integer, nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("renewed_at", sa.Float, nullable=False, server_default="0"))
