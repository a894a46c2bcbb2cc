"""The test of a gap: speaker labels are permuted, the statistic is studentised.

If group and reference were one population, every way of handing the group's label to as many of its speakers would be
equally likely. A statistic, clustered on speaker, is computed for the labels as they are and for permuted ones; p is the
share of labellings with a statistic at least as large. Two statistics:

- **the log ratio** |ln(W_A / W_B)| / sqrt(V_A / W_A^2 + V_B / W_B^2), which decides. The variance of a rate grows with the rate:
  on the log scale a small group that is worse off does not hide behind its own standard error
  (``inference.log_ratio``);
- **the difference** |W_A - W_B| / sqrt(V_A + V_B), for comparison.

Dividing by the standard error keeps the size right in large groups whose speakers vary unequally, where permuting plain
differences does not. The **critical value** is the smallest statistic that is not significant at 5 %: estimate -+ critical x
SE is an interval that excludes equality exactly where p < .05.

All labellings are enumerated if there are no more than the replicates asked for (p = # / all, the given labels among
them); otherwise p = (1 + #) / (R + 1), which is never 0. With few speakers p cannot be small: 3 against 3 have 20
labellings, so that .1 is the least.

Source: Chung & Romano 2013, Annals of Statistics 41: 484-507 (studentised permutation); Janssen 1997, Statistics &
Probability Letters 36: 9-21; Phipson & Smyth 2010, Statistical Applications in Genetics and Molecular Biology 9: 39 (p is
never 0).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.fairness.inference.named_seeds import generator

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

REPLICATES = 9_999
CHUNK_BYTES = 1 << 25
"""About how much memory the sums of one batch of labellings may take."""
LEVEL = 0.05
TIE = 1e-9
"""Statistics that differ by less, relatively, are equal: they are sums of the same numbers in another order."""


def products(errors: Floats, words: Floats) -> Floats:
    """Return counted, E, N, E^2, EN, N^2 along a new last axis: their sums over speakers are the six sums.

    Sums of whole numbers are exact in float64 below 2^53, in any order.
    """
    counted = ((errors > 0) | (words > 0)).astype(np.float64)
    return np.stack([counted, errors, words, errors * errors, errors * words, words * words], axis=-1)


def linearised(sums: Floats) -> tuple[Floats, Floats]:
    """Return pooled rate and its linearised variance clustered on speaker, from six sums on the last axis.

    The vector form of ``cells.SixSums.rate`` and ``.variance``; NaN without words and, the variance, below 2 speakers.
    """
    g, e, n, ee, en, nn = np.moveaxis(sums, -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(n > 0, e / n, np.nan)
        spread = np.maximum(ee - 2 * rate * en + rate * rate * nn, 0.0)
        variance = np.where(g > 1, spread / (n * n) * (g / (g - 1)), np.nan)
    return rate, np.where(spread <= TIE**2 * ee, 0.0, variance)


def studentised(part: Floats, whole: Floats) -> Floats:
    """Return |W_A - W_B| / sqrt(V_A + V_B) of a part A against the rest B of a whole; equal rates give 0."""
    rate_a, variance_a = linearised(part)
    rate_b, variance_b = linearised(whole - part)
    apart = np.abs(rate_a - rate_b)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = apart / np.sqrt(variance_a + variance_b)
    return np.where(apart <= TIE * (rate_a + rate_b), 0.0, statistic)


COUNTED_EXACTLY = 60
"""Speakers up to which labellings are counted in whole numbers; beyond it their number has thousands of digits."""


def least_p(n_speakers: int, n_speakers_reference: int) -> float:
    """Return the smallest p that any gap could have between so many speakers: 1 of all labellings, 2 of equal sides.

    >>> least_p(3, 3), round(least_p(4, 4), 3)
    (0.1, 0.029)
    """
    both = n_speakers + n_speakers_reference
    sides = 2 if n_speakers == n_speakers_reference else 1
    if both <= COUNTED_EXACTLY:
        return sides / math.comb(both, n_speakers)
    log_ways = math.lgamma(both + 1) - math.lgamma(n_speakers + 1) - math.lgamma(n_speakers_reference + 1)
    return sides * math.exp(-log_ways)


class PermutationTests(NamedTuple):
    """Two-sided p (compared x columns), and the largest statistic that is not significant; NaN where nothing can be."""

    p_values: Floats
    critical: Floats


Statistic = Callable[[Floats, Floats, Floats], Floats]
"""From the six sums of a part (... x columns x 6), of the whole (columns x 6), and one error's worth in each column."""


