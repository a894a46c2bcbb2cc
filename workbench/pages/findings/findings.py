"""Findings: accent by environment side by side, with intervals, down to the words and the audio as heard."""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from workbench.display_names import using
from workbench.errors import WorkbenchError
from workbench.fairness import REST
from workbench.fairness.counts.intersection import crossed_name
from workbench.figures import Headline, headline, model_labels
from workbench.pages.findings import (
    adjusted,
    all_tables,
    board,
    changes,
    comparison,
    display_name_editor,
    drill,
    errors,
    headline_strip,
    models,
    normalisers,
    share,
)
from workbench.pages.shared import address, cached, downloads, layout, run_choice, viewport
from workbench.pages.shared.run_monitor import when
from workbench.results import Results
from workbench.store import RunRecord
from workbench.text import fitting_normalisers

VIEWS = {
    "Board": board.board,
    "Models": models.models,
    "Changes": changes.changes,
    "Errors": errors.errors,
    "Adjusted": adjusted.adjusted,
    "Normalisers": normalisers.normalisers,
    "Compare": comparison.comparing,
    address.UTTERANCES: drill.utterances,
    "All tables": all_tables.all_tables,
}
ALONE = "none"


def main() -> None:
    """Draw the page."""
    with layout.page("Findings", "") as head:
        with head:
            others = st.popover("", icon=":material/history:", help="Choose another run")
        record = run_choice.choose_run(inside=others)
        if record is None:
            return
        with using(record.load_study().labels):
            _draw(record, head)
        viewport.watch()


def _draw(record: RunRecord, head: DeltaGenerator) -> None:
    """Draw the findings of a run, under its display names."""
    loaded = cached.load(record)
    attributes = run_choice.attributes_of(loaded)
    if not attributes:
        st.info(
            "The corpus of this run declares no attribute, so there are no groups to compare. Add a column such as accent "
            "to its manifest, then run the study again. Existing transcripts are reused."
        )
        return
    with head:
        attribute, model, reference, loaded = _choose(loaded, attributes)
        beside = st.container(horizontal=True, width="content", gap="xsmall")
    alone = len(cached.levels(loaded, attribute)) < 2  # the views say so
    answer = None if alone else _headline(loaded, attribute, model, reference)
    if answer is None:
        run_choice.caveat(loaded)
    else:
        headline_strip.strip(answer, run=f"{record.study}, {when(record.created_at)}")
    view = address.choose_view("Show", list(VIEWS), "view")
    with layout.mendable(), downloads.of_run(loaded):
        run_choice.fit(loaded, attribute)
        if view != address.UTTERANCES:  # where each is shown
            run_choice.failures(loaded, attribute, model)
            run_choice.notation(loaded, attribute, model)
        VIEWS[view](loaded, attribute, model, reference)
    with beside:
        if answer is not None:
            with st.popover(
                "", icon=":material/format_quote:", help="The headline as text to copy, and the rule behind it"
            ):
                headline_strip.quotation(answer)
        display_name_editor.pencil(loaded, record, attribute)
        share.address_button()


def _headline(loaded: Results, attribute: str, model: str, reference: str) -> Headline | None:
    """Return the headline; None, after saying why, where gaps cannot be computed."""
    try:
        gaps = cached.table(loaded, "gaps", attribute=attribute, reference=reference)
        rates = cached.table(loaded, "rates", by=attribute)
        return headline(gaps, rates, attribute, model_id=model, caveat=loaded.caveat)
    except WorkbenchError as error:
        layout.complain(error)
        return None


def _normalisers(loaded: Results) -> list[str]:
    """Return the normalisers whose rules fit the languages of the corpora."""
    return fitting_normalisers([info.language for info in loaded.corpora])


def _choose(loaded: Results, attributes: list[str]) -> tuple[str, str, str, Results]:
    """Return attribute, model and reference group, and the results under the chosen normaliser."""
    bare: dict[str, Any] = {"label_visibility": "collapsed"}
    present = cached.models(loaded)
    named = model_labels(present)
    model = address.choose("Engine", present, "model", format_func=named.__getitem__, width="stretch", **bare)
    attribute = address.choose(
        "Attribute", attributes, "attribute", format_func=lambda one: f"by {one}", width=150, **bare
    )
    with st.popover("", icon=":material/tune:", help="Options: second attribute, comparison group, normaliser"):
        others = [name for name in attributes if name != attribute]
        also = ALONE
        if others:
            also = address.choose(
                "Second attribute", [ALONE, *others], "crossed",
                help="Groups become intersections, such as women of one accent. Small cells say so.",
            )  # fmt: skip
        normaliser = address.choose(
            "Normaliser", list(dict.fromkeys([*_normalisers(loaded), loaded.study.normaliser])), "normaliser",
            default=loaded.study.normaliser,
            help="Text normalisation applied to reference and transcript before scoring. Nothing is transcribed again.",
        )  # fmt: skip
        loaded = cached.load(loaded.run, None if normaliser == loaded.study.normaliser else normaliser)
        if also != ALONE:
            loaded, attribute = loaded.crossed(attribute, also), crossed_name([attribute, also])
        groups = cached.levels(loaded, attribute)
        reference = address.choose(
            "Compared with", [REST, *groups], "reference", help=layout.GAP,
            format_func=lambda one: "the rest" if one == REST else one,
        )  # fmt: skip
    return attribute, model, reference, loaded


if __name__ == "__main__":
    main()
