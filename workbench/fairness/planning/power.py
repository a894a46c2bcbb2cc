"""Power: how many speakers a gap needs to be found, from the speakers at hand or from assumptions that are said.

A gap D between two groups of G speakers each, every speaker with n words, is found with 80 % power at 5 % if

    G >= (z_.975 + z_.80)^2 x sum over both groups of [(cv W_g)^2 / k + overdispersion W_g / n] / D^2

with the reference at W and the group at W + D. More words per speaker soon stop helping: the first term stays. Where speakers say
unequally much only K of G count (Kish 1965): k = K / G = 1 / (1 + cv^2 of the words per speaker).

A cv from few speakers is little known. It is drawn towards that of all speakers, which weighs as much as four speakers more, and
the number needed is given as a range: with the cv at either end of its 80 % interval (chi-square).

**Equality** within a margin is claimed by two one-sided tests at 2.5 %; with equal rates it takes (z_.975 + z_.90)^2 in place of
(z_.975 + z_.80)^2 and the margin in place of D.

The normal law stands in for Student's t, so that below about ten speakers one or two more are needed.

Source: method of two independent means with cluster variances (Donner & Klar 2000, ch. 5); the table of 94, 190, 20, 40,
58, 122, 18, 39 speakers in the tests.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd
from scipy.special import chdtri, ndtri

from workbench.errors import ScoringError, choices
from workbench.fairness.counts.cells import CELL, group_columns, refuse_speakers_in_two_groups, speaker_columns
from workbench.fairness.counts.frames import joined, typed
from workbench.fairness.group_gaps.gaps import REST
from workbench.fairness.inference.intervals import POWER as WANTED_POWER
from workbench.fairness.inference.intervals import TAIL
from workbench.fairness.planning.variation import Variation, speaker_moments, variation
from workbench.schema import NOT_STATED, POWER

Z_SQUARED = float((ndtri(1 - TAIL) + ndtri(WANTED_POWER)) ** 2)
Z_SQUARED_EQUAL = float((ndtri(1 - TAIL) + ndtri((1 + WANTED_POWER) / 2)) ** 2)
PRIOR = 4
"""A cv from few speakers is drawn towards that of all, which weighs as much as so many speakers more."""
RANGE = 0.8
"""Level of the interval of the cv that the range of speakers goes by."""
EXAMPLE_RATE = 0.15
ASSUMED_RATE = 0.10
ASSUMED_CV = 0.5
ASSUMED_OVERDISPERSION = 2.0
"""What is taken where nothing is known. The usual range of the cv between speakers is .4 to .6; say so when you quote it."""


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


@dataclass(frozen=True, slots=True)
class PowerAssumptions:
    """Figures that the user assumes; None is estimated from the data where there are any."""

    rate: float | None = None
    cv: float | None = None
    overdispersion: float | None = None
    words: float | None = None


NOTHING = PowerAssumptions()
"""Everything is estimated."""


def power(
    scores: pd.DataFrame,
    attribute: str,
    *,
    gap: float,
    reference: str = REST,
    margin: float | None = None,
    assumed: PowerAssumptions = PowerAssumptions(),
) -> pd.DataFrame:
    """Return POWER: speakers needed for a gap of ``gap``, from the speakers of each model x condition.

    Parameters
    ----------
    scores : SCORES, or a frame with model_id, condition_id, speaker_id, errors and ref_words per utterance
    attribute : its groups are planned for, each with its own cv, overdispersion and words per speaker
    gap : the difference of rates that should be found, such as 0.05 for five points
    reference : a group or ``rest``; its rate, plus the gap, is the rate planned for
    margin : plan for showing equality within it as well (``speakers_for_equality``)
    assumed : figures to be taken instead of what the data say

    Where a group has too few speakers or utterances, the figures of all speakers stand in; ``assumed`` and ``reason`` say
    what is not the group's own.

    Raises
    ------
    ScoringError : no such attribute or group, a gap that is not between 0 and 1, a speaker in two groups

    Source: ``fairness.planning.variation`` and the formula of the module's docstring.
    """
    _refuse_numbers(gap, margin, assumed)
    group_columns(scores, [attribute])
    speaker = speaker_columns(scores)
    labelled = scores.assign(**{attribute: scores[attribute].astype("str").fillna(NOT_STATED)})
    moments = speaker_moments(labelled, [*CELL, attribute, *speaker])
    refuse_speakers_in_two_groups(moments, attribute, speaker)
    rows: list[dict[str, object]] = []
    for key, cell in moments.groupby(list(CELL), sort=True):
        everyone = variation(cell)
        groups = {str(name): part for name, part in cell.groupby(attribute, sort=True)}
        if reference != REST and reference not in groups:
            raise ScoringError(f"no group {reference!r} in {attribute!r}", remedy=choices(reference, groups))
        for name, part in groups.items():
            if name == reference != REST:
                continue
            other = cell.drop(part.index) if reference == REST else groups[reference]
            fixed = {**dict(zip(CELL, key, strict=True)), "attribute": attribute, "group": name}
            planned = _plan(variation(part), variation(other), everyone, gap, margin, assumed)
            rows.append({**fixed, "reference_group": reference, **planned})
    return typed(rows, POWER, POWER.column_names)


def power_of_corpus(
    utterances: pd.DataFrame,
    attribute: str,
    *,
    gap: float,
    reference: str = REST,
    margin: float | None = None,
    assumed: PowerAssumptions = PowerAssumptions(),
) -> pd.DataFrame:
    """Return POWER for a corpus that nobody has transcribed yet: speakers and words from it, the rest assumed.

    ``utterances`` : UTTERANCES; words are counted at white space. Not assumed otherwise: a rate of 10 %, a cv of 0.5 and
    an overdispersion of 2; the column ``assumed`` says so.

    Raises
    ------
    ScoringError : as for :func:`power`

    Source: :func:`power`.
    """
    scores = utterances.assign(
        model_id="",
        condition_id="",
        errors=0,
        ref_words=utterances["reference"].map(lambda text: len(str(text).split())),
    )
    filled = replace(
        assumed,
        rate=ASSUMED_RATE if assumed.rate is None else assumed.rate,
        cv=ASSUMED_CV if assumed.cv is None else assumed.cv,
        overdispersion=ASSUMED_OVERDISPERSION if assumed.overdispersion is None else assumed.overdispersion,
    )
    return power(scores, attribute, gap=gap, reference=reference, margin=margin, assumed=filled)


def _plan(
    own: Variation,
    other: Variation,
    everyone: Variation,
    gap: float,
    margin: float | None,
    assumed: PowerAssumptions,
) -> dict[str, object]:
    """Return the figures of one group."""
    group, other_side = (_completed(side, everyone, assumed) for side in (own, other))
    base = other_side.rate if assumed.rate is None else assumed.rate
    variances = [_variance(rate, side) for rate, side in ((base + gap, group), (base, other_side))]
    known = not any(math.isnan(variance) for variance in variances)
    left = gap**2 / Z_SQUARED - variances[1] / other.n_speakers if other.n_speakers else math.nan
    more = math.ceil(variances[0] / left) - own.n_speakers if known and left > 0 else math.nan
    return {
        "n_speakers": own.n_speakers,
        "n_speakers_reference": other.n_speakers,
        "words_per_speaker": group.words,
        "rate_reference": base,
        "cv": group.cv,
        "overdispersion": group.overdispersion,
        "gap": gap,
        "effective_share": group.share,
        "speakers_needed": math.ceil(Z_SQUARED * sum(variances) / gap**2) if known else pd.NA,
        **_range(group, other_side, base, gap, assumed, known=known),
        "speakers_for_equality": math.ceil(Z_SQUARED_EQUAL * (_variance(base, group) + variances[1]) / margin**2)
        if known and margin is not None
        else pd.NA,
        "more_speakers": pd.NA if math.isnan(more) else max(0, more),
        "detectable_gap": _detectable(group, variances[1] / other.n_speakers, base)
        if known and other.n_speakers
        else math.nan,
        "assumed": ", ".join(
            name for name in ("rate", "cv", "overdispersion", "words") if getattr(assumed, name) is not None
        ),
        "reason": _reason(own, other, assumed, known=known, reachable=left > 0),
    }


def _variance(rate: float, side: Variation) -> float:
    return speaker_variance(rate, cv=side.cv, words=side.words, overdispersion=side.overdispersion, share=side.share)


def _range(
    group: Variation, other: Variation, base: float, gap: float, assumed: PowerAssumptions, *, known: bool
) -> dict[str, object]:
    """Return the speakers needed with both cv at either end of their intervals; as one number where the cv is assumed."""
    ends: list[object] = []
    for tail in ((1 + RANGE) / 2, (1 - RANGE) / 2):
        variances = []
        for rate, side in ((base + gap, group), (base, other)):
            df = max(1, side.n_speakers - 1) + PRIOR
            factor = 1.0 if assumed.cv is not None else df / float(chdtri(df, 1 - tail))
            variances.append(_variance(rate, replace(side, cv=side.cv * math.sqrt(factor))))
        ends.append(math.ceil(Z_SQUARED * sum(variances) / gap**2) if known else pd.NA)
    return {"speakers_low": ends[0], "speakers_high": ends[1]}


def _completed(side: Variation, everyone: Variation, assumed: PowerAssumptions) -> Variation:
    """Return the variation with what is assumed, and with everybody's figures where it has none of its own."""

    def chosen(told: float | None, own: float, of_all: float) -> float:
        return told if told is not None else of_all if math.isnan(own) else own

    drawn = side.cv
    if not (math.isnan(side.cv) or math.isnan(everyone.cv)):
        own, more = side.n_speakers - 1, PRIOR
        drawn = math.sqrt((own * side.cv**2 + more * everyone.cv**2) / (own + more))
    return replace(
        side,
        words=chosen(assumed.words, side.words, everyone.words),
        cv=chosen(assumed.cv, drawn, everyone.cv),
        overdispersion=chosen(assumed.overdispersion, side.overdispersion, everyone.overdispersion),
    )


