"""Do the intervals, tests and verdicts hold what they say? ``make calibrate`` simulates audits whose truth is known.

Everything of ours goes through the functions that the product calls. Peers' methods (``bench.usual_intervals``) see audits of the
same law. Writes docs/calibration.csv (one row per scenario and method) and docs/calibration.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
from scipy.special import stdtr

from bench import (
    calibration_adjusted,
    calibration_clusters,
    calibration_fairness,
    calibration_gaps,
    calibration_interactions,
    calibration_planning,
)
from bench import calibration_grid as grids
from bench.simulated import Floats, Group, Law
from bench.usual_intervals import PEERS, monte_carlo_error
from workbench.fairness.counts.cells import SixSums
from workbench.fairness.inference.intervals import Interval, difference, rate_interval, ratio, welch_df
from workbench.fairness.inference.multiplicity import holm
from workbench.fairness.inference.named_seeds import generator
from workbench.fairness.inference.permutation import permutation_p
from workbench.fairness.inference.verdicts import ALPHA, verdict

SEED = 20
REPETITIONS = 10_000
PEER_REPETITIONS = 2_000
LABELLINGS = 999
BATCH = 250
COLUMNS = ["table", "scenario", "method", "share", "repetitions"]
SIZES = (2, 3, 5, 8, 12, 20, 40)
NO_CEILING = (0.0, 0.0)
"""Words wrong or missing on either side: so few that the rule on saturation says nothing."""
Pair = tuple[Group, Group]
Rows = list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """Two groups under a name; ``margin`` for equivalence."""

    name: str
    groups: Pair
    margin: float | None = None


def pair(
    n: tuple[int, int], rates: tuple[float, float], cv: tuple[float, float] = (0.5, 0.5), law: Law = "gamma"
) -> Pair:
    """Return two groups of one law."""
    a, b = (Group(*of, law) for of in zip(n, rates, cv, strict=True))
    return a, b


COVERAGE = [Scenario(f"{n} speakers per group", pair((n, n), (0.20, 0.12))) for n in SIZES]
COVERAGE_EQUAL = [Scenario(f"{n} speakers per group", pair((n, n), (0.15, 0.15))) for n in SIZES]
COVERAGE_UNBALANCED = [
    Scenario(f"{n} against {m}", pair((n, m), rates)) for n, m in ((5, 20), (6, 30)) for rates in ((0.20, 0.12), (0.12, 0.20))
]  # fmt: skip
NULL = [
    *[Scenario(f"balanced, {n} against {n}", pair((n, n), (0.15, 0.15))) for n in (5, 12, 30)],
    *[Scenario(f"unbalanced, {n} against {m}", pair((n, m), (0.15, 0.15))) for n, m in ((30, 6), (2, 20), (3, 20), (5, 20))],
    *[
        Scenario(f"unequal variance (CV .8, .3), {n} against {m}", pair((n, m), (0.15, 0.15), (0.8, 0.3)))
        for n, m in ((12, 12), (6, 30), (30, 6))
    ],
    *[
        Scenario(f"{what}, {n} against {m}", pair((n, m), (0.15, 0.15), (cv, cv), law))
        for what, cv, law in (("hallucinating speakers", 0.5, "hallucinating"), ("lognormal (CV .8)", 0.8, "lognormal"))
        for n, m in ((12, 12), (30, 6))
    ],
]  # fmt: skip
POWER = [Scenario(f"24 % against 12 %, {n} against {m}", pair((n, m), (0.24, 0.12))) for n, m in ((5, 5), (8, 8), (6, 30), (20, 20))]  # fmt: skip
EQUIVALENCE = [
    *[
        Scenario(f"margin and gap {100 * (a - b):.0f} points, {n} against {m}", pair((n, m), (a, b)), a - b)
        for a, b in ((0.25, 0.15), (0.50, 0.20))
        for n, m in ((5, 5), (5, 20), (6, 30), (20, 20), (60, 60))
    ],
    Scenario("margin and gap 2 points, 400 against 400", pair((400, 400), (0.17, 0.15)), 0.02),
    Scenario("margin and gap 10 points, 20 against 20, CV .8 and .3", pair((20, 20), (0.25, 0.15), (0.8, 0.3)), 0.10),
    Scenario("margin and gap 10 points, 30 against 30, hallucinating", pair((30, 30), (0.25, 0.15), law="hallucinating"), 0.10),
]  # fmt: skip


def coverage(scenario: Scenario, repetitions: int, *, table: str) -> Rows:
    """Return how often the 95 % intervals of a rate, a gap and a ratio hold the truth."""
    a, b = scenario.groups
    truths = (a.rate, a.rate - b.rate, a.rate / b.rate)
    hits = np.zeros(3)
    for one, other in _cells(scenario, table, repetitions)[0]:
        found = (rate_interval(one), difference(one, other).interval, ratio(one, other)[1])
        hits += [_holds(interval, truth) for interval, truth in zip(found, truths, strict=True)]
    return [
        _row(table, scenario.name, method, share, repetitions)
        for method, share in zip(("rate", "gap", "ratio"), hits / repetitions, strict=True)
    ]


def peer_coverage(scenario: Scenario, repetitions: int, *, table: str) -> Rows:
    """Return how often the peers' intervals of the gap hold the truth."""
    a, b = scenario.groups
    found = _peer_limits(scenario, table, repetitions)
    return [
        _row(
            table,
            scenario.name,
            name,
            float(((low <= a.rate - b.rate) & (a.rate - b.rate <= high)).mean()),
            repetitions,
        )
        for name, (low, high) in found.items()
    ]


