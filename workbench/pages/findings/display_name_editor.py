"""Display names: what the models, conditions and groups of a run are called, edited in a table and kept in its study."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd
import streamlit as st

from workbench.display_names import CROSSING, DisplayNames, using
from workbench.figures import condition_label, model_labels
from workbench.pages.shared import cached, layout
from workbench.results import Results
from workbench.store import RunRecord

HELP = "Names of models, conditions and groups"
EXPLAINED = (
    "These names replace the ids in the app, on the command line, in figures and on the card; the ids stay in its reproduction "
    "section. They are kept in the study of this run and change no number. Leave a name empty to use the standard one."
)


class Named(NamedTuple):
    """One thing that can be given a name: its kind (model, condition, or an attribute), its id, and what it is called without one."""

    kind: str
    key: str
    standard: str


def pencil(loaded: Results, record: RunRecord, attribute: str) -> None:
    """Offer to edit the names."""
    if st.button("", key="names_edit", icon=":material/edit:", help=HELP):
        st.dialog("Names", width="large")(_edit)(loaded, record, attribute)


def _edit(loaded: Results, record: RunRecord, attribute: str) -> None:
    labels = record.load_study().labels
    named = list(nameable(loaded, attribute))
    st.caption(EXPLAINED)
    rows = pd.DataFrame(
        {
            "Kind": [item.kind for item in named],
            "Id": [item.key for item in named],
            "Standard name": [item.standard for item in named],
            "Your name": [_given(labels, item) for item in named],
        }
    )
    edited = st.data_editor(
        rows, hide_index=True, key="names_table", disabled=["Kind", "Id", "Standard name"], num_rows="fixed",
        column_config={"Your name": st.column_config.TextColumn("Your name", max_chars=80)},
    )  # fmt: skip
    if st.button("Save", key="names_save", type="primary", icon=":material/save:"):
        with layout.mendable():
            cached.store().label(record.run_id, relabelled(labels, named, edited["Your name"].fillna("").tolist()))
            st.rerun()


def nameable(loaded: Results, attribute: str) -> Iterator[Named]:
    """Yield the models and conditions of a run, and the groups of its attributes (of the chosen one first)."""
    with using(DisplayNames()):
        standard = model_labels(cached.models(loaded))
        yield from (Named("model", name, words) for name, words in standard.items())
        yield from (Named("condition", name, condition_label(name)) for name in loaded.conditions)
        chosen = [part for part in attribute.split(CROSSING) if part in loaded.declared]
        for name in dict.fromkeys([*chosen, *loaded.attributes]):
            if CROSSING not in name:
                yield from (Named(name, group, group) for group in cached.levels(loaded, name))


def relabelled(labels: DisplayNames, named: list[Named], names: list[str]) -> DisplayNames:
    """Return the names as they were edited; those of what the table does not show stay."""
    models, conditions = dict(labels.models), dict(labels.conditions)
    groups = {attribute: dict(own) for attribute, own in labels.groups.items()}
    for item, text in zip(named, names, strict=True):
        if text.strip() == _given(labels, item):
            continue  # a name that is given by the engine's name stays there
        kept = {"model": models, "condition": conditions}.get(item.kind)
        own = groups.setdefault(item.kind, {}) if kept is None else kept
        own.pop(item.key, None)
        if item.kind == "model" and labels.model(item.key):
            for name in [name for name in own if labels.model(item.key) == own[name]]:
                del own[name]
        if text.strip():
            own[item.key] = text.strip()
    return DisplayNames(models=models, conditions=conditions, groups={name: own for name, own in groups.items() if own})


def _given(labels: DisplayNames, item: Named) -> str:
    """Return the name that a person gave; empty without one."""
    if item.kind == "model":
        return labels.model(item.key)
    if item.kind == "condition":
        return labels.condition(item.key)
    return labels.groups.get(item.kind, {}).get(item.key, "")
