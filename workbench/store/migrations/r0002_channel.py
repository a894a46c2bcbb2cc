"""Revision 0002: utterances say which channel of their file is heard."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; what was stored before was heard with all channels averaged, which is an empty value."""
    op.add_column("utterances", sa.Column("channel", sa.Integer))
