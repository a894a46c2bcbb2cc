"""What was expensive and what was done: transcripts and runs, in SQLite or PostgreSQL."""

from workbench.store.database import Store, default_url, home, open_store
from workbench.store.records import RunRecord, RunState, now

__all__ = ["RunRecord", "RunState", "Store", "default_url", "home", "now", "open_store"]
