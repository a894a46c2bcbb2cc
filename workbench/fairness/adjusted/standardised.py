"""Direct standardisation: rates as they would be if every group had the same mix of strata."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from workbench.fairness.adjusted.estimate import Estimate
from workbench.fairness.counts.frames import joined
from workbench.fairness.counts.sides import Floats, Mask, Sides, Whole, added_up, stratum_codes
from workbench.fairness.inference.intervals import NAN, Interval
from workbench.fairness.inference.jackknife import two_sided_jackknife


def standardised(sides: Sides, strata: Sequence[str]) -> Estimate:
    """Return the gap and the ratio of the two sides' standardised rates.

    W_g = sum_k w_k W_gk over the strata k that both sides have words in, w_k the share of stratum k in the words of both
    together. Intervals: delete-one-speaker jackknife, strata and weights found anew without each speaker, the ratio's on the
    log scale; t as for a gap, but a speaker counts by what they weigh in the standardised rate: the two women of ten who
    stand for half of it are hardly more than two speakers.

    Source: direct standardisation, Breslow & Day 1987, vol. II ch. 2; jackknife: Efron & Stein 1981.
    """
    codes = stratum_codes(sides.rows, strata)
    kept = shared_strata(codes, sides.in_group.astype(np.int64), sides.words)
    if not kept.any():
        return Estimate(coverage=0.0, reason="no stratum that both sides have")
    part = sides.only(kept)
    table = _Table.of(part, np.unique(codes[kept], return_inverse=True)[1])
    group, reference = (float(rate[0]) for rate in table.rates(table.errors[None], table.words[None]))
    difference, ratio = group - reference, group / reference if reference else NAN
    n_speakers, n_reference = part.n_speakers
    without = table.without_each()
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.where(without[0] > 0, without[0], NAN) / np.where(without[1] > 0, without[1], NAN))
    spread = two_sided_jackknife(without[0] - without[1], part.people, table.weight)
    log_spread = two_sided_jackknife(logs, part.people, table.weight)
    errors = bool(group and reference)
    interval, p_value = (spread.interval(difference), spread.p_value(difference)) if errors else (Interval(), NAN)
    relative = log_spread.interval(math.log(ratio)) if errors else Interval()
    few = min(n_speakers, n_reference) < 2
    reason = joined(
        [
            "fewer than 2 speakers on a side: no interval" if few else "",
            "no errors on one side: no interval" if not errors and not few else "",
            "no stratum is left without one of the speakers, or no spread between them: no interval"
            if errors and not few and not spread.known
            else "",
            f"{table.lonely} strata rest on one speaker of a side" if table.lonely and not few else "",
        ]
    )
    return Estimate(
        difference,
        interval,
        ratio,
        Interval(math.exp(min(relative.low, 700)), math.exp(min(relative.high, 700))),
        p_value,
        n_speakers,
        n_reference,
        sides.coverage(kept),
        reason,
    )


class _Table(NamedTuple):
    """Errors and words of both sides by stratum (2 x strata) and of each speaker (speakers x strata).

    side : [speakers] 0 in the group, 1 in the reference; weight : [speakers] the variance that each is expected to add
    """

    errors: Floats
    words: Floats
    own_errors: Floats
    own_words: Floats
    side: Whole
    weight: Floats
    lonely: int

    @classmethod
    def of(cls, part: Sides, codes: Whole) -> _Table:
        n_strata, n_speakers = int(codes.max()) + 1, len(part.people)
        place = part.speaker * n_strata + codes
        own_errors, own_words = (
            added_up(place, of, n_speakers * n_strata).reshape(n_speakers, n_strata) for of in (part.errors, part.words)
        )
        side = np.where(part.people, 0, 1).astype(np.int64)
        members = (part.people, ~part.people)
        errors, words = (np.stack([own[member].sum(axis=0) for member in members]) for own in (own_errors, own_words))
        shares = words.sum(axis=0) / words.sum()
        weight = (own_words / words[side] * shares).sum(axis=1) ** 2
        lonely = sum(
            np.count_nonzero(np.count_nonzero(own_words[member], axis=0) == 1) for member in members if member.sum() > 1
        )
        return cls(errors, words, own_errors, own_words, side, weight, int(lonely))

    @staticmethod
    def rates(errors: Floats, words: Floats) -> Floats:
        """Return the standardised rates of both sides (2 x n) from tables (n x 2 x strata); NaN without a common stratum."""
        shared: Mask = np.asarray((words > 0).all(axis=1), dtype=bool)
        weights = np.where(shared, words.sum(axis=1), 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            weights = weights / weights.sum(axis=1, keepdims=True)
            rates = np.where(shared[:, None], errors / words, 0.0)
        return np.asarray((rates * weights[:, None]).sum(axis=2).T)

    def without_each(self) -> Floats:
        """Return the standardised rates of both sides (2 x speakers) with each speaker left out."""
        result = np.empty((2, len(self.side)))
        step = max(1, (1 << 22) // max(1, self.errors.size))
        for start in range(0, len(self.side), step):
            part = slice(start, start + step)
            rows = np.arange(len(self.side[part]))
            errors, words = (np.repeat(of[None], len(rows), axis=0) for of in (self.errors, self.words))
            errors[rows, self.side[part]] -= self.own_errors[part]
            words[rows, self.side[part]] -= self.own_words[part]
            result[:, part] = self.rates(errors, words)
        return result


def shared_strata(codes: Whole, group: Whole, words: Floats) -> Mask:
    """Return which rows stand in a stratum that every group has words in; ``group`` counts from 0."""
    if not len(codes):
        return np.zeros(0, dtype=bool)
    n_groups = int(group.max()) + 1
    table = np.zeros((int(codes.max()) + 1, n_groups))
    np.add.at(table, (codes, group), words)
    everywhere: Mask = np.asarray((table > 0).all(axis=1) & (n_groups > 1), dtype=bool)
    return everywhere[codes]
