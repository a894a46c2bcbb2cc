"""Indices of inequality over groups' rates, all groups weighing the same: 0 if all are equal.

Each takes rates on the last axis and returns NaN where the mean is not positive.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def gini(rates: Floats) -> Floats:
    """Return the Gini coefficient, sum over i of (2 i - K - 1) W_(i) / (K sum W).

    Equal to the mean absolute difference of all pairs over twice the mean. Source: Gini 1912; Sen 1973, On Economic
    Inequality.

    >>> round(float(gini(np.array([0.10, 0.12, 0.15, 0.30]))), 4)
    0.2351
    """
    ordered = np.sort(rates, axis=-1)
    k = ordered.shape[-1]
    weights = 2 * np.arange(1, k + 1) - k - 1
    return _where_positive((ordered * weights).sum(axis=-1), k * ordered.sum(axis=-1))


def generalised_entropy(rates: Floats) -> Floats:
    """Return GE(2), half the squared coefficient of variation. Source: Shorrocks 1980, Econometrica 48: 613-625.

    >>> round(float(generalised_entropy(np.array([0.10, 0.12, 0.15, 0.30]))), 4)
    0.1099
    """
    return (_where_positive((rates**2).mean(axis=-1), rates.mean(axis=-1) ** 2) - 1) / 2


def theil(rates: Floats) -> Floats:
    """Return Theil's T, mean of (W / mean) ln(W / mean), a rate of 0 adding 0. Source: Theil 1967.

    >>> round(float(theil(np.array([0.10, 0.12, 0.15, 0.30]))), 4)
    0.0995
    """
    share = _where_positive(rates, np.broadcast_to(rates.mean(axis=-1, keepdims=True), rates.shape))
    logs = np.log(share, out=np.zeros_like(share), where=share > 0)
    return np.asarray(np.where(np.isnan(share).any(axis=-1), np.nan, (share * logs).mean(axis=-1)))


def atkinson(rates: Floats) -> Floats:
    """Return Atkinson's index with aversion 1/2, 1 - (mean of sqrt W)^2 / mean W. Source: Atkinson 1970."""
    return 1 - _where_positive(np.sqrt(rates).mean(axis=-1) ** 2, rates.mean(axis=-1))


def faas(rates: Floats, shares: Floats, *, overall: float, p_value: float) -> float:
    """Return the fairness-adjusted score of ASR-FAIRBENCH: 10 log10(fairness / WER), the rate a fraction.

    A group scores 100 (1 - (W_g - min) / (max - min)), fairness is the mean weighted by ``shares``, times p / .05 if
    p < .05. For comparison with published tables only: the score knows no scale (two groups of equal size give 50
    whether they differ by .01 or by 80 points), and small samples, whose p is large, are rewarded.

    Source: Rai et al. 2025, arXiv 2505.11572. NaN if all rates are equal or nobody made an error.

    >>> round(faas(np.array([0.1, 0.9]), np.array([0.5, 0.5]), overall=0.5, p_value=1.0), 6)
    20.0
    """
    low, high = rates.min(), rates.max()
    if not (high > low and overall > 0):
        return float("nan")
    fairness = float((shares * 100 * (1 - (rates - low) / (high - low))).sum() / shares.sum())
    fairness *= min(1.0, p_value / 0.05)
    return float(10 * np.log10(fairness / overall)) if fairness > 0 else float("nan")


def _where_positive(numerator: Floats, denominator: Floats) -> Floats:
    result: Floats = np.divide(
        numerator, denominator, out=np.full(np.shape(numerator), np.nan), where=np.asarray(denominator) > 0
    )
    return result
