"""Intervals that borrow: how much the speakers of a small group differ is drawn towards how much those of all groups do.

Two speakers say next to nothing of how much speakers differ; the other groups do. The relative variance of speakers s_g^2 (of a group's
rate, times its effective speakers) is moderated as variances of genes are,

    s~_g^2 = (d_0 s_0^2 + d_g s_g^2) / (d_0 + d_g),    df = d_0 + d_g,

with d_g Kish's speakers less one; d_0 and s_0^2 are estimated from how much the groups' own variances scatter. The interval is on the
square root scale, as every interval of a rate. It assumes that groups differ in how much their speakers differ no more than the rest of
the groups show: where one truly varies more, it is too narrow. So it is labelled, nothing is decided by it, and it is shown only to who
asks.

Source: Smyth 2004, Statistical Applications in Genetics and Molecular Biology 3: 3 (prior by moments of log variances; df at most
their sum, as in limma). Coverage where it holds and where it does not: docs/calibration.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import digamma, polygamma

from workbench.fairness.counts.cells import CELL, SixSums, group_columns, six_sums, speaker_sums
from workbench.fairness.counts.frames import joined, typed
from workbench.fairness.inference.intervals import (
    TAIL,
    Interval,
    effective_speakers,
    sampling_variance,
    shown_interval,
    t_quantile,
)
from workbench.schema import BORROWED

LEAST_GROUPS = 3
"""Fewer groups with a spread of their own say nothing of how much spreads differ."""
CERTAIN = 1e6
"""Degrees of freedom of a prior where spreads scatter no more than chance."""
LABEL = (
    "borrowed: the spread of the speakers of all groups stands in for what this group's own few speakers cannot tell"
)


class Prior(NamedTuple):
    """What all groups say of the relative variance of speakers: its value and its degrees of freedom."""

    variance: float
    df: float


def borrowed(scores: pd.DataFrame, attribute: str) -> pd.DataFrame:
    """Return BORROWED: of every group the interval of its own speakers, and the one that borrows from all groups.

    ``scores`` : as for ``rates``

    Raises
    ------
    ScoringError : no such column, a row without speaker

    Source: the module's docstring.
    """
    named = group_columns(scores, [attribute])
    people = speaker_sums(scores, named, method="linearised", empty_references="separate")
    families: dict[tuple[str, ...], dict[str, SixSums]] = {}
    if not people.empty:
        for key, cell in six_sums(people, [*CELL, *named]).items():
            families.setdefault(key[:2], {})[key[2]] = cell
    rows: list[dict[str, object]] = []
    for key, cells in families.items():
        shared_prior = prior({name: cell for name, cell in cells.items() if _known(cell)})
        total = sum(effective_speakers(cell) - 1 for cell in cells.values() if _known(cell))
        for name, cell in cells.items():
            own, wide = shown_interval(cell), borrowed_interval(cell, shared_prior, total)
            rows.append(
                {
                    **dict(zip(CELL, key, strict=True)), "attribute": attribute, "group": name, "n_speakers": cell.n_speakers,
                    "rate": cell.rate, "ci_low": own.low, "ci_high": own.high, "borrowed_low": wide.low, "borrowed_high": wide.high,
                    "cv": math.sqrt(_relative(cell)) if _known(cell) else math.nan,
                    "cv_all": math.sqrt(shared_prior.variance) if shared_prior else math.nan, "df_all": shared_prior.df if shared_prior else math.nan,
                    "reason": joined([LABEL if wide.known else _missing(cell, shared_prior)]),
                }
            )  # fmt: skip
    return typed(rows, BORROWED, BORROWED.column_names)


def prior(cells: Mapping[str, SixSums]) -> Prior | None:
    """Return what the groups' own relative variances say of all; None below three groups.

    Source: Smyth 2004, section 6.2: moments of e_g = ln s_g^2 - psi(d_g / 2) + ln(d_g / 2).
    """
    if len(cells) < LEAST_GROUPS:
        return None
    variances = np.array([_relative(cell) for cell in cells.values()])
    half = np.array([(effective_speakers(cell) - 1) / 2 for cell in cells.values()])
    e = np.log(variances) - digamma(half) + np.log(half)
    scatter = float(e.var(ddof=1) - polygamma(1, half).mean())
    if scatter <= float(polygamma(1, CERTAIN / 2)):
        return Prior(math.exp(float(e.mean())), CERTAIN)
    from scipy.optimize import brentq  # slow to import

    # polygamma(1, x) falls from infinity to 0: one x gives the scatter that is seen.
    x = float(brentq(lambda at: float(polygamma(1, at)) - scatter, 1e-3, CERTAIN))
    return Prior(math.exp(float(e.mean()) + float(digamma(x)) - math.log(x)), 2 * x)


def borrowed_interval(cell: SixSums, found: Prior | None, most_df: float) -> Interval:
    """Return the interval of a rate with the moderated variance; unknown below two speakers, without errors or a prior."""
    if found is None or not _known(cell):
        return Interval()
    speakers = effective_speakers(cell)
    d = speakers - 1
    variance = (found.df * found.variance + d * _relative(cell)) / (found.df + d)
    root = math.sqrt(cell.rate)
    half = t_quantile(max(1.0, min(found.df + d, most_df)), 1 - TAIL) * math.sqrt(variance / speakers) * root / 2
    return Interval(max(0.0, root - half) ** 2, (root + half) ** 2)


def _known(cell: SixSums) -> bool:
    """Return whether the cell has a spread of its own: two speakers of whom neither says nearly everything, and errors."""
    return cell.n_speakers >= 2 and cell.errors > 0 and effective_speakers(cell) > 1.2


def _relative(cell: SixSums) -> float:
    """Return the relative variance of its speakers: that of the rate times the effective speakers, over the squared rate."""
    return sampling_variance(cell) / cell.rate**2 * effective_speakers(cell)


def _missing(cell: SixSums, found: Prior | None) -> str:
    if not _known(cell):
        return "no spread of its own: one speaker, or no errors"
    return "" if found else f"fewer than {LEAST_GROUPS} groups to borrow from"
