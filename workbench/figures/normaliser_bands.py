"""The normaliser band: every gap under each normaliser, side by side on one line."""

from __future__ import annotations

from typing import Any

import pandas as pd

from workbench.figures.forest import Dot
from workbench.figures.frames import number_or_none, select_changes
from workbench.figures.grouped import Shown, grouped, key, marked
from workbench.figures.palette import Look
from workbench.figures.picture import Picture
from workbench.figures.words import points

NOTE = "Line: from the smallest to the largest gap. No intervals: it shows the choice of normaliser, not chance. Where fewer marks are seen, gaps are the same."


def normaliser_bands(band: pd.DataFrame, attribute: str, *, model_id: str, caveat: str = "") -> Picture:
    """Return each gap of one model under every normaliser, by group of ``attribute``, one panel per condition.

    Parameters
    ----------
    band : NORMALISER_BAND
    caveat : what must be said wherever the figure shows

    Raises
    ------
    ScoringError : no such attribute or model
    """
    rows = select_changes(band, attribute, model_id)
    names = [str(name) for name in rows["normalisers"].iloc[0].split(", ")]
    look = marked(names)

    def dots(row: Any, at: int, _: Look) -> list[Dot]:
        values = dict(zip(row.normalisers.split(", "), map(_value, row.differences.split(", ")), strict=True))
        found = {name: value for name, value in values.items() if value is not None}
        low, high = number_or_none(row.lowest), number_or_none(row.highest)
        made: list[Dot] = []
        for name, value in found.items():
            first = not made
            ends = (value, value) if not first or low is None or high is None else (100 * low, 100 * high)
            made.append(Dot(at, value, ends[0], ends[1], look[name], "", _said(row, name, value, first)))
        return made

    shown = Shown(
        kind="Points on lines",
        title=f"Gaps under {len(names)} normalisers, by {attribute}",
        model_id=model_id,
        order="lowest",
        x_title="Gap (percentage points)",
        notes=(f"{key(names)}. {NOTE}",),
        caveat=caveat,
        symmetric=True,
    )
    return grouped(rows, shown, dots)


def _value(text: str) -> float | None:
    return None if text == "none" else float(text)


def _said(row: Any, name: str, value: float, first: bool) -> str:
    head = f"{row.group} " if first else ""
    flips = " (the verdict hangs on it)" if first and row.verdict_changes else ""
    return f"{head}{points(value / 100)} under {name}{flips}"