def _detectable(group: Variation, variance_reference: float, base: float) -> float:
    """Return the gap found with 80 % power by the speakers at hand; NaN if there is none.

    D solves D^2 = z^2 [v(W + D) / G + v_ref / G_ref], a quadratic equation, since v grows with the rate itself.
    """
    share = Z_SQUARED / group.n_speakers
    cv_squared = group.cv**2 / group.share
    square = 1 - share * cv_squared
    linear = share * (2 * cv_squared * base + group.overdispersion / group.words)
    own = _variance(base, group)
    constant = share * own + Z_SQUARED * variance_reference
    return (linear + math.sqrt(linear**2 + 4 * square * constant)) / (2 * square) if square > 0 else math.nan


def _reason(own: Variation, other: Variation, assumed: PowerAssumptions, *, known: bool, reachable: bool) -> str:
    estimated = assumed.cv is None or assumed.overdispersion is None
    borrowed = math.isnan(own.cv) and estimated
    return joined(
        [
            own.reason if estimated else "",
            "cv of all speakers stands in" if borrowed and known else "",
            f"reference: {other.reason}" if estimated and other.reason else "",
            "" if known else "too little is known: assume a rate, cv and overdispersion",
            "the reference has too few speakers for this gap, however many the group has"
            if known and not reachable
            else "",
        ]
    )


def _refuse_numbers(gap: float, margin: float | None, assumed: PowerAssumptions) -> None:
    limits: Mapping[str, tuple[float | None, float]] = {
        "gap": (gap, 1.0), "margin": (margin, 1.0), "rate": (assumed.rate, math.inf), "cv": (assumed.cv, math.inf),
        "overdispersion": (assumed.overdispersion, math.inf), "words": (assumed.words, math.inf),
    }  # fmt: skip
    wrong = [f"{name} {value!r}" for name, (value, top) in limits.items() if value is not None and not 0 < value < top]
    if wrong:
        raise ScoringError(
            f"{', '.join(wrong)} is not a positive number"
            + (" below 1" if wrong[0].startswith(("gap", "margin")) else ""),
            remedy="0.05 means five points of the error rate",
        )
