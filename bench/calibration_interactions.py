"""Do intersections hold what they say? Simulated audits of two associated attributes that do not interact, and one that do.

``old``: what was reported before, the product of the groups' own rates, which takes association for interaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from workbench.fairness.group_rates.intersections import intersections
from workbench.fairness.inference.named_seeds import generator

SEED = 20
LABELLINGS = 199
SHARE = 10
"""An audit of intersections is drawn so many times less often than one of two groups."""
Rows = list[dict[str, object]]
TABLES = {
    "interactions": (
        "Intersections: interaction claimed where there is none, and its intervals",
        "Accent and gender associated (3 men of 4 speak A, or cells of 5 to 20 speakers), no interaction on the scale named. "
        "Wanted: coverage 93 to 97 %, alarms (any cell, family-wise p < .05) at most 6 %. Old: the products of the groups' own rates "
        "were what was expected; of some cell they are 4 points or more from the true rate.",
    ),
    "interactions found": (
        "Intersections: interaction found where there is one",
        "Women of accent B have one and a half times what both lead to expect.",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class World:
    """Speakers per cell (accents x genders), true rates of the cells, and on which scale they do not interact."""

    name: str
    sizes: tuple[tuple[int, ...], ...]
    rates: tuple[tuple[float, ...], ...]
    scale: str
    cv: float = 0.5

    def draw(self, rng: np.random.Generator) -> pd.DataFrame:
        """Return one row of counts per speaker: 200 to 800 words, own rates (gamma), errors in clumps."""
        sizes = np.array(self.sizes)
        cells = np.repeat(np.arange(sizes.size), sizes.ravel())
        words = rng.integers(200, 801, size=len(cells))
        own = np.array(self.rates).ravel()[cells] * rng.gamma(self.cv**-2, self.cv**2, size=len(cells))
        errors = np.minimum(rng.negative_binomial(own * words + 1e-9, 0.5), words)
        accent, gender = np.unravel_index(cells, sizes.shape)
        return pd.DataFrame(
            {
                "model_id": "m", "condition_id": "clean", "corpus_id": "c",
                "speaker_id": [f"s{i:04d}" for i in range(len(cells))],
                "accent": np.char.add("a", accent.astype(str)), "gender": np.char.add("g", gender.astype(str)),
                "errors": errors, "ref_words": words, "substitutions": errors, "deletions": 0, "insertions": 0,
            }
        )  # fmt: skip


def _crossed(
    base: float, accents: tuple[float, ...], genders: tuple[float, ...], scale: str
) -> tuple[tuple[float, ...], ...]:
    """Return the rates of all cells from main effects alone."""
    return tuple(tuple(base * a * g if scale == "ratio" else base + a + g for g in genders) for a in accents)


WORLDS = [
    World("men 3 of 4 in one accent, ratio", ((18, 6), (6, 18)), _crossed(0.1, (1, 1), (1, 2), "ratio"), "ratio"),
    World("men 3 of 4 in one accent, points", ((18, 6), (6, 18)), _crossed(0.1, (0, 0), (0, 0.1), "points"), "points"),
    World("4 accents of 5 to 20, ratio", ((20, 5), (8, 12), (5, 5), (6, 15)), _crossed(0.08, (1, 1.5, 2, 1.2), (1, 1.5), "ratio"), "ratio"),
    World("4 accents of 5 to 20, points", ((20, 5), (8, 12), (5, 5), (6, 15)), _crossed(0.08, (0, 0.05, 0.1, 0.02), (0, 0.06), "points"), "points"),
    World("4 accents of 5 to 20, CV .8, ratio", ((20, 5), (8, 12), (5, 5), (6, 15)), _crossed(0.08, (1, 1.5, 2, 1.2), (1, 1.5), "ratio"), "ratio", 0.8),
]  # fmt: skip
FOUND = [
    World(f"2 x 2 cells of {n} speakers", ((n, n), (n, n)), ((0.1, 0.15), (0.15, 0.3375)), "ratio")
    for n in (10, 20, 40)
]


def alarms(world: World, repetitions: int) -> Rows:
    """Return coverage of the excess of every cell, alarms, and how far the product of the groups' own rates errs."""
    rng = generator("calibration", "interactions", world.name, seed=SEED)
    low, high, p_name = (
        ("ratio_low", "ratio_high", "ratio_p_familywise")
        if world.scale == "ratio"
        else ("excess_low", "excess_high", "excess_p_familywise")
    )
    # The truth that an interval is of: the excess over main effects fitted to the true rates is none in these worlds.
    nothing = 1.0 if world.scale == "ratio" else 0.0
    held = alarmed = astray = fitted = 0.0
    for _ in range(repetitions):
        scores = world.draw(rng)
        found = intersections(scores, ["accent", "gender"], permutations=LABELLINGS)
        held += ((found[low] <= nothing) & (nothing <= found[high])).mean()
        alarmed += bool((found[p_name] < 0.05).any())
        apart = _product_of_margins(scores) - np.array(world.rates)
        astray += bool((np.abs(apart) >= 0.04).any())
        expected = found["expected" if world.scale == "ratio" else "expected_points"].to_numpy()
        fitted += bool((np.abs(expected - np.array(world.rates).ravel()) >= 0.04).any())
    methods = {
        "coverage": held,
        "any cell, family-wise p < .05": alarmed,
        "expected off by 4 points": fitted,
        "old: expected off by 4 points": astray,
    }
    return [_row("interactions", world.name, name, count / repetitions, repetitions) for name, count in methods.items()]


def power(world: World, repetitions: int) -> Rows:
    """Return how often any cell is shown to exceed its main effects."""
    rng = generator("calibration", "interactions", world.name, seed=SEED)
    found = [intersections(world.draw(rng), ["accent", "gender"], permutations=LABELLINGS) for _ in range(repetitions)]
    shares = {
        "as a ratio": [bool((one["ratio_p_familywise"] < 0.05).any()) for one in found],
        "in points": [bool((one["excess_p_familywise"] < 0.05).any()) for one in found],
    }
    return [
        _row("interactions found", world.name, name, float(np.mean(values)), repetitions)
        for name, values in shares.items()
    ]


def _product_of_margins(scores: pd.DataFrame) -> np.ndarray:
    """Return W_i W_j / W (accents x genders)."""
    tables = [scores.pivot_table(of, "accent", "gender", aggfunc="sum").to_numpy() for of in ("errors", "ref_words")]
    errors, words = tables
    rows, columns = errors.sum(1) / words.sum(1), errors.sum(0) / words.sum(0)
    return np.outer(rows, columns) / (errors.sum() / words.sum())


def jobs(repetitions: int) -> list[Callable[[], Rows]]:
    """Return the work."""
    n = max(1, repetitions // SHARE)
    return [partial(alarms, world, n) for world in WORLDS] + [partial(power, world, n) for world in FOUND]


def _row(table: str, scenario: str, method: str, share: float, repetitions: int) -> dict[str, object]:
    return {
        "table": table,
        "scenario": scenario,
        "method": method,
        "share": float(share),
        "repetitions": repetitions,
    }
