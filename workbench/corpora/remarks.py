"""What a reader of the results should know of a corpus although no row is wrong."""

from __future__ import annotations

import pandas as pd


def remarks(rows: pd.DataFrame) -> list[str]:
    """Return what is odd about usable rows (UTTERANCES) and costs none of them: recordings in several rows, speakers whose
    ids differ only in case."""
    return [*repeated_recordings(rows), *case_twins(rows)]


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
    text = f"{again['corpus_id'].iloc[0]}: {len(again)} rows share {counted}"
    text += f", {people} of them under several speakers" if people else ""
    return [f"{text}; every row counts; first: {' and '.join(first['utterance_id'].head(2))}"]


def case_twins(rows: pd.DataFrame) -> list[str]:
    """Return a remark on speakers whose ids differ only in case: they count as several people."""
    speakers = pd.Series(rows["speaker_id"].unique(), dtype="str")
    folded = speakers.str.casefold()
    twins = speakers[folded.duplicated(keep=False)]
    if twins.empty:
        return []
    first = sorted(speakers[folded == folded[twins.index[0]]])
    others = f", {len(twins)} ids in all" if len(twins) > len(first) else ""
    return [
        f"{rows['corpus_id'].iloc[0]}: the speakers {' and '.join(map(repr, first))} differ only in case{others}; "
        "they count as different people"
    ]
