"""Choose one utterance of a corpus by its speaker."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st


def choose_clip(utterances: pd.DataFrame, *, key: str) -> Any:
    """Return the UTTERANCES row that is chosen in two selectboxes, speaker and text."""
    left, right = st.columns([1, 2])
    speaker = left.selectbox(
        "Speaker", list(utterances["speaker_id"].unique()), key=f"{key}_speaker", persist_state="session"
    )
    rows = utterances[utterances["speaker_id"] == speaker].set_index("utterance_id", drop=False)
    clip = right.selectbox(
        "Utterance",
        list(rows.index),
        format_func=lambda one: f"{rows.loc[one, 'reference']}  ({str(one).partition('/')[2]})",
        key=f"{key}_utterance",
        persist_state="session",
    )
    return rows.loc[clip if clip in rows.index else rows.index[0]]
