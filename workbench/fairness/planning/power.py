"""Power: how many speakers a gap needs to be found, from the speakers at hand or from assumptions that are said.

A gap D between two groups of G speakers each, every speaker with n words, is found with 80 % power at 5 % if

    G >= (z_.975 + z_.80)^2 x sum over both groups of [(cv W_g)^2 / k + overdispersion W_g / n] / D^2

with the reference at W and the group at W + D. More words per speaker soon stop helping: the first term stays. Where speakers say
unequally much only K of G count (Kish 1965): k = K / G = 1 / (1 + cv^2 of the words per speaker).

A cv from few speakers is little known. It is drawn towards that of all speakers, which weighs as much as four speakers more, and
the number needed is given as a range: with the cv at either end of its 80 % interval (chi-square).

**Equality** within a margin is claimed by two one-sided tests at 2.5 %; with equal rates it takes (z_.975 + z_.90)^2 in place of
(z_.975 + z_.80)^2 and the margin in place of D.

**Clusters** (sessions, sites), where they are declared, take the place of speakers: their number, words and cv. Where nobody has
transcribed the corpus yet, speakers of a cluster are taken as alike with an intraclass correlation r, so that m of them have
cv^2 (1 + (m - 1) r) / m (Kish 1965).

**Prompts** that repeat add a variance x of the log ratio that more speakers do not lower: it is taken off what the gap allows,
D^2 / z^2 - x (W^2 + (W + D)^2) / 2, before speakers are counted. Before transcription x = s^2 sum_p (p's share of the words in the one
group - in the other)^2, with s the log-sd of prompts.

The normal law stands in for Student's t, so that below about ten speakers one or two more are needed.

Source: method of two independent means with cluster variances (Donner & Klar 2000, ch. 5); the table of 94, 190, 20, 40,
58, 122, 18, 39 speakers in the tests.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import chdtri

from workbench.errors import ScoringError, choices
from workbench.fairness.clusters import clustered
from workbench.fairness.counts.cells import CELL, group_columns, refuse_speakers_in_two_groups, speaker_columns
from workbench.fairness.counts.frames import joined, typed
from workbench.fairness.group_gaps.clustered_tests import prompt_part
from workbench.fairness.group_gaps.gaps import REST
from workbench.fairness.group_rates.prompts import PROMPT, UNIT, prompt_rows
from workbench.fairness.planning.sample_size import (
    ASSUMED_CORRELATION,
    ASSUMED_CV,
    ASSUMED_OVERDISPERSION,
    ASSUMED_PROMPT_SD,
    ASSUMED_RATE,
    Z_SQUARED,
    Z_SQUARED_EQUAL,
    speaker_variance,
)
from workbench.fairness.planning.variation import Variation, speaker_moments, variation
from workbench.schema import NOT_STATED, POWER

PRIOR = 4
"""A cv from few speakers is drawn towards that of all, which weighs as much as so many speakers more."""
RANGE = 0.8
"""Level of the interval of the cv that the range of speakers goes by."""


@dataclass(frozen=True, slots=True)
class PowerAssumptions:
    """Figures that the user assumes; None is estimated from the data where there are any."""

    rate: float | None = None
    cv: float | None = None
    overdispersion: float | None = None
    words: float | None = None
    correlation: float | None = None
    """Of speakers of one cluster; used only where the cv is assumed."""
    prompt_sd: float | None = None
    """Standard deviation of the log rates of prompts."""


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
    cluster: Sequence[str] = (),
    prompt: str = "",
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
    cluster : columns above the speaker (``fairness.clusters``): their clusters are planned for in place of speakers
    prompt : column of the texts that were read: what they add is taken off what the gap allows, and ``prompts_needed`` given

    Where a group has too few speakers or utterances, the figures of all speakers stand in; ``assumed`` and ``reason`` say
    what is not the group's own.

    Raises
    ------
    ScoringError : no such attribute, group or column, a gap that is not between 0 and 1, a speaker in two groups (a cluster may be)

    Source: ``fairness.planning.variation`` and the formula of the module's docstring.
    """
    _refuse_numbers(gap, margin, assumed)
    group_columns(scores, [attribute])
    units, _ = clustered(scores, cluster)
    speaker = speaker_columns(units)
    labelled = units.assign(**{attribute: units[attribute].astype("str").fillna(NOT_STATED)})
    moments = speaker_moments(labelled, [*CELL, attribute, *speaker])
    if not cluster:
        refuse_speakers_in_two_groups(moments, attribute, speaker)
    elif assumed.cv is not None:
        assumed = replace(assumed, cv=_cv_of_clusters(assumed, scores, units))
    read = prompt_rows(labelled, [attribute], prompt, mode="pooled") if prompt else None
    rows: list[dict[str, object]] = []
    for key, cell in moments.groupby(list(CELL), sort=True):
        everyone = variation(cell)
        groups = {str(name): part for name, part in cell.groupby(attribute, sort=True)}
        if reference != REST and reference not in groups:
            raise ScoringError(f"no group {reference!r} in {attribute!r}", remedy=choices(reference, groups))
        texts = None if read is None else read[(read["model_id"] == key[0]) & (read["condition_id"] == key[1])]
        for name, part in groups.items():
            if name == reference != REST:
                continue
            other = cell.drop(part.index) if reference == REST else groups[reference]
            fixed = {**dict(zip(CELL, key, strict=True)), "attribute": attribute, "group": name}
            fixed |= {"reference_group": reference, "unit": "cluster" if cluster else "speaker"}
            prompts = NO_PROMPTS if texts is None else _prompts(texts, attribute, name, reference, assumed)
            rows.append({**fixed, **_plan(variation(part), variation(other), everyone, gap, margin, assumed, prompts)})
    return typed(rows, POWER, POWER.column_names)


