"""Which utterances are listed: a group, a condition, a text, a range of error rates, flags, and in which order."""

from __future__ import annotations

import streamlit as st

from workbench.figures import condition_label
from workbench.pages.shared import address, cached
from workbench.results import Question, Results
from workbench.results.explorer import FLAGS, MOST_READ, ORDERS

EVERY = "~"
"""In place of a group or a condition: all of them."""
FLAG_HELP = (
    "Shows utterances with at least one of these flags. Many invented words: more than half as many as the reference has. Looks "
    f"invented: at least two signs of a hallucinated transcript (up to {MOST_READ:,} transcripts at once)."
)
WER_HELP = "Error rate of the single utterance. Failed utterances have none and are left out."


def ask(loaded: Results, attribute: str, model: str) -> Question:
    """Return the question that the widgets ask; the address holds it."""
    group_column, condition_column, text_column, order_column, more_column = st.columns(
        [4, 4, 4, 4, 3.6], vertical_alignment="bottom"
    )
    with group_column:
        group = address.choose(
            f"Group ({attribute})", [*cached.levels(loaded, attribute), EVERY], f"group_{attribute}",
            format_func=lambda one: "all groups" if one == EVERY else one,
        )  # fmt: skip
    with condition_column:
        condition = address.choose(
            "Condition", [*cached.conditions(loaded, model), EVERY], "condition",
            format_func=lambda one: "all conditions" if one == EVERY else condition_label(one),
        )  # fmt: skip
    with text_column:
        text = st.text_input("Search both texts", key="drill_search", placeholder="a word or a phrase").strip()
    with order_column:
        order = address.choose("Sort by", list(ORDERS), "order", format_func=ORDERS.__getitem__)
    with more_column, st.popover("Filters", icon=":material/filter_alt:"):
        flags = address.choose_some(
            "Flags", list(FLAGS), "flags", default=(), format_func=FLAGS.__getitem__, help=FLAG_HELP
        )
        wer = _range()
    return Question(
        model_id=model,
        condition_id="" if condition == EVERY else condition,
        groups=() if group == EVERY else ((attribute, group),),
        containing=text,
        wer=wer,
        flags=tuple(flags),
        order=order,
    )


def _range() -> tuple[float, float] | None:
    """Return the range of error rates that is asked for, as fractions; None without one."""
    asked = address.asked_for("wer")
    if asked is not None:
        low, _, high = asked.partition(address.SEPARATOR)
        for key, text in (("drill_wer_low", low), ("drill_wer_high", high)):
            st.session_state[key] = float(text) if text.replace(".", "", 1).isdigit() else None
    limits = {
        "min_value": 0.0,
        "max_value": None,
        "step": 5.0,
        "value": None,
        "format": "%g",
        "persist_state": "session",
    }
    low_column, high_column = st.columns(2)
    least = low_column.number_input(
        "Error rate from (%)", key="drill_wer_low", help=WER_HELP, placeholder="any", **limits
    )
    most = high_column.number_input("to (%)", key="drill_wer_high", placeholder="any", **limits)
    if least is None and most is None:
        return None
    address.note("wer", address.SEPARATOR.join("" if end is None else f"{end:g}" for end in (least, most)))
    return (least or 0.0) / 100, float("inf") if most is None else most / 100
