"""Ways to average, as the one estimator: a quotient of sums over speakers, clustered on them.

A pooled rate is sum(E_s) / sum(N_s). The mean of speakers is the same quotient with the speaker's own rate E_s / N_s for
the errors and 1 for the words; the mean of utterances with the sum of the utterances' rates and their number. Hence
interval, gap and permutation test are the same for all three.

Source: ratio estimator of a mean over clusters, Cochran 1977 ch. 9.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from workbench.fairness.counts.cells import Mode, SixSums, six_sums


def of_mode(speakers: pd.DataFrame, keys: Sequence[str], mode: Mode) -> dict[tuple[str, ...], SixSums]:
    """Return the cells of ``keys`` whose rate is that of the mode; ``speakers`` from ``cells.speaker_sums`` in it."""
    if mode == "pooled":
        return six_sums(speakers, keys)
    return six_sums(speakers, keys, numerator="numerator", denominator="denominator")


def missed_words(speakers: pd.DataFrame, keys: Sequence[str]) -> dict[tuple[str, ...], SixSums]:
    """Return the cells of ``keys`` with the words wrong or missing, S + D, for errors: their rate is 1 - words right."""
    missed = speakers.assign(missed=speakers["substitutions"] + speakers["deletions"])
    return six_sums(missed, keys, numerator="missed")


def with_spread(cell: SixSums, pooled: SixSums) -> SixSums:
    """Return the cell to compute an interval from: the pooled one where speakers do not differ and both rates are one.

    Without spread an interval rests on numbers of words (``fairness.inference.intervals``), which only the pooled cell has.
    """
    alike = cell.variance == 0 and math.isclose(cell.rate, pooled.rate, rel_tol=1e-12)
    return pooled if alike else cell
