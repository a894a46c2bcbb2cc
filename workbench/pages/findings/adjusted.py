"""Two views of the findings: gaps raw and adjusted, and the words that fail."""

from __future__ import annotations

from typing import Any

import streamlit as st

from workbench.errors import ScoringError
from workbench.fairness.words.word_errors import TOO_FEW
from workbench.figures import (
    adjusted_intervals,
    balance_plot,
    condition_label,
    failing_words,
    split_bars,
)
from workbench.figures.fact_names import covariate_name
from workbench.pages.shared import address, cached, display, layout, run_choice
from workbench.results import Results

READ_ADJUSTED = (
    "The same gap under different adjustments. Raw: all utterances. Matched prompts: only sentences that both sides "
    "read, so that neither side has harder texts. Standardised: every group is given the same mix of the other "
    "attributes. Propensity matched: each utterance is paired with one of similar length, text and other attributes. "
    "Adjusted: a model holds these equal. Fully adjusted also holds equal what may itself be part of an accent, such "
    "as speech rate, and is not a fairness metric. Where raw and adjusted differ, part of the raw gap is due to the "
    "texts read or to the other attributes."
)
READ_SPLIT = (
    "Each bar is a gap split into parts. Mix: the groups have different shares of the levels (for example, one has "
    "more women). Within: at the same level, the rates still differ. The parts on both sides of zero add up to the "
    "diamond, the raw gap."
)
READ_BALANCE = (
    "How much the two sides differ before (outlined) and after matching (filled). Near zero after matching, they are "
    "comparable; outside the grey band, a difference between the recordings is still part of the gap."
)
READ_WORDS = (
    "Right of zero: the word fails more often for this group. Word frequency is accounted for. Only words spoken by "
    "at least 3 speakers on each side are tested. Outlined: may be chance with this many words; listen for an "
    "outlined word, but do not report it as a finding."
)
READ_PAIRS = "The same for what the engine wrote in place of a word; (nothing): the word was missed."
HOLD = (
    "Other differences between the groups to adjust for. Selected attributes are also standardised. Speech rate and "
    "disfluency may be part of an accent; adjusting for them is not a fairness metric."
)
PICK = "The group shown below."


def adjusted(loaded: Results, attribute: str, model: str, reference: str) -> None:
    """Show the gaps raw and adjusted under one condition, where they lie, and how alike the matched are."""
    if run_choice.nobody_else(loaded, attribute):
        return
    condition = choose_condition(loaded, model)
    cell = {"model": model, "condition": condition, "attribute": attribute}
    usual = cached.table(loaded, "covariates", **cell)["covariate"].tolist()
    others = [name for name in loaded.declared if name not in (attribute, *usual)]
    held = address.choose_some(
        "Hold equal",
        [*usual, *others],
        f"held_{attribute}",
        default=usual,
        help=HOLD,
        wrap=True,
        format_func=covariate_name,
    )
    asked: dict[str, Any] = {**cell, "reference": reference, **({} if held == usual else {"covariates": tuple(held)})}
    gaps, split, balance = (cached.table(loaded, name, **asked) for name in ("adjusted_gaps", "kitagawa", "balance"))
    at: dict[str, Any] = {"model_id": model, "condition_id": condition, "caveat": loaded.caveat}
    if gaps.empty:
        st.info("There are no groups to compare here.")
        return
    display.figure(
        adjusted_intervals(gaps, attribute, unit=loaded.unit, **at), key="findings_adjusted", read=READ_ADJUSTED
    )
    if not split.empty:
        st.divider()
        display.figure(split_bars(split, attribute, **at), key="findings_split", read=READ_SPLIT)
    if not balance.empty:
        st.divider()
        groups = [str(name) for name in balance["group"].unique()]
        group = address.choose(f"Group ({attribute})", groups, f"group_{attribute}", help=PICK)
        rows = balance[balance["group"].astype(str) == group]
        if rows[["smd_before", "smd_after"]].isna().to_numpy().all():
            why = ", ".join(sorted({str(row) for row in rows["reason"] if row}))
            st.info(f"The balance of {layout.plain(group)} and the others cannot be computed: {layout.plain(why)}.")
            return
        display.figure(balance_plot(balance, group, **at), key="findings_balance", read=READ_BALANCE)


def words(loaded: Results, attribute: str, model: str, reference: str, condition: str) -> None:
    """Show which words fail for one group under one condition, and what is written instead."""
    groups = [name for name in cached.levels(loaded, attribute) if name != reference]
    if not groups:
        st.info("There are no groups to compare here.")
        return
    group = address.choose(f"Group ({attribute})", groups, f"group_{attribute}", help=PICK)
    asked = {"model": model, "condition": condition, "attribute": attribute, "reference": reference}
    failing, pairs = (cached.table(loaded, name, **asked) for name in ("word_errors", "confusions"))
    at: dict[str, Any] = {"model_id": model, "condition_id": condition, "caveat": loaded.caveat}
    for frame, key, read in ((failing, "findings_words", READ_WORDS), (pairs, "findings_pairs", READ_PAIRS)):
        try:
            picture = failing_words(frame, group, **at)
        except ScoringError:
            st.info(
                f"There is {TOO_FEW}." if key == "findings_words" else "No substitution is frequent enough to list."
            )
            return
        display.figure(picture, key=key, read=read)


def choose_condition(loaded: Results, model: str) -> str:
    """Return the condition that is chosen among those that the model has scores under."""
    conditions = cached.conditions(loaded, model)
    return address.choose("Condition", conditions, "condition", format_func=condition_label)
