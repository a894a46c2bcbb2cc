"""Do declared clusters and prompts give intervals and tests that hold? ``old`` is the speaker alone, as if nothing were declared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd

from bench.simulated import Floats
from workbench.fairness.clusters import clustered
from workbench.fairness.counts.cells import SixSums
from workbench.fairness.group_gaps.clustered_tests import clustered_tests
from workbench.fairness.group_gaps.gap_tests import GapTest, gap_tests
from workbench.fairness.group_rates.prompts import with_prompts
from workbench.fairness.inference.intervals import Interval, rate_interval
from workbench.fairness.inference.named_seeds import generator

SEED = 20
LABELLINGS = 999
ALPHA = 0.05
RATE = 0.15
CELL = {"model_id": "m", "condition_id": "clean"}
Rows = list[dict[str, object]]
TABLES = {
    "clusters": (
        "Clusters above the speaker, and prompts: false alarms and coverage where groups do not differ",
        "15 % in both groups, so that points hold the truth where no GAP is called. Prompts are of 10 words and differ (log-sd .5); their "
        "intervals are for new texts too. Recordings of two people: correlation of what they share. Sites: log-sd of the site. Wanted: "
        "GAP at most 6 %, rate 94 to 97 %. Old: speakers alone.",
    )
}


@dataclass(frozen=True, slots=True)
class World:
    """Two equal groups: ``prompts`` of a list of their own or of one list, or clusters of ``size`` speakers within or across groups."""

    kind: Literal["own prompts", "same prompts", "recordings", "mixed recordings", "sites"]
    n_speakers: int
    n: int
    """Prompts of a list, or clusters of a group."""
    sd: float = 0.5

    @property
    def name(self) -> str:
        if "prompts" in self.kind:
            return f"{self.kind}: {self.n_speakers} speakers a group, {self.n} prompts"
        if self.kind == "sites":
            return f"{self.n} sites a group, {self.n_speakers} speakers, log-sd {self.sd:g}"
        return f"{self.kind} of two, {self.n_speakers} speakers a group, correlation {self.sd:g}"

    def draw(self, rng: np.random.Generator) -> pd.DataFrame:
        """Return one audit: rows with speaker, accent, cluster, prompt, errors and words."""
        return self._prompts(rng) if "prompts" in self.kind else self._clusters(rng)

    def _prompts(self, rng: np.random.Generator) -> pd.DataFrame:
        groups, g, n = 2, self.n_speakers, self.n
        speaker = rng.gamma(4.0, 0.25, size=(groups, g, 1))
        if self.kind == "own prompts":
            text = _lognormal(rng, self.sd, (groups, 1, n))
            prompt = np.arange(groups * n).reshape(groups, 1, n)
        else:  # one list, each prompt with something of its own in each group
            text = _lognormal(rng, self.sd, (1, 1, n)) * _lognormal(rng, 0.3, (groups, 1, n))
            prompt = np.arange(n).reshape(1, 1, n)
        shape = (groups, g, n)
        errors = rng.negative_binomial(np.broadcast_to(10 * RATE * speaker * text, shape) + 1e-9, 0.5)
        who, of = (
            np.broadcast_to(np.arange(groups * g).reshape(groups, g, 1), shape),
            np.arange(groups).reshape(groups, 1, 1),
        )
        return _frame(np.broadcast_to(of, shape), who, np.broadcast_to(prompt, shape), errors, np.full(shape, 10.0))

    def _clusters(self, rng: np.random.Generator) -> pd.DataFrame:
        groups, g = 2, self.n_speakers
        who = np.arange(groups * g)
        group = who // g
        if self.kind == "sites":
            cluster = group * self.n + who % g % self.n
            shared, own = _lognormal(rng, self.sd, (groups * self.n,))[cluster], rng.gamma(4.0, 0.25, size=len(who))
        else:
            cluster = who // 2 if self.kind == "recordings" else who % g
            total = np.log(1.25)  # a CV of .5 in all
            shared = _lognormal(rng, np.sqrt(self.sd * total), (len(who),))[cluster]
            own = _lognormal(rng, np.sqrt((1 - self.sd) * total), (len(who),))
        words = rng.integers(200, 801, size=len(who)).astype(np.float64)
        errors = rng.negative_binomial(RATE * shared * own * words + 1e-9, 0.5)
        return _frame(group, who, cluster, errors, words)


def _lognormal(rng: np.random.Generator, sd: float, shape: tuple[int, ...]) -> Floats:
    return np.exp(rng.normal(-(sd**2) / 2, sd, size=shape))


def _frame(
    group: np.ndarray, who: np.ndarray, further: np.ndarray, errors: np.ndarray, words: np.ndarray
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            **CELL, "speaker_id": [f"s{code:04d}" for code in who.ravel()], "accent": np.array(["a", "b"])[group.ravel()],
            "further": [f"x{code:04d}" for code in further.ravel()], "numerator": errors.ravel().astype(float),
            "denominator": words.ravel(), "ref_words": words.ravel(),
        }
    )  # fmt: skip


WORLDS = [
    *[World("own prompts", g, n) for g, n in ((20, 10), (20, 40), (20, 160), (100, 40))],
    *[World("same prompts", g, n) for g, n in ((20, 10), (20, 40), (100, 40))],
    *[World(kind, 20, 10, r) for kind in ("recordings", "mixed recordings") for r in (0.3, 0.5)],
    *[World("sites", g, n, sd) for g, n in ((24, 6), (60, 12)) for sd in (0.15, 0.3)],
]  # fmt: skip


def judged(world: World, repetitions: int) -> Rows:
    """Return how often a GAP is called where there is none, and how often the first group's rate is held."""
    rng = generator("calibration", "clusters", world.name, seed=SEED)
    counts = dict.fromkeys(("GAP", "old: GAP", "rate", "old: rate", "no test"), 0)
    for _ in range(repetitions):
        rows = world.draw(rng)
        people = rows.groupby([*CELL, "speaker_id", "accent"], as_index=False).sum(numeric_only=True)
        before = next(iter(gap_tests(people, "accent", None, permutations=LABELLINGS).values()))
        counts["old: GAP"] += before.p_value < ALPHA
        counts["old: rate"] += _holds(rate_interval(_cell(people)))
        if "prompts" in world.kind:
            units = rows.assign(unit=pd.factorize(rows["speaker_id"])[0], prompt=rows["further"])
            test = _first(clustered_tests(units, "accent", None))
            key = ("m", "clean", "a")
            cell = with_prompts({key: _cell(people)}, units[units["accent"] == "a"], [*CELL, "accent"])[key]
        else:
            joined = (
                clustered(rows, ["further"])
                .rows.groupby([*CELL, "speaker_id", "accent"], as_index=False)
                .sum(numeric_only=True)
            )
            cell = _cell(joined)
            if world.kind == "mixed recordings":
                test = _first(
                    clustered_tests(joined.assign(unit=pd.factorize(joined["speaker_id"])[0]), "accent", None)
                )
            else:
                test = _first(gap_tests(joined, "accent", None, permutations=LABELLINGS))
        counts["GAP"] += test.p_value < ALPHA
        counts["rate"] += _holds(rate_interval(cell))
        counts["no test"] += bool(np.isnan(test.p_value))
    return [
        {"table": "clusters", "scenario": world.name, "method": name, "share": counts[name] / repetitions, "repetitions": repetitions}
        for name in ("GAP", "old: GAP", "rate", "old: rate")
    ]  # fmt: skip


def _first(tests: dict[tuple[str, str, str], GapTest]) -> GapTest:
    return next(iter(tests.values()))


def _cell(people: pd.DataFrame) -> SixSums:
    own = people[people["accent"] == "a"]
    return SixSums.of(own["numerator"].tolist(), own["denominator"].tolist())


def _holds(interval: Interval) -> bool:
    return interval.low <= RATE <= interval.high


def jobs(repetitions: int) -> list[Callable[[], Rows]]:
    """Return the work, the longest first."""
    ordered = sorted(WORLDS, key=lambda world: -world.n_speakers * world.n)
    return [partial(judged, world, repetitions) for world in ordered]
