"""Revision 0003: runs are numbered in the order in which they were made, whatever the clock says."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column; of what was stored before, the order is that of the clock, as it was shown."""
    op.add_column("runs", sa.Column("number", sa.Integer, nullable=False, server_default="0"))
    runs = sa.table("runs", sa.column("run_id"), sa.column("created_at"), sa.column("number"))
    connection = op.get_bind()
    newest_first = sorted(connection.execute(sa.select(runs.c.run_id, runs.c.created_at)).all())
    newest_first.sort(key=lambda row: row.created_at, reverse=True)
    for number, row in enumerate(reversed(newest_first), start=1):
        connection.execute(sa.update(runs).where(runs.c.run_id == row.run_id).values(number=number))
