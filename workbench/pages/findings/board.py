"""The board: every group under every condition side by side, the verdicts in words, rates and gaps with intervals."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from workbench.fairness.inference.verdicts import rules_in_words
from workbench.figures import (
    MEASURES,
    condition_label,
    gap_intervals,
    headline,
    measured_as,
    rate_heatmap,
    rate_intervals,
)
from workbench.pages.shared import address, cached, display, layout, run_choice
from workbench.results import Results

READ_MAP = (
    "Each cell is one group under one condition: its error rate and how many speakers it rests on. Darker means "
    "more errors. Read along a row to see what a condition does to a group, down a column to compare groups. A dark "
    "corner: too few speakers or words to speak for the group. Hatched: no interval. Hatched and grey: fewer "
    "than 20 % of the words right. Click a cell, or name it under *Open a cell*, to see and hear the utterances behind it."
)
READ_RATES = (
    "A point is the error rate of a group, the line its 95 % interval. The interval is speaker-clustered: it says "
    "how far the rate could move with other speakers of the group. Wide lines mean few speakers. Overlapping lines do "
    "not prove that groups are equal. Click a point to see and hear its utterances."
)
READ_GAPS = (
    "A point right of zero: more errors than those compared with. "
    f"{rules_in_words()} An outlined point is tentative. The grey band is the margin. Click a point to see and hear its "
    "utterances."
)
MEASURE = "What is counted in the first two figures. Gaps and verdicts are always those of the word error rate."


def board(loaded: Results, attribute: str, model: str, reference: str) -> None:
    """Show the verdicts in words, the heat map, and rates and gaps as small multiples."""
    gaps = cached.table(loaded, "gaps", attribute=attribute, reference=reference)
    gaps = gaps[gaps["model_id"] == model]
    if run_choice.nobody_else(loaded, attribute):
        gaps = gaps.iloc[:0]
    if len(gaps):
        rates = cached.table(loaded, "rates", by=attribute)
        text = headline(gaps, rates, attribute, model_id=model).sentences
        with st.container(border=True):
            st.markdown("\n\n".join(layout.plain(item) for item in text), help=f"{layout.GAP} {layout.CLUSTERED}")
    left, right = st.columns([2, 5])
    with left:
        measure = address.choose("Count", list(MEASURES), "measure", format_func=MEASURES.__getitem__, help=MEASURE)
    with right:
        shown = _conditions(loaded)
    if measure == "wer":
        rates = cached.table(loaded, "rates", by=attribute)
    else:
        rates = measured_as(cached.table(loaded, "metrics", by=attribute), measure)
    if not shown:
        st.info("Choose at least one condition.")
        return
    rates, gaps = _under(rates, shown), _under(gaps, shown)
    with left:
        cells = list(zip(rates[attribute].astype(str), rates["condition_id"], strict=True))
        address.name_cell(list(dict.fromkeys(cells)), attribute, "board_cell", label=condition_label)
    at = {"model_id": model, "measure": MEASURES[measure], "caveat": loaded.caveat}
    display.figure(rate_heatmap(rates, attribute, **at), key="findings_map", read=READ_MAP, opens=attribute)
    st.divider()
    display.figure(rate_intervals(rates, attribute, **at), key="findings_rates", read=READ_RATES, opens=attribute)
    if len(gaps):
        st.divider()
        picture = gap_intervals(
            gaps, model_id=model, attribute=attribute, margin=loaded.study.margin, caveat=loaded.caveat
        )
        display.figure(picture, key="findings_gaps", read=READ_GAPS, opens=attribute)


def _conditions(loaded: Results) -> list[str]:
    """Return the conditions that are chosen; the address holds them unless they are all."""
    if len(loaded.conditions) < 2:
        return loaded.conditions
    return address.choose_some("Conditions", loaded.conditions, "shown", format_func=condition_label, wrap=True)


def _under(frame: pd.DataFrame, conditions: list[str]) -> pd.DataFrame:
    return frame[frame["condition_id"].isin(conditions)]
