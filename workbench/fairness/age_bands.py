"""Ages as numbers become bands: a group of every year of age compares hardly anybody with anybody."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence

import pandas as pd

from workbench.errors import ScoringError
from workbench.schema import NOT_STATED

USUAL_EDGES = (18, 30, 45, 60)
"""Bands of usual surveys: under 18, 18-29, 30-44, 45-59, 60 or older."""
_NUMBER = re.compile(r"\d{1,4}(?:\.\d+)?")
OLDEST = 120


def age_bands(labels: pd.Series[str], edges: Sequence[float] = ()) -> pd.Series[str]:
    """Return labels whose numbers are replaced by the band that they lie in; other labels stay as they are.

    ``edges`` : limits between bands, rising whole years, an age on a limit being in the upper band; empty: :data:`USUAL_EDGES`

    Raises
    ------
    ScoringError : limits that do not rise; numbers that are no ages

    Source: pandas.cut, closed on the left.

    >>> age_bands(pd.Series(["17", "18", "29.5", "71", "sixties"])).tolist()
    ['under 18', '18-29', '18-29', '60 or older', 'sixties']
    """
    limits = [float(edge) for edge in edges or USUAL_EDGES]
    rising = all(low < high for low, high in itertools.pairwise(limits))
    if not rising or not all(math.isfinite(edge) and edge == int(edge) and 0 < edge <= OLDEST for edge in limits):
        raise ScoringError(
            f"{', '.join(f'{edge:g}' for edge in limits)} are no limits of ages",
            place="--bands",
            remedy="give rising whole years, for example age=18,30,45,60",
        )
    text = labels.fillna(NOT_STATED).str.strip()
    numeric = text.map(lambda label: bool(_NUMBER.fullmatch(label))).astype(bool)
    ages = pd.to_numeric(text[numeric])
    if wrong := sorted({f"{age:g}" for age in ages[ages > OLDEST]}):
        raise ScoringError(f"{', '.join(wrong[:5])} are no ages", remedy="years of birth have to become ages first")
    names = [f"under {limits[0]:g}"]
    names += [f"{low:g}-{high - 1:g}" for low, high in itertools.pairwise(limits)]
    names.append(f"{limits[-1]:g} or older")
    bands = pd.cut(ages, [-math.inf, *limits, math.inf], right=False, labels=names).astype("object")
    result = labels.astype("object").copy()
    result[numeric] = bands
    return result.astype("str")
