"""The steps in the sidebar with their state: what this session has chosen, and what the store holds."""

from __future__ import annotations

import streamlit as st

from workbench.errors import WorkbenchError
from workbench.figures.wording import counted
from workbench.pages.shared import cached
from workbench.pages.shared.draft import draft
from workbench.pages.shared.markup import plain

DONE, OPEN, BUSY = ":material/check_circle:", ":material/radio_button_unchecked:", ":material/autorenew:"


def steps() -> None:
    """List every step with its state."""
    study_draft = draft()
    extra, engines = max(len(study_draft.conditions) - 1, 0), len(study_draft.engines)
    study = [
        _step(DONE if study_draft.manifest else OPEN, "Corpus", study_draft.summary or "not chosen yet"),
        _step(DONE if extra else OPEN, "Conditions", f"clean and {extra} more" if extra else "only clean"),
        _step(DONE if engines else OPEN, "Models", f"{engines} chosen" if engines else "none yet"),
    ]
    results = [
        *_runs(),
        _step(
            DONE if "card" in st.session_state else OPEN, "Card", "built" if "card" in st.session_state else "not built"
        ),
    ]
    with st.sidebar:
        st.caption("**New study**\n\n" + "  \n".join(study) + "\n\n**Results**\n\n" + "  \n".join(results))


def _runs() -> list[str]:
    """Return the states of the last two steps that the store knows of."""
    try:
        records = cached.store().runs()
    except WorkbenchError:
        return []  # the page says what is wrong with the store
    working = [record for record in records if record.alive]
    ready = sum(1 for record in records if record.state == "done")
    share = working[0].done / working[0].total if working and working[0].total else 0.0
    state = f"running, {share:.0%}" if working else counted(len(records), "run") if records else "no run yet"
    return [
        _step(BUSY if working else DONE if ready else OPEN, "Run", state),
        _step(DONE if ready else OPEN, "Findings", counted(ready, "run") if ready else "none yet"),
    ]


def _step(icon: str, name: str, what: str) -> str:
    return f"{icon} {name}: {plain(what)}"
