"""Transcripts that are to be printed on the service card: chosen in the findings, told to the card."""

from __future__ import annotations

import streamlit as st

CHOSEN = "card_examples"
"""In the session: run -> (utterance, condition) of the transcripts, in the order in which they were chosen."""
NONE = "No transcript is printed. In the findings, under *Utterances*, any can be chosen as an example."


def offer(run_id: str, utterance: str, condition: str) -> None:
    """Let the user print this transcript on the card of the run, or not."""
    example = _of(run_id)
    cell = (utterance, condition)
    wanted = st.toggle(
        "Print this transcript on the service card", cell in example, key=f"example_{run_id}_{utterance}_{condition}",
        help="A card holds no transcript but those chosen here, and no audio. Examples are illustrative only.",
    )  # fmt: skip
    if wanted and cell not in example:
        example.append(cell)
    elif not wanted and cell in example:
        example.remove(cell)


def chosen(run_id: str) -> tuple[tuple[str, str], ...]:
    """Return utterance and condition of the transcripts to print on the card of a run."""
    return tuple(_of(run_id))


def _of(run_id: str) -> list[tuple[str, str]]:
    result: list[tuple[str, str]] = st.session_state.setdefault(CHOSEN, {}).setdefault(run_id, [])
    return result
