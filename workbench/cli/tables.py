"""Tables: RATES and GAPS as a person reads them, and the rows that ``--where`` selects."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.cli.console import percent, table
from workbench.errors import ScoringError


def print_rates(rows: list[dict[str, object]], by: list[str]) -> None:
    """Print RATES rows for a person."""
    for row in rows:
        row |= {"wer": percent(row["rate"]), "interval": f"{percent(row['ci_low'])} to {percent(row['ci_high'])}"}  # type: ignore[arg-type]
    headings = {"model_id": "model", "condition_id": "condition", **{name: name for name in by}}
    table(
        rows,
        {
            **headings,
            "wer": "WER",
            "interval": "95 % interval",
            "n_speakers": "speakers",
            "ref_words": "words",
            "evidence": "evidence",
        },
    )


def print_gaps(rows: list[dict[str, object]]) -> None:
    """Print GAPS rows for a person."""
    for row in rows:
        row |= {"gap": percent(row["difference"]), "interval": f"{percent(row['ci_low'])} to {percent(row['ci_high'])}"}  # type: ignore[arg-type]
    table(
        rows,
        {
            "condition_id": "condition",
            "group": "group",
            "reference_group": "against",
            "gap": "gap",
            "interval": "95 % interval",
            "p_adjusted": "p (Holm)",
            "verdict": "verdict",
            "reason": "note",
        },
    )


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
