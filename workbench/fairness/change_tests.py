"""The family of tests behind a table of gap changes: condition x group x scale, by permuted speaker labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.fairness.clean_pairs import Floats, PairedSpeakers
from workbench.fairness.relabelling import GridTests, Tally, relabelled_sums, studentised, sums_of

N_SUMS = 10


def change_tests(
    paired: PairedSpeakers,
    compared: Sequence[str],
    *,
    reference: str | None,
    family: NDArray[np.bool_],
    replicates: int,
    rng: np.random.Generator,
) -> GridTests:
    """Return p of every change, each of shape (compared groups x conditions x 2): additive, then log scale.

    If the conditions did to every group what they do to all, each way of handing the group labels to the speakers would
    be equally likely. The statistic is the difference between group and reference of the change, over its standard
    error clustered on speaker: dividing by it keeps the size right if groups vary unequally (Chung & Romano 2013,
    Annals of Statistics 41: 484-507). Both scales are one family, for an answer is given about both.

    Parameters
    ----------
    compared : groups to compare
    reference : a group; None compares with all other speakers
    family : (compared x conditions), the cells that claims are made about
    """
    names, codes = np.unique(paired.groups, return_inverse=True)
    rows = [int(np.flatnonzero(names == group)[0]) for group in compared]
    other = None if reference is None else int(np.flatnonzero(names == reference)[0])
    values = products_of(paired)
    shape = (len(compared), len(paired.conditions), 2)
    tally = Tally(
        statistics_of(sums_of(values, codes)[None], rows, other).reshape(-1),
        np.repeat(family[:, :, None], 2, 2).reshape(-1),
    )
    for sums in relabelled_sums(values, codes, replicates=replicates, rng=rng):
        tally.add(statistics_of(sums, rows, other).reshape(len(sums), -1))
    found = tally.result()
    return GridTests(found.p_values.reshape(shape), found.p_familywise.reshape(shape))


def products_of(paired: PairedSpeakers) -> Floats:
    """Return the ten numbers whose sums are :class:`PairedSums`, speakers x (conditions * 10)."""
    n, e0, ec = (one.astype(np.float64) for one in (paired.words, paired.clean, paired.errors))
    there = (n > 0).astype(np.float64)
    columns = (there, n, n * n, e0, e0 * e0, e0 * n, ec, ec * ec, ec * n, e0 * ec)
    return np.stack(columns, axis=-1).reshape(len(n), -1)


def statistics_of(sums: Floats, rows: Sequence[int], reference: int | None) -> Floats:
    """Return |t| (labellings x compared x conditions x 2) from sums (labellings x groups x (conditions * 10))."""
    cells = sums.reshape(*sums.shape[:2], -1, N_SUMS)
    group = cells[:, rows]
    other = cells.sum(axis=1, keepdims=True) - group if reference is None else cells[:, [reference]]
    return np.stack(
        [studentised(*_additive(group), *_additive(other)), studentised(*_relative(group), *_relative(other))], axis=-1
    )


def _additive(cells: Floats) -> tuple[Floats, Floats]:
    """Return the degradation and its variance: the array form of ``PairedSums.change``."""
    g, n, nn, e0, e00, e0n, ec, ecc, ecn, e0c = np.moveaxis(cells, -1, 0)
    dd, dn = ecc - 2 * e0c + e00, ecn - e0n
    with np.errstate(divide="ignore", invalid="ignore"):
        change = (ec - e0) / n
        spread = np.maximum(dd - 2 * change * dn + change * change * nn, 0.0)
        variance = spread / (n * n) * (g / (g - 1))
    return change, np.where(g < 2, np.nan, np.where(spread <= 1e-12 * (ecc + e00), 0.0, variance))


def _relative(cells: Floats) -> tuple[Floats, Floats]:
    """Return ln(W_c / W_0) and its variance: the array form of ``PairedSums.log_change``."""
    g, _, _, e0, e00, _, ec, ecc, _, e0c = np.moveaxis(cells, -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.where((e0 > 0) & (ec > 0), np.log(ec / e0), np.nan)
        spread = ecc / (ec * ec) - 2 * e0c / (e0 * ec) + e00 / (e0 * e0)
        variance = np.maximum(spread, 0.0) * (g / (g - 1))
    return change, np.where(g < 2, np.nan, variance)
