"""Audits whose truth is known: speakers with their own error rates, words and clumped errors.

Every speaker has a rate of their own, mean and coefficient of variation (CV) given, says 200 to 800 words in 20
utterances, and makes errors that come in clumps (negative binomial, variance twice the mean). Sums of such utterances
have the law that speakers are drawn from here directly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Law = Literal["gamma", "lognormal", "hallucinating"]
UTTERANCES = 20


@dataclass(frozen=True, slots=True)
class Group:
    """Speakers of one group: how many, their mean rate, CV, and the law of their rates.

    ``hallucinating``: gamma, but every tenth speaker has six times the errors; the mean is still ``rate``.
    """

    n_speakers: int
    rate: float
    cv: float = 0.5
    law: Law = "gamma"

    def speakers(self, rng: np.random.Generator, repetitions: int) -> tuple[Floats, Floats]:
        """Return errors and words, each (repetitions x speakers)."""
        shape = (repetitions, self.n_speakers)
        words = rng.integers(200, 801, size=shape).astype(np.float64)
        return _errors(rng, self._own(rng, shape) * words), words

    def utterances(self, rng: np.random.Generator, repetitions: int) -> tuple[Floats, Floats]:
        """Return errors and words, each (repetitions x speakers x utterances)."""
        shape = (repetitions, self.n_speakers)
        mean = rng.integers(10, 41, size=shape)
        words = rng.integers(mean[..., None] // 2, mean[..., None] * 3 // 2 + 1, size=(*shape, UTTERANCES))
        own = self._own(rng, shape)[..., None]
        return _errors(rng, own * words), words.astype(np.float64)

    def _own(self, rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
        if self.law == "lognormal":
            sigma = math.sqrt(math.log(1 + self.cv**2))
            return self.rate * np.exp(rng.normal(-(sigma**2) / 2, sigma, size=shape))
        own = self.rate * rng.gamma(self.cv**-2, self.cv**2, size=shape)
        if self.law == "hallucinating":
            own *= np.where(rng.random(shape) < 0.1, 6.0, 1.0) / 1.5
        return own


def _errors(rng: np.random.Generator, mean: Floats) -> Floats:
    return rng.negative_binomial(np.maximum(mean, 1e-9), 0.5).astype(np.float64)
