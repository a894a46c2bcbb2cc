"""The red team on simulated wards: false confirmations where nothing differs, and how soon a planted bump is found.

``python -m bench.red_team null --searches 1000`` and ``python -m bench.red_team bump --seeds 50``. A ward answers from known
rates: every speaker loses words by a smooth function of the tone that is their own, so that conditions near each other are
alike, and where nothing differs groups are drawn among these speakers. What searches is what the command uses.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.adaptive.confirmation import confirmations
from workbench.adaptive.search_space import techniques
from workbench.adaptive.trials import Objective, best, search
from workbench.conditions import Condition
from workbench.fairness.changes.declared_cell import Cell, CellTest

SEARCH = ("equip_pulse?frequency_hz=200..6000/log&rate_hz=0.5..8",)
BUMP_HZ, BUMP_OCTAVES = 900.0, 0.35
WORDS = 100


@dataclass
class Ward:
    """Speakers of two groups in two halves, and what an engine misses of each under a pulse of any frequency and rate."""

    speakers: int
    bump: float
    seed: int

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        self.names = [f"s{number}" for number in range(2 * self.speakers)]
        self.groups = rng.permutation(np.repeat(["a", "b"], self.speakers))
        self.clean = rng.gamma(4.0, 0.1 / 4.0, len(self.names)).clip(0, 0.5)
        self.peaks = rng.uniform(np.log2(200), np.log2(6000), (len(self.names), 3))
        self.heights = rng.gamma(2.0, 0.08, (len(self.names), 3))
        explores: list[int] = []
        for group in ("a", "b"):
            members = np.flatnonzero(self.groups == group)
            explores += rng.permutation(members)[: len(members) // 2].tolist()
        self.explores = np.isin(np.arange(len(self.names)), explores)

    def rates(self, condition: Condition) -> np.ndarray:
        """Return each speaker's share of words lost under a pulse."""
        octave = np.log2(float(condition.parameters["frequency_hz"]))
        own = (self.heights * np.exp(-0.5 * ((octave - self.peaks) / 0.5) ** 2)).sum(axis=1)
        near = np.exp(-0.5 * ((octave - np.log2(BUMP_HZ)) / BUMP_OCTAVES) ** 2)
        return np.clip(self.clean + 0.1 + own + self.bump * near * (self.groups == "a"), 0.0, 0.95)

    def scores(self, condition: Condition, *, explore: bool) -> pd.DataFrame:
        """Return SCORES of a half, clean and under the condition: the same draw whenever it is asked for."""
        frames = []
        for name, rates in (("clean", self.clean), (condition.condition_id, self.rates(condition))):
            rng = np.random.default_rng([self.seed, zlib.crc32(name.encode())])
            errors = rng.binomial(WORDS, rates)
            frames.append(
                pd.DataFrame({"speaker_id": self.names, "accent": self.groups, "errors": errors, "condition_id": name})[
                    self.explores == explore
                ]
            )
        frame = pd.concat(frames, ignore_index=True)
        counts = frame["errors"].astype("Int32")
        return frame.assign(
            errors=counts, substitutions=counts, deletions=counts * 0, insertions=counts * 0, model_id="m", corpus_id="c",
            ref_words=pd.Series(WORDS, index=frame.index, dtype="Int32"), status="ok", utterance_id="c/" + frame["speaker_id"],
        )  # fmt: skip


def false_confirmations(
    searches: int, *, budget: int = 12, top: int = 3, speakers: int = 16, permutations: int = 999, seed: int = 1,
    bump: float = 0.0, first: int = 0,
) -> int:  # fmt: skip
    """Return how many of so many searches over wards have any CONFIRMED; ``bump`` 0: nothing differs."""
    space = techniques(SEARCH)
    objective = Objective("accent", ("a", "b"))
    count = 0
    for number in range(first, first + searches):
        ward = Ward(speakers, bump, seed * 100_000 + number)

        def hear(condition: Condition, ward: Ward = ward) -> tuple[pd.DataFrame, str]:
            return ward.scores(condition, explore=True), "run"

        chosen = best(list(search(space, hear, objective, budget=budget, seed=number)), top)
        conditions = {trial.condition_id: space[0].condition(trial.parameters) for trial in chosen}
        frames = [ward.scores(condition, explore=False) for condition in conditions.values()]
        scores = pd.concat([frames[0], *(frame[frame["condition_id"] != "clean"] for frame in frames[1:])])
        cells = [Cell("accent", trial.group, trial.condition_id) for trial in chosen]
        before = [CellTest(t.change, t.ci_low, t.ci_high, np.nan, 0, 0, "") for t in chosen]
        rows = confirmations(scores.reset_index(drop=True), cells, before, permutations=permutations)
        count += bool((rows["verdict"] == "CONFIRMED").any())
    return count


def trials_to_find(seed: int, *, at_random: bool, budget: int = 40, octaves: float = 0.1, bump: float = 0.5) -> int:
    """Return the number of the first trial within ``octaves`` of the planted bump; one more than the budget if there is none."""
    ward = Ward(24, bump, 500_000 + seed)

    def hear(condition: Condition) -> tuple[pd.DataFrame, str]:
        return ward.scores(condition, explore=True), "run"

    trials = search(
        techniques(SEARCH), hear, Objective("accent", ("a",)), budget=budget, seed=seed, at_random=at_random
    )
    for trial in trials:
        frequency = float(next(value for key, value in trial.parameters.items() if key.endswith("frequency_hz")))
        if abs(np.log2(frequency / BUMP_HZ)) <= octaves:
            return trial.number + 1
    return budget + 1


def _median(seeds: int, of: Callable[[int], int]) -> float:
    return float(np.median([of(seed) for seed in range(seeds)]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("null", "bump", "power"))
    parser.add_argument("--searches", type=int, default=300)
    parser.add_argument("--first", type=int, default=0, help="Number of the first search: a long bench in parts.")
    parser.add_argument("--seeds", type=int, default=50)
    given = parser.parse_args()
    if given.what in ("null", "power"):
        count = false_confirmations(given.searches, bump=0.3 if given.what == "power" else 0.0, first=given.first)
        share = count / given.searches
        error = np.sqrt(share * (1 - share) / given.searches)
        print(
            f"{given.what}: CONFIRMED in {count} of {given.searches} searches: {100 * share:.1f} +- {100 * error:.1f} %"
        )
    else:
        proposed = _median(given.seeds, lambda seed: trials_to_find(seed, at_random=False))
        drawn = _median(given.seeds, lambda seed: trials_to_find(seed, at_random=True))
        print(
            f"trials until the bump is found, median of {given.seeds} seeds: {proposed:g} proposed, {drawn:g} at random"
        )
