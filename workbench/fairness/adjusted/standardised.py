"""Direct standardisation: rates as they would be if every group had the same mix of strata."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from workbench.fairness.counts.frames import joined
from workbench.fairness.counts.sides import Estimate, Floats, Mask, Sides, Whole, added_up, stratum_codes
from workbench.fairness.inference.intervals import NAN, Interval
from workbench.fairness.inference.jackknife import two_sided_spread


class StandardRate(NamedTuple):
    """A standardised rate, its variance, the speakers it rests on, and how many strata rest on one of them."""

    rate: float
    variance: float
    n_speakers: int
    n_lonely: int


def standardised(sides: Sides, strata: Sequence[str]) -> Estimate:
    """Return the gap and the ratio of the two sides' standardised rates.

    W_g = sum_k w_k W_gk over the strata k that both sides have words in, w_k the share of stratum k in the words of both
    together. Variance, the weights taken as given: speakers' linearised residuals sum_k w_k (E_sk - W_gk N_sk) / N_gk,
    squared and added, times G / (G - 1); t as for a gap. With one stratum this is the raw gap.

    Source: direct standardisation, Breslow & Day 1987, vol. II ch. 2; linearised variance: Cochran 1977 ch. 6.
    """
    codes = stratum_codes(sides.rows, strata)
    kept = shared_strata(codes, sides.in_group.astype(np.int64), sides.words)
    if not kept.any():
        return Estimate(coverage=0.0, reason="no stratum that both sides have")
    part = sides.only(kept)
    codes = np.unique(codes[kept], return_inverse=True)[1]
    weights = added_up(codes, part.words, int(codes.max()) + 1) / part.words.sum()
    group, reference = (standard_rate(part, side, codes, weights) for side in (part.in_group, ~part.in_group))
    difference = group.rate - reference.rate
    reason = joined(
        [
            "fewer than 2 speakers on a side: no interval" if min(group.n_speakers, reference.n_speakers) < 2 else "",
            f"{lonely} strata rest on one speaker: the interval is too narrow"
            if (lonely := group.n_lonely + reference.n_lonely)
            else "",
        ]
    )
    counts = (group.n_speakers, reference.n_speakers, sides.coverage(kept))
    ratio = group.rate / reference.rate if reference.rate else NAN
    if not (group.variance > 0 and reference.variance > 0):  # NaN below two speakers
        reason = reason or "no spread between the speakers of a side: no interval"
        return Estimate(difference, Interval(), ratio, Interval(), NAN, *counts, reason)
    words = [part.speaker_words[side] for side in (part.people, ~part.people)]
    spread = two_sided_spread(group.variance, words[0], reference.variance, words[1])
    relative = [one.variance / one.rate**2 for one in (group, reference)]
    logs = two_sided_spread(relative[0], words[0], relative[1], words[1]).interval(math.log(ratio))
    return Estimate(
        difference,
        spread.interval(difference),
        ratio,
        Interval(math.exp(min(logs.low, 700)), math.exp(min(logs.high, 700))),
        spread.p_value(difference),
        *counts,
        reason,
    )


def shared_strata(codes: Whole, group: Whole, words: Floats) -> Mask:
    """Return which rows stand in a stratum that every group has words in; ``group`` counts from 0."""
    if not len(codes):
        return np.zeros(0, dtype=bool)
    n_groups = int(group.max()) + 1
    table = np.zeros((int(codes.max()) + 1, n_groups))
    np.add.at(table, (codes, group), words)
    everywhere: Mask = np.asarray((table > 0).all(axis=1) & (n_groups > 1), dtype=bool)
    return everywhere[codes]


def standard_rate(part: Sides, side: Mask, codes: Whole, weights: Floats) -> StandardRate:
    """Return the standardised rate of the rows of one side; ``codes`` count from 0 and all have words there."""
    k = len(weights)
    errors = added_up(codes[side], part.errors[side], k)
    words = added_up(codes[side], part.words[side], k)
    rates = errors / words
    residual = weights[codes] * (part.errors - rates[codes] * part.words) / words[codes]
    _, people = np.unique(part.speaker[side], return_inverse=True)
    g = int(people.max()) + 1
    per_speaker = added_up(people, residual[side], g)
    in_stratum = np.unique(np.stack([codes[side], people]), axis=1)[0]
    lonely = int((np.bincount(in_stratum, minlength=k) == 1).sum()) if g > 1 else 0
    variance = float((per_speaker**2).sum() * g / (g - 1)) if g > 1 else NAN
    if variance < 1e-18:  # what rounding leaves of equal rates
        variance = 0.0
    return StandardRate(float(weights @ rates), variance, g, lonely)
