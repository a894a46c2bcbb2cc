"""Tables: RATES and GAPS as a person reads them, and the rows that ``--where`` selects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from workbench.cli.console import percent, table
from workbench.errors import ScoringError

Rows = Sequence[Mapping[str, Any]]

ENGINES = {
    "engine": "engine", "ready": "ready", "reason": "state", "install": "what it needs", "spec_example": "write it as",
}  # fmt: skip
MODELS = {
    "spec": "write it as", "ready": "ready", "where": "found in", "licence": "licence", "bytes": "bytes", "sha256": "SHA-256",
    "install": "what brings it",
}  # fmt: skip
CONDITIONS = {
    "id": "condition", "family": "family", "severity": "severity", "parameters": "parameters", "units": "units",
    "reason": "what it lacks here",
}  # fmt: skip
RUNS = {
    "run_id": "run", "study": "study", "state": "state", "done": "done", "total": "of", "failed": "failed",
    "created_at": "created", "message": "message",
}  # fmt: skip
"""Headings by column of the tables that a person sees."""


def interval(row: Mapping[str, Any]) -> str:
    """Return a 95 % interval as a person reads it; a dash where there is none."""
    low, high = row["ci_low"], row["ci_high"]
    return "-" if low is None or high is None else f"{100 * low:.1f} to {100 * high:.1f}"


def points(difference: float | None) -> str:
    """Return a difference of rates in percentage points, with its sign; a missing one is a dash."""
    return "-" if difference is None else f"{100 * difference:+.1f}"


def without_condition(rows: Rows) -> Rows:
    """Return rows that name no condition: nobody knows the one under which transcripts made elsewhere came about."""
    return [{name: value for name, value in row.items() if not name.startswith("condition_")} for row in rows]


def _condition(rows: Rows) -> dict[str, str]:
    """Return the heading of the condition where there is one."""
    return {"condition_id": "condition"} if any("condition_id" in row for row in rows) else {}


def print_rates(rows: Rows, by: Sequence[str]) -> None:
    """Print RATES rows for a person, one table per system."""
    headings = {**_condition(rows), **{name: name for name in by}, "wer": "WER %", "interval": "95 % interval"}
    headings |= {"n_speakers": "speakers", "ref_words": "words", "evidence": "evidence"}
    if any(row["n_failed"] for row in rows):
        headings["n_failed"] = "failed"
    for model, group in groupby(rows, key=lambda row: row["system"]):
        shown = [{**row, "wer": percent(row["rate"]), "interval": interval(row)} for row in group]
        table(shown, headings, title=f"Word error rate, {model}")


def print_gaps(rows: Rows, adjusted: str = "Holm") -> None:
    """Print GAPS rows for a person, one table per system and attribute; ``adjusted`` names what was done to p."""
    headings = {**_condition(rows), "group": "group", "reference_group": "against", "gap": "gap"}
    headings |= {"interval": "95 % interval", "p_adjusted": f"p ({adjusted})", "p_familywise": "p (family)"}
    headings |= {"verdict": "verdict"}
    for (model, attribute), group in groupby(rows, key=lambda row: (row["system"], row["attribute"])):
        shown = [
            {**row, "gap": points(row["difference"]), "interval": interval(row), "verdict": verdict_words(row)}
            for row in group
        ]
        table(shown, headings, title=f"Gaps by {attribute} (percentage points), {model}")


def verdict_words(row: Mapping[str, Any]) -> str:
    """Return the verdict of a GAPS row, and whether it is tentative."""
    return f"{row['verdict']} (tentative)" if row.get("tentative") else str(row["verdict"])


def selection(given: Sequence[str]) -> dict[str, list[str]]:
    """Return what COLUMN=VALUE options select: values by column.

    >>> selection(["accent=Irish", "accent=Scottish"])
    {'accent': ['Irish', 'Scottish']}
    """
    chosen: dict[str, list[str]] = {}
    for text in given:
        column, equals, value = text.partition("=")
        if not equals or not column:
            raise ScoringError(
                f"{text!r} is not COLUMN=VALUE", place="--where", remedy="for example --where accent=Irish"
            )
        chosen.setdefault(column, []).append(value)
    return chosen
