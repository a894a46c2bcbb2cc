"""Main effects: what each attribute does by itself, fitted to the cells of several attributes together.

The marginal rates of two attributes cannot tell them apart where they are associated: if most men speak one accent, the rate
of that accent is theirs. Main effects are fitted to the cells instead, on two scales, because attributes that multiply a
rate do not add to it, and the reverse:

- **log**: E_ab = N_ab exp(mu + alpha_a + beta_b), the Poisson likelihood, by iterative proportional fitting;
- **points**: W_ab = mu + alpha_a + beta_b, least squares weighted by words.

Both give every group of every attribute exactly the errors that it has. What a cell has beyond them is
(I - H) applied to the cells' residuals, H the weighted hat matrix of the main effects at the fit; its variance sums the
squared influence of every speaker, clustered like that of any rate here.

Source: Deming & Stephan 1940 and Bishop, Fienberg & Holland 1975 ch. 3 (proportional fitting); McCullagh & Nelder 1989 ch. 6.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

ROUNDS = 2_000
CONVERGED = 1e-12
SEPARATE = 1e-9
"""A cell of which a smaller share is left by the main effects is fitted exactly, whatever it shows."""


class Effects(NamedTuple):
    """Main effects on one scale.

    rates : [cells] the rate that they predict; NaN where they predict none
    left : [cells x cells] I - H: what of the cells' residuals the main effects leave
    unit : [cells] what a relative residual of 1 is on the scale: 1 (log) or the predicted rate (points)
    """

    rates: Floats
    left: Floats
    unit: Floats

    @property
    def separate(self) -> NDArray[np.bool_]:
        """[cells] Whether a cell's excess can be told apart from what its groups do."""
        return (np.diag(self.left) > SEPARATE) & (self.rates > 0)


def log_effects(levels: Whole, errors: Floats, words: Floats) -> Effects:
    """Return the main effects that multiply the rate; ``levels`` (cells x attributes) counts from 0."""
    factors = [np.ones(int(column.max()) + 1) for column in levels.T]

    def predicted() -> Floats:
        rates = np.ones(len(levels))
        for factor, column in zip(factors, levels.T, strict=True):
            rates = rates * factor[column]
        return rates

    before = predicted()
    for _ in range(ROUNDS):
        for factor, column in zip(factors, levels.T, strict=True):
            wanted = np.bincount(column, errors, minlength=len(factor))
            there = np.bincount(column, words * predicted(), minlength=len(factor))
            with np.errstate(divide="ignore", invalid="ignore"):
                factor *= np.where(there > 0, wanted / there, np.where(wanted > 0, np.nan, 0.0))
        after = predicted()
        if np.abs(after - before).max() <= CONVERGED * np.abs(after).max():
            break
        before = after
    rates = np.where(_known(levels, words), after, np.nan)
    return Effects(rates, _left(levels, words * np.nan_to_num(rates)), np.ones(len(rates)))


def point_effects(levels: Whole, errors: Floats, words: Floats) -> Effects:
    """Return the main effects that add to the rate."""
    design = _design(levels)
    root = np.sqrt(words)
    with np.errstate(divide="ignore", invalid="ignore"):
        response = np.where(words > 0, errors / root, 0.0)
    coefficients = np.linalg.lstsq(design * root[:, None], response, rcond=None)[0]
    rates = np.where(_known(levels, words), design @ coefficients, np.nan)
    rates = np.where(np.abs(rates) <= CONVERGED * np.nanmax(np.abs(rates), initial=0.0), 0.0, rates)
    return Effects(rates, _left(levels, words), rates)


def _known(levels: Whole, words: Floats) -> NDArray[np.bool_]:
    """Return which cells stand in groups that all have words."""
    return np.asarray(np.all([np.bincount(column, words)[column] > 0 for column in levels.T], axis=0), dtype=bool)


def _design(levels: Whole) -> Floats:
    """Return an intercept and an indicator of every level but the first of each attribute."""
    columns = [np.ones(len(levels))]
    for column in levels.T:
        columns += [(column == level).astype(np.float64) for level in range(1, int(column.max()) + 1)]
    return np.stack(columns, axis=1)


def _left(levels: Whole, weights: Floats) -> Floats:
    """Return I - H of the regression on main effects with these weights; cells without weight have nothing left."""
    root = np.sqrt(weights)
    weighted = _design(levels) * root[:, None]
    symmetric = weighted @ np.linalg.pinv(weighted)
    with np.errstate(divide="ignore", invalid="ignore"):
        hat = np.where(root[:, None] > 0, symmetric * root[None, :] / root[:, None], 0.0)
    left = np.eye(len(weights)) - hat
    left[weights <= 0] = 0.0
    return np.where(np.abs(left) < SEPARATE, 0.0, left)


class Speakers(NamedTuple):
    """Speakers of one condition: the cell of each, and their words."""

    cells: Whole
    words: Floats


def residuals(effects: Effects, speakers: Speakers, errors: Floats) -> Floats:
    """Return each speaker's relative residual, E_s / (N_s predicted) - 1; 0 where nothing is predicted."""
    predicted = effects.rates[speakers.cells] * speakers.words
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(predicted > 0, errors / predicted - 1, 0.0)


class Excess(NamedTuple):
    """What cells have beyond the main effects (draws x cells), and the variance of every cell's own residual (alike)."""

    estimate: Floats
    own_variance: Floats

    def variance(self, effects: Effects) -> Floats:
        """Return the variance of the estimate: that of the residuals of all cells, by what each adds to it."""
        return np.asarray(self.own_variance @ (effects.left**2).T)


def excess(effects: Effects, speakers: Speakers, values: Floats) -> Excess:
    """Return the linearised excess of every cell from relative residuals ``values`` (draws x speakers).

    The variance of a cell's mean residual is that of a pooled rate, over the speakers of the cell; a cell of one speaker
    has that speaker's whole residual for it.
    """
    from scipy.sparse import csr_array

    n_cells, n = len(effects.rates), speakers.words
    where = csr_array((np.ones(len(n)), (np.arange(len(n)), speakers.cells)), shape=(len(n), n_cells))
    counts, words, squares = (np.bincount(speakers.cells, of, minlength=n_cells) for of in (np.ones_like(n), n, n * n))
    means = (values * n) @ where
    crossed, squared = (values * n * n) @ where, (values * values * n * n) @ where
    with np.errstate(divide="ignore", invalid="ignore"):
        means = np.where(words > 0, means / words, 0.0)
        about = squared - 2 * means * crossed + means * means * squares
        spread = np.where(counts > 1, about * counts / (counts - 1), squared)
        spread = np.where(words > 0, np.maximum(spread, 0.0) / words**2, 0.0)
    unit = np.nan_to_num(effects.unit)
    return Excess((means * unit) @ effects.left.T, spread * unit**2)
