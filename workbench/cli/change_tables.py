"""Tables: GAP_CHANGES, DOSE_SLOPES and SPREAD as a person reads them."""

from __future__ import annotations

from itertools import groupby
from math import exp

from workbench.cli.console import OUT, percent, table
from workbench.cli.tables import Rows, interval, points

UNITS = {"rate": 100.0, "share": 100.0}
"""Statistics that are shown in percent."""


def print_changes(rows: Rows) -> None:
    """Print GAP_CHANGES rows for a person, one table per system; why a figure is missing stands below."""
    if not rows:
        OUT.print("There is only one condition: nothing changes.")
    headings = {
        "condition_id": "condition", "group": "group", "n_speakers": "speakers", "from": "clean %", "to": "degraded %",
        "others": "loses / against", "gap": "change", "interval": "95 % interval", "ratio": "ratio x",
        "p_familywise": "p (family)", "answer": "does the gap widen?",
    }  # fmt: skip
    for (model, attribute, reference), group in groupby(
        rows, key=lambda row: (row["system"], row["attribute"], row["reference_group"])
    ):
        found = list(group)
        shown = [
            {
                **row,
                "from": percent(row["clean_rate"]),
                "to": percent(row["rate"]),
                "others": f"{points(row['degradation'])} / {points(row['reference_degradation'])}",
                "gap": points(row["change"]),
                "interval": interval(row),
                "ratio": _factor(row["log_change"]),
            }
            for row in found
        ]
        against = "everybody else" if reference == "rest" else reference
        table(shown, headings, title=f"What conditions add to gaps by {attribute} against {against} (points), {model}")
        for row in found:
            if row["reason"]:
                OUT.print(f"{row['condition_id']}, {row['group']}: {row['reason']}", markup=False, highlight=False)


def print_doses(rows: Rows) -> None:
    """Print DOSE_RESPONSE rows for a person, one table per system and series."""
    headings = {"group": "group", "dose": "", "condition_id": "condition", "wer": "WER %", "interval": "95 % interval"}
    headings["n_speakers"] = "speakers"
    for (model, series, over), group in groupby(rows, key=lambda row: (row["system"], row["series"], row["over"])):
        shown = [{**row, "wer": percent(row["rate"]), "interval": interval(row)} for row in group]
        table(shown, headings | {"dose": over}, title=f"Word error rate over {series}, {model}")


def print_slopes(rows: Rows) -> None:
    """Print DOSE_SLOPES rows for a person, one table per system."""
    if not rows:
        OUT.print("No condition has two doses: nothing rises.")
    headings = {
        "series": "condition", "group": "group", "step": "points per", "slope": "slope", "other": "against",
        "gap": "difference", "interval": "95 % interval", "p_adjusted": "p (Holm)", "monotone": "steady",
    }  # fmt: skip
    for (model, reference), group in groupby(rows, key=lambda row: (row["system"], row["reference_group"])):
        shown = [
            {
                **row,
                "step": row["over"],
                "slope": points(row["slope"]),
                "other": points(row["reference_slope"]),
                "gap": points(row["difference"]),
                "interval": interval(row),
            }
            for row in group
        ]
        against = "everybody else" if reference == "rest" else reference
        table(shown, headings, title=f"How fast the rate rises, against {against}, {model}")


def print_spread(rows: Rows) -> None:
    """Print SPREAD rows for a person, one table per system and condition."""
    headings = {
        "statistic": "statistic", "group": "group", "shown": "value", "interval": "95 % interval",
        "expected": "equal groups", "upper": "in 95 of 100", "p_value": "p",
    }  # fmt: skip
    for (model, condition), group in groupby(rows, key=lambda row: (row["system"], row["condition_id"])):
        found = list(group)
        shown = [
            {
                **row,
                "shown": _value(row["value"], row["unit"]),
                "interval": _between(row["ci_low"], row["ci_high"], row["unit"]),
                "expected": _value(row["null_expected"], row["unit"]),
                "upper": _value(row["null_95"], row["unit"]),
            }
            for row in found
        ]
        table(shown, headings, title=f"Spread of groups, {condition}, {model}")
        for note in dict.fromkeys(row["note"] for row in found if row["note"]):
            names = [row["statistic"] for row in found if row["note"] == note]
            OUT.print(f"{', '.join(dict.fromkeys(names))}: {note}", markup=False, highlight=False)


def _value(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    return f"{value * UNITS[unit]:.1f} %" if unit in UNITS else f"{value:.3f}"


def _between(low: float | None, high: float | None, unit: str) -> str:
    return "-" if low is None or high is None else f"{_value(low, unit)} to {_value(high, unit)}"


def _factor(log_change: float | None) -> str:
    """Return the growth of a ratio as a factor."""
    return "-" if log_change is None else f"{exp(log_change):.2f}"