def permutation_tests(
    errors: Floats,
    words: Floats,
    groups: NDArray[np.str_],
    compared: Sequence[str],
    *,
    statistic: Statistic,
    unit: Floats | None = None,
    weakened: Floats | None = None,
    reference: str | None = None,
    strata: NDArray[np.str_] | None = None,
    replicates: int = REPLICATES,
    name: str = "",
) -> PermutationTests:
    """Return the two-sided test of each compared group against the reference, in every column.

    Parameters
    ----------
    errors, words : (speakers x columns); a column is one model under one condition, and all columns see the same
        labellings. A speaker without errors and words in a column is not among its speakers.
    groups : the group of each speaker
    compared : groups, one row of the result each
    statistic : what is compared under the labellings
    unit : (columns) what one error is in ``errors``; None: 1
    weakened : (compared x columns) by what the observed statistics are multiplied, where an adaptive run was stopped; None: 1
    reference : a group; None compares with all other speakers
    strata : labels are permuted only within equal values (say, of a recording source); None permutes them freely
    replicates : random labellings, if there are more than that
    name : what the seed is made of, besides the number of speakers; speakers must come in an order of their own

    Returns
    -------
    (compared x columns); NaN where a side has fewer than two speakers or no words
    """
    table = products(errors, words)
    units = np.ones(errors.shape[1]) if unit is None else unit
    layers = np.zeros(len(groups), dtype=np.int64) if strata is None else np.unique(strata, return_inverse=True)[1]
    shape = (len(compared), errors.shape[1])
    result = PermutationTests(np.full(shape, np.nan), np.full(shape, np.nan))
    weights = np.ones(shape) if weakened is None else weakened
    # A speaker without words in a column is not among those whose labels are permuted there. Columns with the same speakers
    # share their labellings: the draws are the same, and most of the work is done once.
    for columns in _same_speakers(table[:, :, 0] > 0):
        there = table[:, columns[0], 0] > 0
        # Against the rest, every group is drawn from one pool. Against a named group, only the two sides are exchangeable under
        # the null: the others stay out of the pool.
        if reference is None:
            pools = [(there, list(range(len(compared))))]
        else:
            pools = [(there & ((groups == group) | (groups == reference)), [row]) for row, group in enumerate(compared)]
        for pool, rows in pools:
            members = np.array([groups[pool] == compared[row] for row in rows])
            at = np.ix_(rows, columns)
            own = _Pool(table[pool][:, columns], members, layers[pool], statistic, units[columns], weights[at])
            tests = own.tests(replicates, name)
            result.p_values[at], result.critical[at] = tests.p_values, tests.critical
    return result


def permutation_p(
    errors: Floats,
    words: Floats,
    groups: NDArray[np.str_],
    compared: Sequence[str],
    *,
    reference: str | None = None,
    strata: NDArray[np.str_] | None = None,
    replicates: int = REPLICATES,
    name: str = "",
) -> Floats:
    """Return the two-sided p of the difference (:func:`permutation_tests`)."""
    return permutation_tests(
        errors, words, groups, compared, statistic=_difference, reference=reference, strata=strata,
        replicates=replicates, name=name,
    ).p_values  # fmt: skip


def _difference(part: Floats, whole: Floats, unit: Floats) -> Floats:
    return studentised(part, whole)


def _allowed(labellings: int, *, sampled: bool) -> int:
    """Return how many labellings may reach a statistic that is significant at 5 %.

    Enumerated: # / all < .05, the given labels among them. Sampled: (1 + #) / (R + 1) < .05.
    """
    return math.ceil(LEVEL * (labellings + 1)) - 2 if sampled else math.ceil(LEVEL * labellings) - 1


def _same_speakers(there: NDArray[np.bool_]) -> list[list[int]]:
    """Return the columns, grouped by the speakers that they have."""
    patterns: dict[bytes, list[int]] = {}
    for column in range(there.shape[1]):
        patterns.setdefault(np.packbits(there[:, column]).tobytes(), []).append(column)
    return list(patterns.values())


class _Pool(NamedTuple):
    """Speakers among whom labels are permuted: sums (speakers x columns x 6), ``members`` (groups x speakers), strata."""

    table: Floats
    members: NDArray[np.bool_]
    layers: Whole
    statistic: Statistic
    unit: Floats
    weakened: Floats

    def tests(self, replicates: int, name: str) -> PermutationTests:
        """Return p and critical value (groups x columns)."""
        table, members, layers = self.table, self.members, self.layers
        p = np.full((len(members), table.shape[1]), np.nan)
        critical = p.copy()
        size = members.sum(axis=1)
        usable = (size >= 2) & (len(layers) - size >= 2)
        if not usable.any():
            return PermutationTests(p, critical)
        whole = table.sum(axis=0)
        strata = [np.flatnonzero(layers == layer) for layer in np.unique(layers)]
        sizes = np.array([[int(member[stratum].sum()) for stratum in strata] for member in members])
        limits = [len(stratum) for stratum in strata]
        parts = np.einsum("gs,sck->gck", members.astype(np.float64), table)
        observed = self.statistic(parts, whole, self.unit) * self.weakened
        sampled = []
        # Few labellings are enumerated: p is then exact and needs no seed. Only groups with more are drawn, together.
        for row in np.flatnonzero(usable):
            n_labellings = math.prod(math.comb(n, int(k)) for n, k in zip(limits, sizes[row], strict=True))
            if n_labellings > replicates:
                sampled.append(int(row))
                continue
            choices = _all_choices(strata, sizes[row])
            drawn = self.statistic(table[choices].sum(axis=1), whole, self.unit)
            p[row] = _reached(drawn, observed[row]).mean(axis=0)
            critical[row] = _largest(drawn, _allowed(n_labellings, sampled=False))
        if sampled:
            rng = generator("permutation", name, str(len(layers)))
            alike, place = np.unique(sizes[sampled], axis=0, return_inverse=True)
            place = place.reshape(-1)  # a statistic depends on the group only through its size: equal sizes share draws
            reached = np.zeros((len(sampled), table.shape[1]))
            kept = _allowed(replicates, sampled=True) + 1
            top = np.full((0, len(alike), table.shape[1]), np.nan)
            for sums in _drawn_sums(table, strata, alike, replicates, rng):
                drawn = self.statistic(sums, whole, self.unit)
                reached += _reached(drawn[:, place], observed[sampled]).sum(axis=0)
                # Only the largest statistics of all batches matter for the critical value: the rest is dropped at once.
                top = np.concatenate([top, np.where(np.isnan(drawn), np.inf, drawn)])
                if len(top) > kept > 0:
                    top = np.partition(top, len(top) - kept, axis=0)[-kept:]
            p[sampled] = (1 + reached) / (replicates + 1)
            critical[sampled] = _largest(top, kept - 1)[place]
        computable = ~np.isnan(observed) & usable[:, None]
        return PermutationTests(np.where(computable, p, np.nan), np.where(computable, critical, np.nan))


