"""Findings: accent by environment side by side, with intervals, down to the words and the audio as heard."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from workbench.fairness import REST
from workbench.fairness.counts.intersection import crossed_name
from workbench.pages.findings import adjusted, all_tables, board, changes, comparison, drill, errors, normalisers
from workbench.pages.shared import address, cached, downloads, layout, run_choice
from workbench.results import Results
from workbench.text import fitting_normalisers

VIEWS = {
    "Board": board.board,
    "Changes": changes.changes,
    "Errors": errors.errors,
    "Adjusted": adjusted.adjusted,
    "Normalisers": normalisers.normalisers,
    "Compare": comparison.comparing,
    address.UTTERANCES: drill.utterances,
    "All tables": all_tables.all_tables,
}
ALONE = "nothing"


def main() -> None:
    """Draw the page."""
    with layout.page("Findings", ""):
        left, right = st.columns(2)
        with left:
            record = run_choice.choose_run()
        if record is None:
            return
        loaded = cached.load(record)
        attributes = run_choice.attributes_of(loaded)
        if not attributes:
            st.info(
                "The corpus of this run declares no attribute, so there are no groups to compare. Add a column such as accent "
                "to its manifest, then run the study again: transcripts are not made twice."
            )
            return
        attribute, model, reference, loaded = _choose(loaded, attributes, right)
        run_choice.caveat(loaded)
        view = address.choose_view("Show", list(VIEWS), "view")
        with layout.mendable(), downloads.of_run(loaded):
            run_choice.fit(loaded, attribute)
            if view != address.UTTERANCES:  # where each is shown
                run_choice.failures(loaded, attribute, model)
            VIEWS[view](loaded, attribute, model, reference)


def _normalisers(loaded: Results) -> list[str]:
    """Return the normalisers whose rules fit the languages of the corpora."""
    return fitting_normalisers([info.language for info in loaded.corpora])


def _choose(loaded: Results, attributes: list[str], beside: DeltaGenerator) -> tuple[str, str, str, Results]:
    """Return attribute, model and reference group, and the results under the chosen normaliser."""
    models = cached.models(loaded)
    with beside:
        model = address.choose("Engine", models, "model", help=layout.WER)
    with st.container(horizontal=True):
        attribute = address.choose("Attribute", attributes, "attribute", help="Whose groups are compared.", width=165)
        others = [name for name in attributes if name != attribute]
        also = ALONE
        if others:
            also = address.choose(
                "Crossed with", [ALONE, *others], "crossed", width=165,
                help="Groups become intersections, such as women of one accent. Small cells say so.",
            )  # fmt: skip
        normaliser = address.choose(
            "Normaliser", list(dict.fromkeys([*_normalisers(loaded), loaded.study.normaliser])), "normaliser",
            default=loaded.study.normaliser, width=165,
            help="What is done to both texts before words are compared. No transcript is made again.",
        )  # fmt: skip
        loaded = cached.load(loaded.run, None if normaliser == loaded.study.normaliser else normaliser)
        if also != ALONE:
            loaded, attribute = loaded.crossed(attribute, also), crossed_name([attribute, also])
        groups = cached.levels(loaded, attribute)
        reference = address.choose(
            "Compared with", [REST, *groups], "reference", help=layout.GAP, width=165,
            format_func=lambda one: "the rest" if one == REST else one,
        )  # fmt: skip
    return attribute, model, reference, loaded


if __name__ == "__main__":
    main()
