"""How far a run is, engine by engine and condition by condition."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from workbench.store import sql_tables
from workbench.store.database import Store

COLUMNS = ["model_id", "condition_id", "total", "done", "failed", "audio_s"]


def run_matrix(store: Store, run_id: str) -> pd.DataFrame:
    """Return one row per model x condition of a run, in its order: items, those done, those failed, audio done in seconds."""
    items, transcripts = sql_tables.RUN_ITEMS, sql_tables.TRANSCRIPTS
    failed = sa.func.sum(sa.case((transcripts.c.status == "failed", 1), else_=0))
    query = (
        sa.select(
            items.c.model_id,
            items.c.condition_id,
            sa.func.count().label("total"),
            sa.func.count(transcripts.c.transcript_key).label("done"),
            failed.label("failed"),
            sa.func.coalesce(sa.func.sum(transcripts.c.duration_s), 0.0).label("audio_s"),
        )
        .select_from(items.outerjoin(transcripts, transcripts.c.transcript_key == items.c.transcript_key))
        .where(items.c.run_id == run_id)
        .group_by(items.c.model_id, items.c.condition_id)
        .order_by(sa.func.min(items.c.position))
    )
    with store.connected() as connection:
        rows = connection.execute(query).all()
    frame = pd.DataFrame([tuple(row) for row in rows], columns=COLUMNS)
    return frame.astype({"total": "int64", "done": "int64", "failed": "int64", "audio_s": "float64"})
