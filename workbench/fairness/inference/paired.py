"""Paired differences clustered on speaker: the same people's utterances twice, under two systems or two conditions.

Each speaker s has D_s = E_s(second) - E_s(first), the change of errors over the same N_s words. The change of the rate is
a ratio estimator like the rate itself, W(D) = sum(D) / sum(N), with the same linearised variance and Student's t over
speakers: what all speakers share (their voice, their text) cancels. The change of a **gap** compares two groups of
different people, each with its own change: Welch's t of two such ratios.

Two cases have no spread to go by, where a zero-width interval would claim certainty. If nothing changed at all, the
standard error is that whose interval reaches the rule of three's limit (``fairness.inference.intervals``) on either side. If every
speaker changed by exactly the same rate, the variance is that of independent changes, sum(d_u^2) / N^2 over utterances u.

Source: Cochran 1977 ch. 6 (ratio estimator); Liu & Peng 2020 (arXiv 1912.09508) for speakers as the blocks of a
comparison of two recognisers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from workbench.fairness.counts.cells import SixSums
from workbench.fairness.inference.intervals import (
    TAIL,
    Difference,
    difference_df,
    effective_speakers,
    t_quantile,
    tested,
    upper_limit_without_errors,
)
from workbench.schema import STOPPING_FACTOR


@dataclass(frozen=True, slots=True)
class Change:
    """Changes of errors over the speakers of a cell: six sums with D for E, and the sum of squares over utterances."""

    sums: SixSums = field(default_factory=SixSums)
    squares: int = 0

    @classmethod
    def of(cls, rows: pd.DataFrame, speaker: Sequence[str]) -> Change:
        """Return the change over rows of ``pairing.paired_rows``; utterances that are not paired add nothing."""
        kept = rows[rows["pair_state"] == "paired"]
        d = kept["errors_second"] - kept["errors_first"]
        people = pd.DataFrame({"d": d, "n": kept["ref_words"]}).groupby([kept[name] for name in speaker], sort=False)
        sums = people.sum()
        factor = stopping_factor(kept)
        return cls(SixSums.of(sums["d"].tolist(), sums["n"].tolist(), factor=factor), int((d * d).sum()))

    def __add__(self, other: Change) -> Change:
        return Change(self.sums + other.sums, self.squares + other.squares)

    def __sub__(self, other: Change) -> Change:
        return Change(self.sums - other.sums, self.squares - other.squares)

    @property
    def known(self) -> bool:
        """Whether there are two speakers or more, the least for a standard error."""
        return self.sums.n_speakers > 1 and self.sums.words > 0

    @property
    def nothing(self) -> bool:
        """Whether not one utterance has more or fewer errors."""
        return self.squares == 0

    @property
    def variance(self) -> float:
        """Variance of the change of the rate, so many times as large as the sums' ``factor`` says; NaN if not :attr:`known`."""
        if not self.known:
            return math.nan
        if self.nothing:
            return (
                upper_limit_without_errors(self.sums, 2 * TAIL) / t_quantile(self.sums.n_speakers - 1, 1 - TAIL)
            ) ** 2
        return self.sums.factor * (self.sums.variance or self.squares / self.sums.words**2)


def stopping_factor(kept: pd.DataFrame) -> float:
    """Return by how much the variance of these pairs is enlarged (``workbench.fairness.inference.stopping``)."""
    return float(kept[STOPPING_FACTOR].max()) if len(kept) else 1.0


def paired_difference(change: Change) -> Difference:
    """Return the rate of the second side minus the rate of the first, on the same speakers.

    W(D) -+ t sqrt(V(W(D))) with K - 1 degrees of freedom, K the effective number of speakers (G if all say equally
    much), two-sided p; below two speakers the estimate alone. Nothing changed: p = 1.

    Source: method of the module's docstring.
    """
    estimate = change.sums.rate
    if not change.known:
        return Difference(estimate)
    return tested(estimate, change.variance, max(1.0, effective_speakers(change.sums) - 1))


def gap_change(group: Change, reference: Change) -> Difference:
    """Return the change of the gap of ``group`` to ``reference``: the group's change minus the other's.

    SE = sqrt(V_A + V_B), t with the degrees of freedom of any comparison of groups (``intervals.difference_df``). The two
    share no speaker.

    Source: Welch 1947, with the changes' linearised variances.
    """
    estimate = group.sums.rate - reference.sums.rate
    if not (group.known and reference.known):
        return Difference(estimate)
    a, b = group.variance, reference.variance
    return tested(estimate, a + b, difference_df(a, group.sums, b, reference.sums))
