"""Stopping early, paid for: what an adaptive run's intervals must be wider for having stopped when they looked narrow.

Stopping by width stops sooner where the spread of the speakers happens to look small, and then the interval is too narrow.
As long as a cell (a group under a condition) has speakers left, its variance is hence taken ``STOPPING`` times as large, in
the rule that stops (``adaptive.allocation``) and in the intervals of rates and gaps (``fairness.counts.cells.SixSums.factor``). A change
between two cells of the same speakers has the larger factor of both: changes of gaps (``fairness.counts.clean_pairs``) and comparisons of
two sides with their gap checks (``fairness.inference.paired``). Adjusted gaps and dose-response slopes are not widened. A cell whose speakers
were all transcribed was not stopped, and has its own variance.

Source: what intervals of fixed width lack in coverage when samples are small: Starr 1966, Ann. Math. Stat. 37: 36-50. The
factor is measured: ``docs/allocation.md``, by ``bench.allocation``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

STOPPING = 1.21
"""Variances of a cell that has speakers left are taken so many times as large: its intervals are 1.1 times as wide."""


def factor(left: int) -> float:
    """Return the factor of the variance of a cell that has so many speakers left."""
    return STOPPING if left > 0 else 1.0


def factors(transcribed: pd.DataFrame, everyone: pd.DataFrame, attribute: str) -> pd.Series:
    """Return the :func:`factor` of the cell of every row transcribed.

    Parameters
    ----------
    transcribed : model_id, condition_id, corpus_id, speaker_id and the attribute, a row per transcription
    everyone : corpus_id, speaker_id and the attribute, a row per utterance that the study selects
    """
    who = ["corpus_id", "speaker_id"]
    there = everyone[[attribute, *who]].drop_duplicates().groupby(attribute).size()
    cell = ["model_id", "condition_id", attribute]
    heard = transcribed[[*cell, *who]].drop_duplicates().groupby(cell).size()
    left = pd.Series(there.reindex(heard.index.get_level_values(attribute)).to_numpy() - heard.to_numpy(), heard.index)
    of_rows = left.map(factor).reindex(pd.MultiIndex.from_frame(transcribed[cell])).to_numpy(dtype=np.float64)
    return pd.Series(of_rows, index=transcribed.index)