def alarms(scenario: Scenario, repetitions: int, *, table: str) -> Rows:
    """Return how often a GAP is called, and how often each of its parts and Welch's test would call one."""
    cells, p_values = _cells(scenario, table, repetitions)
    called = np.zeros(5)
    for (one, other), p in zip(cells, p_values, strict=True):
        interval, quotient = difference(one, other).interval, ratio(one, other)[1]
        called += [
            _old_rule(one, other, p),
            p < ALPHA,
            interval.low > 0 or interval.high < 0,
            quotient.low > 1 or quotient.high < 1,
            _welch_p(one, other) < ALPHA,
        ]
    methods = ("three criteria", "permutation alone", "difference alone", "ratio alone", "Welch's t")
    return [_row(table, scenario.name, m, s, repetitions) for m, s in zip(methods, called / repetitions, strict=True)]


def peer_alarms(scenario: Scenario, repetitions: int, *, table: str) -> Rows:
    """Return how often the peers' intervals exclude 0."""
    found = _peer_limits(scenario, table, repetitions)
    return [
        _row(table, scenario.name, name, float(((low > 0) | (high < 0)).mean()), repetitions)
        for name, (low, high) in found.items()
    ]


def equivalence(scenario: Scenario, repetitions: int, *, table: str) -> Rows:
    """Return how often equality is claimed where the gap is the margin itself."""
    margin = scenario.margin or 0.0
    cells, _ = _cells(scenario, table, repetitions, test=False)
    claimed = np.zeros(2)
    for one, other in cells:
        found = difference(one, other)
        usual = found.interval_90
        claimed += [
            verdict(found.interval, p_value=1.0, margin=margin, missed=NO_CEILING, inside=(found.skewed,))
            == "EQUIVALENT",
            -margin < usual.low and usual.high < margin,
        ]
    methods = ("verdict EQUIVALENT", "90 % interval inside")
    return [_row(table, scenario.name, m, s, repetitions) for m, s in zip(methods, claimed / repetitions, strict=True)]


def families(n_groups: int, n_speakers: int, repetitions: int, *, table: str) -> Rows:
    """Return how often any of several equal groups, each against the rest, is called a GAP: with and without Holm."""
    name = f"{n_groups} groups of {n_speakers} speakers, each against the rest"
    rng = generator("calibration", table, name, seed=SEED)
    groups = np.repeat([f"g{i}" for i in range(n_groups)], n_speakers)
    labels = list(dict.fromkeys(groups))
    any_firm = any_plain = 0
    for start in range(0, repetitions, BATCH):
        n = min(BATCH, repetitions - start)
        e, w = Group(n_groups * n_speakers, 0.15).speakers(rng, n)
        p = permutation_p(e.T, w.T, groups, labels, replicates=4 * LABELLINGS + 3, name=f"{name} {start}")
        for at in range(n):
            cells = [SixSums.of(e[at, groups == label], w[at, groups == label]) for label in labels]
            everyone = sum(cells, SixSums())
            found = [_old_rule(one, everyone - one, own) for one, own in zip(cells, p[:, at], strict=True)]
            any_plain += any(found)
            any_firm += any(gap and own < ALPHA for gap, own in zip(found, holm(p[:, at].tolist()), strict=True))
    return [
        _row(table, name, "GAP, Holm p < .05", any_firm / repetitions, repetitions),
        _row(table, name, "GAP, not adjusted", any_plain / repetitions, repetitions),
    ]


