"""Log-odds with an informative Dirichlet prior: which of many words differ between two sides beyond chance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from workbench.fairness.counts.sides import Floats


class LogOdds(NamedTuple):
    """Log odds ratio of each word; its variance, and the variance if the word is rare among the n (Monroe's eq. 22)."""

    delta: Floats
    variance: Floats
    variance_rare: Floats

    @property
    def z(self) -> Floats:
        """Return delta in standard errors, as Monroe has it: words that are rare among the n."""
        return np.asarray(self.delta / np.sqrt(self.variance_rare), dtype=np.float64)


def log_odds(y_i: Floats, n_i: Floats, y_j: Floats, n_j: Floats, *, prior: Floats, prior_total: float) -> LogOdds:
    """Return the log odds of ``y_i`` in ``n_i`` over those of ``y_j`` in ``n_j``, both with ``prior`` in ``prior_total`` added.

    delta = ln[(y_i + a) / (n_i + a0 - y_i - a)] - ln[(y_j + a) / (n_j + a0 - y_j - a)]; its variance is the sum of the four
    reciprocals, of which Monroe's keeps the two of the numerators, the others being small where n are all the words of a
    text. Here n are the occurrences of one word, a tenth or half of which may be errors: all four count.

    Source: Monroe, Colaresi & Quinn 2008, Political Analysis 16: 372-403, eq. 15 to 22.
    """
    with_i, with_j = y_i + prior, y_j + prior
    without_i, without_j = n_i + prior_total - with_i, n_j + prior_total - with_j
    rare = 1 / with_i + 1 / with_j
    delta = np.log(with_i / without_i) - np.log(with_j / without_j)
    return LogOdds(delta, rare + 1 / without_i + 1 / without_j, rare)
