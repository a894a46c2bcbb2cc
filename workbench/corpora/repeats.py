"""The same recording in several rows of a corpus."""

from __future__ import annotations

import pandas as pd


def repeated_recordings(rows: pd.DataFrame) -> list[str]:
    """Return a remark on recordings that stand in several rows: each row counts, so that their words weigh double."""
    again = rows[rows.duplicated("source_digest", keep=False) & (rows["source_digest"] != "")]
    if again.empty:
        return []
    first = again[again["source_digest"] == again["source_digest"].iloc[0]]
    spoken = again[["source_digest", "speaker_id"]].drop_duplicates()
    people = spoken.loc[spoken.duplicated("source_digest"), "source_digest"].nunique()
    n = again["source_digest"].nunique()
    counted = "1 recording" if n == 1 else f"{n} recordings"
    said = f"{again['corpus_id'].iloc[0]}: {len(again)} rows share {counted}"
    said += f", {people} of them under several speakers" if people else ""
    return [f"{said}; every row counts; first: {' and '.join(first['utterance_id'].head(2))}"]
