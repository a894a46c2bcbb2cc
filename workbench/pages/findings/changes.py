"""What conditions do to groups: does a gap widen, how fast does each rate rise, how far are the groups spread."""

from __future__ import annotations

import streamlit as st

from workbench.errors import WorkbenchError
from workbench.figures import condition_label, degradation_dumbbells, dose_curves, gap_change_heatmap, spread_table
from workbench.pages.findings import sweeps
from workbench.pages.shared import address, cached, display, downloads, layout, run_choice
from workbench.results import Results

READ_CHANGES = (
    "A cell shows how many points a condition adds to a group's gap, from clean to degraded audio, on the same "
    "utterances: +4 means that the group loses four points more than the comparison group. Second line: the factor by "
    "which the ratio of the rates changed (×0.57: it shrank); a gap can grow in points and shrink as a ratio. Only "
    "coloured, outlined cells are statistically significant after correction over the whole map; all others may be "
    "chance. Grey cells are above 80 %, where every group fails and gaps shrink for that reason alone."
)
READ_DOSES = (
    "Each line is a group. All points of a panel use the same utterances, so a line rises only because the condition "
    "gets harder. Lines that fan out mean that the condition costs some groups more. Overlapping bars do not prove "
    "that groups are equal. Click a point to see and hear its utterances."
)
READ_DUMBBELLS = (
    "Each group has two points joined by a dotted line: its error rate in clean audio and under the condition, with "
    "their 95 % intervals. The longer the line, the more the condition hurts this group. Whether it costs one group more than the "
    "others is what the next figure tests. Click a point to see and hear its utterances."
)
READ_SPREAD = (
    "With many groups, the largest difference is large by chance alone, even if all groups are equal. Compare each "
    "value with the one expected from the same number of equal groups: the same speakers with shuffled group labels. "
    "A small p means that chance rarely produces such a value."
)


def changes(loaded: Results, attribute: str, model: str, reference: str) -> None:
    """Show changes of gaps, lines over doses, and the spread of the groups."""
    try:
        result = cached.table(loaded, "gap_changes", attribute=attribute, reference=reference)
        doses = cached.table(loaded, "dose_response", attribute=attribute)
    except WorkbenchError as error:
        layout.complain(error)
        return
    alone = run_choice.nobody_else(loaded, attribute)
    result, doses = result[result["model_id"] == model], doses[doses["model_id"] == model]
    if result.empty:
        st.info("There is only one condition, so nothing changes. Add conditions to the study to compare with clean.")
    else:
        rates = cached.table(loaded, "rates", by=attribute)
        cells = list(zip(rates[attribute].astype(str), rates["condition_id"], strict=True))
        address.name_cell(list(dict.fromkeys(cells)), attribute, "changes_cell", label=condition_label)
        dumbbells = degradation_dumbbells(rates, attribute, model_id=model, caveat=loaded.caveat)
        display.figure(dumbbells, key="findings_dumbbells", read=READ_DUMBBELLS, opens=attribute)
        if not alone:
            st.divider()
            picture = gap_change_heatmap(result, attribute, model_id=model, caveat=loaded.caveat)
            display.figure(picture, key="findings_changes", read=READ_CHANGES, opens=attribute)
            sweeps.maps(loaded, result, attribute, model)
    if not doses.empty:
        st.divider()
        curves = dose_curves(doses, attribute, model_id=model, unit=loaded.unit, caveat=loaded.caveat)
        display.figure(curves, key="findings_doses", read=READ_DOSES, opens=attribute)
    if not alone:
        st.divider()
        _spread(loaded, attribute, model)


def _spread(loaded: Results, attribute: str, model: str) -> None:
    result = cached.table(loaded, "spread", attribute=attribute)
    result = result[result["model_id"] == model]
    present = set(result["condition_id"])
    st.markdown(f"**Spread across the groups of {layout.plain(attribute)}**")
    condition = address.choose(
        "Condition", [item for item in loaded.conditions if item in present], "spread_condition",
        format_func=condition_label,
    )  # fmt: skip
    rows = result[result["condition_id"] == condition]
    if (rows["n_groups"] < 2).all():
        st.info(str(rows["note"].iloc[0]).capitalize())
        return
    st.dataframe(
        spread_table(result, model_id=model, condition_id=condition), hide_index=True, key="findings_spread_table"
    )
    for note in dict.fromkeys(rows.loc[rows["statistic"].isin(["max - min", "FAAS"]), "note"]):
        st.caption(layout.plain(note), width=layout.TEXT_WIDTH)
    with st.container(horizontal=True):
        downloads.table(rows, "findings_spread", key="findings_spread")
    layout.how_to_read(READ_SPREAD)
