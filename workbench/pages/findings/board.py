"""The board: every group under every condition side by side, the verdicts in words, rates and gaps with intervals."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from workbench.fairness import REST
from workbench.fairness.inference.verdicts import rules_in_words
from workbench.figures import (
    MEASURES,
    condition_label,
    gap_intervals,
    measured_as,
    rate_heatmap,
    rate_intervals,
)
from workbench.figures.board_table import Shown, board_table
from workbench.figures.metric_rows import rate_in_words
from workbench.pages.findings import board_component
from workbench.pages.shared import address, cached, display, layout, run_choice
from workbench.results import Results

READ_MAP = (
    "Each cell is one group under one condition: its error rate, or its gap to those it is compared with, and the 95 % interval below. "
    "Read along a row to see what a condition does to a group, down a column to compare groups. ▲ and ▼ are firm gaps, △ and ▽ tentative ones. Pale: "
    "fewer than 5 speakers or 500 words, or a tentative gap. Striped: fewer than 20 % of the words right. Click a cell to see and hear the utterances "
    "behind it."
)
READ_RATES = (
    "A point is the error rate of a group, the line its 95 % interval. The interval is clustered on speaker: it shows "
    "how far the rate could move with other speakers of the group. Wide lines mean few speakers. Overlapping lines do "
    "not prove that groups are equal. Click a point to see and hear its utterances."
)
READ_GAPS = (
    f"Right of zero: more errors than the comparison group. {rules_in_words()} An outlined point is tentative. The "
    "grey band is the margin. Click a point to see and hear its utterances."
)
CELLS: dict[str, Shown] = {"Rates": "rates", "Gaps": "gaps"}
"""What stands in the cells of the board."""
MEASURE = "Metric of the first two figures. Gaps and verdicts always use the error rate."


def board(loaded: Results, attribute: str, model: str, reference: str) -> None:
    """Show the board, and rates and gaps as small multiples."""
    gaps = cached.table(loaded, "gaps", attribute=attribute, reference=reference)
    gaps = gaps[gaps["model_id"] == model]
    if run_choice.nobody_else(loaded, attribute):
        gaps = gaps.iloc[:0]
    head = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with head:
        title = st.container()
        cells = "gaps" if len(gaps) and address.choose_view("Cells hold", list(CELLS), "cells") == "Gaps" else "rates"
        with st.popover("Filter", icon=":material/filter_alt:", help="Metric, conditions, one cell by its name"):
            measure = address.choose(
                "Metric", list(MEASURES), "measure", format_func=MEASURES.__getitem__, help=MEASURE
            )
            shown = _conditions(loaded)
            names = st.container()
    if not shown:
        st.info("Choose at least one condition.")
        return
    if measure == "wer":
        rates = cached.table(loaded, "rates", by=attribute)
    else:
        rates = measured_as(cached.table(loaded, "metrics", by=attribute), measure)
    rates, gaps = _under(rates, shown), _under(gaps, shown)
    with names:
        at_hand = list(zip(rates[attribute].astype(str), rates["condition_id"], strict=True))
        address.name_cell(list(dict.fromkeys(at_hand)), attribute, "board_cell", label=condition_label)
    named = rate_in_words(rates) if measure == "wer" else MEASURES[measure]
    at = {"model_id": model, "measure": named, "caveat": loaded.caveat}
    others = "the rest" if reference == REST else reference
    map_of_rates = rate_heatmap(rates, attribute, **at)
    with title:
        st.markdown(f"**{rate_in_words(gaps) + ' gap to ' + layout.plain(others) if cells == 'gaps' else named}** (%)")
    with head:
        display.beside(map_of_rates, key="findings_map", read=READ_MAP)
    table = board_table(
        rates, gaps, attribute, model_id=model, shown=CELLS["Gaps" if cells == "gaps" else "Rates"], others=others
    )
    board_component.show(table, attribute, key="findings_board")
    st.space("small")
    display.figure(rate_intervals(rates, attribute, **at), key="findings_rates", read=READ_RATES, opens=attribute)
    if len(gaps):
        st.space("small")
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
