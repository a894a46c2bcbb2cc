"""Every engine of the run in a row: error rate, worst-served group, gap, change in noise, invented text, speed."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from workbench.display_names import shown
from workbench.figures import condition_label, leaderboard_plot, model_labels
from workbench.pages.shared import address, cached, display, layout, run_choice
from workbench.results import Results
from workbench.results.leaderboard import leaderboard
from workbench.text import UNIT_WORDS

READ = (
    "Every engine is a point: further left, fewer errors over all speakers; lower, a smaller gap for the group with "
    "the highest error rate. That group may differ between engines. Lines are 95 % intervals, clustered on speaker. "
    "*Compare* tests whether two engines differ, on the same utterances."
)
HELP = {
    "{short} (%)": "{rate} over all speakers under this condition.",
    "Worst {short} (%)": "{rate} of the group with the highest one, among groups of two speakers or more.",
    "Gap (points)": "That group's rate minus that of the comparison group.",
    "Other conditions (points)": "Mean change of the rate from this condition to the others of the run.",
    "Invented (%)": "Share of transcripts that look invented: text that nobody said.",
    "Speed (x real time)": "Seconds of audio per second of decoding, over the whole run, on the machine where it ran.",
}


def models(loaded: Results, attribute: str, model: str, reference: str) -> None:
    """Show the engines of the run as a table that can be sorted, and as points."""
    if run_choice.nobody_else(loaded, attribute):
        return
    condition = address.choose("Condition", loaded.conditions, "condition", format_func=condition_label, width=260)
    invented = loaded.in_memory or st.toggle(
        "Count invented texts", key="findings_models_invented", help="Reads every transcript of this large run."
    )
    with st.spinner("Comparing the engines ..."):
        against = cached.group_id(loaded, attribute, reference)
        board = leaderboard(loaded, attribute, condition=condition, reference=against, invented=invented)
        board = shown().named(board, attribute)
    if board.empty:
        st.info("No engine has scores under this condition.")
        return
    names = model_labels(board["model_id"])
    rate, short, _ = UNIT_WORDS[loaded.unit]
    percent = {
        name.format(short=short): st.column_config.NumberColumn(help=words.format(rate=rate), format="%.1f")
        for name, words in HELP.items()
    }
    columns = pd.DataFrame(
        {
            "Engine": board["model_id"].map(names),
            f"{short} (%)": 100 * board["rate"],
            f"{short} interval": list(map(_between, board["ci_low"], board["ci_high"])),
            "Worst-served group": board["worst_group"],
            f"Worst {short} (%)": 100 * board["worst_rate"],
            "Gap (points)": 100 * board["difference"].astype("float64"),
            "Gap interval": list(map(_between, board["difference_low"], board["difference_high"])),
            "Verdict": [_verdict(*pair) for pair in zip(board["verdict"], board["tentative"], strict=True)],
            "Other conditions (points)": 100 * board["noise_change"],
            "Invented (%)": 100 * board["flagged"].astype("float64"),
            "Speed (x real time)": board["speed"],
            "Failed": board["n_failed"],
        }
    )
    st.dataframe(columns, hide_index=True, key="findings_models_table", column_config=percent)
    st.caption(
        "Click a heading to sort. Intervals are 95 % intervals. What a run cost is not recorded."
        + f" **{layout.plain(loaded.caveat)}**" * bool(loaded.caveat),
        width=layout.TEXT_WIDTH,
    )
    if board["difference"].notna().any():
        picture = leaderboard_plot(board, attribute, condition_label(condition), caveat=loaded.caveat)
        display.figure(picture, key="findings_models", read=READ)


def _between(low: Any, high: Any) -> str:
    return "" if pd.isna(low) or pd.isna(high) else f"{100 * low:.1f} to {100 * high:.1f}"


def _verdict(verdict: Any, tentative: Any) -> str:
    return "" if pd.isna(verdict) else f"{verdict}{', tentative' if tentative is True else ''}"