def _cells(
    scenario: Scenario, table: str, repetitions: int, *, test: bool | None = None
) -> tuple[list[tuple[SixSums, SixSums]], Floats]:
    """Return the cells of simulated audits, and the permutation p of each where the table needs it."""
    rng = generator("calibration", table, scenario.name, seed=SEED)
    (e_a, n_a), (e_b, n_b) = (group.speakers(rng, repetitions) for group in scenario.groups)
    cells = [(SixSums.of(*a), SixSums.of(*b)) for a, b in zip(zip(e_a, n_a, strict=True), zip(e_b, n_b, strict=True), strict=True)]  # fmt: skip
    if test is None:
        test = table in ("false alarms", "power")
    if not test:
        return cells, np.full(repetitions, np.nan)
    groups = np.array(["a"] * e_a.shape[1] + ["b"] * e_b.shape[1])
    errors, words = np.concatenate([e_a, e_b], axis=1).T, np.concatenate([n_a, n_b], axis=1).T
    batches = [slice(start, start + BATCH) for start in range(0, repetitions, BATCH)]
    found = [
        permutation_p(errors[:, one], words[:, one], groups, ["a"], replicates=LABELLINGS, name=f"{scenario.name} {one.start}")[0]
        for one in batches
    ]  # fmt: skip
    return cells, np.concatenate(found)


def _peer_limits(scenario: Scenario, table: str, repetitions: int) -> dict[str, tuple[Floats, Floats]]:
    rng = generator("calibration", "peers", table, scenario.name, seed=SEED)
    a, b = (group.utterances(rng, repetitions) for group in scenario.groups)
    return {name: method(a, b, rng) for name, method in PEERS.items()}


def _old_rule(one: SixSums, other: SixSums, p: float) -> bool:
    """Return whether the permutation of the difference and both t intervals called a gap: the rule until the log ratio decided."""
    interval, quotient = difference(one, other).interval, ratio(one, other)[1]
    return p < ALPHA and not _holds(interval, 0) and not (_holds(quotient, 1) and quotient.known)


def _welch_p(one: SixSums, other: SixSums) -> float:
    v, w = one.variance, other.variance
    t = abs(one.rate - other.rate) / np.sqrt(v + w)
    return float(2 * stdtr(welch_df(v, one.n_speakers, w, other.n_speakers), -t))


def _holds(interval: Interval, truth: float) -> bool:
    return interval.low <= truth <= interval.high


def _row(table: str, scenario: str, method: str, share: float, repetitions: int) -> dict[str, object]:
    return dict(zip(COLUMNS, (table, scenario, method, float(share), repetitions), strict=True))


