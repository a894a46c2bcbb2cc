"""How much speakers differ, and how much their errors clump: the two figures that decide how many speakers are needed.

Speaker s has a rate of their own, with mean W and coefficient of variation **cv** over the speakers of a group; given it,
the errors e of an utterance of n words have the mean n times that rate and a variance **overdispersion** times as large
(1 is Poisson; more where errors come in clumps). Both by the method of moments:

- overdispersion = sum_s Q_s / sum_s w_s (m_s - 1), with Q_s = sum_u (e_u - w_s n_u)^2 / n_u over the m_s utterances of a
  speaker and w_s = E_s / N_s: within a speaker, E[Q_s] = overdispersion x rate x (m_s - 1).
- cv^2 W^2 = (sum_s (E_s - W N_s)^2 - overdispersion x W x b) / a, where a = S - 2 T / N + S^2 / N^2 and b = N - S / N with
  N = sum N_s, S = sum N_s^2, T = sum N_s^3: what the spread of the speakers' sums has beyond their own noise, corrected
  for W being estimated from them. Never below 0.

Source: moment estimators of a variance component (Cochran 1977 ch. 6 for the ratio, Rao & Scott 1992 Biometrics 48:
577-585 for overdispersed clustered counts); a simulation in the tests plants both and finds them again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from workbench.fairness.counts.frames import joined
from workbench.fairness.inference.verdicts import ENOUGH_SPEAKERS


@dataclass(frozen=True, slots=True)
class Variation:
    """What a cell says about its speakers; ``words`` is per speaker. NaN where ``reason`` says why."""

    n_speakers: int
    rate: float
    words: float
    cv: float
    overdispersion: float
    reason: str = ""
    share: float = 1.0
    """Kish's effective speakers over all speakers, (sum N)^2 / (G sum N^2): 1 if all say equally much."""


def speaker_moments(scores: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return one row per combination of ``keys``: utterances m, errors e, words n, and q = sum(e^2 / n).

    ``scores`` : rows with errors and ref_words; failed rows and empty references say nothing here.
    """
    kept = scores[scores["errors"].notna() & (scores["ref_words"].fillna(0) > 0)]
    e, n = kept["errors"].astype("float64"), kept["ref_words"].astype("float64")
    moments = kept[keys].assign(m=1, e=e, n=n, q=e * e / n)
    return moments.groupby(keys, sort=True, dropna=False, observed=True).sum().reset_index()


def variation(speakers: pd.DataFrame) -> Variation:
    """Return the variation over rows of :func:`speaker_moments`, by the estimators of the module's docstring.

    Source: see there.
    """
    count, total_e, total_n = len(speakers), float(speakers["e"].sum()), float(speakers["n"].sum())
    if not total_n:
        return Variation(0, math.nan, math.nan, math.nan, math.nan, "no words")
    rate, words = total_e / total_n, total_n / count
    clumped = _overdispersion(speakers)
    share = total_n**2 / (count * float((speakers["n"] ** 2).sum()))
    if count < 2 or math.isnan(clumped) or not total_e:
        missing = "1 speaker" if count < 2 else "no errors" if not total_e else "one utterance per speaker"
        return Variation(count, rate, words, math.nan, clumped, f"{missing}: spread not known", share)
    n = speakers["n"]
    squares, cubes = float((n**2).sum()), float((n**3).sum())
    spread = float(((speakers["e"] - rate * n) ** 2).sum())
    own = clumped * rate * (total_n - squares / total_n)
    between = (spread - own) / (squares - 2 * cubes / total_n + squares**2 / total_n**2)
    reasons = [
        f"cv from {count} speakers, fewer than {ENOUGH_SPEAKERS}" if count < ENOUGH_SPEAKERS else "",
        "speakers differ no more than their own errors explain: cv 0" if between <= 0 else "",
    ]
    return Variation(count, rate, words, math.sqrt(max(0.0, between)) / rate, clumped, joined(reasons), share)


def _overdispersion(speakers: pd.DataFrame) -> float:
    within = float((speakers["q"] - speakers["e"] ** 2 / speakers["n"]).sum())
    expected = float((speakers["e"] / speakers["n"] * (speakers["m"] - 1)).sum())
    return within / expected if expected else math.nan
