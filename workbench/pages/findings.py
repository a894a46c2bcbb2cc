"""Findings: accent by environment side by side, with intervals, down to the words and the audio as heard."""

from __future__ import annotations

import streamlit as st

from workbench.fairness import REST
from workbench.figures import condition_label, gap_intervals, rate_heatmap, rate_intervals
from workbench.pages.shared import address, adjusting, cached, changes, choosing, drill, layout, show
from workbench.results import Results
from workbench.text import NORMALISERS

FIGURES, CHANGES, ADJUSTED = "Figures", "Changes", "Adjusted"
WORDS, UTTERANCES = "Words", "Utterances"
MAP = "findings_map"
READ_MAP = (
    "Each cell is one group under one condition: its word error rate and how many speakers it rests on. Darker means "
    "more errors. Read along a row to see what a condition does to a group, down a column to compare groups. Click a "
    "cell to see and hear the utterances behind it."
)
READ_RATES = (
    "A point is the word error rate of a group, the line its 95 % interval. The interval is speaker-clustered: it says "
    "how far the rate could move with other speakers of the group. Wide lines mean few speakers. Overlapping lines do "
    "not prove that groups are equal."
)
READ_GAPS = (
    "A point right of zero: more errors than those compared with. GAP: the interval excludes zero. EQUIVALENT: its "
    "90 % interval lies within the grey margin. INCONCLUSIVE: neither can be said with these speakers. An outlined point "
    "is tentative: fewer than 5 speakers on a side, or a gap that may be chance among so many groups."
)


def main() -> None:
    """Draw the page."""
    with layout.page("Findings", ""):
        record = choosing.choose_run()
        if record is None:
            return
        loaded = cached.load(record)
        attributes = choosing.attributes_of(loaded)
        if not attributes:
            st.info("The corpus of this run declares no attribute, so there are no groups to compare.")
            return
        attribute, model, reference, loaded = _choose(loaded, attributes)
        choosing.caveat(loaded)
        view = address.choose_view("Show", [FIGURES, CHANGES, ADJUSTED, WORDS, UTTERANCES], "view")
        if view == FIGURES:
            _figures(loaded, attribute, model, reference)
        elif view == CHANGES:
            changes.changes(loaded, attribute, model, reference)
        elif view == ADJUSTED:
            adjusting.adjusted(loaded, attribute, model, reference)
        elif view == WORDS:
            adjusting.words(loaded, attribute, model, reference)
        else:
            drill.utterances(loaded, attribute, model)


def _choose(loaded: Results, attributes: list[str]) -> tuple[str, str, str, Results]:
    """Return attribute, model and reference group, and the results under the chosen normaliser."""
    models = [str(name) for name in loaded.scores["model_id"].unique()]
    model = address.choose("Model", models, "model", help=layout.WER)
    with st.container(horizontal=True):
        attribute = address.choose("Attribute", attributes, "attribute", help="Whose groups are compared.", width=165)
        groups = sorted(str(name) for name in loaded.scores[attribute].unique())
        reference = address.choose(
            "Compared with", [REST, *groups], "reference", help=layout.GAP, width=165,
            format_func=lambda one: "the rest" if one == REST else one,
        )  # fmt: skip
        named = address.choose(
            "Normaliser", list(NORMALISERS), "normaliser", default=loaded.study.normaliser, width=165,
            help="What is done to both texts before words are compared. No transcript is made again.",
        )  # fmt: skip
    return attribute, model, reference, cached.load(loaded.run, None if named == loaded.study.normaliser else named)


def _figures(loaded: Results, attribute: str, model: str, reference: str) -> None:
    rates, gaps = cached.rates(loaded, attribute), cached.gaps(loaded, attribute, reference)
    if len(loaded.conditions) > 1:
        shown = st.pills(
            "Conditions", loaded.conditions, default=loaded.conditions, format_func=condition_label,
            selection_mode="multi", key=f"shown_{loaded.run.run_id}", persist_state="session",
        )  # fmt: skip
        if not shown:
            st.info("Choose at least one condition.")
            return
        rates, gaps = rates[rates["condition_id"].isin(shown)], gaps[gaps["condition_id"].isin(shown)]
    caveat = loaded.caveat
    show.figure(
        rate_heatmap(rates, attribute, model_id=model, caveat=caveat), key=MAP, on_select=lambda: _open(attribute)
    )
    layout.how_to_read(READ_MAP)
    st.divider()
    show.figure(rate_intervals(rates, attribute, model_id=model, caveat=caveat), key="findings_rates")
    layout.how_to_read(READ_RATES)
    st.divider()
    margin = loaded.study.margin
    show.figure(
        gap_intervals(gaps, model_id=model, attribute=attribute, margin=margin, caveat=caveat), key="findings_gaps"
    )
    layout.how_to_read(READ_GAPS)


def _open(attribute: str) -> None:
    """Go to the utterances of the cell that was clicked."""
    points = st.session_state[MAP]["selection"]["points"]
    if points and isinstance(cell := points[0].get("customdata"), list | tuple):
        address.set_choice(f"group_{attribute}", str(cell[0]))
        address.set_choice("condition", str(cell[1]))
        address.set_choice("view", UTTERANCES)


if __name__ == "__main__":
    main()
