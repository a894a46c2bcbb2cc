"""Does the test that decides on a gap hold its level, does its interval cover, and what does a search among conditions find?

Every audit goes through the functions that the product calls; ``old`` is the rule before: three criteria at once, the t interval
of the difference, Holm within one condition.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bench.simulated import Floats, Group, Law
from workbench.fairness.counts.cells import SixSums
from workbench.fairness.group_gaps.gap_tests import family_tests
from workbench.fairness.inference.intervals import Interval, difference, rate_interval, ratio
from workbench.fairness.inference.log_ratio import LogRatios, limits, log_ratios, statistic
from workbench.fairness.inference.multiplicity import holm
from workbench.fairness.inference.named_seeds import generator
from workbench.fairness.inference.permutation import permutation_p, permutation_tests, products

SEED = 20
LABELLINGS = 999
BATCH = 250
COLUMNS = 500
"""Studies x conditions that are simulated at once."""
ALPHA = 0.05
Rows = list[dict[str, object]]
Odd = Literal["", "mixture", "talkative", "uneven words"]
TABLES = {
    "gap test": (
        "The test that decides: false alarms",
        "15 % in both groups, nominal 5 %. Wanted: at most 6 %, and 7 where speakers vary unequally. Old: three criteria at once. "
        "Not reached, and said in docs/explanation/limits.md: a small group whose speakers vary 2.7 times as much as the others' is called in 7 to 9 of 100; "
        "the t interval of the ratio alone calls 7.5 there, the permuted difference and Welch's t 11.",
    ),
    "gap power": (
        "The test that decides: gaps found where there is one",
        "Old: three criteria at once. Its loss was greatest where a small group is worse off.",
    ),
    "gap interval": (
        "Coverage of the intervals that agree with the test",
        "Of the ratio, in points, and of the first group's rate. Wanted: 93 to 97 %. Old: the t interval of the difference. "
        "Mixture: 15 % of the speakers have 60 %; of six speakers none is such a one in .85^6 = 38 % of "
        "samples, whose intervals of a rate cannot know of them. Talkative: the rate rises with talk time in the first group. Uneven words: 40 "
        "to 3,000 a speaker.",
    ),
    "search": (
        "False alarms in a search among conditions",
        "8 equal groups of 12 speakers, each against the rest, under so many conditions; speakers keep their rate. Wanted: firm "
        "verdicts in 5 of 100 studies. Old: Holm within one condition.",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Audit:
    """Two groups (speakers, rate, CV), the law of their speakers, and what is odd about them."""

    sizes: tuple[int, int]
    rates: tuple[float, float] = (0.15, 0.15)
    cvs: tuple[float, float] = (0.5, 0.5)
    law: Law = "gamma"
    odd: Odd = ""

    @property
    def name(self) -> str:
        rates = f", {self.rates[0]:.0%} against {self.rates[1]:.0%}" if self.rates[0] != self.rates[1] else ""
        spread = f", CV {self.cvs[0]:g} and {self.cvs[1]:g}" if self.cvs != (0.5, 0.5) else ""
        law = f", {self.law}" if self.law != "gamma" else ""
        return f"{self.sizes[0]} against {self.sizes[1]}{rates}{spread}{law}{', ' * bool(self.odd)}{self.odd}"

    def draw(self, rng: np.random.Generator, repetitions: int) -> tuple[Floats, Floats]:
        """Return errors and words (audits x speakers), the first group first."""
        parts = [
            self._group(rng, repetitions, Group(n, rate, cv, self.law), first=not at)
            for at, (n, rate, cv) in enumerate(zip(self.sizes, self.rates, self.cvs, strict=True))
        ]
        return np.concatenate([e for e, _ in parts], axis=1), np.concatenate([n for _, n in parts], axis=1)

    def truths(self) -> tuple[float, float]:
        """Return the true rates of both groups."""
        return self.rates

    def _group(self, rng: np.random.Generator, repetitions: int, group: Group, *, first: bool) -> tuple[Floats, Floats]:
        if not self.odd:
            return group.speakers(rng, repetitions)
        shape = (repetitions, group.n_speakers)
        own = group.rate * rng.gamma(group.cv**-2, group.cv**2, size=shape)
        words = rng.integers(200, 801, size=shape).astype(np.float64)
        if self.odd == "mixture":  # the mean stays what it was: the others have less
            bad = rng.random(shape) < 0.15
            own = np.where(bad, 0.6, own * (group.rate - 0.15 * 0.6) / 0.85 / group.rate)
        elif self.odd == "talkative" and first:
            factor = (words / 500) ** 0.3
            own *= factor / ((np.arange(200, 801) / 500) ** 1.3).mean() * (np.arange(200, 801) / 500).mean()
        elif self.odd == "uneven words":
            words = np.rint(np.exp(rng.uniform(np.log(40), np.log(3000), size=shape)))
        return rng.negative_binomial(np.maximum(own * words, 1e-9), 0.5).astype(np.float64), words


HARD: Sequence[Audit] = [
    Audit((12, 12), cvs=(0.8, 0.3)), Audit((6, 30), cvs=(0.8, 0.3)), Audit((5, 50), cvs=(0.8, 0.3)),
    Audit((30, 6), cvs=(0.8, 0.3)),
    *[Audit(sizes, cvs=(cv, cv), law=law)
      for law, cv in (("hallucinating", 0.5), ("lognormal", 0.8)) for sizes in ((12, 12), (6, 30), (30, 6))],
]  # fmt: skip
ODD = [
    Audit(sizes, odd=odd) for odd in ("mixture", "talkative", "uneven words") for sizes in ((6, 30), (12, 12), (30, 30))
]
NULL = [Audit(sizes) for sizes in ((5, 5), (8, 8), (12, 12), (30, 30), (3, 20), (5, 20), (6, 30), (5, 50), (8, 100), (30, 6))] + [*HARD, *ODD]  # fmt: skip
SMALL_WORSE = [Audit(sizes, (0.24, 0.12)) for sizes in ((5, 5), (8, 8), (12, 12), (20, 20), (6, 30), (5, 50), (8, 100), (30, 6))]  # fmt: skip
FOUND = [
    *SMALL_WORSE, Audit((6, 30), (0.30, 0.15), (0.8, 0.8), "lognormal"), Audit((12, 60), (0.24, 0.12), law="hallucinating"),
]  # fmt: skip
COVERED = [
    *[Audit((n, n), (0.20, 0.12)) for n in (5, 8, 12, 20, 40)], *NULL, *SMALL_WORSE,
    Audit((6, 30), (0.12, 0.24)), Audit((6, 30), (0.24, 0.12), (0.8, 0.3)),
    *[Audit((12, 12), (0.24, 0.12), (cv, cv), law) for law, cv in (("hallucinating", 0.5), ("lognormal", 0.8))],
]  # fmt: skip
SEARCHES = (1, 5, 20, 200)


def judged(audit: Audit, repetitions: int) -> Rows:
    """Return how often a gap is called and how often each interval holds the truth."""
    rng = generator("calibration", "gaps", audit.name, seed=SEED)
    errors, words = audit.draw(rng, repetitions)
    groups, n = np.repeat(["a", "b"], audit.sizes), audit.sizes[0]
    p, critical, old_p = (np.empty(repetitions) for _ in range(3))
    for start in range(0, repetitions, BATCH):
        part = slice(start, start + BATCH)
        e, w = errors[part].T, words[part].T
        name = f"{audit.name} {start}"
        tests = permutation_tests(e, w, groups, ["a"], statistic=statistic, replicates=LABELLINGS, name=name)
        p[part], critical[part] = tests.p_values[0], tests.critical[0]
        old_p[part] = permutation_p(e, w, groups, ["a"], replicates=LABELLINGS, name=name)[0]
    table = products(errors, words)
    ratios = log_ratios(table[:, :n].sum(axis=1), table[:, n:].sum(axis=1), np.ones(repetitions))
    gap, quotient = audit.rates[0] - audit.rates[1], audit.rates[0] / audit.rates[1]
    counts = dict.fromkeys(("GAP", "old: GAP", "ratio", "points", "rate", "old: points", "no interval"), 0)
    for at in range(repetitions):
        found = limits(LogRatios(*(values[at] for values in ratios)), critical[at])
        one, other = (SixSums.of(errors[at, side], words[at, side]) for side in (slice(0, n), slice(n, None)))
        before, before_ratio = difference(one, other).interval, ratio(one, other)[1]
        counts["GAP"] += p[at] < ALPHA
        counts["old: GAP"] += old_p[at] < ALPHA and not _holds(before, 0) and not _holds(before_ratio, 1)
        counts["ratio"] += _holds(found.ratio, quotient)
        counts["points"] += _holds(found.points, gap)
        counts["rate"] += _holds(rate_interval(one), audit.rates[0])
        counts["old: points"] += _holds(before, gap)
        counts["no interval"] += not found.points.known
    rows = []
    if audit in NULL:
        rows += [
            _row("gap test", audit.name, name, counts[name] / repetitions, repetitions) for name in ("GAP", "old: GAP")
        ]
    if audit in FOUND:
        rows += [
            _row("gap power", audit.name, name, counts[name] / repetitions, repetitions) for name in ("GAP", "old: GAP")
        ]
    if audit in COVERED:
        names = ("ratio", "points", "old: points", "rate")
        rows += [_row("gap interval", audit.name, name, counts[name] / repetitions, repetitions) for name in names]
    return rows


def search(n_conditions: int, repetitions: int) -> Rows:
    """Return how often any of many equal cells is called, firmly and at all.

    Many studies at once: they share their labellings, not their speakers.
    """
    name = f"{n_conditions} condition{'s' * (n_conditions > 1)}"
    rng = generator("calibration", "search", name, seed=SEED)
    groups = np.repeat(np.arange(8), 12)
    labels = [f"g{code}" for code in range(8)]
    counts = dict.fromkeys(("any firm GAP", "old: any firm GAP", "any GAP, tentative too"), 0)
    at_once = max(1, COLUMNS // n_conditions)
    for start in range(0, repetitions, at_once):
        studies = min(at_once, repetitions - start)
        own = rng.gamma(4.0, 0.25, size=(len(groups), studies, 1))
        words = rng.integers(200, 801, size=own.shape).astype(np.float64)
        # Under every condition a speaker has the own rate and something of that condition's (log-sd .3).
        moved = own * np.exp(rng.normal(-0.045, 0.3, size=(len(groups), studies, n_conditions)))
        errors = rng.negative_binomial(0.15 * moved * words + 1e-9, 0.5).astype(np.float64).reshape(len(groups), -1)
        words = np.repeat(words[..., 0], n_conditions, axis=1)
        study = np.repeat(np.arange(studies), n_conditions)
        table = products(errors, words)
        parts = np.stack([table[groups == code].sum(axis=0) for code in range(8)])
        unit = np.ones(errors.shape[1])
        observed = log_ratios(parts, table.sum(axis=0) - parts, unit).statistic
        tests = family_tests(
            table, groups, observed, ~np.isnan(observed), unit, rows=range(8), reference=None, draws=LABELLINGS,
            rng=generator("gap family", name, str(start)), study=study,
        )  # fmt: skip
        firm, called = ((p < ALPHA).any(axis=0) for p in (tests.p_familywise, tests.p_values))
        before = permutation_p(errors, words, np.array(labels)[groups], labels, replicates=LABELLINGS, name=f"{name} {start}")  # fmt: skip
        counts["any firm GAP"] += len(set(study[firm]))
        counts["any GAP, tentative too"] += len(set(study[called]))
        counts["old: any firm GAP"] += len(set(study[_old_firm(before, errors, words, groups)]))
    return [_row("search", name, method, count / repetitions, repetitions) for method, count in counts.items()]


def _old_firm(p: Floats, errors: Floats, words: Floats, groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the columns in which any cell met the three criteria with Holm's p within its condition below 5 %."""
    columns = []
    for column in np.flatnonzero(p.min(axis=0) < ALPHA / len(p)):  # Holm's first step; without it there is no other
        for code, own in enumerate(holm(p[:, column].tolist())):
            side = groups == code
            one, other = (SixSums.of(errors[mask, column], words[mask, column]) for mask in (side, ~side))
            if own < ALPHA and not _holds(difference(one, other).interval, 0) and not _holds(ratio(one, other)[1], 1):
                columns.append(int(column))
                break
    return np.array(columns, dtype=np.int64)


def _holds(interval: Interval, truth: float) -> bool:
    return interval.low <= truth <= interval.high


def _row(table: str, scenario: str, method: str, share: float, repetitions: int) -> dict[str, object]:
    return {"table": table, "scenario": scenario, "method": method, "share": float(share), "repetitions": repetitions}


def jobs(repetitions: int) -> list[Callable[[], Rows]]:
    """Return the work, the longest first."""
    every = list(dict.fromkeys([*NULL, *FOUND, *COVERED]))
    # 200 conditions are as much work as 200 studies of one: fewer studies are drawn of them.
    searches = [partial(search, n, max(1, 2 * repetitions // max(2, n))) for n in SEARCHES]
    return [*searches, *[partial(judged, audit, repetitions) for audit in every]]
