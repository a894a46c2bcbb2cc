"""Two engines of a run, or two runs, on the same utterances: what changed, for whom, and did a gap get worse."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

from workbench.display_names import shown
from workbench.fairness import Comparison
from workbench.figures import (
    adjustment_plots,
    condition_label,
    engine_rates,
    model_label,
    model_labels,
    paired_differences,
    points,
    points_interval,
)
from workbench.pages.shared import address, cached, display, downloads, layout, run_choice
from workbench.results import Results
from workbench.results.run_comparison import kept_comparison
from workbench.store import RunRecord

ENGINES, RUNS = "Two engines of this run", "Another run"
READ_ENGINES = (
    "Every group has one point per engine, with its 95 % interval, on the same audio. Two engines can differ although "
    "their intervals overlap, because they transcribed the same speakers. The next figure accounts for that."
)
READ_PAIRED = (
    "The second engine minus the first on the same utterances: left of zero, the second makes fewer errors. Lines are "
    "95 % intervals, paired and clustered on speaker. If a line crosses zero, the change may be chance."
)
MOST_ENGINES = 8


def comparing(loaded: Results, attribute: str, model: str, reference: str) -> None:
    """Show two engines of the run, or this run beside another, and the check of the gaps."""
    models = cached.models(loaded)
    others = {item.run_id: item for item in cached.store().runs() if item.done and item.run_id != loaded.run.run_id}
    ways = [ENGINES] * (len(models) > 1) + [RUNS] * bool(others)
    if not ways:
        st.info("There is nothing to compare with: add a second engine to the study, or run another study.")
        layout.lead_to(layout.ENGINES, "Choose engines")
        return
    way = address.choose_view("Compare", ways, "compare")
    if way == ENGINES:
        _two_engines(loaded, attribute, model, reference, models)
    else:
        _two_runs(loaded, attribute, model, reference, others)


def _two_engines(loaded: Results, attribute: str, model: str, reference: str, models: list[str]) -> None:
    others = [item for item in models if item != model]
    second = address.choose("With the engine", others, "versus", format_func=model_labels(models).__getitem__)
    drawn = [model, second, *(other for other in others if other != second)][:MOST_ENGINES]
    picture = engine_rates(cached.table(loaded, "rates", by=attribute), attribute, models=drawn, caveat=loaded.caveat)
    display.figure(picture, key="findings_engines", read=READ_ENGINES)
    st.divider()
    sides = {"attribute": attribute, "system": model, "versus": second}
    result = Comparison(
        cached.table(loaded, "comparisons", **sides),
        cached.table(loaded, "gap_checks", reference=reference, **sides),
        tuple(cached.table(loaded, "comparison_notes", **sides)["note"]),
    )
    _result(result, attribute, f"From {model_label(model)} to {model_label(second)}", loaded)


def _two_runs(loaded: Results, attribute: str, model: str, reference: str, others: dict[str, RunRecord]) -> None:
    chosen = address.choose(
        "With the run", list(others), "other", format_func=lambda one: run_choice.run_words(others[one])
    )
    with layout.mendable():
        other = cached.load(others[chosen], loaded.study.normaliser)
        with st.spinner("Comparing the runs ..."):
            against = cached.group_id(loaded, attribute, reference)
            result = kept_comparison(loaded, other, attribute, reference=against, model=model)
            names = shown()
            result = replace(
                result,
                comparisons=names.named(result.comparisons, attribute),
                gap_checks=names.named(result.gap_checks, attribute),
            )
        _result(result, attribute, f"From this run to {others[chosen].study}", loaded)


def _result(found: Comparison, attribute: str, title: str, loaded: Results) -> None:
    display.figure(
        paired_differences(found.comparisons, attribute, title=title, unit=loaded.unit, caveat=loaded.caveat),
        key="findings_paired", read=READ_PAIRED,
    )  # fmt: skip
    worse = found.worse
    if len(worse):
        named = ", ".join(dict.fromkeys(str(item) for item in worse["group"]))
        st.error(f"Gaps that got worse: {layout.plain(named)}.", icon=":material/trending_up:")
    else:
        st.info("No gap got significantly worse.", icon=":material/trending_flat:")
    _checks(found.gap_checks)
    for note in found.notes:
        st.caption(layout.plain(note), width=layout.TEXT_WIDTH)
    with st.container(horizontal=True):
        downloads.table(found.comparisons, "comparison", key="compare_all", label="Comparison")
        downloads.table(found.gap_checks, "gap-checks", key="compare_checks", label="Gap checks")


def _checks(checks: pd.DataFrame) -> None:
    """Show whether each gap got worse, in words."""
    shown = pd.DataFrame(
        {
            "Group": row.group,
            "Condition": condition_label(row.condition_second),
            "Change of the gap": points(row.change, row.ci_low, row.ci_high),
            "95 % interval": points_interval(row.ci_low, row.ci_high),
            "Verdict": row.verdict,
            "Speakers": row.n_speakers,
        }
        for row in adjustment_plots.each(checks)
    )
    st.dataframe(shown, hide_index=True, key="compare_gap_checks")
