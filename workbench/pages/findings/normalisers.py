"""The normaliser band: every gap under each normaliser, and which ones hang on the choice."""

from __future__ import annotations

from typing import Any

import streamlit as st

from workbench.figures import normaliser_gaps
from workbench.figures.wording import counted
from workbench.pages.findings import adjusted
from workbench.pages.shared import cached, display, downloads, layout, run_choice
from workbench.results import Results
from workbench.results.tables import Aggregates, Band

READ_BAND = (
    "One row per group, one point per normaliser: the same transcripts, counted after other rules of writing. Where the "
    "points of a row lie together, the gap does not hang on the choice. Where they lie apart, or on both sides of zero, "
    "part of the gap is spelling, contractions or numbers and not recognition: say which normaliser a figure is under."
)


def _make(key: tuple[Any, ...], asked: tuple[str, ...], _aggregates: Aggregates) -> Band:
    return _aggregates.band(*asked)


_band = st.cache_data(_make, max_entries=16, show_spinner="Scoring under every normaliser ...")


def normalisers(loaded: Results, attribute: str, model: str, reference: str) -> None:
    """Show the gaps of one condition under every normaliser of the band, and the band as a table."""
    if run_choice.nobody_else(loaded, attribute):
        return
    condition = adjusted.choose_condition(loaded, model)
    asked = (model, condition, attribute, reference)
    found, band = _band(cached.key_of(loaded), asked, cached.aggregates(loaded))
    fragile = band[band["sign_changes"] | band["verdict_changes"]]
    computed = int(band["lowest"].notna().sum())
    groups = counted(computed, "group")
    if not computed:
        st.info("No gap can be computed here, under any normaliser.")
    elif fragile.empty:
        st.success(f"No verdict and no sign of {groups} hangs on the normaliser.", icon=":material/check:")
    else:
        named = ", ".join(str(one) for one in fragile["group"])
        st.warning(
            f"The verdict or the sign of {len(fragile)} of {groups} hangs on the normaliser: {layout.plain(named)}.",
            icon=":material/rule:",
        )
    picture = normaliser_gaps(
        found, attribute, model_id=model, conditions=[condition], margin=loaded.study.margin, caveat=loaded.caveat
    )
    display.figure(picture, key="findings_band", read=READ_BAND)
    with st.container(horizontal=True):
        downloads.table(band, "findings_normaliser_band", key="findings_band_table", label="Band")
