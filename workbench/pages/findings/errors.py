"""What goes wrong: words replaced, missed and invented by group, and the words that fail."""

from __future__ import annotations

import streamlit as st

from workbench.figures import error_kinds
from workbench.pages.findings import adjusted
from workbench.pages.shared import cached, display, run_choice
from workbench.results import Results

READ_KINDS = (
    "The error rate in its three parts, each per 100 reference words (or characters). Replaced: another one was written. "
    "Missed: nothing was written. Invented: something was written that nobody said. Lines are 95 % intervals, clustered "
    "on speaker. Click a point to see and hear its utterances."
)


def errors(loaded: Results, attribute: str, model: str, reference: str) -> None:
    """Show the kinds of errors of every group under one condition, then the words of one group."""
    condition = adjusted.choose_condition(loaded, model)
    result = cached.table(loaded, "metrics", by=attribute)
    picture = error_kinds(
        result, attribute, model_id=model, conditions=[condition], unit=loaded.unit, caveat=loaded.caveat
    )
    display.figure(picture, key="findings_kinds", read=READ_KINDS, opens=attribute)
    st.divider()
    if run_choice.nobody_else(loaded, attribute):
        return
    adjusted.words(loaded, attribute, model, reference, condition)
