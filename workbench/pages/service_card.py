"""Service card: what was tested, on whom, how, and what came out, as a PDF, a web page, and the same numbers as data."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import streamlit as st

from workbench import cards
from workbench.cards import Card
from workbench.display_names import using
from workbench.pages.shared import cached, card_form, card_preview, layout, run_choice
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
    asked = card_form.asked(loaded, run_id)
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
