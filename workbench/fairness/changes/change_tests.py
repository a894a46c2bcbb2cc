"""The family of tests behind a table of gap changes: condition x group x scale, by permuted speaker labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.fairness.counts.clean_pairs import Floats, PairedSpeakers
from workbench.fairness.inference.grid_permutation import GridTests, Tally, relabelled_sums, studentised, sums_of

N_SUMS = 10


class Asked(NamedTuple):
    """A family of tests: groups to compare, a group to compare them with (None: all other speakers).

    ``family`` (compared x conditions) : the cells that claims are made about
    """

    compared: Sequence[str]
    reference: str | None
    family: NDArray[np.bool_]


def change_tests(
    paired: PairedSpeakers, asked: Sequence[Asked], *, replicates: int, rng: np.random.Generator
) -> list[GridTests]:
    """Return p of every change, for each family of shape (compared groups x conditions x 2): additive, then log scale.

    If the conditions did to every group what they do to all, each way of handing the group labels to the speakers would
    be equally likely. The statistic is the difference between group and reference of the change, over its standard
    error clustered on speaker: dividing by it keeps the size right if groups vary unequally (Chung & Romano 2013,
    Annals of Statistics 41: 484-507). Both scales are one family, for an answer is given about both. All families see the
    same labellings, so that none depends on which others are asked for.
    """
    names, codes = np.unique(paired.groups, return_inverse=True)
    values = products_of(paired)
    observed = changes_in(sums_of(values, codes)[None])
    grids = [_Grid.of(item, list(names), observed) for item in asked]
    for sums in relabelled_sums(values, codes, replicates=replicates, rng=rng):
        drawn = changes_in(sums)
        for grid in grids:
            grid.tally.add(grid.statistics(drawn).reshape(len(sums), -1))
    return [grid.result() for grid in grids]


def products_of(paired: PairedSpeakers) -> Floats:
    """Return the ten numbers whose sums are :class:`PairedSums`, speakers x (conditions * 10)."""
    n, e0, ec = (item.astype(np.float64) for item in (paired.words, paired.clean, paired.errors))
    there = (n > 0).astype(np.float64)
    columns = (there, n, n * n, e0, e0 * e0, e0 * n, ec, ec * ec, ec * n, e0 * ec)
    return np.stack(columns, axis=-1).reshape(len(n), -1)


class Changes(NamedTuple):
    """Changes of the groups on both scales, each with its variance, and the sums that they are of (labellings x groups x ...)."""

    cells: Floats
    additive: tuple[Floats, Floats]
    relative: tuple[Floats, Floats]


def changes_in(sums: Floats) -> Changes:
    """Return the changes of every group, from sums (labellings x groups x (conditions * 10))."""
    cells = sums.reshape(*sums.shape[:2], -1, N_SUMS)
    return Changes(cells, _additive(cells), _relative(cells))


class _Grid(NamedTuple):
    """A family with the places of its groups, and the tally of its statistics."""

    rows: list[int]
    reference: int | None
    shape: tuple[int, ...]
    tally: Tally

    @classmethod
    def of(cls, asked: Asked, names: list[str], observed: Changes) -> _Grid:
        rows = [names.index(group) for group in asked.compared]
        reference = None if asked.reference is None else names.index(asked.reference)
        shape = (*asked.family.shape, 2)
        family = np.repeat(asked.family[:, :, None], 2, 2).reshape(-1)
        return cls(rows, reference, shape, Tally(statistics_of(observed, rows, reference).reshape(-1), family))

    def statistics(self, drawn: Changes) -> Floats:
        return statistics_of(drawn, self.rows, self.reference)

    def result(self) -> GridTests:
        result = self.tally.result()
        return GridTests(result.p_values.reshape(self.shape), result.p_familywise.reshape(self.shape))


def statistics_of(drawn: Changes, rows: Sequence[int], reference: int | None) -> Floats:
    """Return |t| (labellings x compared x conditions x 2) of groups against one of them, or against all others."""
    if reference is None:
        others = drawn.cells.sum(axis=1, keepdims=True) - drawn.cells[:, rows]
        against = (_additive(others), _relative(others))
    else:
        additive, relative = drawn.additive, drawn.relative
        against = (
            (additive[0][:, [reference]], additive[1][:, [reference]]),
            (relative[0][:, [reference]], relative[1][:, [reference]]),
        )
    pairs = zip((drawn.additive, drawn.relative), against, strict=True)
    return np.stack([studentised(own[0][:, rows], own[1][:, rows], *other) for own, other in pairs], axis=-1)


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
