"""Do planned studies find what was promised? So many speakers as planned, drawn; the product's test and verdict judge them.

``old``: the number that was given before uneven words, clusters or prompts were planned for.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench.simulated import Floats
from workbench.fairness.counts.cells import SixSums
from workbench.fairness.group_gaps.clustered_tests import clustered_test
from workbench.fairness.inference.intervals import difference
from workbench.fairness.inference.log_ratio import statistic
from workbench.fairness.inference.named_seeds import generator
from workbench.fairness.inference.permutation import permutation_tests
from workbench.fairness.inference.verdicts import verdict
from workbench.fairness.planning.sample_size import Z_SQUARED, speaker_variance, speakers_for_equality, speakers_needed

SEED = 20
LABELLINGS = 999
BATCH = 250
ALPHA = 0.05
CV, OVERDISPERSION, WORDS = 0.5, 2.0, 400.0
PROMPT_SD = 0.3
Rows = list[dict[str, object]]
TABLES = {
    "planning": (
        "Planned studies: how often they find the gap, or show equality, that they were planned for",
        "15 % in the reference, CV .5, 400 words a speaker, errors in clumps. Promised: 80 %. Uneven words: log-sd 1. Conversations of two whose "
        "rates correlate with .5. Prompts: lists of their own, log-sd .3. Old: planned as if nothing of it were so.",
    )
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is planned for: a gap or (0) equality within ``margin``, and what makes speakers worth less."""

    name: str
    gap: float = 0.0
    margin: float = 0.0
    words_sd: float = 0.0
    correlation: float = 0.0
    prompts: int = 0

    def sizes(self) -> tuple[int, int]:
        """Return the speakers per group as planned, and as planned before."""
        kish = math.sqrt(math.exp(self.words_sd**2) - 1)
        if not self.gap:
            of = partial(speakers_for_equality, 0.15, self.margin, cv=CV, words=WORDS, overdispersion=OVERDISPERSION)
            return of(words_cv=kish), of()
        plain = speakers_needed(0.15, self.gap, cv=CV, words=WORDS, overdispersion=OVERDISPERSION)
        if self.words_sd:
            of_gap = partial(speakers_needed, 0.15, self.gap, cv=CV, words=WORDS, overdispersion=OVERDISPERSION)
            return of_gap(words_cv=kish), plain
        rates = (0.15, 0.15 + self.gap)
        if self.correlation:  # clusters of two, with twice the words
            cv = CV * math.sqrt((1 + self.correlation) / 2)
            return 2 * speakers_needed(0.15, self.gap, cv=cv, words=2 * WORDS, overdispersion=OVERDISPERSION), plain
        if not self.prompts:
            return plain, plain
        variance = sum(speaker_variance(w, cv=CV, words=WORDS, overdispersion=OVERDISPERSION) for w in rates)
        texts = 2 * (math.exp(PROMPT_SD**2) - 1) / self.prompts * sum(w**2 for w in rates) / 2
        return math.ceil(variance / (self.gap**2 / Z_SQUARED - texts)), plain

    def found(self, n: int, rng: np.random.Generator, studies: int, name: str) -> int:
        """Return how many of so many studies of ``n`` speakers a group find it."""
        group = np.repeat([0, 1], n)
        rate = np.where(group == 0, 0.15 + self.gap, 0.15)
        own = rate * self._people(rng, studies, n)
        if self.prompts:
            return self._found_with_prompts(n, own, group, rng)
        words = np.full(own.shape, WORDS)
        if self.words_sd:
            words = np.rint(WORDS * np.exp(rng.normal(-(self.words_sd**2) / 2, self.words_sd, size=own.shape))) + 1
        errors = rng.negative_binomial(own * words + 1e-9, 0.5).astype(np.float64)
        if self.correlation:
            errors, words = (values.reshape(studies, n, 2).sum(axis=2) for values in (errors, words))
            group = group[::2]
        if self.gap:
            labels = np.array(["a", "b"])[group]
            tests = permutation_tests(
                errors.T, words.T, labels, ["a"], statistic=statistic, replicates=LABELLINGS, name=name
            )
            return int((tests.p_values < ALPHA).sum())
        return sum(self._equal(e, w, group) for e, w in zip(errors, words, strict=True))

    def _people(self, rng: np.random.Generator, studies: int, n: int) -> Floats:
        """Return the speakers' factors: mean 1, CV .5; those of a conversation share a part of it."""
        if not self.correlation:
            return rng.gamma(CV**-2, CV**2, size=(studies, 2 * n))
        sd = math.sqrt(math.log(1 + CV**2))
        shared = np.repeat(rng.normal(size=(studies, n)), 2, axis=1)
        alone = rng.normal(size=shared.shape)
        log = sd * (math.sqrt(self.correlation) * shared + math.sqrt(1 - self.correlation) * alone)
        return np.asarray(np.exp(log - sd**2 / 2))

    def _found_with_prompts(self, n: int, own: Floats, group: NDArray[np.int64], rng: np.random.Generator) -> int:
        each = WORDS / self.prompts
        first = np.repeat(group == 0, self.prompts)
        who = np.repeat(np.arange(2 * n), self.prompts)
        prompt = np.tile(np.arange(self.prompts), 2 * n) + np.repeat(group, self.prompts) * self.prompts
        total = 0
        for factors in own:
            text = np.exp(rng.normal(-(PROMPT_SD**2) / 2, PROMPT_SD, size=2 * self.prompts))
            errors = rng.negative_binomial(each * factors[who] * text[prompt] + 1e-9, 0.5).astype(np.float64)
            test = clustered_test(errors, np.full(len(errors), each), [who, prompt], first, ~first)
            total += test.p_value < ALPHA
        return int(total)

    def _equal(self, errors: Floats, words: Floats, group: NDArray[np.int64]) -> bool:
        one, other = (SixSums.of(errors[group == code].tolist(), words[group == code].tolist()) for code in (0, 1))
        result = difference(one, other)
        called = verdict(result.interval, p_value=1.0, margin=self.margin, missed=(0.0, 0.0), inside=(result.skewed,))
        return called == "EQUIVALENT"


