"""What is usually done instead, on the same simulated audits: intervals of a gap that do not ask who speaks.

All are functions of errors and words (repetitions x speakers x utterances) of two groups and return the limits of a
nominal 95 % interval of the difference of pooled rates, (repetitions,) each.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Data = tuple[Floats, Floats]
Limits = tuple[Floats, Floats]
REPLICATES = 299
Z = 1.959963984540054


def utterance_bootstrap(a: Data, b: Data, rng: np.random.Generator) -> Limits:
    """Percentile bootstrap that draws utterances within each group, as if each were another person's."""
    return _percentiles(_resampled(*_rows(a), rng) - _resampled(*_rows(b), rng))


def speaker_percentile_bootstrap(a: Data, b: Data, rng: np.random.Generator) -> Limits:
    """Percentile bootstrap that draws speakers within each group (blockwise, Liu & Peng 2020)."""
    return _percentiles(_resampled(*_people(a), rng) - _resampled(*_people(b), rng))


def row_bootstrap(a: Data, b: Data, rng: np.random.Generator) -> Limits:
    """Percentile bootstrap that draws rows from the whole table, as fairlearn's MetricFrame does."""
    (e_a, n_a), (e_b, n_b) = _rows(a), _rows(b)
    errors, words = np.concatenate([e_a, e_b], axis=1), np.concatenate([n_a, n_b], axis=1)
    of_a = e_a.shape[1]
    found = np.empty((len(errors), REPLICATES))
    for at in range(len(errors)):
        weights = _weights(errors.shape[1], rng)
        table = np.stack([errors[at], words[at]], axis=1)
        in_a, in_b = weights[:, :of_a] @ table[:of_a], weights[:, of_a:] @ table[of_a:]
        with np.errstate(divide="ignore", invalid="ignore"):
            found[at] = in_a[:, 0] / in_a[:, 1] - in_b[:, 0] / in_b[:, 1]
    return _percentiles(found)


def naive_poisson(a: Data, b: Data, rng: np.random.Generator) -> Limits:
    """Errors as independent events: z interval with variance E / N^2 in each group (a Poisson regression without speakers)."""
    del rng
    sums = [(e.sum(axis=(1, 2)), n.sum(axis=(1, 2))) for e, n in (a, b)]
    (e_a, n_a), (e_b, n_b) = sums
    apart, half = e_a / n_a - e_b / n_b, Z * np.sqrt(e_a / n_a**2 + e_b / n_b**2)
    return apart - half, apart + half


PEERS: Mapping[str, Callable[[Data, Data, np.random.Generator], Limits]] = {
    "utterance bootstrap": utterance_bootstrap,
    "row bootstrap": row_bootstrap,
    "naive Poisson": naive_poisson,
    "speaker percentile bootstrap": speaker_percentile_bootstrap,
}


def _rows(data: Data) -> Data:
    return data[0].reshape(len(data[0]), -1), data[1].reshape(len(data[1]), -1)


def _people(data: Data) -> Data:
    return data[0].sum(axis=2), data[1].sum(axis=2)


def _weights(n: int, rng: np.random.Generator) -> Floats:
    """Return how often each of n rows is drawn in each replicate."""
    drawn = rng.integers(0, n, size=(REPLICATES, n)) + np.arange(REPLICATES)[:, None] * n
    return np.bincount(drawn.ravel(), minlength=REPLICATES * n).reshape(REPLICATES, n).astype(np.float64)


def _resampled(errors: Floats, words: Floats, rng: np.random.Generator) -> Floats:
    """Return pooled rates of bootstrap samples (repetitions x replicates)."""
    found = np.empty((len(errors), REPLICATES))
    for at in range(len(errors)):
        sums = _weights(errors.shape[1], rng) @ np.stack([errors[at], words[at]], axis=1)
        found[at] = sums[:, 0] / sums[:, 1]
    return found


def _percentiles(found: Floats) -> Limits:
    low, high = np.nanquantile(found, [0.025, 0.975], axis=1)
    return low, high


def monte_carlo_error(share: float, repetitions: int) -> float:
    """Return the standard error of a share found in so many repetitions."""
    return math.sqrt(share * (1 - share) / repetitions)
