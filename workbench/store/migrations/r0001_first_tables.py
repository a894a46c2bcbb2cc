"""Revision 0001: the tables of the first release, which kept no revision."""

from __future__ import annotations

revision = "0001"
down_revision = None


def upgrade() -> None:
    """A store of this revision has its tables already; a new one is made at the latest revision."""
