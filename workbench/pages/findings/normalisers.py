"""The normaliser band: every gap under each normaliser, and which ones hang on the choice."""

from __future__ import annotations

import streamlit as st

from workbench.display_names import shown
from workbench.fairness.catalogue import STATISTICS
from workbench.figures import normaliser_gaps
from workbench.figures.wording import counted
from workbench.pages.findings import adjusted
from workbench.pages.shared import cached, display, downloads, layout, run_choice
from workbench.results import Results

READ_BAND = (
    "One row per group, one point per normaliser: the same transcripts, scored under different text normalisation. "
    "Where the points of a row lie together, the gap does not depend on the normaliser. Where they lie apart, or on "
    "both sides of zero, part of the gap comes from spelling, contractions or numbers and not from recognition: name "
    "the normaliser with every figure."
)


def normalisers(loaded: Results, attribute: str, model: str, reference: str) -> None:
    """Show the gaps of one condition under every normaliser of the band, and the band as a table."""
    if run_choice.nobody_else(loaded, attribute):
        return
    condition = adjusted.choose_condition(loaded, model)
    asked = {"model": model, "condition": condition, "attribute": attribute, "reference": reference}
    with st.spinner(STATISTICS["normaliser_band"].wait):
        against = cached.group_id(loaded, attribute, reference)
        under = loaded.tables.gaps_under(model=model, condition=condition, attribute=attribute, reference=against)
        result = {name: shown().named(gaps, attribute) for name, gaps in under.items()}
    band = cached.table(loaded, "normaliser_band", **asked)
    fragile = band[band["sign_changes"] | band["verdict_changes"]]
    computed = int(band["lowest"].notna().sum())
    groups = counted(computed, "group")
    if not computed:
        st.info("No gap can be computed here, under any normaliser.")
    elif fragile.empty:
        st.success(f"No verdict or direction depends on the normaliser ({groups}).", icon=":material/check:")
    else:
        named = ", ".join(str(item) for item in fragile["group"])
        st.warning(
            f"For {len(fragile)} of {groups} the verdict or the direction depends on the normaliser: {layout.plain(named)}.",
            icon=":material/rule:",
        )
    picture = normaliser_gaps(
        result, attribute, model_id=model, conditions=[condition], margin=loaded.study.margin, caveat=loaded.caveat
    )
    display.figure(picture, key="findings_band", read=READ_BAND)
    with st.container(horizontal=True):
        downloads.table(band, "findings_normaliser_band", key="findings_band_table", label="Band")
