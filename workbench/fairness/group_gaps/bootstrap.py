"""A second opinion on a gap: the speaker bootstrap, bias-corrected and accelerated (BCa). Never the default.

Speakers are drawn with replacement within each group, each with all their words, and the gap of pooled rates is computed
again. The percentile interval of such gaps is too short below 20 speakers a side (docs/calibration.md); BCa shifts its ends by
the bias of the draws, z0, and by the acceleration, a, from leaving out one speaker at a time. With fewer than 20 speakers
the t interval of ``gaps`` deserves more trust, and ``reason`` says so.

Source: Bisani & Ney 2004, ICASSP (bootstrap over blocks); Liu & Peng 2020 (arXiv 1912.09508: speakers as blocks); Efron 1987,
Journal of the American Statistical Association 82: 171-185 (BCa).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from workbench.errors import ScoringError, choices
from workbench.fairness.counts.cells import (
    CELL,
    group_columns,
    refuse_speakers_in_two_groups,
    speaker_columns,
    speaker_sums,
)
from workbench.fairness.counts.frames import joined
from workbench.fairness.group_gaps.gaps import REST
from workbench.fairness.inference.intervals import LEVEL, NAN
from workbench.fairness.inference.named_seeds import generator

Floats = NDArray[np.float64]
REPLICATES = 1_999
ENOUGH = 20
CHUNK = 1 << 22


class Bootstrapped(NamedTuple):
    """BCa limits of a difference of pooled rates, and the share of draws below 0."""

    low: float = NAN
    high: float = NAN
    below_zero: float = NAN


def bootstrap_gaps(
    scores: pd.DataFrame, attribute: str, *, reference: str = REST, replicates: int = REPLICATES, seed: int = 0
) -> pd.DataFrame:
    """Return the gaps of ``attribute`` with BCa intervals over speakers, beside which those of ``gaps`` are to be read.

    Parameters
    ----------
    scores, attribute, reference : as for ``gaps``; pooled rates, clustered on speaker
    replicates : bootstrap samples
    seed : of the draws, recorded in the result; every comparison draws from a generator of its own name

    Returns
    -------
    Columns model_id, condition_id, attribute, group, reference_group, difference, ci_low, ci_high, below_zero (the share of
    draws in which the group does better: "probability of improvement"), replicates, seed, reason.

    Raises
    ------
    ScoringError : as for ``gaps``

    Source: the module's docstring.
    """
    if replicates < 1:
        raise ScoringError(f"{replicates} replicates cannot be drawn", remedy=f"the default is {REPLICATES:,}")
    named = group_columns(scores, [attribute])
    if not named:
        raise ScoringError(f"cannot compare the groups of {attribute!r}", remedy="name an attribute of the speakers")
    people = speaker_sums(scores, named, method="linearised", empty_references="separate")
    if attribute not in speaker_columns(scores):
        refuse_speakers_in_two_groups(people, attribute, speaker_columns(scores))
    groups = list(people[attribute].unique())
    if reference != REST and reference not in groups:
        raise ScoringError(f"no group {reference!r} in {attribute!r}", remedy=choices(reference, groups))
    people = people[people["ref_words"] > 0]
    rows: list[dict[str, object]] = []
    for key, cell in people.groupby(list(CELL), sort=True):
        counts = cell[["errors", "ref_words"]].to_numpy(dtype=np.float64)
        label = cell[attribute].to_numpy()
        for group in sorted(set(label) - ({reference} if reference != REST else set())):
            own = label == group
            other = ~own if reference == REST else label == reference
            rng = generator("bootstrap", *map(str, key), attribute, str(group), reference, seed=seed)
            a, b = counts[own], counts[other]
            result = bca(a, b, replicates=replicates, rng=rng)
            few = [f"{len(side)} speakers" for side in (a, b) if len(side) < ENOUGH]
            rows.append(
                {
                    **dict(zip(CELL, key, strict=True)),
                    "attribute": attribute,
                    "group": group,
                    "reference_group": reference,
                    "difference": _rate(a) - _rate(b) if len(a) and len(b) else NAN,
                    "ci_low": result.low,
                    "ci_high": result.high,
                    "below_zero": result.below_zero,
                    "replicates": replicates,
                    "seed": seed,
                    "reason": joined(
                        [f"{' and '.join(few)}, fewer than {ENOUGH}: trust the t interval more"] if few else []
                    ),
                }
            )
    columns = ["difference", "ci_low", "ci_high", "below_zero", "replicates", "seed", "reason"]
    return pd.DataFrame(rows, columns=[*CELL, "attribute", "group", "reference_group", *columns])


def bca(a: Floats, b: Floats, *, replicates: int, rng: np.random.Generator, level: float = LEVEL) -> Bootstrapped:
    """Return the BCa interval of W_a - W_b; ``a`` and ``b`` are errors and words per speaker, (speakers x 2).

    z0 is the normal quantile of the share of draws below the estimate, the acceleration sum(d^3) / (6 sum(d^2)^1.5) over the
    influence of each speaker, found by leaving them out. Unknown below two speakers a side or where the draws do not differ.
    """
    if min(len(a), len(b)) < 2:
        return Bootstrapped()
    estimate = _rate(a) - _rate(b)
    draws = _resampled(a, replicates, rng) - _resampled(b, replicates, rng)
    below = ((draws < estimate).sum() + 0.5 * (draws == estimate).sum()) / replicates
    influence = np.concatenate([_influence(a), -_influence(b)])
    spread = (influence**2).sum()
    if spread == 0 or not 0 < below < 1:
        return Bootstrapped()
    bias, acceleration = ndtri(below), (influence**3).sum() / (6 * spread**1.5)
    z = bias + ndtri(np.array([(1 - level) / 2, (1 + level) / 2]))
    low, high = np.quantile(draws, ndtr(bias + z / (1 - acceleration * z)))
    return Bootstrapped(float(low), float(high), float((draws < 0).mean()))


def _rate(side: Floats) -> float:
    errors, words = side.sum(axis=0)
    return float(errors / words)


def _resampled(side: Floats, replicates: int, rng: np.random.Generator) -> Floats:
    n = len(side)
    batch = max(1, CHUNK // n)
    parts = [
        side[rng.integers(0, n, size=(min(batch, replicates - start), n))].sum(axis=1)
        for start in range(0, replicates, batch)
    ]
    sums = np.concatenate(parts)
    return np.asarray(sums[:, 0] / sums[:, 1])


def _influence(side: Floats) -> Floats:
    """Return the jackknife influence of each speaker on the rate: (G - 1) (mean of those left out - that without s) / G."""
    left = side.sum(axis=0) - side
    without = left[:, 0] / left[:, 1]
    n = len(side)
    return np.asarray((n - 1) * (without.mean() - without) / n)
