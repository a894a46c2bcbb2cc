"""Error rates over the severity or level of a condition: one line with intervals per group, panels on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pandas as pd

from workbench.errors import ScoringError, choices
from workbench.figures.curves import Curves, Line, Mark, Panel
from workbench.figures.forest import scale
from workbench.figures.palette import Look, looks
from workbench.figures.picture import Picture
from workbench.figures.plot_rows import interval_words, listed, number_or_none, scaled
from workbench.figures.renderers import picture_of
from workbench.figures.wording import clean_text, condition_label, model_label, percent, speakers
from workbench.text import UNIT_WORDS, Unit

NOTE = "Same utterances at every point. Bars: 95 % intervals, clustered on speaker. Points are offset horizontally for readability."
NO_INTERVAL = "○ Hollow: no interval."


def dose_curves(
    doses: pd.DataFrame, attribute: str, *, model_id: str, unit: Unit = "word", caveat: str = ""
) -> Picture:
    """Return the error rates of one model by group over the doses of every condition, with 95 % intervals.

    Parameters
    ----------
    doses : DOSE_RESPONSE
    unit : what was counted (``Results.unit``)
    caveat : what must be said wherever the figure shows, e.g. that the voices are synthetic

    Raises
    ------
    ScoringError : no such attribute or model
    """
    for name, wanted in (("model_id", model_id), ("attribute", attribute)):
        known = [str(dose) for dose in doses[name].unique()]
        if wanted not in known:
            raise ScoringError(f"there are no doses of {wanted!r}", place="figure", remedy=choices(wanted, known))
    rows = doses[(doses["model_id"] == model_id) & (doses["attribute"] == attribute)].reset_index(drop=True)
    groups = sorted(str(name) for name in rows["group"].unique())
    look = looks(groups)
    panels = tuple(
        _panel(part, str(series), str(over), groups, look)
        for (series, over), part in rows.groupby(["series", "over"], sort=False)
    )
    marks = [mark for panel in panels for line in panel.lines for mark in line.marks]
    rate, short, _ = UNIT_WORDS[unit]
    title = f"{rate} by {attribute} as conditions get harder"
    hollow = [NO_INTERVAL] * any(mark.low is None for mark in marks)
    sentences = [f"Lines with intervals. {title}, {model_label(model_id)}. One panel per condition."]
    sentences += [
        f"In {panel.title}: {listed([mark.hover for mark in line.marks])}." for panel in panels for line in panel.lines
    ]
    curves = Curves(
        title=title,
        subtitle=model_label(model_id),
        alt=clean_text(" ".join([*sentences, NOTE, caveat])),
        groups=tuple(groups),
        looks=look,
        panels=panels,
        y_title=f"{short} (%)",
        top=scale((mark.rate for mark in marks), (mark.high for mark in marks if mark.high is not None), least=20.0),
        notes=(" ".join([NOTE, *hollow]),),
        caveat=caveat,
    )
    table = rows.drop(columns=["model_id", "attribute"])
    return picture_of(curves, table)


def _panel(part: pd.DataFrame, series: str, over: str, groups: Sequence[str], look: dict[str, Look]) -> Panel:
    doses = tuple(sorted({float(item) for item in part["dose"]}))
    step = min((b - a for a, b in pairwise(doses)), default=1.0)
    lines = []
    for at, group in enumerate(groups):
        aside = step * 0.3 * ((at + 0.5) / len(groups) - 0.5)
        own = part[part["group"] == group].sort_values("dose")
        marks = []
        for row in own.itertuples():
            rate, low, high = (number_or_none(item) for item in (row.rate, row.ci_low, row.ci_high))
            if rate is None:
                continue
            words = f"{group}, {condition_label(str(row.condition_id))}: {percent(rate, low, high)}"
            hover = f"{words} ({speakers(int(str(row.n_speakers)))}, {interval_words(low, high)})"
            condition = str(row.condition_id)
            marks.append(Mark(float(str(row.dose)), rate * 100, scaled(low), scaled(high), hover, condition))
        lines.append(Line(group, look[group], tuple(marks), aside))
    title = condition_label(series).split(",")[0]  # without the level, which is the axis
    x_title = "severity (0 is clean)" if over == "severity" else f"level ({over})"
    return Panel(title, x_title, doses, tuple(lines))
