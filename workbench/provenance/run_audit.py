"""The audit of a run's own material, from what was measured while it ran: no audio is needed, and it can be computed again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from workbench.provenance.utterance_measures import count_words
from workbench.results import Results
from workbench.results.audio_facts import facts
from workbench.schema import AUDIT_UTTERANCES, CLEAN, SCORES
from workbench.text import language_of

BEFORE = ("active_level_db", "activity_factor", "source_floor_db", "source_snr_db")
"""Facts of the recording before a condition: the same under each, so that any condition tells them."""
WHY = "from the facts of the run"


def run_utterances(results: Results) -> pd.DataFrame:
    """Return AUDIT_UTTERANCES of a run: level, noise floor, SNR, pauses, words, pace and, of clean audio, roll-off.

    Measured at 16 kHz, as engines hear it. What a run does not measure (coding, edge, clipping, echo) is empty; so is all
    that is measured on audio where the transcripts were made elsewhere.

    Source: as FACTS.
    """
    scores = results.scores
    once = scores.drop_duplicates("utterance_id").set_index("utterance_id")
    told = facts(results)
    measured = told.groupby("utterance_id")[[name for name in BEFORE if name in told]].first().reindex(once.index)
    clean = told[told["condition_id"] == CLEAN].set_index("utterance_id")
    in_words = {info.corpus_id: language_of(info.language).unit == "word" for info in results.corpora}
    texts = scores.groupby("utterance_id")["reference_raw"].max().reindex(once.index)
    counted = once["corpus_id"].map(in_words).fillna(True).to_numpy(dtype=bool)
    words = texts.map(count_words).astype("float64").where(counted)
    fixed: dict[str, Any] = {column.name: np.nan for column in AUDIT_UTTERANCES.columns if column.dtype == "float64"}
    fixed |= {"container": "", "codec": "", "status": "ok", "reason": WHY}
    frame = once[["corpus_id", "speaker_id", *SCORES.attributes_of(scores)]].copy()
    for name, value in fixed.items():
        frame[name] = value
    for name in set(BEFORE) & set(measured) - {"activity_factor"}:
        frame[name] = measured[name].astype("float64")
    frame["duration_s"], frame["words"] = once["duration_s"].astype("float64"), words
    frame["words_per_s"] = words / frame["duration_s"].where(frame["duration_s"] > 0.0)
    if "activity_factor" in measured:
        frame["pause_percent"] = 100.0 * (1.0 - measured["activity_factor"].astype("float64"))
    if "rolloff_hz" in clean:
        frame["rolloff_hz"] = clean["rolloff_hz"].reindex(once.index).astype("float64")
    frame = frame.replace([np.inf, -np.inf], np.nan)
    return AUDIT_UTTERANCES.validate(frame.reset_index())
