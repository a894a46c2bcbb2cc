"""Matched prompts: the same sentences read by both sides, so that no text is harder for one of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.fairness.adjusted.estimate import Estimate
from workbench.fairness.counts.frames import joined
from workbench.fairness.counts.sides import Floats, Sides, Whole, added_up
from workbench.fairness.inference.intervals import NAN, Interval
from workbench.fairness.inference.jackknife import two_sided_jackknife

UNMATCHED = "no prompt was read on both sides"


def prompts_of(sides: Sides) -> Whole:
    """Return the prompt of each row as a code: equal prompt_id, or equal reference where the frame has no prompt_id.

    A row whose prompt nobody knows (empty) has -1 and matches nothing.
    """
    named = next((name for name in ("prompt_id", "reference", "reference_raw") if name in sides.rows.columns), None)
    if named is None:
        return np.full(len(sides.rows), -1, dtype=np.int64)
    codes, texts = pd.factorize(sides.rows[named].astype("str").fillna(""))
    blank = np.array([not str(text).strip() for text in texts], dtype=bool)
    return np.where(blank[codes] if len(blank) else False, -1, codes).astype(np.int64)


def matched_prompts(sides: Sides) -> Estimate:
    """Return the Mantel-Haenszel ratio and difference over the prompts that both sides read.

    RR = sum_p E_Bp N_Ap / T_p over sum_p E_Ap N_Bp / T_p; difference = sum_p (E_Bp N_Ap - E_Ap N_Bp) / T_p over
    sum_p N_Ap N_Bp / T_p, with T_p = N_Ap + N_Bp words of prompt p, B the group, A the reference. The difficulty of a text
    cancels. Intervals: delete-one-speaker jackknife, the ratio's on the log scale.

    Source: Mantel & Haenszel 1959; rate difference: Greenland & Robins 1985, Biometrics 41: 55-68.
    """
    prompt = prompts_of(sides)
    per_side = pd.DataFrame({"p": prompt, "b": sides.in_group})[prompt >= 0].groupby("p")["b"].nunique()
    kept = np.isin(prompt, per_side.index[per_side == 2].to_numpy())
    if not kept.any():
        return Estimate(coverage=0.0, reason=UNMATCHED)
    part = sides.only(kept)
    n_speakers, n_reference = part.n_speakers
    sums, left_out = _sums(part, prompt[kept])
    (group, reference, weight) = sums
    difference, ratio = (group - reference) / weight, group / reference if reference else NAN
    spread = two_sided_jackknife((left_out[0] - left_out[1]) / _positive(left_out[2]), part.people, part.speaker_words)
    log_spread = two_sided_jackknife(
        np.log(_positive(left_out[0]) / _positive(left_out[1])), part.people, part.speaker_words
    )
    logs = log_spread.interval(np.log(ratio)) if group > 0 and reference > 0 else Interval()
    errors = bool(group and reference)
    interval = spread.interval(difference) if errors else Interval()
    few = min(n_speakers, n_reference) < 2
    return Estimate(
        difference,
        interval,
        ratio,
        Interval(float(np.exp(logs.low)), float(np.exp(logs.high))),
        spread.p_value(difference) if errors else NAN,
        n_speakers,
        n_reference,
        sides.coverage(kept),
        joined(
            [
                "fewer than 2 speakers on a side read these prompts: no interval" if few else "",
                "no errors on one side: no interval" if not errors else "",
                "the figures hang on one speaker: no interval" if errors and not few and not spread.known else "",
                "no interval of the ratio without one of the speakers"
                if errors and not few and spread.known and not log_spread.known
                else "",
            ]
        ),
    )


def _positive(values: Floats) -> Floats:
    """Return the values, NaN where they are not above zero."""
    return np.where(values > 0, values, NAN)


def _sums(part: Sides, prompt: Whole) -> tuple[tuple[float, float, float], Floats]:
    """Return the three Mantel-Haenszel sums, and the same with each speaker left out (3 x speakers).

    Taking a speaker away changes only the prompts that the speaker read.
    """
    _, stratum = np.unique(prompt, return_inverse=True)
    k = int(stratum.max()) + 1
    e_b, n_b = (added_up(stratum, values * part.in_group, k) for values in (part.errors, part.words))
    e_a, n_a = (added_up(stratum, values * ~part.in_group, k) for values in (part.errors, part.words))
    whole = _terms(e_b, n_b, e_a, n_a)
    read = pd.DataFrame({"s": part.speaker, "p": stratum, "e": part.errors, "n": part.words})
    read = read.groupby(["s", "p"], sort=True).sum().reset_index()
    s, p, e, n = (read[name].to_numpy() for name in ("s", "p", "e", "n"))
    b = part.people[s]
    fewer = _terms(e_b[p] - e * b, n_b[p] - n * b, e_a[p] - e * ~b, n_a[p] - n * ~b)
    totals = whole.sum(axis=1)
    changes = np.array([added_up(s, fewer[i] - whole[i][p], len(part.people)) for i in range(len(whole))])
    return (float(totals[0]), float(totals[1]), float(totals[2])), totals[:, None] + changes


def _terms(e_b: Floats, n_b: Floats, e_a: Floats, n_a: Floats) -> Floats:
    total = n_b + n_a
    safe = np.where(total > 0, total, 1.0)
    return np.array([e_b * n_a / safe, e_a * n_b / safe, n_a * n_b / safe])
