"""Gaps between groups with their 95 % intervals, one panel per condition, against the margin declared in the study."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from workbench.errors import ScoringError
from workbench.fairness.group_gaps.gaps import REST
from workbench.fairness.inference.verdicts import SATURATED
from workbench.figures.forest import Dot, Forest, Panel, group_rows, scale
from workbench.figures.metric_rows import rate_in_words
from workbench.figures.palette import BETTER, FADED, NEUTRAL, WITHIN, WORSE, Look
from workbench.figures.picture import Picture
from workbench.figures.plot_rows import (
    by_group,
    condition_order,
    group_order,
    interval_words,
    listed,
    number_or_none,
    scaled,
    select_gaps,
    verdict_doubt,
)
from workbench.figures.rate_intervals import HOLLOW_NOTE
from workbench.figures.renderers import picture_of
from workbench.figures.wording import (
    clean_text,
    condition_labels,
    exact_points,
    model_label,
    points,
    points_interval,
    speakers,
)

_MARKER = {
    "GAP": ("diamond", "D"),
    "EQUIVALENT": ("square", "s"),
    "INCONCLUSIVE": ("circle", "o"),
    "SATURATED": ("triangle-up", "^"),
    "NOT COMPUTED": ("circle", "o"),
}
_KEY = {"GAP": "◆ GAP", "EQUIVALENT": "■ EQUIVALENT", "INCONCLUSIVE": "● INCONCLUSIVE", "SATURATED": "▲ SATURATED"}
_OUTLINE = {"diamond": "◇ GAP", "square": "□ EQUIVALENT"}
SATURATED_NOTE = f"SATURATED: {SATURATED}."
TENTATIVE_NOTE = "tentative, over fewer than 5 speakers or perhaps chance among so many comparisons."


def gap_intervals(
    gaps: pd.DataFrame, attribute: str | None = None, *, model_id: str, margin: float | None = None, caveat: str = ""
) -> Picture:
    """Return the gaps of one model in percentage points with 95 % intervals, a zero line and the band of the margin.

    A tentative verdict (``plot_rows.verdict_doubt``) is drawn as an outline and called so; a SATURATED one in grey.

    Parameters
    ----------
    gaps : GAPS
    attribute : whose groups to show; may be left out where the frame holds one attribute
    margin : gaps smaller than this (a fraction) count as equal; None draws no band
    caveat : what must be said wherever the figure shows, e.g. that the voices are synthetic

    Raises
    ------
    ScoringError : no such attribute or model, several attributes and none chosen, or several rows for one point
    """
    attribute = attribute or _only_attribute(gaps)
    rows = select_gaps(gaps, attribute, model_id)
    conditions, groups = condition_order(rows), group_order(rows, "difference")
    references = [str(name) for name in rows["reference_group"].unique()]
    named = "the rest" if references == [REST] else references[0] if len(references) == 1 else "the reference group"
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
    ends = [end for dot in dots for end in (dot.low, dot.high) if end is not None]
    reach = scale((dot.x for dot in dots), ends, least=max(5.0, (margin or 0) * 150))
    title = f"{rate_in_words(gaps)} gap to {named}, by {attribute}"
    order = f"Groups in order of their gap in {labels[conditions[0]]}, lowest first. Right of zero: more errors than {named}."
    band = f"Grey band: gaps below ±{exact_points(margin)} count as equal." if margin else ""
    firm = {dot.look.symbol for dot in dots if not dot.open}
    present = [key for verdict, key in _KEY.items() if _MARKER[verdict][0] in firm]
    signs = [", ".join(present) + "."] * bool(present) + [HOLLOW_NOTE] * any(dot.hollow for dot in dots)
    signs += [SATURATED_NOTE] * any(dot.look.symbol == _MARKER["SATURATED"][0] for dot in dots)
    doubtful = {dot.look.symbol for dot in dots if dot.tentative}
    if doubtful:
        signs.append(f"{', '.join(key for symbol, key in _OUTLINE.items() if symbol in doubtful)}: {TENTATIVE_NOTE}")
    sentences = [f"Points with intervals. {title}, {model_label(model_id)}. One panel per condition."]
    sentences += [_sentence(panel, groups) for panel in panels]
    return picture_of(
        Forest(
            title=title,
            subtitle=model_label(model_id),
            alt=clean_text(" ".join(filter(None, [*sentences, order, band, caveat]))),
            rows=group_rows(rows, groups),
            panels=panels,
            x_title="Gap (percentage points)",
            start=-reach,
            end=reach,
            band=margin * 100 if margin else None,
            notes=(" ".join(filter(None, ["Lines: 95 % intervals.", *signs, band])), order),
            caveat=caveat,
        ),
        rows,
    )


def _only_attribute(gaps: pd.DataFrame) -> str:
    results = [str(name) for name in gaps["attribute"].unique()]
    if len(results) != 1:
        raise ScoringError(
            f"the gaps are by {listed(results) or 'nothing'}", place="figure", remedy="name one with attribute="
        )
    return results[0]


def _dots(rows: pd.DataFrame, groups: Sequence[str], condition: str) -> list[Dot]:
    result = by_group(rows)
    dots = []
    for at, group in enumerate(groups):
        row = result.get(group)
        difference = None if row is None else number_or_none(row.difference)
        if row is None or difference is None:
            continue
        low, high = number_or_none(row.ci_low), number_or_none(row.ci_high)
        interval = interval_words(low, high, points_interval)
        who, verdict = speakers(int(row.n_speakers)), str(row.verdict)
        why = verdict_doubt(row)
        concluded = f"{verdict}, tentative: {why}" if why else verdict
        hover = f"{group}, {condition}: {points(difference, low, high)} ({who}, {interval}, {concluded})"
        beside = "" if low is not None else who if row.n_speakers == 1 else "no interval"
        drawn = Look(_colour(verdict, difference), *_MARKER[verdict])
        dots.append(Dot(at, difference * 100, scaled(low), scaled(high), drawn, beside, hover, tentative=bool(why)))
    return dots


def _colour(verdict: str, difference: float) -> str:
    if verdict == "GAP":
        return WORSE if difference > 0 else BETTER
    return {"EQUIVALENT": WITHIN, "SATURATED": FADED}.get(verdict, NEUTRAL)


def _sentence(panel: Panel, groups: Sequence[str]) -> str:
    told = {dot.row: dot.hover.split(f"{panel.title}: ", 1)[-1] for dot in panel.dots}
    parts = [f"{group} {told.get(row, 'not computed')}" for row, group in enumerate(groups)]
    return f"In {panel.title}: {listed(parts)}."
