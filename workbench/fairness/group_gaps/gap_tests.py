"""The tests behind a table of gaps: each comparison by itself, and all of a run together.

The family of an attribute is every group under every condition of every model: whoever looks at all of them and reports the
largest has made that many comparisons. One relabelling of the speakers serves all of them, so that a speaker's errors under one
condition and model stay with the same speaker's errors under another, and the largest statistic has its own distribution
(max-T, Westfall & Young 1993, Resampling-Based Multiple Testing).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from workbench.fairness.counts.cells import CELL, speaker_columns
from workbench.fairness.inference.grid_permutation import GridTests, Tally, relabelled_sums, sums_of
from workbench.fairness.inference.intervals import TAIL
from workbench.fairness.inference.log_ratio import LogRatios, RatioInterval, limits, log_ratios, statistic
from workbench.fairness.inference.named_seeds import generator
from workbench.fairness.inference.permutation import permutation_tests, products
from workbench.fairness.inference.verdicts import ENOUGH_SPEAKERS
from workbench.schema import STOPPING_FACTOR

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

N_SUMS = 6
LEAST_DRAWS = 999
WORK = 2_000_000_000
"""About so many products a family of tests may take: larger grids are tested with fewer labellings, 999 at the least."""
STATISTICS_BYTES = 1 << 28
"""About how much memory the statistics of a family may take."""


class GapTest(NamedTuple):
    """One comparison: p by itself and over the family, and what its interval is made of."""

    p_value: float
    p_familywise: float
    critical: float
    ratios: LogRatios
    factors: tuple[float, float]

    @property
    def interval(self) -> RatioInterval:
        """The 95 % intervals that exclude equality exactly where p < .05.

        Where all speakers are alike every labelling shows the same and there is no critical value: the normal one stands in.
        """
        critical = self.critical if math.isnan(self.critical) or self.critical > 0 else -float(ndtri(TAIL))
        return limits(self.ratios, critical, factors=self.factors)


Key = tuple[str, str, str]
"""Model, condition, group."""


def gap_tests(
    speakers: pd.DataFrame, attribute: str, reference: str | None, *, permutations: int
) -> dict[Key, GapTest]:
    """Return the test of every group against ``reference`` (None: all others), by model, condition and group.

    ``speakers`` : as ``counts.cells.speaker_sums`` makes them, with numerator and denominator of the mode
    """
    grid = _Grid.of(speakers, attribute)
    compared = [group for group in dict.fromkeys(grid.groups) if reference is None or group != reference]
    if not compared:
        return {}
    observed, factors = grid.observed(compared, reference)
    enlarged = np.sqrt(
        (observed.variance + observed.variance_reference)
        / (factors[0] * observed.variance + factors[1] * observed.variance_reference)
    )
    tests = permutation_tests(
        grid.errors, grid.words, grid.groups, compared, statistic=statistic, unit=grid.unit,
        weakened=np.nan_to_num(enlarged, nan=1.0), reference=reference, replicates=permutations, name=attribute,
    )  # fmt: skip
    together = grid.family(compared, reference, observed.statistic * enlarged, permutations, attribute)
    p_familywise = np.where(np.isnan(together), np.nan, np.fmax(together, tests.p_values))
    return {
        (*cell, group): GapTest(
            float(tests.p_values[row, place]),
            float(p_familywise[row, place]),
            float(tests.critical[row, place]),
            LogRatios(*(values[row, place] for values in observed)),
            (float(factors[0][row, place]), float(factors[1][row, place])),
        )
        for place, cell in enumerate(grid.cells)
        for row, group in enumerate(compared)
    }


class _Grid(NamedTuple):
    """Speakers down, models x conditions across."""

    cells: Sequence[tuple[str, str]]
    groups: NDArray[np.str_]
    errors: Floats
    words: Floats
    widened: Floats
    unit: Floats

    @classmethod
    def of(cls, speakers: pd.DataFrame, attribute: str) -> _Grid:
        who = speakers.groupby(speaker_columns(speakers), sort=True).ngroup().to_numpy()
        cells = list(speakers[list(CELL)].drop_duplicates().itertuples(index=False, name=None))
        column = speakers.groupby(list(CELL), sort=False).ngroup().to_numpy()
        shape = (int(who.max()) + 1, len(cells))
        errors, words, spoken, widened = np.zeros(shape), np.zeros(shape), np.zeros(shape), np.ones(shape)
        groups = np.empty(shape[0], dtype=object)
        errors[who, column], words[who, column] = speakers["numerator"], speakers["denominator"]
        spoken[who, column] = speakers["ref_words"]
        if STOPPING_FACTOR in speakers.columns:
            widened[who, column] = speakers[STOPPING_FACTOR]
        groups[who] = speakers[attribute]
        with np.errstate(divide="ignore", invalid="ignore"):
            unit = np.where(spoken.sum(axis=0) > 0, words.sum(axis=0) / spoken.sum(axis=0), 1.0)
        return cls(cells, groups, errors, words, widened, unit)

    def observed(self, compared: Sequence[str], reference: str | None) -> tuple[LogRatios, tuple[Floats, Floats]]:
        """Return the log ratios (compared x columns), and by what the variances of both sides are enlarged."""
        table = products(self.errors, self.words)
        own = [self.groups == group for group in compared]
        other = [~item if reference is None else self.groups == reference for item in own]
        sums = [np.stack([table[side].sum(axis=0) for side in sides]) for sides in (own, other)]
        there = np.where(self.words > 0, self.widened, 1.0)
        factors = [np.stack([there[side].max(axis=0, initial=1.0) for side in sides]) for sides in (own, other)]
        return log_ratios(sums[0], sums[1], self.unit), (factors[0], factors[1])

    def family(
        self, compared: Sequence[str], reference: str | None, observed: Floats, permutations: int, name: str
    ) -> Floats:
        """Return p over all comparisons with enough speakers (compared x columns), NaN for the others."""
        names, codes = np.unique(self.groups.astype(str), return_inverse=True)
        rows = [list(names).index(group) for group in compared]
        table = products(self.errors, self.words)
        counts = sums_of(table[:, :, 0], codes)
        own = counts[rows]
        other = counts.sum(axis=0) - own if reference is None else counts[[list(names).index(reference)] * len(rows)]
        enough = (np.minimum(own, other) >= ENOUGH_SPEAKERS) & ~np.isnan(observed)
        if not enough.any():
            return np.full(observed.shape, np.nan)
        draws = min(permutations, max(LEAST_DRAWS, WORK // table.size), max(1, STATISTICS_BYTES // (4 * observed.size)))
        tests = family_tests(
            table, codes, observed, enough, self.unit, rows=rows,
            reference=None if reference is None else list(names).index(reference), draws=draws,
            rng=generator("gap family", name, str(len(table))),
        )  # fmt: skip
        return tests.p_familywise


def family_tests(
    table: Floats,
    codes: Whole,
    observed: Floats,
    enough: NDArray[np.bool_],
    unit: Floats,
    *,
    rows: Sequence[int],
    reference: int | None,
    draws: int,
    rng: np.random.Generator,
    study: Whole | None = None,
) -> GridTests:
    """Return p of every comparison by itself and over the family (compared x columns), from relabelled speakers.

    Parameters
    ----------
    table : sums (speakers x columns x 6) of ``permutation.products``
    codes : the group of each speaker
    observed, enough : (compared x columns) statistics, and which of them belong to the family
    rows, reference : codes of the groups that are compared, and of what they are compared with (None: all others)
    study : (columns) which study a column belongs to, each a family of its own; default: all are one
    """
    values, n_groups = table.reshape(len(table), -1), int(codes.max()) + 1
    of = None if study is None else np.broadcast_to(study, observed.shape).reshape(-1)
    tally = Tally(observed.reshape(-1), enough.reshape(-1), study=of)
    for drawn in relabelled_sums(values, codes, replicates=draws, rng=rng):
        sums = drawn.reshape(len(drawn), n_groups, -1, N_SUMS)
        parts = sums[:, rows]
        rest = sums.sum(axis=1, keepdims=True) - parts if reference is None else sums[:, [reference] * len(rows)]
        tally.add(log_ratios(parts, rest, unit).statistic.reshape(len(drawn), -1))
    result = tally.result()
    return GridTests(*(values.reshape(observed.shape) for values in result))