def jobs(repetitions: int, peer_repetitions: int, grid_repetitions: int) -> list[Callable[[], Rows]]:
    """Return the work, the longest first."""
    found: list[Callable[[], Rows]] = [
        partial(grids.alarms, grid, grid_repetitions) for grid in grids.NULL if grid_repetitions
    ]
    found += [partial(families, n, k, repetitions // 2, table="families") for n, k in ((8, 12), (20, 6))]
    for scenario in reversed(NULL):
        found.append(partial(peer_alarms, scenario, peer_repetitions, table="false alarms"))
        found.append(partial(alarms, scenario, repetitions, table="false alarms"))
    for scenario in reversed(COVERAGE):
        found.append(partial(peer_coverage, scenario, peer_repetitions, table="coverage"))
        found.append(partial(coverage, scenario, repetitions, table="coverage"))
    found += [partial(coverage, scenario, repetitions, table="coverage, no gap") for scenario in COVERAGE_EQUAL]
    found += [
        partial(coverage, scenario, repetitions, table="coverage, unbalanced")
        for scenario in _named_rates(COVERAGE_UNBALANCED)
    ]
    found += [partial(equivalence, scenario, repetitions, table="equivalence") for scenario in EQUIVALENCE]
    found += [partial(grids.coverage, grid, 2 * grid_repetitions) for grid in grids.COVERAGE if grid_repetitions]
    found += [partial(alarms, scenario, repetitions, table="power") for scenario in POWER]
    return found + [job for module in FURTHER.values() for job in module.jobs(repetitions)]


FURTHER: Mapping[str, ModuleType] = {
    "gaps": calibration_gaps,
    "planning": calibration_planning,
    "interactions": calibration_interactions,
    "adjusted": calibration_adjusted,
    "clusters": calibration_clusters,
    "fairness": calibration_fairness,
}
"""Modules with tables of their own: ``TABLES`` (name -> title, what was wanted) and ``jobs(repetitions)``."""


def _named_rates(scenarios: Iterable[Scenario]) -> list[Scenario]:
    return [
        Scenario(f"{one.name}, {one.groups[0].rate:.0%} against {one.groups[1].rate:.0%}", one.groups)
        for one in scenarios
    ]


def calibrate(repetitions: int, peer_repetitions: int, grid_repetitions: int, workers: int) -> pd.DataFrame:
    """Return one row per table, scenario and method: how often, in how many repetitions."""
    return _done(jobs(repetitions, peer_repetitions, grid_repetitions), workers)


def _done(work: Sequence[Callable[[], Rows]], workers: int) -> pd.DataFrame:
    return pd.DataFrame([row for part in _parts(work, workers) for row in part], columns=COLUMNS)


def _parts(work: Sequence[Callable[[], Rows]], workers: int) -> Iterator[Rows]:
    """Yield the rows of each job as they come."""
    if workers == 1:
        yield from map(_do, work)
        return
    with get_context("spawn").Pool(workers) as pool:
        yield from pool.imap(_do, work, chunksize=1)


def _replaced(kept: pd.DataFrame, part: Rows) -> pd.DataFrame:
    """Return the figures with those of some scenarios in place of what was there of them."""
    made = pd.DataFrame(part, columns=COLUMNS)
    keys = set(zip(made["table"], made["scenario"], strict=True))
    old = [key in keys for key in zip(kept["table"], kept["scenario"], strict=True)]
    return pd.concat([kept[~np.array(old, dtype=bool)], made], ignore_index=True)


def _do(job: Callable[[], Rows]) -> Rows:
    return job()


TABLES: Mapping[str, tuple[str, str]] = {
    "coverage": (
        "Coverage of the 95 % interval",
        "20 % against 12 % word error rate. Wanted: 93 to 97 %. The last four columns are what others do for the gap.",
    ),
    "coverage, no gap": ("Coverage where there is no gap", "15 % in both groups. Wanted: 93 to 97 %."),
    "coverage, unbalanced": ("Coverage with groups of unequal size", "Reported, no band was set."),
    "false alarms": (
        "False alarms: a gap is called where there is none",
        "15 % in both groups, nominal 5 %. The rule before the log ratio decided (below), its parts, Welch's t and what others do.",
    ),
    "families": ("False alarms among many groups", "Any of the groups is called by the three criteria, none differs. Over conditions: see the search below."),
    "grid": (
        "False alarms over a grid of groups and conditions",
        "Any cell of `gap_changes` is called though none changes. Wanted: family-wise p and answer at most 6 %.",
    ),
    "equivalence": (
        "Equality claimed where the gap is the margin itself",
        "Wanted: at most 5 %. The interval of the test must lie inside too, which can only make it fewer. The 90 % interval inside the margin is the usual rule (two one-sided tests at 5 %).",
    ),
    "coverage of changes": ("Coverage of the 95 % interval of a gap change", "The condition adds 5 points to the first group."),
    "power": ("Gaps found where there is one, by other rules", "24 % against 12 % word error rate. See the test that decides, below."),
    **{name: words for module in FURTHER.values() for name, words in module.TABLES.items()},
}  # fmt: skip


def to_markdown(found: pd.DataFrame, *, command: str) -> str:
    """Return the tables as Markdown; the number behind ± is one standard error of the simulation."""
    lines = [
        "# Calibration", "",
        "How often intervals hold the truth, tests cry wolf and verdicts err, in simulated audits whose truth is known:",
        "speakers with rates of their own (gamma, CV .5 unless stated), 200 to 800 words each, errors in clumps.", "",
        f"Written by `{command}`; seed {SEED}; figures in %, ± one standard error of the simulation.", "",
    ]  # fmt: skip
    for table, (title, wanted) in TABLES.items():
        part = found[found["table"] == table]
        if part.empty:
            continue
        methods = list(dict.fromkeys(part["method"]))
        lines += [f"## {title}", "", wanted, "", "| | " + " | ".join(methods) + " |", "|---|" + "---:|" * len(methods)]
        for scenario in dict.fromkeys(part["scenario"]):
            own = {row.method: row for row in part[part["scenario"] == scenario].itertuples()}
            cells = [
                _percent(own[method].share, own[method].repetitions) if method in own else "" for method in methods
            ]
            lines.append(f"| {scenario} | " + " | ".join(cells) + " |")
        counts = [f"{n:,}" for n in sorted({int(n) for n in part["repetitions"]}, reverse=True)]
        peers = set(methods) & set(PEERS)
        told = f"{' (ours), '.join(counts)} (others)" if peers and len(counts) > 1 else " or ".join(counts)
        lines += ["", f"Repetitions: {told}.", ""]
    return "\n".join(lines)


def _percent(share: float, repetitions: int) -> str:
    return f"{100 * share:.1f} ± {100 * monte_carlo_error(share, repetitions):.1f}"


def ordered(found: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in the order of the tables and scenarios, ours before the peers'."""
    scenarios = [
        one.name
        for one in (
            *COVERAGE,
            *_named_rates(COVERAGE_UNBALANCED),
            *NULL,
            *EQUIVALENCE,
            *POWER,
            *grids.NULL,
            *grids.COVERAGE,
        )
    ]
    place = {name: at for at, name in enumerate(scenarios)}
    tables = list(TABLES)
    key = found.assign(
        t=found["table"].map(tables.index), s=found["scenario"].map(place).fillna(-1), p=found["method"].isin(PEERS)
    )
    return found.loc[key.sort_values(["t", "s", "p"], kind="stable").index].reset_index(drop=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the simulations and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=REPETITIONS)
    parser.add_argument("--peer-repetitions", type=int, default=PEER_REPETITIONS)
    parser.add_argument("--grid-repetitions", type=int, default=grids.REPETITIONS, help="0 leaves the grids out")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--only", choices=list(FURTHER), action="append", help="these alone; other figures stay as they are"
    )
    parser.add_argument("--out", type=Path, default=Path("docs"))
    given = parser.parse_args(arguments)
    start = time.perf_counter()
    if given.only:
        kept = pd.read_csv(given.out / "calibration.csv")
        command = (given.out / "calibration.md").read_text(encoding="utf-8").split("`")[1]
        # Written after every scenario: what was done when somebody stops it is not lost.
        for name in given.only:
            for part in _parts(FURTHER[name].jobs(given.repetitions), given.workers):
                kept = ordered(_replaced(kept, part))
                _write(kept, command, given.out)
        return
    found = ordered(calibrate(given.repetitions, given.peer_repetitions, given.grid_repetitions, given.workers))
    numbers = f"--repetitions {given.repetitions} --peer-repetitions {given.peer_repetitions}"
    command = f"python -m bench.calibration {numbers} --grid-repetitions {given.grid_repetitions}"
    _write(found, command, given.out)
    print(f"{len(found)} figures in {time.perf_counter() - start:.0f} s, {given.workers} workers, {platform.machine()}")


def _write(found: pd.DataFrame, command: str, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    found.to_csv(out / "calibration.csv", index=False)
    (out / "calibration.md").write_text(to_markdown(found, command=command), encoding="utf-8")


if __name__ == "__main__":
    main()
