"""Sample size: speakers per group for a gap to be found, or for equality to be shown, from a rate and how much speakers differ.

The formulas of ``fairness.planning.power`` for two groups alike, before there is any corpus. The normal law stands in for Student's t, so that
below about ten speakers one or two more are needed.

Source: two independent means with cluster variances, Donner & Klar 2000, ch. 5; equality: two one-sided tests, Schuirmann 1987, at 2.5 %.
"""

from __future__ import annotations

import math

from scipy.special import ndtri

from workbench.fairness.inference.intervals import POWER, TAIL

Z_SQUARED = float((ndtri(1 - TAIL) + ndtri(POWER)) ** 2)
Z_SQUARED_EQUAL = float((ndtri(1 - TAIL) + ndtri((1 + POWER) / 2)) ** 2)
EXAMPLE_RATE = 0.15
ASSUMED_RATE = 0.10
ASSUMED_CV = 0.5
ASSUMED_OVERDISPERSION = 2.0
ASSUMED_CORRELATION = 0.4
ASSUMED_PROMPT_SD = 0.5
"""What is taken where nothing is known. The usual range of the cv between speakers is .4 to .6; say so when you quote it. The log rates
of the two who talk in an EdAcc recording correlate with .26 to .53 over seven recognisers."""


def speaker_variance(rate: float, *, cv: float, words: float, overdispersion: float, share: float = 1.0) -> float:
    """Return the variance of one speaker's rate around ``rate``: (cv W)^2 / share + overdispersion W / words."""
    return (cv * rate) ** 2 / share + overdispersion * rate / words


def speakers_needed(
    rate: float,
    gap: float,
    *,
    cv: float,
    words: float = 500,
    overdispersion: float = ASSUMED_OVERDISPERSION,
    words_cv: float = 0.0,
) -> int:
    """Return the speakers per group with which a gap of ``gap`` above ``rate`` is found in 80 of 100 studies.

    ``words_cv`` : coefficient of variation of the words per speaker; 0 if all say equally much

    Source: formula of the module's docstring, alike in both groups.

    >>> speakers_needed(0.10, 0.05, cv=0.4)
    20
    """
    variances = [
        speaker_variance(each, cv=cv, words=words, overdispersion=overdispersion, share=1 / (1 + words_cv**2))
        for each in (rate, rate + gap)
    ]
    return math.ceil(Z_SQUARED * sum(variances) / gap**2)


def speakers_for_equality(
    rate: float,
    margin: float,
    *,
    cv: float = ASSUMED_CV,
    words: float = 500,
    overdispersion: float = ASSUMED_OVERDISPERSION,
    words_cv: float = 0.0,
) -> int:
    """Return the speakers per group with which equal rates are shown to lie within ``margin`` in 80 of 100 studies.

    Source: two one-sided tests, Schuirmann 1987, at 2.5 %; formula of the module's docstring.

    >>> speakers_for_equality(0.15, 0.02)
    328
    """
    variance = speaker_variance(rate, cv=cv, words=words, overdispersion=overdispersion, share=1 / (1 + words_cv**2))
    return math.ceil(Z_SQUARED_EQUAL * 2 * variance / margin**2)


def margin_in_words(margin: float, rate: float = EXAMPLE_RATE) -> str:
    """Return how many speakers EQUIVALENT takes within a margin: to be said where the margin is set.

    >>> margin_in_words(0.05)
    'At an error rate of 15 % EQUIVALENT within 5 points takes about 53 speakers a group.'
    """
    n = speakers_for_equality(rate, margin)
    return f"At an error rate of {100 * rate:g} % EQUIVALENT within {100 * margin:g} points takes about {n:,} speakers a group."
