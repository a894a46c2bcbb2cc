"""Do gap changes hold what they say? Simulated audits of several groups under several conditions, whose truth is known.

``python -m bench.calibration_grid`` prints the table; ``alarms`` and ``coverage`` return its rows.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from workbench.fairness.changes.gap_changes import changes_against, widens
from workbench.fairness.counts.clean_pairs import PairedSpeakers
from workbench.fairness.group_gaps.gaps import REST
from workbench.fairness.inference.named_seeds import generator

SEED = 20
REPETITIONS = 1_000
LABELLINGS = 999
Rows = list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Grid:
    """Groups of these sizes, clean rates and CVs; conditions that add to (or multiply) everybody's rate.

    ``extra``: what the conditions add for the first group alone, in points. ``skewed``: under a condition every tenth
    speaker has four times the rate, the others less, the mean as it was.
    """

    name: str
    sizes: Sequence[int]
    rates: Sequence[float]
    cvs: Sequence[float]
    adds: Sequence[float] = (0.02, 0.05, 0.10, 0.15)
    factor: bool = False
    extra: float = 0.0
    skewed: bool = False
    reference: str = REST
    counted: Sequence[str] = field(default=("additive", "relative"))

    def mean(self, group: int, column: int) -> float:
        """Return the mean rate of a group under a condition."""
        rate = self.rates[group]
        added = rate * (1 + 10 * self.adds[column]) if self.factor else rate + self.adds[column]
        return added + (self.extra if group == 0 else 0.0)

    def draw(self, rng: np.random.Generator) -> PairedSpeakers:
        """Return speakers with their own rates, 200 to 800 words each, errors in clumps (variance twice the mean)."""
        labels = np.repeat([f"g{i}" for i in range(len(self.sizes))], self.sizes)
        words = rng.integers(200, 801, size=len(labels))
        cv = np.repeat(self.cvs, self.sizes)
        own = rng.gamma(cv**-2.0, cv**2.0)
        means = np.array([[self.mean(g, c) for c in range(len(self.adds))] for g in range(len(self.sizes))])
        means = np.repeat(means, self.sizes, axis=0)
        rate = own[:, None] * means
        if self.skewed:
            rate *= np.where(rng.random(rate.shape) < 0.1, 4.0, 1.0) / 1.3
        clean = own * np.repeat(self.rates, self.sizes)
        shape = rate.shape
        nothing = np.zeros(shape, dtype=np.int64)
        return PairedSpeakers(
            "m",
            tuple(f"c@{i + 1}" for i in range(shape[1])),
            labels,
            words=np.broadcast_to(words[:, None], shape).copy(),
            clean=np.broadcast_to(rng.negative_binomial(clean * words + 1e-9, 0.5)[:, None], shape).copy(),
            errors=rng.negative_binomial(rate * words[:, None] + 1e-9, 0.5),
            missed=nothing,
            squares=nothing,
            n_pairs=nothing,
            n_failed=nothing,
            n_unpaired=nothing,
            n_empty=nothing,
        )


SIX = (0.15,) * 6
NULL = [
    Grid("6 groups of 10, 4 conditions", (10,) * 6, SIX, (0.5,) * 6),
    Grid("groups of 5 to 40, 4 conditions", (5, 6, 8, 12, 20, 40), SIX, (0.5,) * 6),
    Grid("groups of 5 to 40, CV .8 to .3", (5, 6, 8, 12, 20, 40), SIX, (0.8, 0.7, 0.6, 0.5, 0.4, 0.3)),
    Grid("groups of 40 to 5, CV .8 to .3", (40, 20, 12, 8, 6, 5), SIX, (0.8, 0.7, 0.6, 0.5, 0.4, 0.3)),
    Grid("6 groups of 10, every tenth speaker at four times", (10,) * 6, SIX, (0.5,) * 6, skewed=True),
    Grid("groups of 5 to 40, every tenth speaker at four times", (5, 6, 8, 12, 20, 40), SIX, (0.5,) * 6, skewed=True),
    Grid("clean rates of 5 to 30 %, equal points added", (12,) * 6, (0.05, 0.10, 0.15, 0.20, 0.25, 0.30), (0.5,) * 6, counted=("additive",)),
    Grid("clean rates of 5 to 15 %, equal factors", (12,) * 6, (0.05, 0.07, 0.09, 0.11, 0.13, 0.15), (0.5,) * 6, factor=True, counted=("relative",)),
    Grid("one group 20 points worse, the others against a reference", (15,) * 6, SIX, (0.5,) * 6, extra=0.20, reference="g5"),
]  # fmt: skip
COVERAGE = [Grid(f"{n} speakers against {m}", (n, m), (0.20, 0.12), (0.5, 0.5), extra=0.05, reference="g1") for n, m in ((3, 3), (5, 5), (8, 8), (12, 12), (20, 20), (40, 40), (5, 20), (20, 5), (6, 30))]  # fmt: skip


def alarms(grid: Grid, repetitions: int = REPETITIONS) -> Rows:
    """Return how often any cell of a grid is shown to change though none does (the truly changed group left out)."""
    rng = generator("calibration", "grid", grid.name, seed=SEED)
    false = dict.fromkeys(("familywise p < .05", "answer other than none", "Holm p < .05", "any 95 % interval"), 0)
    for _ in range(repetitions):
        rows = changes_against(grid.draw(rng), "accent", [grid.reference], None, LABELLINGS, rng)[grid.reference]
        kept = [row for row in rows if not (grid.extra and row["group"] == "g0")]
        p = [row[name] for row in kept for name in _p_names(grid)]
        false["familywise p < .05"] += any(float(str(one)) < 0.05 for one in p)
        told = [str(row["answer"]) for row in kept]
        false["answer other than none"] += any(widens(one) or one == "narrows" for one in told)
        false["Holm p < .05"] += any(float(str(row["p_adjusted"])) < 0.05 for row in kept)
        false["any 95 % interval"] += any(float(str(row["ci_low"])) > 0 or float(str(row["ci_high"])) < 0 for row in kept)  # fmt: skip
    skipped = {"Holm p < .05", "any 95 % interval"} if "additive" not in grid.counted else set()
    if len(grid.counted) == 1:
        skipped = skipped | {"answer other than none"}
    return [_row("grid", grid.name, m, n / repetitions, repetitions) for m, n in false.items() if m not in skipped]


def coverage(grid: Grid, repetitions: int = 2 * REPETITIONS) -> Rows:
    """Return how often the 95 % intervals of the change hold the truth, in points and on the log scale."""
    rng = generator("calibration", "changes", grid.name, seed=SEED)
    hits = np.zeros(2)
    first = grid.mean(0, 0) - grid.rates[0], np.log(grid.mean(0, 0) / grid.rates[0])
    second = grid.mean(1, 0) - grid.rates[1], np.log(grid.mean(1, 0) / grid.rates[1])
    truth = np.array(first) - np.array(second)
    for _ in range(repetitions):
        row = changes_against(grid.draw(rng), "accent", [grid.reference], None, 1, rng)[grid.reference][0]
        limits = [[float(str(row[name])) for name in pair] for pair in (("ci_low", "ci_high"), ("log_low", "log_high"))]
        hits += [low <= one <= high for (low, high), one in zip(limits, truth, strict=True)]
    return [
        _row("coverage of changes", grid.name, method, share / repetitions, repetitions)
        for method, share in zip(("change in points", "change of the log ratio"), hits.tolist(), strict=True)
    ]


def _p_names(grid: Grid) -> list[str]:
    names = {"additive": "p_familywise", "relative": "log_p_familywise"}
    return [names[scale] for scale in grid.counted]


def _row(table: str, scenario: str, method: str, share: float, repetitions: int) -> dict[str, object]:
    return {"table": table, "scenario": scenario, "method": method, "share": share, "repetitions": repetitions}


def main() -> None:
    """Print every scenario."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else REPETITIONS
    for grid in NULL:
        _print(alarms(grid, repetitions))
    for grid in COVERAGE:
        _print(coverage(grid, 2 * repetitions))


def _print(rows: Rows) -> None:
    for row in rows:
        print(f"{row['table']}: {row['scenario']}: {row['method']}: {100 * float(str(row['share'])):.1f} %", flush=True)


if __name__ == "__main__":
    main()
