"""Service card: what was tested, on whom, how, and what came out, as a PDF and as the same numbers in JSON and CSV."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import streamlit as st

from workbench import cards
from workbench.cards import EVERYONE, Card
from workbench.fairness import REST
from workbench.figures import condition_label, percent, percent_interval, points, points_interval
from workbench.pages.shared import cached, choosing, layout
from workbench.results import Results

INTRO = (
    "A card tells a reader who was not there what was tested, on whom, how, what came out and what was not tested. "
    "The PDF, the JSON and the CSV files hold the same numbers."
)
KINDS = {
    "pdf": ("Card (PDF)", "application/pdf"),
    "json": ("Card (JSON)", "application/json"),
    "rates_csv": ("Rates (CSV)", "text/csv"),
    "gaps_csv": ("Gaps (CSV)", "text/csv"),
}


def main() -> None:
    """Draw the page."""
    with layout.page("Service card", INTRO):
        record = choosing.choose_run()
        if record is None:
            return
        loaded = cached.load(record)
        attributes = choosing.attributes_of(loaded)
        chosen = st.multiselect(
            "Attributes to report", attributes, loaded.attributes, key=f"card_attributes_{record.run_id}",
            persist_state="session",
        )  # fmt: skip
        groups = sorted({str(group) for name in chosen for group in loaded.scores[name].unique()})
        reference = st.selectbox(
            "Compared with", [REST, *groups], key="card_reference", help=layout.GAP, persist_state="session",
            format_func=lambda one: "the rest" if one == REST else one,
        )  # fmt: skip
        use = st.text_area(
            "Intended use", key="card_use", persist_state="session", height=90,
            placeholder="Where, by whom and for what the engine is to be used. Printed on the card in your words.",
        )  # fmt: skip
        choice = (*cached.key_of(loaded), tuple(chosen), reference, use)
        made = st.session_state.get("card")
        current = made is not None and made[0] == choice
        if st.button(
            "Build the card",
            key="card_build",
            type="secondary" if current else "primary",
            icon=":material/description:",
        ):
            made = st.session_state["card"] = (choice, *_build(loaded, chosen, reference, use))
        if made is None:
            return
        if made[0] != choice:
            st.info("The choices have changed since the card was built. Build it again.")
            return
        _downloads(made[2], record.run_id)
        _preview(made[1])


def _build(loaded: Results, attributes: list[str], reference: str, use: str) -> tuple[Card, dict[str, bytes]]:
    """Return the card and its files."""
    with st.spinner("Typesetting the card ..."), TemporaryDirectory() as folder:
        card = cards.build(loaded, attributes=attributes, reference_group=reference, intended_use=use)
        files = cards.write(card, Path(folder))
        return card, {kind: getattr(files, kind).read_bytes() for kind in KINDS}


def _downloads(files: dict[str, bytes], run_id: str) -> None:
    with st.container(horizontal=True):
        for kind, (label, mime) in KINDS.items():
            name = f"{run_id}-{kind.replace('_', '.')}" if "_" in kind else f"{run_id}-card.{kind}"
            st.download_button(
                f"{label}, {len(files[kind]) / 1000:,.0f} kB", files[kind], name, mime, key=f"card_{kind}",
                on_click="ignore", icon=":material/download:", type="primary" if kind == "pdf" else "secondary",
            )  # fmt: skip


def _preview(card: Card) -> None:
    """Show the main numbers of the card."""
    if card.caveat:
        st.warning(card.caveat, icon=":material/smart_toy:")
    several = len(card.models) > 1
    st.subheader("Word error rate of everyone", anchor=False)
    if not several:
        st.caption(f"Model {layout.plain(card.models[0].model_id)}")
    everyone = [row for row in card.rates if row.group == EVERYONE and not row.attribute]
    st.table(
        pd.DataFrame(
            {
                "Condition": condition_label(row.condition_id),
                "Error rate": percent(row.rate, row.ci_low, row.ci_high),
                "95 % interval": percent_interval(row.ci_low, row.ci_high),
                "Speakers": f"{row.n_speakers:,}",
            }
            | ({"Model": row.model_id} if several else {})
            for row in everyone
        ),
        hide_index=True,
    )
    st.subheader("Gaps", anchor=False)
    st.dataframe(
        pd.DataFrame(
            {
                "Group": row.group,
                "Condition": condition_label(row.condition_id),
                "Gap": points(row.difference, row.ci_low, row.ci_high),
                "95 % interval": points_interval(row.ci_low, row.ci_high),
                "Verdict": row.verdict,
                "Attribute": row.attribute,
                "Compared with": "the rest" if row.reference_group == REST else row.reference_group,
            }
            | ({"Model": row.model_id} if several else {})
            for row in card.gaps
        ),
        hide_index=True,
        key="card_gaps",
    )
    st.subheader("Limits", anchor=False)
    st.markdown("\n".join(f"- {layout.plain(limit)}" for limit in card.limits), width=layout.TEXT_WIDTH)


if __name__ == "__main__":
    main()
