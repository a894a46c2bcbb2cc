"""How the speakers of a group differ: the middle of their own rates and where most of them lie; no single speaker is drawn."""

from __future__ import annotations

from typing import Any

import pandas as pd

from workbench.figures.forest import Dot
from workbench.figures.group_panels import Shown, grouped
from workbench.figures.palette import Look
from workbench.figures.picture import Picture
from workbench.figures.plot_rows import number_or_none
from workbench.figures.wording import percent, percent_interval, speakers
from workbench.text import UNIT_WORDS, Unit

NOTE = "Point: median speaker. Line: 10th to 90th percentile of speakers (not a confidence interval)."


def speaker_spread(
    speakers_of: pd.DataFrame, attribute: str, *, model_id: str, unit: Unit = "word", caveat: str = ""
) -> Picture:
    """Return the quantiles of the speakers' own error rates, by group, one panel per condition.

    Parameters
    ----------
    speakers_of : rows with model_id, condition_id, attribute, group, n_speakers, p10, p25, median, p75, p90, above_half
    unit : what was counted (``Results.unit``)
    caveat : what must be said wherever the figure shows
    """
    rows = speakers_of[(speakers_of["model_id"] == model_id) & (speakers_of["attribute"] == attribute)]
    shown = Shown(
        kind="Points with lines",
        title=f"{UNIT_WORDS[unit][0]}s of the speakers themselves, by {attribute}",
        model_id=model_id,
        order="median",
        x_title=f"{UNIT_WORDS[unit][0]} of a speaker (%)",
        notes=(NOTE,),
        caveat=caveat,
        least=20.0,
    )
    return grouped(rows.reset_index(drop=True), shown, _dots)


def _dots(row: Any, at: int, look: Look) -> list[Dot]:
    low, middle, high = (number_or_none(item) for item in (row.p10, row.median, row.p90))
    if low is None or middle is None or high is None:
        return []
    half = number_or_none(row.above_half) or 0.0
    words = (
        f"{row.group} {percent(middle)}, most from {percent_interval(low, high)}, {percent(half)} of "
        f"{speakers(int(row.n_speakers))} above 50 %"
    )
    return [Dot(at, 100 * middle, 100 * low, 100 * high, look, "", words)]
