"""Error rates by group with their 95 % intervals, one panel per condition on one scale."""

from __future__ import annotations

import pandas as pd

from workbench.figures.board import ORDER_NOTE
from workbench.figures.forest import Dot, Forest, Panel, group_rows, scale
from workbench.figures.metric_rows import rate_in_words
from workbench.figures.palette import ROW
from workbench.figures.picture import Picture
from workbench.figures.plot_rows import (
    by_group,
    condition_order,
    group_order,
    interval_words,
    listed,
    number_or_none,
    scaled,
    select_rates,
    single_rates,
)
from workbench.figures.renderers import picture_of
from workbench.figures.wording import NO_INTERVAL, clean_text, condition_labels, model_label, percent, speakers

INTERVAL_NOTE = "Lines: 95 % intervals, clustered on speaker."
HOLLOW_NOTE = "○ Hollow: no interval."
SINGLE_NOTE = "Upright strokes: the single speakers, where they are too few for an interval."


def rate_intervals(
    rates: pd.DataFrame, attribute: str, *, model_id: str, measure: str = "", caveat: str = ""
) -> Picture:
    """Return the error rates of one model by group with 95 % intervals, one panel per condition.

    A group of one speaker has a hollow point, no interval, and says "1 speaker"; of a group with too few speakers for an interval the
    speakers themselves are drawn as strokes; a group without words has no point.

    Parameters
    ----------
    rates : RATES with the column ``attribute``, one row per model x condition x group
    measure : what the rates are; those of another figure come from ``measured_as``
    caveat : what must be said wherever the figure shows, e.g. that the voices are synthetic

    Raises
    ------
    ScoringError : no such attribute or model, or several rows for one point
    """
    measure = measure or rate_in_words(rates)
    rows = select_rates(rates, attribute, model_id)
    conditions, groups = condition_order(rows), group_order(rows, "rate")
    labels = condition_labels(conditions)
    panels = tuple(
        Panel(
            labels[condition],
            condition,
            tuple(_dots(rows[rows["condition_id"] == condition], groups, labels[condition])),
        )
        for condition in conditions
    )
    dots = [dot for panel in panels for dot in panel.dots]
    title = f"{measure} by {attribute}, 95 % intervals"
    note = ORDER_NOTE.format(first=labels[conditions[0]])
    sentences = [f"Points with intervals. {title}, {model_label(model_id)}. One panel per condition."]
    sentences += [_sentence(panel, groups) for panel in panels]
    has_intervals = any(not dot.hollow for dot in dots)
    return picture_of(
        Forest(
            title=title,
            subtitle=model_label(model_id),
            alt=clean_text(" ".join([*sentences, note, caveat])),
            rows=group_rows(rows, groups),
            panels=panels,
            x_title=f"{measure} (%)",
            start=0.0,
            end=scale(
                (value for dot in dots for value in (dot.x, *dot.single)),
                (dot.high for dot in dots if dot.high is not None),
                least=20.0,
            ),
            band=None,
            notes=(
                " ".join(
                    [INTERVAL_NOTE] * has_intervals
                    + [HOLLOW_NOTE] * any(dot.hollow for dot in dots)
                    + [SINGLE_NOTE] * any(dot.single for dot in dots)
                    + [note]
                ),
            ),
            caveat=caveat,
        ),
        rows,
    )


def _dots(rows: pd.DataFrame, groups: list[str], condition: str) -> list[Dot]:
    result = by_group(rows)
    dots = []
    for at, group in enumerate(groups):
        row = result.get(group)
        rate = None if row is None else number_or_none(row.rate)
        if row is None or rate is None:
            continue
        low, high = number_or_none(row.ci_low), number_or_none(row.ci_high)
        unknown = row.evidence == "no speakers"
        who = "speakers unknown" if unknown else speakers(int(row.n_speakers))
        single = single_rates(row) if low is None and row.n_speakers > 1 else []
        why = f"{NO_INTERVAL}: too few, they have {listed([percent(value) for value in single])}" if single else ""
        hover = f"{group}, {condition}: {percent(rate, low, high)} ({who}, {why or interval_words(low, high)})"
        beside = who if low is None and (unknown or row.n_speakers == 1) else ""
        if low is None and not beside:
            beside = f"{who}, too few for an interval" if single else "no interval"
        points = tuple(100 * value for value in single)
        dots.append(Dot(at, rate * 100, scaled(low), scaled(high), ROW, beside, hover, single=points))
    return dots


def _sentence(panel: Panel, groups: list[str]) -> str:
    told = {dot.row: dot.hover.split(f"{panel.title}: ", 1)[-1] for dot in panel.dots}
    parts = [f"{group} {told.get(row, 'no data')}" for row, group in enumerate(groups)]
    return f"In {panel.title}: {listed(parts)}."
