"""How often a transcript looks invented, by group, with 95 % intervals."""

from __future__ import annotations

from typing import Any

import pandas as pd

from workbench.figures.forest import Dot
from workbench.figures.group_panels import Shown, grouped
from workbench.figures.palette import Look
from workbench.figures.picture import Picture
from workbench.figures.plot_rows import interval_words, number_or_none, scaled
from workbench.figures.rate_intervals import HOLLOW_NOTE, INTERVAL_NOTE
from workbench.figures.wording import percent, speakers


def invented_rates(events: pd.DataFrame, attribute: str, *, model_id: str, caveat: str = "") -> Picture:
    """Return the share of transcripts that look invented, by group of ``attribute``, one panel per condition.

    Parameters
    ----------
    events : rows of one event of EVENT_RATES, with ``attribute`` and ``group`` for the group
    caveat : what must be said wherever the figure shows
    """
    rows = events[(events["model_id"] == model_id) & (events["attribute"] == attribute)].reset_index(drop=True)
    hollow = HOLLOW_NOTE if rows["ci_low"].isna().any() else ""
    shown = Shown(
        kind="Points with intervals",
        title=f"Transcripts that look invented, by {attribute}",
        model_id=model_id,
        order="rate",
        x_title="Transcripts that look invented (%)",
        notes=(" ".join(filter(None, [INTERVAL_NOTE, hollow])),),
        caveat=caveat,
    )
    return grouped(rows, shown, _dots)


def _dots(row: Any, at: int, look: Look) -> list[Dot]:
    rate = number_or_none(row.rate)
    if rate is None:
        return []
    low, high = number_or_none(row.ci_low), number_or_none(row.ci_high)
    words = f"{row.group} {percent(rate, low, high)}, {int(row.events)} of {int(row.n_utterances)}"
    hover = f"{words} ({speakers(int(row.n_speakers))}, {interval_words(low, high)})"
    return [Dot(at, 100 * rate, scaled(low), scaled(high), look, "", hover)]
