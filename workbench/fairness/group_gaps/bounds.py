"""Simultaneous intervals: limits that hold for all groups of a model and condition at once, for claims about every group.

"Every group's word accuracy is at least X" is as strong as its weakest group, and the weakest of many groups is partly bad
luck. With the tails of each interval divided by the number of groups K (Bonferroni), all K intervals hold together with 95 %,
whatever the groups have in common. The smallest lower limit of the words right is the **floor**: the largest share that these
speakers support. Words right are hits over reference words: between 0 and 1, while 1 - WER falls below 0 where a recogniser invents text.

Source: Bonferroni's inequality, as in Miller 1981, Simultaneous Statistical Inference, ch. 1; the intervals themselves:
``fairness.inference.intervals``.
"""

from __future__ import annotations

from typing import Literal, get_args

import pandas as pd

from workbench.fairness.counts.cells import CELL, SixSums, group_columns, refuse_unknown, six_sums, speaker_sums
from workbench.fairness.counts.frames import joined, typed
from workbench.fairness.group_gaps.gaps import REST
from workbench.fairness.inference.intervals import LEVEL, Interval, difference_limits, rate_interval
from workbench.fairness.inference.verdicts import ENOUGH_SPEAKERS
from workbench.schema import BOUNDS

Measure = Literal["accuracy", "words_right", "gap"]


def simultaneous_bounds(
    scores: pd.DataFrame, attribute: str = "", *, measure: Measure = "accuracy", reference: str = REST
) -> pd.DataFrame:
    """Return BOUNDS: an interval for every group such that those of one model and condition hold together with 95 %.

    Parameters
    ----------
    scores : as for ``rates``
    attribute : the column whose groups are meant; empty: everyone as one group
    measure : ``accuracy``, the share of words right less insertions, 1 - WER; ``words_right``, hits over reference words, to which
        invented words do nothing; or ``gap``, W_group - W_reference
    reference : of gaps, as for ``gaps``; the others have none

    Raises
    ------
    ScoringError : as ``rates``; an unknown measure

    Source: the module's docstring.
    """
    refuse_unknown(measure, get_args(Measure), "measure")
    named = group_columns(scores, [attribute] if attribute else [])
    people = speaker_sums(scores, named, method="linearised", empty_references="separate")
    families: dict[tuple[str, ...], dict[str, SixSums]] = {}
    if not people.empty:
        people = people.assign(missed=people["substitutions"] + people["deletions"])
        counted = "missed" if measure == "words_right" else "errors"
        for key, cell in six_sums(people, [*CELL, *named], numerator=counted).items():
            families.setdefault(key[:2], {})[key[2] if named else ""] = cell
    rows: list[dict[str, object]] = []
    for key, cells in families.items():
        groups = [group for group in cells if measure != "gap" or group != reference]
        total = sum(cells.values(), SixSums())
        for group in groups:
            other = cells.get(reference, total - cells[group]) if measure == "gap" else SixSums()
            rows.append(
                {
                    **dict(zip(CELL, key, strict=True)),
                    "attribute": attribute,
                    "group": group,
                    "measure": measure,
                    "reference_group": reference if measure == "gap" else "",
                    "n_groups": len(groups),
                    **_row(cells[group], other, measure, 1 - (1 - LEVEL) / len(groups)),
                }
            )
    return typed(rows, BOUNDS, BOUNDS.column_names)


def _row(cell: SixSums, other: SixSums, measure: Measure, level: float) -> dict[str, object]:
    sides = [cell, other] if measure == "gap" else [cell]
    fewest = min(side.n_speakers for side in sides)
    if measure != "gap":
        of_rate = rate_interval(cell, level)
        value, interval = 1 - cell.rate, Interval(1 - of_rate.high, 1 - of_rate.low)
        if measure == "words_right" and interval.known:
            interval = Interval(max(0.0, interval.low), interval.high)
    else:
        value, interval = cell.rate - other.rate, difference_limits(cell, other, level)
    return {
        "n_speakers": cell.n_speakers,
        "value": value,
        "low": interval.low,
        "high": interval.high,
        "reason": joined(
            [
                "no reference words" if not all(side.words for side in sides) else "",
                "1 speaker: no interval" if fewest == 1 else "",
                f"fewer than {ENOUGH_SPEAKERS} speakers" if 1 < fewest < ENOUGH_SPEAKERS else "",
            ]
        ),
    }
