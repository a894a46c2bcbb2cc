"""Differentially private rates by group: what is released hardly depends on whether any one speaker is in the corpus.

**Unit of privacy**: a speaker with all their utterances, added or taken away. Every speaker is in one group, so the groups of one release
cost once (parallel composition); conditions, models and releases add up (sequential). **Caps** on a speaker's words and errors
are public numbers, chosen before looking: of a speaker with more words, whole utterances are left out in an order that does not depend on
what was heard. **Noise**: the discrete Laplace mechanism of OpenDP on four clamped sums per group: speakers, errors, words, and
the spread of speakers, from which the interval is made. Rates, differences and intervals follow from the noisy sums alone.

The list of groups is public: it is given, and a group without a speaker is released like every other.

Source: Dwork & Roth 2014, *Algorithmic Foundations of Differential Privacy*, ch. 3; OpenDP (Hay, Gaboardi & Vadhan 2020).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from workbench.errors import ScoringError
from workbench.extras import load_package
from workbench.fairness.counts.cells import group_columns, refuse_speakers_in_two_groups, speaker_columns
from workbench.fairness.counts.sides import scored_rows
from workbench.fairness.inference.named_seeds import generator
from workbench.schema import NOT_STATED, PRIVATE_RATES

SHARES = {"speakers": 0.05, "errors": 0.50, "words": 0.30, "spread": 0.15}
"""How epsilon is divided over the four sums of a group."""

WIDEST = 0.05
"""Half-width of an interval, from noise alone, beyond which a release would say nothing: five points."""

RATE = 0.2
"""Word error rate that the width before spending is computed at."""

DRAWS = 20_000
TAIL = 0.025


class Caps(NamedTuple):
    """The most that one speaker can count for; public numbers."""

    words: int = 300
    errors: int = 100

    @property
    def spread(self) -> int:
        """The most that one speaker adds to the sum of squared residuals."""
        return self.errors**2


class NoisySums(NamedTuple):
    """The four sums of a group, with noise, and the scale of each one's noise."""

    speakers: int
    errors: int
    words: int
    spread: int
    scales: tuple[float, float, float, float]


def contributions(scores: pd.DataFrame, by: str, caps: Caps) -> pd.DataFrame:
    """Return what each speaker counts for, within the caps: columns group, errors, words; one row per speaker.

    ``scores``: SCORES of one model and condition. The order in which utterances are taken up to the cap depends on their ids alone.

    Raises
    ------
    ScoringError : several models or conditions; a speaker in two groups; no such column
    """
    for name in ("model_id", "condition_id"):
        values = scores[name].drop_duplicates()
        if len(values) > 1:
            raise ScoringError(
                f"{len(values)} values of {name}", remedy="release one: every speaker is in each of them"
            )
    if group_columns(scores, [by]) != [by]:
        raise ScoringError(f"cannot release rates by {by!r}", remedy="name an attribute of the speakers")
    person = speaker_columns(scores)
    rows = scored_rows(scores).copy()
    rows[by] = rows[by].astype("str").fillna(NOT_STATED)
    refuse_speakers_in_two_groups(rows, by, person)
    rows["order"] = [hashlib.blake2b(str(name).encode(), digest_size=8).hexdigest() for name in rows["utterance_id"]]
    rows = rows.sort_values([*person, "order"], kind="stable")
    rows["so_far"] = rows.groupby(person, sort=False)["ref_words"].cumsum()
    rows = rows[rows["so_far"] <= caps.words]
    sums = rows.groupby([*person, by], sort=True)[["errors", "ref_words"]].sum().reset_index()
    frame = sums.rename(columns={by: "group", "ref_words": "words"})[["group", "errors", "words"]].astype(
        {"errors": "int64", "words": "int64"}
    )
    return frame.assign(errors=frame["errors"].clip(upper=caps.errors))


def expected_half_width(speakers: int, epsilon: float, caps: Caps) -> float:
    """Return the half-width of a rate's 95 % interval that noise alone gives a group of so many speakers who reach the cap of words.

    Nothing of a corpus goes in: it is said before anything is spent.
    """
    errors, words = (cap / (epsilon * SHARES[name]) for name, cap in (("errors", caps.errors), ("words", caps.words)))
    rng = generator("private release", "width before spending")
    noise = rng.laplace(scale=errors, size=DRAWS) - RATE * rng.laplace(scale=words, size=DRAWS)
    return float(np.quantile(np.abs(noise), 1 - 2 * TAIL) / (speakers * caps.words))


def noisy_sum(values: Sequence[int], cap: int, epsilon: float) -> tuple[int, float, float]:
    """Return the clamped sum of whole numbers with noise, what it costs for one speaker (``map(1)``), and the scale of its noise."""
    measurement, cost, scale = _measurement(cap, epsilon)
    return int(measurement([int(value) for value in values])), cost, scale


