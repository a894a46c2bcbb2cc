"""Gaps raw, matched and adjusted side by side, and how alike matching made the two sides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import ScoringError, choices
from workbench.fairness.adjusted.adjusted_gaps import FULLY_ADJUSTED, METHODS
from workbench.fairness.adjusted.covariates import NOT_A_METRIC
from workbench.fairness.adjusted.propensity import LARGE, LEVEL_OF_CONCERN
from workbench.fairness.group_gaps.gaps import REST
from workbench.figures.fact_names import covariate_name
from workbench.figures.forest import Dot, Forest, Panel, Row, group_rows, scale
from workbench.figures.palette import COLOURS, Look, looks
from workbench.figures.picture import Picture
from workbench.figures.plot_rows import interval_words, listed, number_or_none, scaled
from workbench.figures.rate_intervals import HOLLOW_NOTE
from workbench.figures.renderers import picture_of
from workbench.figures.wording import clean_text, condition_label, model_label, points, points_interval, speakers
from workbench.schema import NOT_STATED
from workbench.text import UNIT_WORDS, Unit

SHOWN = 0.85
"""Of the ends of intervals on the scale: a method that rests on two speakers shall not press the others together."""


def comparison_rows(
    frame: pd.DataFrame, *, model_id: str, condition_id: str, attribute: str | None = None, group: str | None = None
) -> pd.DataFrame:
    """Return the rows of one model and condition (and group) of a table of comparisons.

    Raises
    ------
    ScoringError : there are none
    """
    wanted = {"model_id": model_id, "condition_id": condition_id, "attribute": attribute, "group": group}
    for name, value in wanted.items():
        if value is None:
            continue
        known = [str(item) for item in frame[name].unique()]
        frame = frame[frame[name] == value]
        if frame.empty:
            raise ScoringError(f"there is nothing of {name} {value!r}", place="figure", remedy=choices(value, known))
    return frame.reset_index(drop=True)


def each(rows: pd.DataFrame) -> list[Any]:
    """Return the rows as records with a field per column."""
    return list(rows.itertuples())


def against(rows: pd.DataFrame) -> str:
    """Return in words what the groups are compared with."""
    named = [str(name) for name in rows["reference_group"].unique()]
    return "the rest" if named == [REST] else listed(named)


def adjusted_intervals(
    adjusted: pd.DataFrame, attribute: str, *, model_id: str, condition_id: str, unit: Unit = "word", caveat: str = ""
) -> Picture:
    """Return the gaps of one model and condition in percentage points, one panel per method, raw first.

    What conditions on a mediator is drawn as an outline and said to be no fairness metric by itself.

    Parameters
    ----------
    adjusted : ADJUSTED_GAPS
    unit : what was counted (``Results.unit``)
    caveat : what must be said wherever the figure shows

    Raises
    ------
    ScoringError : no rows of this attribute, model or condition
    """
    rows = comparison_rows(adjusted, model_id=model_id, condition_id=condition_id, attribute=attribute)
    methods = [name for name in METHODS if (rows["method"] == name).any()]
    raw = rows[rows["method"] == methods[0]].set_index("group")["difference"].to_dict()
    groups = sorted(
        map(str, raw), key=lambda one: (one == NOT_STATED, raw[one] != raw[one], number_or_none(raw[one]) or 0.0, one)
    )
    look = looks(groups)
    panels = []
    for method in methods:
        result = {str(row.group): row for row in each(rows[rows["method"] == method])}
        dots = []
        for at, group in enumerate(groups):
            row = result.get(group)
            difference = None if row is None else number_or_none(row.difference)
            if row is None or difference is None:
                continue
            low, high = number_or_none(row.ci_low), number_or_none(row.ci_high)
            lines = [speakers(int(row.n_speakers)), interval_words(low, high, points_interval), str(row.caveat)]
            hover = f"{group}, {method}: {points(difference, low, high)} ({'; '.join(filter(None, lines))})"
            beside = "" if low is not None else "no interval"
            dots.append(
                Dot(
                    at,
                    difference * 100,
                    scaled(low),
                    scaled(high),
                    look[group],
                    beside,
                    hover,
                    NOT_A_METRIC in row.caveat,
                )
            )
        panels.append(Panel(method, condition_id, tuple(dots)))
    shown = [dot for panel in panels for dot in panel.dots]
    ends = [abs(end) for dot in shown for end in (dot.low, dot.high) if end is not None]
    usual = float(np.quantile(ends, SHOWN)) if ends else 0.0
    reach = scale((dot.x for dot in shown), [usual], least=5)
    title = f"{UNIT_WORDS[unit][0]} gap to {against(rows)}, by {attribute}: raw, matched and adjusted"
    outline = f"Outlined in “{FULLY_ADJUSTED}”: {NOT_A_METRIC}." if any(dot.tentative for dot in shown) else ""
    notes = ["Lines: 95 % intervals.", HOLLOW_NOTE if any(dot.hollow for dot in shown) else "", outline]
    label = condition_label(condition_id)
    sentences = [
        f"{panel.title}: {listed([dot.hover.replace(f', {panel.title}', '', 1) for dot in panel.dots]) or 'nothing computed'}."
        for panel in panels
    ]
    return picture_of(Forest(
        title=title,
        subtitle=f"{model_label(model_id)}, {label}",
        alt=clean_text(" ".join(filter(None, [f"Points with intervals. {title}, {model_label(model_id)}, {label}.", *sentences, outline, caveat]))),
        rows=group_rows(rows[rows["method"] == methods[0]], groups),
        panels=tuple(panels),
        x_title="Gap (percentage points)",
        start=-reach,
        end=reach,
        band=None,
        notes=(" ".join(filter(None, notes)),),
        caveat=caveat,
    ), rows)  # fmt: skip


BEFORE, AFTER = Look("#767676", "circle", "o"), Look(COLOURS[0], "circle", "o")


def balance_plot(balance: pd.DataFrame, group: str, *, model_id: str, condition_id: str, caveat: str = "") -> Picture:
    """Return the standardised mean differences of one group from its reference, before and after matching (a love plot).

    Parameters
    ----------
    balance : BALANCE
    caveat : what must be said wherever the figure shows

    Raises
    ------
    ScoringError : no rows of this group, model or condition
    """
    rows = comparison_rows(balance, model_id=model_id, condition_id=condition_id, group=group)
    dots = []
    sentences = []
    for at, row in enumerate(each(rows)):
        before, after = number_or_none(row.smd_before), number_or_none(row.smd_after)
        words = (
            f"{covariate_name(str(row.covariate))}: {_hundredths(before)} before, {_hundredths(after)} after matching"
        )
        sentences.append(words)
        if before is not None:
            dots.append(Dot(at, before * 100, None, None, BEFORE, "", words))
        if after is not None:
            dots.append(Dot(at, after * 100, after * 100, after * 100, AFTER, "", words))
    reach = scale((dot.x for dot in dots), [], least=30.0)
    title = f"Differences between {group} and {against(rows)} before and after matching"
    reasons = listed(sorted({str(item) for item in rows["reason"] if item}))
    key = f"○ all utterances. ● {int(rows['n_pairs'].max())} matched pairs."
    band = f"Grey band: below {100 * LEVEL_OF_CONCERN:.0f} counts as similar, {100 * LARGE:.0f} and more as very different."
    label = condition_label(condition_id)
    head = f"Points. {title}, {model_label(model_id)}, {label}, in hundredths of a standard deviation."
    return picture_of(
        Forest(
            title=title,
            subtitle=f"{model_label(model_id)}, {label}",
            alt=clean_text(
                " ".join(filter(None, [head, f"{listed(sentences)}.", reasons and f"{reasons}.", band, caveat]))
            ),
            rows=tuple(Row(covariate_name(str(name)), "") for name in rows["covariate"]),
            panels=(Panel("standardised mean difference", condition_id, tuple(dots)),),
            x_title="Hundredths of a standard deviation",
            start=-reach,
            end=reach,
            band=100 * LEVEL_OF_CONCERN,
            notes=(" ".join(filter(None, [key, band])), *([f"{reasons}."] if reasons else [])),
            caveat=caveat,
        ),
        rows,
    )


def _hundredths(value: float | None) -> str:
    return "not computed" if value is None else f"{100 * value:+.0f}".replace("-", "−")
