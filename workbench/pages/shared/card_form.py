"""The form of the service card: what only a person can say, what the card is to report, and what it still lacks."""

from __future__ import annotations

from typing import Any

import streamlit as st

from workbench import card_fields, cards
from workbench.errors import StudyError
from workbench.fairness import REST
from workbench.figures import condition_label
from workbench.figures.plot_rows import listed
from workbench.pages.shared import cached, examples, layout, run_choice
from workbench.results import Results

SHORT = ("service", "version", "owner", "contact", "date", "review")
"""Fields of one line; the others have room for a paragraph."""
CLAIM_HELP = (
    "One per line: 'accent: accuracy >= 92 %', 'accent: gap <= 2 points in clean', 'everyone: accuracy >= 90 %'. A claim is "
    "supported only if the data of enough speakers support it."
)
MARGIN_HELP = (
    "Smaller gaps count as equal. The study fixed {:g} points before the run. A different margin recomputes "
    "the verdicts; the card notes that it was chosen after the run."
)


def fields(loaded: Results, run_id: str) -> dict[str, str]:
    """Return what the user writes into the fields of the card; they start with what the study says."""
    stated = loaded.study.card
    given: dict[str, str] = {}
    st.subheader("The service", anchor=False)
    left, right = st.columns(2)
    for name, field in card_fields.FIELDS.items():
        key = "card_use" if name == "intended_use" else f"card_{name}_{run_id}"
        label = field.label if field.required else f"{field.label} (optional)"
        with left if name in SHORT else right:
            if name in SHORT:
                text = st.text_input(
                    label, stated.get(name, ""), key=key, persist_state="session", placeholder=field.asks
                )
            else:
                text = st.text_area(
                    label, stated.get(name, ""), key=key, persist_state="session", height=90, placeholder=field.asks
                )
        given[name] = text or ""
    lacking = card_fields.missing(given)
    if lacking:
        names = listed([card_fields.FIELDS[name].label.lower() for name in lacking])
        st.caption(f"The card is marked as a draft until it has {layout.plain(names)}.")
    written = {name: text for name, text in given.items() if text.strip() or name in stated}
    try:
        return card_fields.stripped(written)
    except StudyError as error:  # only a date can be wrong here: the names are those of the form
        st.error(layout.plain(str(error)), icon=":material/error:")
        return card_fields.stripped({name: text for name, text in written.items() if name != "date"})


def asked(loaded: Results, run_id: str) -> dict[str, Any]:
    """Return what the user asks of the card."""
    stated = fields(loaded, run_id)
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
        "attributes": chosen, "reference_group": against, "fields": stated, "claims": _lines(claims),
        "limits": _lines(limits), "margin": None if margin == fixed else margin / 100, "evidence": parts, "minimum_speakers": least,
        "examples": printed,
    }  # fmt: skip


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