@lru_cache(maxsize=64)
def _measurement(cap: int, epsilon: float) -> tuple[Any, float, float]:
    dp: Any = load_package("opendp.prelude")
    dp.enable_features("contrib")
    space = dp.vector_domain(dp.atom_domain(T=int)), dp.symmetric_distance()
    scale = cap / epsilon
    while True:
        measurement = space >> dp.t.then_clamp((0, cap)) >> dp.t.then_sum() >> dp.m.then_laplace(scale)
        cost = float(measurement.map(1))
        if cost <= epsilon:
            return measurement, cost, scale
        scale *= 1 + 1e-12  # OpenDP rounds the cost up


def noisy_sums(own: pd.DataFrame, caps: Caps, epsilon: float) -> tuple[NoisySums, float]:
    """Return the four sums of one group with noise, and what they cost together."""
    parts = {name: epsilon * share for name, share in SHARES.items()}
    speakers, cost_speakers, scale_speakers = noisy_sum([1] * len(own), 1, parts["speakers"])
    errors, cost_errors, scale_errors = noisy_sum(own["errors"].tolist(), caps.errors, parts["errors"])
    words, cost_words, scale_words = noisy_sum(own["words"].tolist(), caps.words, parts["words"])
    rate = min(max(errors / words, 0.0), 1.0) if words > 0 else 0.0  # made of what is released already
    residuals = (own["errors"] - rate * own["words"]).round().astype("int64") ** 2
    spread, cost_spread, scale_spread = noisy_sum(residuals.tolist(), caps.spread, parts["spread"])
    scales = (scale_speakers, scale_errors, scale_words, scale_spread)
    return NoisySums(speakers, errors, words, spread, scales), cost_speakers + cost_errors + cost_words + cost_spread


def private_rates(
    people: pd.DataFrame, groups: Sequence[str], *, epsilon: float, caps: Caps, minimum_speakers: int
) -> tuple[pd.DataFrame, float]:
    """Return PRIVATE_RATES of the public list of ``groups``, and the epsilon that they cost a speaker, at most ``epsilon``.

    ``people``: :func:`contributions`. A group whose noisy number of speakers is below ``minimum_speakers`` has no rate.
    """
    sums: dict[str, NoisySums] = {}
    spent = 0.0
    for group in groups:
        sums[group], cost = noisy_sums(people[people["group"] == group], caps, epsilon)
        spent = max(spent, cost)  # a speaker is in one group
    shown = [name for name, of in sums.items() if of.speakers >= minimum_speakers and of.words > 0]
    rows = []
    for group, of in sums.items():
        row: dict[str, Any] = {
            "group": group,
            "speakers": of.speakers,
            "ref_words": of.words,
            "errors": of.errors,
            "reason": "",
        }
        if group not in shown:
            row["reason"] = f"about {of.speakers} speakers, fewer than {minimum_speakers}: no rate"
        else:
            draws, rest = _draws(of), [sums[name] for name in shown if name != group]
            row["rate"] = _rate(of)
            row["ci_low"], row["ci_high"] = (max(0.0, float(end)) for end in np.quantile(draws, [TAIL, 1 - TAIL]))
            if rest:
                words = sum(other.words for other in rest)
                others = sum((_draws(other) * other.words / words for other in rest), np.zeros(DRAWS))
                row["difference"] = row["rate"] - sum(_rate(other) * other.words for other in rest) / words
                row["difference_low"], row["difference_high"] = np.quantile(draws - others, [TAIL, 1 - TAIL])
        rows.append(row)
    return pd.DataFrame(rows, columns=PRIVATE_RATES.column_names), spent


def _rate(of: NoisySums) -> float:
    return max(of.errors, 0) / of.words


def _draws(of: NoisySums) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return draws around a rate: the spread of speakers, its noisy sum taken at its upper end, and the noise of both sums."""
    rng = generator("private release", "interval", *map(str, of[:4]))
    _, errors, words, spread = of.scales
    upper = max(0.0, of.spread + spread * math.log(1 / (2 * 0.05)))  # above the true sum in 95 of 100 releases
    g = max(of.speakers, 2)
    sampling = rng.standard_normal(DRAWS) * math.sqrt(upper * g / (g - 1)) / of.words
    rate = _rate(of)
    noise = (rng.laplace(scale=errors, size=DRAWS) - rate * rng.laplace(scale=words, size=DRAWS)) / of.words
    drawn: np.ndarray[Any, np.dtype[np.float64]] = rate + sampling + noise
    return drawn
