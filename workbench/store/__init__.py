"""What was expensive and what was done: transcripts and runs, in SQLite or PostgreSQL."""

from workbench.extras import load_package

load_package("sqlalchemy")  # before the modules below ask for it by its bare name

from workbench.files import home
from workbench.store.database import Store, open_store
from workbench.store.database_access import default_url, upgrade, without_password
from workbench.store.records import RunRecord, RunState, now
from workbench.store.runs import EVERYBODY
from workbench.store.sql_tables import REVISION

__all__ = [
    "EVERYBODY",
    "REVISION",
    "RunRecord",
    "RunState",
    "Store",
    "default_url",
    "home",
    "now",
    "open_store",
    "upgrade",
    "without_password",
]
