"""The map of a sweep of two parameters: what each frequency and repetition rate, say, adds to the gap of one group."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from workbench.adaptive.kept_confirmations import confirmed
from workbench.figures import sweep_map, sweeps_of
from workbench.pages.shared import address, cached, display
from workbench.results import Results

READ = (
    "A cell says by how many points the condition with these two values adds to the gap of the group. Only coloured, outlined cells are "
    "statistically significant after correction over all conditions of the run. ✓ marks what other speakers have confirmed "
    "(workbench confirm, or a red team)."
)


def maps(loaded: Results, changes: pd.DataFrame, attribute: str, model: str) -> None:
    """Show the map of each sweep of two parameters that the run has; nothing where it has none."""
    found = sweeps_of(list(changes["condition_id"].unique()))
    if not found:
        return
    st.divider()
    with st.container(horizontal=True):
        kind = next(iter(found)) if len(found) == 1 else address.choose("Sweep", list(found), "sweep")
        group = address.choose("Group", sorted(changes["group"].unique()), "sweep_group")
        pairs = {f"{across} and {down}": (across, down) for across, down in found[kind]}
        pair = next(iter(pairs)) if len(pairs) == 1 else address.choose("Parameters", list(pairs), "sweep_parameters")
    across, down = pairs[pair]
    picture = sweep_map(
        changes, attribute, group=group, model_id=model, condition=kind, across=across, down=down,
        confirmed=confirmed(loaded, attribute, group, store=cached.store()), caveat=loaded.caveat,
    )  # fmt: skip
    display.figure(picture, key="findings_sweep", read=READ)
