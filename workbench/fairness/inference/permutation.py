"""The test of a gap: speaker labels are permuted, the statistic is studentised.

If group and reference were one population, every way of handing the group's label to as many of its speakers would be
equally likely. The statistic |W_A - W_B| / sqrt(V_A + V_B), clustered on speaker, is computed for the labels as they
are and for permuted ones; p is the share of labellings with a statistic at least as large. Dividing by the standard
error keeps the size right in large groups whose speakers vary unequally, where permuting plain differences does not.

All labellings are enumerated if there are no more than the replicates asked for (p = # / all, the given labels among
them); otherwise p = (1 + #) / (R + 1), which is never 0. With few speakers p cannot be small: 3 against 3 have 20
labellings, so that .1 is the least.

Source: Chung & Romano 2013, Annals of Statistics 41: 484-507 (studentised permutation); Phipson & Smyth 2010,
Statistical Applications in Genetics and Molecular Biology 9: 39 (p is never 0).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from workbench.fairness.inference.named_seeds import generator

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

REPLICATES = 9_999
CHUNK_BYTES = 1 << 25
"""About how much memory the sums of one batch of labellings may take."""
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
    """Return the two-sided p of each compared group against the reference, in every column.

    Parameters
    ----------
    errors, words : (speakers x columns); a column is one model under one condition, and all columns see the same
        labellings. A speaker without errors and words in a column is not among its speakers.
    groups : the group of each speaker
    compared : groups, one row of the result each
    reference : a group; None compares with all other speakers
    strata : labels are permuted only within equal values (say, of a recording source); None permutes them freely
    replicates : random labellings, if there are more than that
    name : what the seed is made of, besides the number of speakers; speakers must come in an order of their own

    Returns
    -------
    (compared x columns); NaN where a side has fewer than two speakers or no words
    """
    table = products(errors, words)
    layers = np.zeros(len(groups), dtype=np.int64) if strata is None else np.unique(strata, return_inverse=True)[1]
    found = np.full((len(compared), errors.shape[1]), np.nan)
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
            found[np.ix_(rows, columns)] = _p_values(table[pool][:, columns], members, layers[pool], replicates, name)
    return found


def _same_speakers(there: NDArray[np.bool_]) -> list[list[int]]:
    """Return the columns, grouped by the speakers that they have."""
    patterns: dict[bytes, list[int]] = {}
    for column in range(there.shape[1]):
        patterns.setdefault(np.packbits(there[:, column]).tobytes(), []).append(column)
    return list(patterns.values())


def _p_values(table: Floats, members: NDArray[np.bool_], layers: Whole, replicates: int, name: str) -> Floats:
    """Return p (groups x columns) of a pool: ``table`` (speakers x columns x 6), ``members`` (groups x speakers)."""
    p = np.full((len(members), table.shape[1]), np.nan)
    size = members.sum(axis=1)
    usable = (size >= 2) & (len(layers) - size >= 2)
    if not usable.any():
        return p
    whole = table.sum(axis=0)
    strata = [np.flatnonzero(layers == layer) for layer in np.unique(layers)]
    sizes = np.array([[int(one[stratum].sum()) for stratum in strata] for one in members])
    limits = [len(stratum) for stratum in strata]
    observed = studentised(np.einsum("gs,sck->gck", members.astype(np.float64), table), whole)
    sampled = []
    for row in np.flatnonzero(usable):
        n_labellings = math.prod(math.comb(n, int(k)) for n, k in zip(limits, sizes[row], strict=True))
        # Few labellings are enumerated, the given one among them: p is then exact, and no 1 is added.
        if n_labellings > replicates:
            sampled.append(int(row))
            continue
        chosen = _all_choices(strata, sizes[row])
        p[row] = _reached(studentised(table[chosen].sum(axis=1), whole), observed[row]).mean(axis=0)
    if sampled:
        rng = generator("permutation", name, str(len(layers)))
        reached = np.zeros((len(sampled), table.shape[1]))
        # A labelling's statistic depends on the group only through its size: groups of one size share the draws.
        alike, place = np.unique(sizes[sampled], axis=0, return_inverse=True)
        for sums in _drawn_sums(table, strata, alike, replicates, rng):
            reached += _reached(studentised(sums, whole)[:, place.reshape(-1)], observed[sampled]).sum(axis=0)
        p[sampled] = (1 + reached) / (replicates + 1)
    return np.where(np.isnan(observed), np.nan, p)


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
    batch = max(1, CHUNK_BYTES // (8 * n_columns * (int(drawn.max()) + len(sizes)) + 8 * n_speakers))
    whole = table.sum(axis=0)
    flat = np.ascontiguousarray(table.reshape(len(table), n_columns))
    # Batches bound the memory; the generator runs on through them, so that their size changes no draw.
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
    ends, where = np.unique(counts, return_inverse=True)
    starts = np.concatenate([[0], ends[:-1]])
    running = np.zeros((len(order), flat.shape[1]))
    found = np.zeros((len(order), len(ends), flat.shape[1]))
    # The first 3 of an order are among its first 5: sums of larger groups go on from those of smaller ones.
    for place, (start, end) in enumerate(zip(starts, ends, strict=True)):
        if end > start:
            running = running + _sums_over(flat, order[:, start:end])
        found[:, place] = running
    return found[:, where]


def _sums_over(flat: Floats, chosen: Whole) -> Floats:
    """Return the sums of ``flat`` over the speakers of each row of ``chosen``."""
    from scipy.sparse import csr_array

    ends = np.arange(len(chosen) + 1) * chosen.shape[1]
    members = csr_array((np.ones(chosen.size), chosen.ravel(), ends), shape=(len(chosen), len(flat)))
    return np.asarray(members @ flat, dtype=np.float64)