PLANS = [
    Plan("a gap of 10 points", gap=0.10),
    Plan("a gap of 5 points", gap=0.05),
    Plan("a gap of 10 points, uneven words", gap=0.10, words_sd=1.0),
    Plan("a gap of 5 points, uneven words", gap=0.05, words_sd=1.0),
    Plan("a gap of 10 points, conversations of two", gap=0.10, correlation=0.5),
    Plan("a gap of 5 points, conversations of two", gap=0.05, correlation=0.5),
    Plan("a gap of 10 points, 20 prompts a group", gap=0.10, prompts=20),
    Plan("a gap of 10 points, 40 prompts a group", gap=0.10, prompts=40),
    Plan("equality within 5 points", margin=0.05),
    Plan("equality within 5 points, uneven words", margin=0.05, words_sd=1.0),
    Plan("equality within 2 points", margin=0.02),
]


def judged(plan: Plan, repetitions: int) -> Rows:
    """Return how often a planned study finds what it was planned for."""
    rows: Rows = []
    for method, n in zip(("planned", "old: planned"), plan.sizes(), strict=True):
        rng = generator("calibration", "planning", plan.name, method, seed=SEED)
        n += n % 2  # conversations of two
        found = sum(
            plan.found(n, rng, min(BATCH, repetitions - start), f"{plan.name} {start}")
            for start in range(0, repetitions, BATCH)
        )
        rows.append(
            {
                "table": "planning",
                "scenario": plan.name,
                "method": method,
                "share": found / repetitions,
                "repetitions": repetitions,
            }
        )
    return rows


def jobs(repetitions: int) -> list[Callable[[], Rows]]:
    """Return the work; large groups and prompts take a test each, so fewer studies are drawn."""
    return [partial(judged, plan, max(1, repetitions // 5)) for plan in PLANS]
