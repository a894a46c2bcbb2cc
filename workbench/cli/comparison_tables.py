"""Tables as a person reads them: differences of two sides, the check of their gaps, and speakers needed."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from workbench.cli.console import percent, table
from workbench.cli.tables import Rows, interval, points


def pair_in_words(row: Mapping[str, Any]) -> str:
    """Return which two sides a row compares: what they share is said once, and no condition where nobody knows it."""
    models = _both(row["model_first"], row["model_second"])
    if "condition_first" not in row:
        return models
    return f"{models} under {_both(row['condition_first'], row['condition_second'])}"


def _both(first: str, second: str) -> str:
    return first if first == second else f"{first} -> {second}"


def gap_in_words(row: Mapping[str, Any]) -> str:
    """Return what became of one gap, in one line."""
    against = "" if row["reference_group"] == "rest" else f" against {row['reference_group']}"
    return (
        f"{row['attribute']} {row['group']}{against}: gap {points(row['gap_first'])} -> {points(row['gap_second'])} points, "
        f"change {points(row['change'])} (95 % interval {interval(row)}), {pair_in_words(row)}"
    )


def print_comparisons(rows: Rows, *, titled: str = "Second minus first") -> None:
    """Print COMPARISONS rows for a person, one table per pair."""
    headings = {
        "attribute": "attribute", "group": "group", "n_speakers": "speakers", "n_utterances": "utterances",
        "first": "first %", "second": "second %", "gap": "difference", "interval": "95 % interval",
        "p_value": "p (speakers)", "mapsswe_p": "p (MAPSSWE)", "mcnemar_p": "p (McNemar)",
    }  # fmt: skip
    for name, heading in (("n_unpaired", "one side only"), ("n_failed", "failed")):
        if any(row[name] for row in rows):
            headings[name] = heading
    for pair, group in groupby(rows, key=pair_in_words):
        shown = [
            {
                **row,
                "group": row["group"] or "everybody",
                "first": percent(row["rate_first"]),
                "second": percent(row["rate_second"]),
                "gap": points(row["difference"]),
                "interval": interval(row),
            }
            for row in group
        ]
        table(shown, headings, title=f"{titled} (percentage points), {pair}")


def print_text_differences(rows: Rows) -> None:
    """Print TEXT_DIFFERENCES rows for a person, one table per condition."""
    headings = {
        "attribute": "attribute", "group": "group", "n_speakers": "speakers", "n_utterances": "utterances",
        "differ": "texts differ %", "differ_interval": "95 % interval", "first": "first %", "second": "second %",
        "gap": "difference", "interval": "95 % interval", "more": "more than the rest", "more_interval": "95 % interval",
    }  # fmt: skip
    for name, group in groupby(
        rows, key=lambda row: f"{row['model_first']} -> {row['model_second']} under {row['condition_id']}"
    ):
        shown = [
            {
                **row,
                "group": row["group"] or "everybody",
                "differ": percent(row["share"]),
                "differ_interval": interval({"ci_low": row["share_ci_low"], "ci_high": row["share_ci_high"]}),
                "first": percent(row["rate_first"]),
                "second": percent(row["rate_second"]),
                "gap": points(row["difference"]),
                "interval": interval(row),
                "more": points(row["gap_change"]),
                "more_interval": interval({"ci_low": row["gap_ci_low"], "ci_high": row["gap_ci_high"]}),
            }
            for row in group
        ]
        table(shown, headings, title=f"Texts that differ, and what it costs (percentage points), {name}")


def print_gap_checks(rows: Rows) -> None:
    """Print GAP_CHECKS rows for a person, one table per pair."""
    headings = {
        "attribute": "attribute", "group": "group", "reference_group": "against", "n_speakers": "speakers",
        "first": "gap first", "second": "gap second", "moved": "change", "interval": "95 % interval",
        "p_adjusted": "p (Holm)", "verdict": "verdict", "reason": "why",
    }  # fmt: skip
    for pair, group in groupby(rows, key=pair_in_words):
        shown = [
            {
                **row,
                "first": points(row["gap_first"]),
                "second": points(row["gap_second"]),
                "moved": points(row["change"]),
                "interval": interval(row),
            }
            for row in group
        ]
        table(shown, headings, title=f"Did a gap get worse? (percentage points), {pair}")


def print_power(rows: Rows) -> None:
    """Print POWER rows for a person, one table per system and condition."""
    headings = {
        "group": "group", "reference_group": "against", "n_speakers": "speakers", "words_per_speaker": "words each",
        "rate": "WER % planned from", "cv": "cv", "overdispersion": "overdispersion", "speakers_needed": "speakers needed",
        "more_speakers": "more", "found": "gap found now", "assumed": "assumed", "reason": "why",
    }  # fmt: skip
    for (model, condition), group in groupby(rows, key=lambda row: (row["model_id"], row["condition_id"])):
        shown = [
            {**row, "rate": percent(row["rate_reference"]), "found": points(row["detectable_gap"])} for row in group
        ]
        gap = f"a gap of {points(rows[0]['gap'])} points"
        table(
            shown,
            headings,
            title=f"Speakers per group to find {gap}" + (f", {model} under {condition}" if model else ""),
        )
