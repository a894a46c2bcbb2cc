"""McNemar's test: which of two systems gets more sentences wholly right, on the same sentences.

Only sentences that one system has right and the other wrong say anything. It is a test for **paired** material: the
same utterances twice. Two accents are never the same utterances, so it is not offered across groups. It takes
utterances as independent, which those of one person are not.
"""

from __future__ import annotations

from typing import NamedTuple

from scipy.special import bdtr, chdtrc


class Discordant(NamedTuple):
    """Result of the test on ``only_first`` and ``only_second``, the sentences that only one of the two has right."""

    only_first: int
    only_second: int
    p_exact: float
    chi2: float
    p_corrected: float
    reason: str


def mcnemar(only_first: int, only_second: int) -> Discordant:
    """Return McNemar's test, exact and with the continuity correction.

    Exact: 2 P(X <= min(b, c)) with X ~ Binomial(b + c, 1/2), at most 1. Corrected: (|b - c| - 1)^2 / (b + c), never from
    below 0, against chi-squared with one degree of freedom. No such sentence: p = 1 and no chi-squared.

    Source: McNemar 1947 (Psychometrika 12: 153-157); the correction is Edwards 1948 (Psychometrika 13: 185-187).

    >>> found = mcnemar(59, 6)
    >>> round(found.chi2, 2), found.p_exact < 1e-10
    (41.6, True)
    """
    n = only_first + only_second
    if not n:
        return Discordant(0, 0, 1.0, float("nan"), 1.0, "McNemar: no sentence is right in one alone")
    exact = min(1.0, 2 * float(bdtr(min(only_first, only_second), n, 0.5)))
    chi2 = max(0, abs(only_first - only_second) - 1) ** 2 / n
    return Discordant(only_first, only_second, exact, chi2, float(chdtrc(1, chi2)), "")
