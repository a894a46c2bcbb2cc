"""Ten sums per cell from which every change and its standard error follow, on three scales.

Six of them are the six sums of the clean errors, six those of the errors under the condition (both share words); the
tenth is their cross product. With D = E_c - E_0 in place of E the additive change is a pooled rate like any other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np

from workbench.fairness.counts.cells import SixSums
from workbench.fairness.counts.clean_pairs import Whole


@dataclass(frozen=True, slots=True)
class PairedSums:
    """Ten whole numbers over the speakers s of a cell: N_s words, E_0s errors clean, E_cs under the condition.

    Cells of different speakers may be added, and a part subtracted from its whole: sites that share no audio can
    report them (a federated audit). Source: linearised ratio estimators, Cochran 1977, Sampling Techniques, ch. 6.
    """

    n_speakers: int = 0
    words: int = 0
    words_squared: int = 0
    clean: int = 0
    clean_squared: int = 0
    clean_words: int = 0
    errors: int = 0
    errors_squared: int = 0
    errors_words: int = 0
    clean_errors: int = 0

    @classmethod
    def of(cls, clean: Whole, errors: Whole, words: Whole) -> PairedSums:
        """Return the sums over speakers with these errors and words; a speaker without words is not among them."""
        there = words > 0
        e0, ec, n = (array[there] for array in (clean, errors, words))
        largest = max(int(array.max(initial=0)) for array in (e0, ec, n))
        if largest**2 * len(n) >= 2**63:
            e0, ec, n = (array.astype(object) for array in (e0, ec, n))  # Python's whole numbers know no limit
        products = (n, n * n, e0, e0 * e0, e0 * n, ec, ec * ec, ec * n, e0 * ec)
        return cls(int(there.sum()), *(int(product.sum()) for product in products))

    def __add__(self, other: PairedSums) -> PairedSums:
        return PairedSums(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def __sub__(self, other: PairedSums) -> PairedSums:
        return PairedSums(*(getattr(self, f.name) - getattr(other, f.name) for f in fields(self)))

    @property
    def change(self) -> SixSums:
        """The six sums of D: their rate is the degradation W_c - W_0, their variance its variance."""
        return SixSums(
            self.n_speakers,
            self.errors - self.clean,
            self.words,
            self.errors_squared - 2 * self.clean_errors + self.clean_squared,
            self.errors_words - self.clean_words,
            self.words_squared,
        )

    @property
    def log_change(self) -> float:
        """ln(W_c / W_0); NaN if either has no errors."""
        return math.log(self.errors / self.clean) if self.errors and self.clean else math.nan

    @property
    def log_variance(self) -> float:
        """Linearised variance of :attr:`log_change`: G / (G - 1) sum over s of (E_cs / E_c - E_0s / E_0)^2."""
        return _log_variance(
            self.n_speakers, self.errors, self.errors_squared, self.clean, self.clean_squared, self.clean_errors
        )

    @property
    def hits_change(self) -> float:
        """ln((1 - W_c) / (1 - W_0)), the change of the words still right; NaN unless both rates are below 1."""
        right, before = self.words - self.errors, self.words - self.clean
        return math.log(right / before) if right > 0 and before > 0 else math.nan

    @property
    def hits_variance(self) -> float:
        """Linearised variance of :attr:`hits_change`: N - E in place of E."""
        nn, ne, n0 = self.words_squared, self.errors_words, self.clean_words
        return _log_variance(
            self.n_speakers,
            self.words - self.errors,
            nn - 2 * ne + self.errors_squared,
            self.words - self.clean,
            nn - 2 * n0 + self.clean_squared,
            nn - ne - n0 + self.clean_errors,
        )


def _log_variance(g: int, a: int, aa: int, b: int, bb: int, ab: int) -> float:
    """Return the linearised variance of ln(sum a / sum b) over g speakers, whole up to the last division."""
    if g < 2 or a <= 0 or b <= 0:
        return math.nan
    return float((aa * b * b - 2 * ab * a * b + bb * a * a) * g / ((g - 1) * a * a * b * b))


def jackknife_log_variance(clean: Whole, errors: Whole, words: Whole) -> float:
    """Return the delete-one-speaker jackknife variance of ln(W_c / W_0), (G - 1) / G sum (L_(s) - mean L)^2.

    NaN below two speakers, and if all errors of a side are one speaker's: without that speaker there is no ratio.
    Source: Efron & Stein 1981, Annals of Statistics 9: 586-596.
    """
    there = words > 0
    e0, ec = clean[there].astype(np.float64), errors[there].astype(np.float64)
    g = len(ec)
    before, after = e0.sum() - e0, ec.sum() - ec
    if g < 2 or (before <= 0).any() or (after <= 0).any():
        return math.nan
    left_out = np.log(after / before)
    return float((g - 1) / g * ((left_out - left_out.mean()) ** 2).sum())
