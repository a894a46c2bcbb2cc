"""Intersections of attributes: what each cell shows beyond its groups by themselves, small cells drawn towards that.

A cell of few speakers swings widely; the worst of many such cells is bad luck more often than not. What the groups by
themselves would give, mu_ij = W_i W_j / W (each attribute multiplies the rate), is what is expected of a cell. Cells differ
from it truly by a factor gamma of mean 1 and variance tau^2 = 1 / a (Poisson-gamma with shape a), and by which speakers they
happen to have, v = c^2 / G relative to mu^2, c the speakers' coefficient of variation around their cell, common to all. Then

    shrunk = mu + B (W - mu),    B = tau^2 / (tau^2 + v),    excess = shrunk - mu,

which is (a + E) / (a / mu + N) with words counted for what they are worth under clustering, N = 1 / (v mu). tau^2 is found by
the method of moments and is 0 where cells differ no more than their speakers make them: then nothing exceeds anything.

Source: empirical Bayes after Clayton & Kaldor 1987, Biometrics 43: 671-681 (moments: Marshall 1991, Applied Statistics 40:
283-294), with the between-speaker variance in place of the Poisson one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import ScoringError
from workbench.fairness.counts.cells import (
    CELL,
    COUNTED,
    TALLIED,
    EmptyReferences,
    SixSums,
    group_columns,
    six_sums,
    speaker_sums,
)
from workbench.fairness.counts.frames import typed
from workbench.fairness.group_rates.rates import evidence_of
from workbench.fairness.inference.intervals import NAN, rate_interval
from workbench.schema import INTERSECTIONS

Floats = NDArray[np.float64]


def intersections(
    scores: pd.DataFrame, by: Sequence[str], *, empty_references: EmptyReferences = "separate"
) -> pd.DataFrame:
    """Return INTERSECTIONS: every combination of the groups of two or more attributes, those without speakers included.

    Parameters
    ----------
    scores, empty_references : as for ``rates``; pooled rates, clustered on speaker
    by : two attributes or more

    Returns
    -------
    For every model and condition one row per combination: its rate with the interval of its own speakers, ``expected`` of it
    from its groups by themselves, ``shrunk``, ``excess`` = shrunk - expected (the intersectional effect), and ``weight``, how
    far the cell itself was believed (0 to 1).

    Raises
    ------
    ScoringError : as for ``rates``; fewer than two attributes

    Source: the module's docstring.
    """
    attributes = group_columns(scores, by)
    if len(attributes) < 2:
        raise ScoringError("an intersection needs two attributes", remedy="name another one, or ask for rates")
    people = speaker_sums(scores, attributes, method="linearised", empty_references=empty_references)
    order = [*CELL, *attributes, *[name for name in INTERSECTIONS.column_names if name not in CELL]]
    if people.empty:
        return typed([], INTERSECTIONS, order)
    levels = [sorted(people[name].unique()) for name in attributes]
    tallies = people.groupby([*CELL, *attributes])[[*COUNTED, *TALLIED]].sum().to_dict("index")
    families: dict[tuple[str, ...], dict[tuple[str, ...], SixSums]] = {}
    for key, cell in six_sums(people, [*CELL, *attributes]).items():
        families.setdefault(key[:2], {})[key[2:]] = cell
    rows: list[dict[str, object]] = []
    for family, cells in families.items():
        expected = _expected(cells, levels)
        weights = _weights(cells, expected)
        for groups in product(*levels):
            cell, mu, weight = cells.get(groups, SixSums()), expected[groups], weights.get(groups, 0.0)
            shrunk = mu + weight * (cell.rate - mu) if cell.words else mu
            counted = tallies.get((*family, *groups), dict.fromkeys((*COUNTED, *TALLIED), 0))
            evidence, reason = evidence_of(cell, cell, "linearised", counted)
            nobody = (*family, *groups) not in tallies
            interval = rate_interval(cell)
            rows.append(
                {
                    **dict(zip(CELL, family, strict=True)),
                    **dict(zip(attributes, groups, strict=True)),
                    "n_speakers": cell.n_speakers,
                    "ref_words": cell.words,
                    "rate": cell.rate,
                    "ci_low": interval.low,
                    "ci_high": interval.high,
                    "expected": mu,
                    "shrunk": shrunk,
                    "excess": shrunk - mu,
                    "weight": weight,
                    "evidence": evidence,
                    "reason": "nobody in this intersection: what is shown is expected" if nobody else reason,
                }
            )
    return typed(rows, INTERSECTIONS, order)


def _expected(
    cells: Mapping[tuple[str, ...], SixSums], levels: Sequence[Sequence[str]]
) -> dict[tuple[str, ...], float]:
    """Return W times the ratio of each group's own rate to W; NaN where a group has no words."""
    everyone = sum(cells.values(), SixSums())
    own = [
        {level: sum((cell for key, cell in cells.items() if key[at] == level), SixSums()) for level in names}
        for at, names in enumerate(levels)
    ]
    if not everyone.errors:
        return dict.fromkeys(product(*levels), 0.0 if everyone.words else NAN)
    return {
        groups: everyone.rate * math.prod(own[at][level].rate / everyone.rate for at, level in enumerate(groups))
        for groups in product(*levels)
    }


def _weights(
    cells: Mapping[tuple[str, ...], SixSums], expected: Mapping[tuple[str, ...], float]
) -> dict[tuple[str, ...], float]:
    """Return B of every cell with words and something expected of it."""
    keys = [key for key, cell in cells.items() if cell.words and expected[key] > 0]
    if not keys:
        return {}
    n = np.array([cells[key].n_speakers for key in keys], dtype=np.float64)
    mu = np.array([expected[key] for key in keys])
    apart = np.array([cells[key].rate for key in keys]) / mu - 1
    several = n > 1
    if not several.any():
        return dict.fromkeys(keys, 0.0)
    variance = np.array([cells[key].variance for key in keys])[several] / mu[several] ** 2
    scatter = float((n[several] - 1) @ (n[several] * variance) / (n[several] - 1).sum())  # c^2, pooled over the cells
    noise = scatter / n
    between = float(n @ (apart**2 - noise) / n.sum())
    tau_squared = max(0.0, between)
    total = tau_squared + noise
    weight = np.divide(tau_squared, total, out=np.zeros_like(total), where=total > 0)
    return dict(zip(keys, weight.tolist(), strict=True))
