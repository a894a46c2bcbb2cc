"""Rows of the table of utterances: written from a corpus, read back as UTTERANCES."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from workbench.corpora import Corpus
from workbench.schema import UTTERANCES
from workbench.store import sql_tables


def written(corpus: Corpus) -> list[dict[Hashable, Any]]:
    """Return a row per utterance, in manifest order; its attributes are one JSON object."""
    frame = corpus.utterances
    fixed = frame[UTTERANCES.column_names].astype(object)
    rows: list[dict[Hashable, Any]] = fixed.where(fixed.notna(), None).to_dict("records")
    levels = frame[UTTERANCES.attributes_of(frame)].to_dict("records")
    for position, (row, level) in enumerate(zip(rows, levels, strict=True)):
        row |= {
            "fingerprint": corpus.info.fingerprint,
            "position": position,
            "attributes": json.dumps(level, ensure_ascii=False),
        }
    return rows


def read(rows: Sequence[Mapping[Any, Any]]) -> pd.DataFrame:
    """Return UTTERANCES of the rows of one corpus."""
    frame = pd.DataFrame(rows, columns=[column.name for column in sql_tables.UTTERANCES.columns])
    levels = pd.DataFrame([json.loads(text) for text in frame["attributes"]], index=frame.index)
    frame = frame[UTTERANCES.column_names].join(levels)
    for name in ("start_s", "end_s", "duration_s"):
        frame[name] = frame[name].astype("float64")
    return UTTERANCES.validate(frame)


def one(connection: sa.Connection, fingerprint: str, utterance_id: str) -> pd.DataFrame:
    """Return UTTERANCES of one utterance of a stored corpus, without reading the others; empty if it is not there."""
    rows = sql_tables.UTTERANCES
    query = sa.select(rows).where(rows.c.fingerprint == fingerprint, rows.c.utterance_id == utterance_id)
    return read(connection.execute(query).mappings().all())
