"""Service card: what was tested, on whom, how, and what came out, as a PDF, a web page, and the same numbers as data."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import streamlit as st

from workbench import cards
from workbench.cards import Card
from workbench.display_names import using
from workbench.fairness import REST
from workbench.figures import condition_label
from workbench.pages.shared import cached, card_form, card_preview, examples, layout, run_choice
from workbench.results import Results

INTRO = (
    "Create a report to publish: what was tested, on whom, how, the results and their limits. "
    "The PDF, the web page, the JSON and the CSV files hold the same numbers, and `verify` computes them again."
)
KINDS = {
    "pdf": ("Card (PDF)", "application/pdf"),
    "html": ("Card (web page)", "text/html"),
    "json": ("Card (JSON)", "application/json"),
    "rates_csv": ("Rates (CSV)", "text/csv"),
    "gaps_csv": ("Gaps (CSV)", "text/csv"),
}
CLAIM_HELP = (
    "One per line: 'accent: accuracy >= 92 %', 'accent: gap <= 2 points in clean', 'everyone: accuracy >= 90 %'. A claim is "
    "supported only if the data of enough speakers support it."
)
MARGIN_HELP = (
    "Smaller gaps count as equal. The study fixed {:g} points before the run. A different margin recomputes "
    "the verdicts; the card notes that it was chosen after the run."
)


def main() -> None:
    """Draw the page."""
    with layout.page("Service card", INTRO):
        record = run_choice.choose_run()
        if record is None:
            return
        labels = record.load_study().labels
        with using(labels):
            _draw(cached.load(record).relabelled(labels), record.run_id)


def _draw(loaded: Results, run_id: str) -> None:
    """Draw the form, the downloads and the preview of the card of a run."""
    asked = _asked(loaded, run_id)
    choice = (
        *cached.key_of(loaded),
        loaded.run.study_json,
        tuple(sorted((name, str(value)) for name, value in asked.items())),
    )
    made = st.session_state.get("card")
    current = made is not None and made[0] == choice
    if st.button(
        "Build the card",
        key="card_build",
        type="secondary" if current else "primary",
        icon=":material/description:",
    ):
        made = st.session_state["card"] = (choice, *_build(loaded, asked))
    if made is None:
        return
    if made[0] != choice:
        st.info("Settings changed. Rebuild the card.")
        return
    _downloads(made[2], run_id)
    card_preview.preview(made[1], made[3])


def _asked(loaded: Results, run_id: str) -> dict[str, Any]:
    """Return what the user asks of the card."""
    fields = card_form.fields(loaded, run_id)
    claims = st.text_area(
        "Claims to test", key="card_claims", persist_state="session", height=90, help=CLAIM_HELP,
        placeholder="accent: accuracy >= 92 %",
    )  # fmt: skip
    if loaded.study.claims:
        st.caption(
            f"Always tested, stated in the study before the run: {layout.plain('; '.join(loaded.study.claims))}."
        )
    fixed = round(100 * loaded.study.margin, 6)
    margin = st.number_input(
        "Margin (points)", min(0.1, fixed), 99.0, fixed, 0.5, key=f"card_margin_{run_id}", persist_state="session", width=240,
        format="%g", help=MARGIN_HELP.format(fixed),
    )  # fmt: skip
    if margin != fixed:
        st.caption(
            f"The study fixed {fixed:g} points before the run. The card notes that this margin was chosen after the run."
        )
    limits = st.text_area(
        "Additional limitations", key="card_limits", persist_state="session", height=90,
        placeholder="One per line, added to those derived from the run.",
    )  # fmt: skip
    with st.expander("Options", icon=":material/tune:"):
        chosen = st.multiselect(
            "Attributes to report", run_choice.attributes_of(loaded), loaded.attributes,
            key=f"card_attributes_{run_id}", persist_state="session",
        )  # fmt: skip
        groups = sorted({group for name in chosen for group in cached.levels(loaded, name)})
        reference = st.selectbox(
            "Compared with", [REST, *groups], key="card_reference", help=layout.GAP, persist_state="session",
            format_func=lambda one: "the rest" if one == REST else one,
        )  # fmt: skip
        ids = (cached.group_id(loaded, name, reference) for name in chosen)
        against = next((group for group in ids if group != reference), reference)
        parts = st.multiselect(
            "Optional sections", list(cards.PARTS), list(cards.PARTS), key="card_parts", persist_state="session",
            format_func=lambda one: cards.PARTS[one],
        )  # fmt: skip
        least = st.number_input(
            "Hide groups with fewer speakers than", 1, 100, None, key="card_minimum", persist_state="session",
            placeholder="5; synthetic voices: 1", help="More groups are hidden where needed so that hidden values cannot be derived.",
        )  # fmt: skip
        printed = examples.chosen(run_id)
        sentences = [f"{utterance} in {condition_label(condition)}" for utterance, condition in printed]
        st.caption(
            f"Transcripts printed as examples: {layout.plain('; '.join(sentences))}." if sentences else examples.NONE
        )
    return {
        "attributes": chosen, "reference_group": against, "fields": fields, "claims": _lines(claims),
        "limits": _lines(limits), "margin": None if margin == fixed else margin / 100, "evidence": parts, "minimum_speakers": least,
        "examples": printed,
    }  # fmt: skip


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _build(loaded: Results, asked: dict[str, Any]) -> tuple[Card, dict[str, bytes], list[bytes]]:
    """Return the card, its files, and a picture of every page."""
    with st.spinner("Typesetting the card ..."), TemporaryDirectory() as folder:
        opened, choice = cached.store(), {name: asked[name] for name in ("attributes", "minimum_speakers")}
        card = cards.build_card(loaded, **asked, withheld=cards.withheld_groups(loaded, opened, **choice))
        drawn = cards.draw(card)
        files = cards.write_card(drawn, Path(folder))
        if problem := cards.note_published(card, loaded, opened):
            st.caption(layout.plain(problem))
        return card, {kind: getattr(files, kind).read_bytes() for kind in KINDS}, cards.pages(drawn)


def _downloads(files: dict[str, bytes], run_id: str) -> None:
    with st.container(horizontal=True):
        for kind, (label, mime) in KINDS.items():
            name = f"{run_id}-{kind.replace('_', '.')}" if "_" in kind else f"{run_id}-card.{kind}"
            st.download_button(
                f"{label}, {len(files[kind]) / 1000:,.0f} kB", files[kind], name, mime, key=f"card_{kind}",
                on_click="ignore", icon=":material/download:", type="primary" if kind == "pdf" else "secondary",
            )  # fmt: skip


if __name__ == "__main__":
    main()
