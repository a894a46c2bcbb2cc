"""All tables: every statistic of the catalogue as a table that can be read and downloaded."""

from __future__ import annotations

from typing import Any

import streamlit as st

from workbench.fairness.catalogue import STATISTICS, Statistic
from workbench.figures.readable_table import readable
from workbench.figures.wording import condition_label, model_labels
from workbench.pages.shared import address, cached, downloads, layout
from workbench.results import Results

CHOICE = "Every question that a run can be asked. The command `workbench table` prints the same tables."


def all_tables(loaded: Results, attribute: str, model: str, reference: str) -> None:
    """Show one table of the catalogue, of the attribute, model and reference group that the page has chosen."""
    name = address.choose(
        "Table", list(STATISTICS), "table", format_func=lambda one: STATISTICS[one].title, help=CHOICE
    )
    statistic = STATISTICS[name]
    asked = _asked(loaded, statistic, attribute=attribute, model=model, reference=reference)
    if asked is None:
        return
    table = cached.table(loaded, name, **asked)
    st.caption(layout.plain(statistic.table.meaning))
    if table.empty:
        st.info("There is nothing to show here.")
        return
    st.dataframe(readable(table), hide_index=True, key=f"findings_table_{name}")
    with st.container(horizontal=True):
        downloads.table(table, f"findings_{name}", key=f"findings_{name}_table", label=statistic.title)


def _asked(
    loaded: Results, statistic: Statistic, *, attribute: str, model: str, reference: str
) -> dict[str, Any] | None:
    """Return what the statistic asks for, as far as the page or a choice of its own says it; None if that cannot be."""
    known = {"attribute": attribute, "by": [attribute], "model": model, "system": model, "reference": reference}
    asked: dict[str, Any] = {name: known[name] for name in statistic.asks if name in known}
    if statistic.name == "intersections":
        del asked["by"]  # the first two attributes of the study
        if len(loaded.attributes) < 2:
            st.info("The intersections of attributes need two attributes.")
            return None
    if "condition" in statistic.asks:
        conditions = cached.conditions(loaded, model)
        asked["condition"] = address.choose("Condition", conditions, "condition", format_func=condition_label)
    if "versus" in statistic.asks:
        others = [other for other in cached.models(loaded) if other != model]
        if not others:
            st.info("There is one engine only: add a second one to the study to compare them.")
            return None
        asked["versus"] = address.choose(
            "With the engine", others, "versus", format_func=model_labels(others).__getitem__
        )
    return asked