def _largest(drawn: Floats, allowed: int) -> Floats:
    """Return the largest statistic along the first axis that more than ``allowed`` of the draws reach; NaN if none may."""
    if allowed < 1 or len(drawn) <= allowed:
        return np.full(drawn.shape[1:], np.nan)
    ordered = np.partition(np.where(np.isnan(drawn), np.inf, drawn), len(drawn) - allowed - 1, axis=0)
    value = ordered[len(drawn) - allowed - 1]
    return np.where(np.isinf(value), np.nan, value / (1 - TIE))


def _reached(statistics: Floats, observed: Floats) -> NDArray[np.bool_]:
    """Return whether each is at least what was observed; one that cannot be computed counts as if it were."""
    return ~(statistics < observed * (1 - TIE))


def _all_choices(strata: Sequence[Whole], sizes: Whole) -> Whole:
    """Return every choice of ``sizes`` members from the strata (choices x members), the smaller side spelled out."""
    each = [[*combinations(stratum.tolist(), int(k))] for stratum, k in zip(strata, sizes, strict=True)]
    return np.array([sum(parts, ()) for parts in product(*each)], dtype=np.int64)


def _drawn_sums(
    table: Floats, strata: Sequence[Whole], sizes: Whole, replicates: int, rng: np.random.Generator
) -> Iterator[Floats]:
    """Yield batches of sums (labellings x groups x columns x 6) over randomly chosen members.

    Each stratum is put in random order once per labelling; a group of k has its first k speakers. Of two sides the
    smaller is drawn, for the statistic is the same from both.
    """
    n_speakers = sum(len(stratum) for stratum in strata)
    swapped = 2 * sizes.sum(axis=1) > n_speakers
    limits = np.array([len(stratum) for stratum in strata])
    drawn = np.where(swapped[:, None], limits - sizes, sizes)
    n_columns = table.shape[1] * table.shape[2]
    # Batches bound the memory; the generator runs on through them, so that their size changes no draw.
    batch = max(1, CHUNK_BYTES // (8 * n_columns * (int(drawn.max()) + len(sizes)) + 8 * n_speakers))
    whole = table.sum(axis=0)
    flat = np.ascontiguousarray(table.reshape(len(table), n_columns))
    for start in range(0, replicates, batch):
        n = min(batch, replicates - start)
        sums = np.zeros((n, len(sizes), n_columns))
        for stratum, counts in zip(strata, drawn.T, strict=True):
            order = rng.permuted(np.broadcast_to(stratum, (n, len(stratum))), axis=1)
            sums += _first_sums(flat, order, counts)
        shaped = sums.reshape(n, len(sizes), *table.shape[1:])
        yield np.where(swapped[None, :, None, None], whole - shaped, shaped)


def _first_sums(flat: Floats, order: Whole, counts: Whole) -> Floats:
    """Return the sums of ``flat`` over the first k speakers of each order, for every k of ``counts``."""
    # The first 3 of an order are among its first 5: sums of larger groups go on from those of smaller ones.
    ends, where = np.unique(counts, return_inverse=True)
    starts = np.concatenate([[0], ends[:-1]])
    running = np.zeros((len(order), flat.shape[1]))
    result = np.zeros((len(order), len(ends), flat.shape[1]))
    for place, (start, end) in enumerate(zip(starts, ends, strict=True)):
        if end > start:
            running = running + _sums_over(flat, order[:, start:end])
        result[:, place] = running
    return result[:, where]


def _sums_over(flat: Floats, chosen: Whole) -> Floats:
    """Return the sums of ``flat`` over the speakers of each row of ``chosen``."""
    from scipy.sparse import csr_array

    ends = np.arange(len(chosen) + 1) * chosen.shape[1]
    members = csr_array((np.ones(chosen.size), chosen.ravel(), ends), shape=(len(chosen), len(flat)))
    return np.asarray(members @ flat, dtype=np.float64)