def power_of_corpus(
    utterances: pd.DataFrame,
    attribute: str,
    *,
    gap: float,
    reference: str = REST,
    margin: float | None = None,
    assumed: PowerAssumptions = PowerAssumptions(),
    cluster: Sequence[str] = (),
    prompt: str = "",
) -> pd.DataFrame:
    """Return POWER for a corpus that nobody has transcribed yet: speakers and words from it, the rest assumed.

    ``utterances`` : UTTERANCES; words are counted at white space. Not assumed otherwise: a rate of 10 %, a cv of 0.5 between
    speakers, an overdispersion of 2, with clusters a correlation of .4 within them, with prompts a log-sd of .5 between them;
    the column ``assumed`` says so.

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
    usual = {"correlation": ASSUMED_CORRELATION} if cluster else {}
    usual |= {"prompt_sd": ASSUMED_PROMPT_SD} if prompt else {}
    missing = {name: value for name, value in usual.items() if getattr(assumed, name) is None}
    filled = replace(completed(assumed), **missing)
    return power(
        scores, attribute, gap=gap, reference=reference, margin=margin, assumed=filled, cluster=cluster, prompt=prompt
    )


def completed(assumed: PowerAssumptions) -> PowerAssumptions:
    """Return assumptions with a rate of 10 %, a cv of 0.5 and an overdispersion of 2 where none is given."""
    return replace(
        assumed,
        rate=ASSUMED_RATE if assumed.rate is None else assumed.rate,
        cv=ASSUMED_CV if assumed.cv is None else assumed.cv,
        overdispersion=ASSUMED_OVERDISPERSION if assumed.overdispersion is None else assumed.overdispersion,
    )


class _Prompts(NamedTuple):
    """Different texts of both sides, and what they add to the variance of the log ratio."""

    n: int
    added: float


NO_PROMPTS = _Prompts(0, 0.0)


def _cv_of_clusters(assumed: PowerAssumptions, scores: pd.DataFrame, units: pd.DataFrame) -> float:
    """Return the cv of clusters of as many speakers as these have in the mean."""
    speakers, clusters = (len(rows[speaker_columns(rows)].drop_duplicates()) for rows in (scores, units))
    size = max(1.0, speakers / max(1, clusters))
    alike = ASSUMED_CORRELATION if assumed.correlation is None else assumed.correlation
    return float(assumed.cv or 0.0) * math.sqrt((1 + (size - 1) * alike) / size)


def _prompts(rows: pd.DataFrame, attribute: str, group: str, reference: str, assumed: PowerAssumptions) -> _Prompts:
    """Return the prompts of a group and of what it is compared with; ``rows`` : ``prompts.prompt_rows`` of one cell."""
    own = (rows[attribute] == group).to_numpy()
    other = ~own if reference == REST else (rows[attribute] == reference).to_numpy()
    unit, prompt = (pd.factorize(rows[name])[0].astype("int64") for name in (UNIT, PROMPT))
    e, n = (rows[name].to_numpy(dtype=np.float64) for name in ("numerator", "denominator"))
    count = len(np.unique(prompt[own | other]))
    if assumed.prompt_sd is None:
        return _Prompts(count, prompt_part(e, n, unit, prompt, own, other))
    shares = [np.bincount(prompt[side], n[side], minlength=int(prompt.max()) + 1) for side in (own, other)]
    first, second = (share / max(1.0, float(share.sum())) for share in shares)
    return _Prompts(count, assumed.prompt_sd**2 * float(((first - second) ** 2).sum()))


def _plan(
    own: Variation,
    other: Variation,
    everyone: Variation,
    gap: float,
    margin: float | None,
    assumed: PowerAssumptions,
    prompts: _Prompts,
) -> dict[str, object]:
    """Return the figures of one group."""
    group, other_side = (_completed(side, everyone, assumed) for side in (own, other))
    base = other_side.rate if assumed.rate is None else assumed.rate
    variances = [_variance(rate, side) for rate, side in ((base + gap, group), (base, other_side))]
    has_variances = not math.isnan(sum(variances) + prompts.added)
    texts = prompts.added * (base**2 + (base + gap) ** 2) / 2
    allowed = gap**2 / Z_SQUARED - texts
    equal = margin**2 / Z_SQUARED_EQUAL - prompts.added * base**2 if margin is not None else math.nan
    left = allowed - variances[1] / other.n_speakers if other.n_speakers else math.nan
    more = math.ceil(variances[0] / left) - own.n_speakers if has_variances and left > 0 else math.nan
    return {
        "n_speakers": own.n_speakers,
        "n_speakers_reference": other.n_speakers,
        "words_per_speaker": group.words,
        "rate_reference": base,
        "cv": group.cv,
        "overdispersion": group.overdispersion,
        "gap": gap,
        "effective_share": group.share,
        "speakers_needed": _counted(sum(variances), allowed),
        **_range(group, other_side, base, gap, assumed, allowed),
        "speakers_for_equality": _counted(_variance(base, group) + variances[1], equal),
        "more_speakers": pd.NA if math.isnan(more) else max(0, more),
        "n_prompts": prompts.n if prompts.n else pd.NA,
        "prompts_needed": math.ceil(2 * prompts.n * texts * Z_SQUARED / gap**2)
        if prompts.n and has_variances
        else pd.NA,
        "detectable_gap": _detectable(group, variances[1] / other.n_speakers, base, prompts.added)
        if has_variances and other.n_speakers
        else math.nan,
        "assumed": ", ".join(
            name
            for name in ("rate", "cv", "overdispersion", "words", "correlation", "prompt_sd")
            if getattr(assumed, name) is not None
        ),
        "reason": _reason(own, other, assumed, known=has_variances, texts_alone=allowed <= 0, reachable=left > 0),
    }


def _counted(variance: float, allowed: float) -> object:
    """Return how many speakers bring a variance down to what is allowed; NA where nothing does or nothing is known."""
    return pd.NA if math.isnan(variance) or not allowed > 0 else math.ceil(variance / allowed)


def _variance(rate: float, side: Variation) -> float:
    return speaker_variance(rate, cv=side.cv, words=side.words, overdispersion=side.overdispersion, share=side.share)


def _range(
    group: Variation, other: Variation, base: float, gap: float, assumed: PowerAssumptions, allowed: float
) -> dict[str, object]:
    """Return the speakers needed with both cv at either end of their intervals; as one number where the cv is assumed."""
    ends: list[object] = []
    for tail in ((1 + RANGE) / 2, (1 - RANGE) / 2):
        variances = []
        for rate, side in ((base + gap, group), (base, other)):
            df = max(1, side.n_speakers - 1) + PRIOR
            factor = 1.0 if assumed.cv is not None else df / float(chdtri(df, 1 - tail))
            variances.append(_variance(rate, replace(side, cv=side.cv * math.sqrt(factor))))
        ends.append(_counted(sum(variances), allowed))
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


def _detectable(group: Variation, variance_reference: float, base: float, texts: float) -> float:
    """Return the gap found with 80 % power by the speakers at hand; NaN if there is none.

    D solves D^2 = z^2 [v(W + D) / G + v_ref / G_ref + x (W^2 + (W + D)^2) / 2], a quadratic equation, since v grows with the rate itself.
    """
    share = Z_SQUARED / group.n_speakers
    cv_squared = group.cv**2 / group.share
    x = Z_SQUARED * texts
    square = 1 - share * cv_squared - x / 2
    linear = share * (2 * cv_squared * base + group.overdispersion / group.words) + x * base
    own = _variance(base, group)
    constant = share * own + Z_SQUARED * variance_reference + x * base**2
    return (linear + math.sqrt(linear**2 + 4 * square * constant)) / (2 * square) if square > 0 else math.nan


def _reason(
    own: Variation, other: Variation, assumed: PowerAssumptions, *, known: bool, texts_alone: bool, reachable: bool
) -> str:
    estimated = assumed.cv is None or assumed.overdispersion is None
    borrowed = math.isnan(own.cv) and estimated
    too_small = "the reference has too few speakers for this gap, however many the group has"
    if texts_alone:
        too_small = "too few prompts for this gap, however many speakers read them"
    return joined(
        [
            own.reason if estimated else "",
            "cv of all speakers stands in" if borrowed and known else "",
            f"reference: {other.reason}" if estimated and other.reason else "",
            "" if known else "too little is known: assume a rate, cv and overdispersion",
            too_small if known and not reachable else "",
        ]
    )


def _refuse_numbers(gap: float, margin: float | None, assumed: PowerAssumptions) -> None:
    limits: Mapping[str, tuple[float | None, float]] = {
        "gap": (gap, 1.0), "margin": (margin, 1.0), "rate": (assumed.rate, math.inf), "cv": (assumed.cv, math.inf),
        "overdispersion": (assumed.overdispersion, math.inf), "words": (assumed.words, math.inf),
        "correlation": (assumed.correlation, 1.0), "prompt_sd": (assumed.prompt_sd, math.inf),
    }  # fmt: skip
    wrong = [f"{name} {value!r}" for name, (value, top) in limits.items() if value is not None and not 0 < value < top]
    if wrong:
        raise ScoringError(
            f"{', '.join(wrong)} is not a positive number"
            + (" below 1" if wrong[0].startswith(("gap", "margin", "correlation")) else ""),
            remedy="0.05 means five points of the error rate",
        )
