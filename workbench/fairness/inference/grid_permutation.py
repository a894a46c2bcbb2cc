"""Speaker labels handed out anew: what a whole grid of comparisons would show if no group differed from another.

One labelling serves all conditions, so that a speaker's errors under one stay with the same speaker's errors under
another, and the largest statistic of the grid has its own distribution (Westfall & Young 1993, Resampling-Based
Multiple Testing).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

REPLICATES = 9_999
CHUNK_BYTES = 1 << 26
"""About how much memory the sums of one batch of labellings may take."""
TIE = 1e-9
"""Statistics that differ by less, relatively, are equal: they are sums of the same numbers in another order."""
BALANCE = 0.95
ROUNDING = 1e-6
"""Statistics are kept in single precision; what differs by less is a tie."""


def relabelled_sums(values: Floats, groups: Whole, *, replicates: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Yield batches (labellings x groups x columns) of sums of ``values`` (speakers x columns) under random labels.

    Every group keeps its size. Sums of whole numbers are exact below 2^53.
    """
    from scipy.sparse import csr_array

    n_speakers, n_columns = values.shape
    sizes = np.bincount(groups)
    seen: dict[bytes, int] = {}  # complete data repeat the words of each condition
    place = np.array([seen.setdefault(column.tobytes(), len(seen)) for column in values.T])
    values = np.ascontiguousarray(values[:, np.unique(place, return_index=True)[1]])
    batch = max(1, CHUNK_BYTES // (16 * n_columns * len(sizes) + 32 * n_speakers))
    for start in range(0, replicates, batch):
        n = min(batch, replicates - start)
        order = rng.permuted(np.broadcast_to(np.arange(n_speakers, dtype=np.int32), (n, n_speakers)), axis=1)
        ends = np.concatenate([[0], np.cumsum(np.tile(sizes, n))])
        drawn = csr_array((np.ones(order.size), order.ravel(), ends), shape=(n * len(sizes), n_speakers))
        yield (drawn @ values)[:, place].reshape(n, len(sizes), n_columns)


def sums_of(values: Floats, groups: Whole) -> Floats:
    """Return the sums (groups x columns) under the labels as they are."""
    result = np.zeros((int(groups.max()) + 1, values.shape[1]))
    np.add.at(result, groups, values)
    return result


class GridTests(NamedTuple):
    """p of every cell by itself, and over the whole family by the largest statistic; NaN where there is no statistic."""

    p_values: Floats
    p_familywise: Floats


class Tally:
    """Compares statistics under permuted labels with those observed: |t|, one column per cell.

    ``family`` marks the cells whose largest statistic is looked at. Each cell's statistics are first divided by their
    own 95th percentile over the labellings, so that small groups, whose t scatters more, do not drown the others
    (balanced simultaneous tests: Beran 1988, Journal of the American Statistical Association 83: 679-686).
    ``study`` : to which of several studies under the same labellings a cell belongs, each a family of its own (simulations)
    """

    def __init__(self, observed: Floats, family: NDArray[np.bool_], *, study: Whole | None = None) -> None:
        self.observed = observed
        self.family = family & ~np.isnan(observed)
        self._study = np.zeros(len(observed), dtype=np.int64) if study is None else study
        self._batches: list[NDArray[np.float32]] = []

    def add(self, statistics: Floats) -> None:
        """Take a batch (labellings x cells)."""
        self._batches.append(statistics.astype(np.float32))

    def result(self) -> GridTests:
        """Return p = (1 + # at least as large) / (1 + # labellings), which is never 0 (Phipson & Smyth 2010)."""
        drawn = np.concatenate(self._batches)
        n_cells = len(self.observed)
        p = np.full(n_cells, np.nan)
        largest = np.zeros((int(self._study.max(initial=0)) + 1, len(drawn)))
        scale = np.full(n_cells, np.nan)
        for cell in np.flatnonzero(~np.isnan(self.observed)):
            column = drawn[:, cell]
            computed = column[~np.isnan(column)]
            p[cell] = (1 + np.count_nonzero(computed >= self.observed[cell] * (1 - ROUNDING))) / (1 + len(computed))
            if self.family[cell] and len(computed):
                scale[cell] = np.quantile(computed, BALANCE)
                own = largest[self._study[cell]]
                np.maximum(own, np.nan_to_num(_over(column, scale[cell]), nan=0.0, posinf=np.inf), out=own)
        familywise = np.full(n_cells, np.nan)
        for cell in np.flatnonzero(~np.isnan(scale)):
            limit = _over(self.observed[cell : cell + 1], scale[cell]) * (1 - ROUNDING)
            reached = np.count_nonzero(largest[self._study[cell]] >= limit)
            familywise[cell] = (1 + reached) / (1 + len(drawn))
        return GridTests(p, np.where(np.isnan(familywise), np.nan, np.maximum(familywise, p)))


def _over(values: NDArray[np.floating], scale: float) -> Floats:
    """Return values / scale; nothing over nothing is 0, anything over infinity as well."""
    if not np.isfinite(scale):
        return np.where(np.isnan(values), np.nan, np.where(np.isinf(values), 1.0, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(values == 0, 0.0, values.astype(np.float64) / scale)


def studentised(change: Floats, variance: Floats, other: Floats, variance_other: Floats) -> Floats:
    """Return |a - b| / sqrt(V_a + V_b): 0 for equal values, infinite for unequal ones without any spread."""
    apart, spread = np.abs(change - other), variance + variance_other
    with np.errstate(divide="ignore", invalid="ignore"):
        result = apart / np.sqrt(spread)
    equal = (apart <= TIE * (np.abs(change) + np.abs(other))) & ~np.isnan(spread)
    return np.where(equal, 0.0, result)
