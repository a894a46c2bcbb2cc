"""How differently groups were recorded: standardised mean differences of every measure, one panel per group (a love plot)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from workbench.errors import ScoringError
from workbench.fairness.adjusted.propensity import LARGE
from workbench.fairness.inference.verdicts import ENOUGH_SPEAKERS
from workbench.figures.adjustment_plots import against, each
from workbench.figures.forest import Dot, Forest, Panel, Row, scale
from workbench.figures.palette import COLOURS, NEUTRAL, Look
from workbench.figures.picture import Picture
from workbench.figures.plot_rows import listed
from workbench.figures.renderers import picture_of
from workbench.figures.wording import clean_text, speakers
from workbench.provenance import audit_sentences, measure, smd_words

FARTHEST = 200.0
"""Hundredths of a standard deviation: what is farther out stands at the edge, with its value beside it."""
MOST_PANELS = 12
WITHIN = Look(NEUTRAL, "circle", "o")
APART = Look(COLOURS[3], "diamond", "D")
PERHAPS = Look(COLOURS[3], "circle", "o")
KEY = (
    f"Grey band: within {100 * LARGE:.0f}. ◆ outside, statistically significant. ○ outside, may be chance or fewer than "
    f"{ENOUGH_SPEAKERS} speakers. ● within."
)


def audit_plot(differences: pd.DataFrame, *, caveat: str = "") -> Picture:
    """Return the standardised mean differences between groups before any condition, with the limit of .25 as a band.

    Groups with 5 speakers or more have a panel each; if there is none, all that have a figure. The others are named below.
    A measure that is the same for everybody has no row.

    Parameters
    ----------
    differences : AUDIT_DIFFERENCES of one attribute
    caveat : what must be said wherever the figure shows

    Raises
    ------
    ScoringError : no group has a figure: fewer than 2 speakers each, or nothing measured
    """
    known = differences[differences["smd"].notna()]
    if known.empty:
        raise ScoringError(
            "no difference between groups can be drawn: every group has a single speaker, or nothing was measured",
            place="figure",
            remedy="read the table of groups",
        )
    groups = _shown(known)
    varied = known[known["group"].isin(groups) & (known["smd"] != 0.0)]
    names = [name for name in dict.fromkeys(known["measure"]) if (varied["measure"] == name).any()] or [
        known["measure"].iloc[0]
    ]
    sizes = [abs(smd) * 100 for smd in known.loc[known["group"].isin(groups), "smd"] if math.isfinite(smd)]
    reach = scale([min(size, FARTHEST) for size in sizes], [], least=50.0)
    drawn = known[known["measure"].isin(names)]
    panels = tuple(_panel(drawn[drawn["group"] == group], group, names, reach) for group in groups)
    attribute = str(differences["attribute"].iloc[0])
    title = f"How differently the groups were recorded, by {attribute}"
    subtitle = f"Each group against {against(differences)}, before any condition."
    left_out = [item for item in dict.fromkeys(map(str, differences["group"])) if item not in groups]
    note = f"Too few speakers for a panel: {listed(left_out)}." if left_out else ""
    told = " ".join(f"{panel.title}: {listed([dot.hover for dot in panel.dots])}." for panel in panels)
    head = f"Points. {title}. {subtitle} In standard deviations between speakers (SMD)."
    result = " ".join(audit_sentences(differences))
    return picture_of(
        Forest(
            title=title,
            subtitle=subtitle,
            alt=clean_text(" ".join(filter(None, [head, result, told, note, caveat]))),
            rows=tuple(Row(_upper(measure(name).words), "") for name in names),
            panels=panels,
            x_title="Hundredths of a standard deviation",
            start=-reach,
            end=reach,
            band=100 * LARGE,
            notes=tuple(filter(None, [KEY, note])),
            caveat=caveat,
        ),
        differences.reset_index(drop=True),
    )


def _shown(known: pd.DataFrame) -> list[str]:
    """Return the groups that have a panel."""
    few = known.groupby("group")[["n_speakers", "n_speakers_reference"]].max().min(axis=1)
    groups = list(dict.fromkeys(map(str, known["group"])))
    enough = [group for group in groups if few[group] >= ENOUGH_SPEAKERS]
    return (enough or groups)[:MOST_PANELS]


def _panel(rows: pd.DataFrame, group: str, names: Sequence[str], reach: float) -> Panel:
    dots = tuple(_dot(row, names.index(row.measure), reach) for row in each(rows))
    return Panel(f"{group} ({speakers(int(rows['n_speakers'].max()))})", "", dots)


def _dot(row: Any, at: int, reach: float) -> Dot:
    one = measure(row.measure)
    x = min(max(100 * row.smd, -reach), reach)
    settled = row.verdict in ("DIFFERENT", "WITHIN 0.25")
    look = WITHIN if abs(row.smd) <= LARGE else APART if row.verdict == "DIFFERENT" else PERHAPS
    values = " against ".join(one.write(value) for value in (row.mean_group, row.mean_reference))
    words = f"{one.words} {values} {one.unit} ({smd_words(row.smd)})"
    beside = smd_words(row.smd).removeprefix("SMD ") if abs(100 * row.smd) > reach else ""
    return Dot(at, x, x if settled else None, x if settled else None, look, beside, words)


def _upper(words: str) -> str:
    return words[:1].upper() + words[1:]
