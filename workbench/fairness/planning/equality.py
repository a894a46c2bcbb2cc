"""Equality: how many speakers a group it takes to show that two groups differ by less than the margin.

With equal rates W and v the variance of a rate times its speakers, EQUIVALENT (two one-sided tests at 2.5 %) is shown in 80 of 100 studies of
G speakers a group if

    G >= (z_.975 + z_.90)^2 x 2 v / margin^2.

v is that of the speakers at hand: the mean over groups of V_g G_g, weighted by their speakers, which holds how much speakers differ, how
unequally much they say and how errors clump. Where clusters were declared they are what is counted.

Source: Schuirmann 1987 (two one-sided tests); Donner & Klar 2000 ch. 5 (cluster variances). Measured: docs/calibration.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from workbench.fairness.counts.cells import CELL, SixSums, group_columns, six_sums, speaker_sums
from workbench.fairness.counts.frames import typed
from workbench.fairness.inference.intervals import sampling_variance, too_few
from workbench.fairness.inference.verdicts import refuse_margin
from workbench.fairness.planning.sample_size import Z_SQUARED_EQUAL
from workbench.schema import EQUALITY


def equality(scores: pd.DataFrame, attribute: str, *, margin: float | None = None) -> pd.DataFrame:
    """Return EQUALITY: the speakers per group that EQUIVALENT within ``margin`` takes, for every model and condition.

    Parameters
    ----------
    scores : as for ``rates``
    attribute : the column whose groups are compared
    margin : None: no row, for nothing is EQUIVALENT then

    Raises
    ------
    ScoringError : no such column, a margin outside 0 to 100 points

    Source: the module's docstring.
    """
    refuse_margin(margin)
    named = group_columns(scores, [attribute])
    people = speaker_sums(scores, named, method="linearised", empty_references="separate")
    families: dict[tuple[str, ...], dict[str, SixSums]] = {}
    if not people.empty and margin is not None:
        for key, cell in six_sums(people, [*CELL, *named]).items():
            families.setdefault(key[:2], {})[key[2]] = cell
    rows = [
        {
            **dict(zip(CELL, key, strict=True)), "attribute": attribute, "margin": margin,
            "rate": sum(cells.values(), SixSums()).rate, "n_smallest": min(cell.n_speakers for cell in cells.values()),
            "n_largest": max(cell.n_speakers for cell in cells.values()), "speakers_for_equality": _needed(cells, margin or 0.0),
        }
        for key, cells in families.items()
    ]  # fmt: skip
    return typed(rows, EQUALITY, EQUALITY.column_names)


def equality_in_words(table: pd.DataFrame, *, counted: str = "speakers") -> str:
    """Return in one sentence what EQUALITY says of all its rows; empty where there is no margin.

    ``counted`` : what is counted, such as clusters

    Source: :func:`equality`.
    """
    computed = table[table["speakers_for_equality"].notna()]
    if computed.empty:
        return ""
    margin, most = float(computed["margin"].iloc[0]), int(computed["n_largest"].max())
    least, top = (int(computed["speakers_for_equality"].agg(end)) for end in ("min", "max"))
    number = f"about {least:,}" if least == top else f"about {least:,} to {top:,}"
    return (
        f"EQUIVALENT within {100 * margin:g} points takes {number} {counted} a group, if rates are equal; "
        f"the largest group has {most:,}."
    )


def _needed(cells: Mapping[str, SixSums], margin: float) -> object:
    usable = [cell for cell in cells.values() if not too_few(cell) and cell.errors]
    total = sum(cell.n_speakers for cell in usable)
    if not total:
        return pd.NA
    variance = sum(sampling_variance(cell) * cell.n_speakers**2 for cell in usable) / total
    return math.ceil(Z_SQUARED_EQUAL * 2 * variance / margin**2)
