"""Intersections of attributes: what each cell shows beyond its groups by themselves, small cells drawn towards that.

What the groups by themselves lead to expect are the main effects of all attributes fitted together
(``inference.main_effects``): products of the groups' own rates would blame an accent for the gender of those who speak it.
A cell may exceed them as a ratio and not in points, or the reverse; both are given, each with its interval over speakers and
a permutation test: the speakers' residuals are permuted among all (Freedman & Lane 1983), so that the main effects stay what
they are, and the largest studentised excess over cells, conditions and both scales has its own distribution.

A cell of few speakers swings widely; the worst of many such cells is bad luck more often than not. Cells differ
from what is expected truly by a factor gamma of mean 1 and variance tau^2 = 1 / a (Poisson-gamma with shape a), and by which
speakers they happen to have, v = c^2 / G relative to mu^2, c the speakers' coefficient of variation around their cell, common
to all. Then

    shrunk = mu + B (W - mu),    B = tau^2 / (tau^2 + v),

which is (a + E) / (a / mu + N) with words counted for what they are worth under clustering, N = 1 / (v mu). tau^2 is found by
the method of moments and is 0 where cells differ no more than their speakers make them: then nothing exceeds anything.

Source: empirical Bayes after Clayton & Kaldor 1987, Biometrics 43: 671-681 (moments: Marshall 1991, Applied Statistics 40:
283-294), with the between-speaker variance in place of the Poisson one; Freedman & Lane 1983, Journal of Business & Economic
Statistics 1: 292-298; Winkler et al. 2014, NeuroImage 92: 381-397.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import ScoringError
from workbench.fairness.counts.cells import (
    CELL,
    COUNTED,
    TALLIED,
    EmptyReferences,
    SixSums,
    group_columns,
    six_sums,
    speaker_columns,
    speaker_sums,
)
from workbench.fairness.counts.frames import joined, typed
from workbench.fairness.group_rates.rates import evidence_of
from workbench.fairness.inference.grid_permutation import REPLICATES, GridTests, Tally
from workbench.fairness.inference.intervals import NAN, TAIL, Interval, shown_interval, t_quantile
from workbench.fairness.inference.main_effects import Effects, Speakers, excess, log_effects, point_effects, residuals
from workbench.fairness.inference.named_seeds import generator
from workbench.fairness.inference.verdicts import ALPHA, ENOUGH_SPEAKERS
from workbench.schema import INTERSECTIONS

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
STATISTICS_BYTES = 1 << 28
"""About how much memory the statistics under permuted residuals may take: more cells are tested with fewer draws."""
LEAST_DRAWS = 199
BATCH = 500


def intersections(
    scores: pd.DataFrame,
    by: Sequence[str],
    *,
    empty_references: EmptyReferences = "separate",
    permutations: int = REPLICATES,
    seed: int = 0,
) -> pd.DataFrame:
    """Return INTERSECTIONS: every combination of the groups of two or more attributes, those without speakers included.

    Returns
    -------
    Per cell its rate with interval. ``expected`` and ``expected_points`` are what the main effects predict where they
    multiply and where they add; ``ratio`` = rate / expected and ``excess`` = rate - expected_points say what the
    intersection adds, each with a 95 % interval, a permutation p and ``p_familywise`` over all cells of 5 speakers or more,
    conditions and both scales of one model. ``answer`` names the scales on which that is shown. ``shrunk`` is the rate drawn
    towards ``expected``, ``weight`` how far the cell itself was believed (0 to 1).

    Raises
    ------
    ScoringError : as for ``rates``; fewer than two attributes; no permutations

    Source: the module's docstring.
    """
    attributes = group_columns(scores, by)
    if len(attributes) < 2:
        raise ScoringError("an intersection needs two attributes", remedy="name another one, or ask for rates")
    if permutations < 1:
        raise ScoringError(f"{permutations} permutations test nothing", remedy=f"{REPLICATES} are usual")
    people = speaker_sums(scores, attributes, method="linearised", empty_references=empty_references)
    order = [*CELL, *attributes, *[name for name in INTERSECTIONS.column_names if name not in CELL]]
    if people.empty:
        return typed([], INTERSECTIONS, order)
    levels = [sorted(people[name].unique()) for name in attributes]
    groups = list(product(*levels))
    tallies = people.groupby([*CELL, *attributes])[[*COUNTED, *TALLIED]].sum().to_dict("index")
    sums = six_sums(people, [*CELL, *attributes])
    rows: list[dict[str, object]] = []
    for model, own in people.groupby("model_id", sort=True):
        rng = generator("intersections", *attributes, str(model), seed=seed)
        conditions = [str(name) for name in own["condition_id"].unique()]
        parts = [_Condition.of(own[own["condition_id"] == name], attributes, levels) for name in conditions]
        tests = _tests(parts, permutations, rng)
        for at, (condition, part) in enumerate(zip(conditions, parts, strict=True)):
            cells = [sums.get((str(model), condition, *group), SixSums()) for group in groups]
            weights = _weights(dict(enumerate(cells)), part.effects[0].rates)
            for place, group in enumerate(groups):
                key = (str(model), condition, *group)
                figures = _row(part, place, cells[place], weights.get(place, 0.0), tests, at)
                counted = tallies.get(key, dict.fromkeys((*COUNTED, *TALLIED), 0))
                evidence, reason = evidence_of(cells[place], cells[place], "linearised", counted)
                nobody = "nobody in this intersection: what is shown is expected" if key not in tallies else ""
                fixed = dict(zip([*CELL, *attributes], key, strict=True))
                reasons = joined([nobody or reason, str(figures.pop("why"))])
                rows.append({**fixed, **figures, "evidence": evidence, "reason": reasons})
    return typed(rows, INTERSECTIONS, order)


class _Condition(NamedTuple):
    """One condition of one model: its speakers with their residuals, and the main effects on both scales."""

    people: tuple[str, ...]
    speakers: Speakers
    effects: tuple[Effects, Effects]
    relative: tuple[Floats, Floats]

    @classmethod
    def of(cls, people: pd.DataFrame, attributes: Sequence[str], levels: Sequence[Sequence[str]]) -> _Condition:
        people = people[people["ref_words"] > 0]
        codes = [
            np.searchsorted(names, people[name].to_numpy(dtype=str))
            for name, names in zip(attributes, levels, strict=True)
        ]
        shape = tuple(map(len, levels))
        cells = np.ravel_multi_index(codes, shape).astype(np.int64)
        each = np.stack(np.unravel_index(np.arange(math.prod(shape)), shape), axis=1).astype(np.int64)
        e, n = (people[name].to_numpy(dtype=np.float64) for name in ("errors", "ref_words"))
        errors, words = (np.bincount(cells, of, minlength=len(each)).astype(np.float64) for of in (e, n))
        effects = (log_effects(each, errors, words), point_effects(each, errors, words))
        speakers = Speakers(cells, n)
        keys = people[speaker_columns(people)].astype(str).agg("/".join, axis=1)
        values = (residuals(effects[0], speakers, e), residuals(effects[1], speakers, e))
        return cls(tuple(keys), speakers, effects, values)

    def statistics(self, order: Whole | None) -> Floats:
        """Return |excess| / SE (draws x cells x 2 scales); ``order`` (draws x speakers) permutes the residuals."""
        results = []
        for effects, values in zip(self.effects, self.relative, strict=True):
            drawn = values[None] if order is None else values[order]
            beyond = excess(effects, self.speakers, drawn)
            with np.errstate(divide="ignore", invalid="ignore"):
                t = np.abs(beyond.estimate) / np.sqrt(beyond.variance(effects))
            estimable = effects.separate & (np.bincount(self.speakers.cells, minlength=len(effects.rates)) > 0)
            results.append(np.where(estimable, t, np.nan))
        return np.stack(results, axis=-1)


def _tests(parts: Sequence[_Condition], permutations: int, rng: np.random.Generator) -> GridTests:
    """Return p of every condition x cell x scale; one permutation of the speakers serves every condition."""
    everyone = sorted({name for part in parts for name in part.people})
    at = {name: place for place, name in enumerate(everyone)}
    places = [np.array([at[name] for name in part.people], dtype=np.int64) for part in parts]
    observed = np.stack([part.statistics(None)[0] for part in parts])
    enough = np.stack(
        [
            np.bincount(part.speakers.cells, minlength=observed.shape[1])[:, None].repeat(2, 1) >= ENOUGH_SPEAKERS
            for part in parts
        ]
    )
    tally = Tally(observed.reshape(-1), enough.reshape(-1))
    draws = min(permutations, max(LEAST_DRAWS, STATISTICS_BYTES // (4 * max(1, observed.size))))
    for start in range(0, draws, BATCH):
        keys = rng.random((min(BATCH, draws - start), len(everyone)))
        drawn = [part.statistics(np.argsort(keys[:, place], axis=1)) for part, place in zip(parts, places, strict=True)]
        tally.add(np.stack(drawn, axis=1).reshape(len(keys), -1))
    result = tally.result()
    return GridTests(result.p_values.reshape(observed.shape), result.p_familywise.reshape(observed.shape))


def _row(part: _Condition, place: int, cell: SixSums, weight: float, tests: GridTests, at: int) -> dict[str, object]:
    """Return the figures of one cell."""
    log, points = part.effects
    mu, mu_points = float(log.rates[place]), float(points.rates[place])
    own = shown_interval(cell)
    estimable = bool(cell.words) and bool(log.separate[place])
    known_points = bool(cell.words) and bool(points.separate[place])
    ratio = cell.rate / mu if cell.words and mu > 0 else NAN
    logs = _interval(part, 0, place, math.log(ratio)) if estimable and ratio > 0 else Interval()
    beyond = cell.rate - mu_points if cell.words else NAN
    apart = _interval(part, 1, place, beyond) if known_points else Interval()
    p, p_familywise = tests.p_values[at, place], tests.p_familywise[at, place]
    return {
        "n_speakers": cell.n_speakers,
        "ref_words": cell.words,
        "rate": cell.rate,
        "ci_low": own.low,
        "ci_high": own.high,
        "expected": mu,
        "ratio": ratio,
        "ratio_low": math.exp(min(logs.low, 700)),
        "ratio_high": math.exp(min(logs.high, 700)),
        "ratio_p_value": p[0],
        "ratio_p_familywise": p_familywise[0],
        "expected_points": mu_points,
        "excess": beyond,
        "excess_low": apart.low,
        "excess_high": apart.high,
        "excess_p_value": p[1],
        "excess_p_familywise": p_familywise[1],
        "answer": _answer(ratio, beyond, p_familywise, cell, estimable or known_points),
        "shrunk": mu + weight * (cell.rate - mu) if cell.words else mu,
        "weight": weight,
        "why": "" if estimable or not cell.words or not cell.errors else "cannot be told apart from what its groups do",
    }


def _answer(ratio: float, beyond: float, p_familywise: Floats, cell: SixSums, known: bool) -> str:
    if not known or cell.n_speakers < 2:
        return "not computed"
    if cell.n_speakers < ENOUGH_SPEAKERS:
        return "too few speakers"
    relative, additive = (bool(p < ALPHA) for p in p_familywise)
    if not (relative or additive):
        return "nothing shown"
    if relative and additive and (ratio > 1) != (beyond > 0):
        return "scales disagree"
    more = "more" if (ratio > 1 if relative else beyond > 0) else "fewer"
    where = "both scales" if relative and additive else "relative only" if relative else "additive only"
    return f"{more} errors, {where}"


def _interval(part: _Condition, scale: int, place: int, estimate: float) -> Interval:
    """Return estimate -+ t SE, degrees of freedom by Satterthwaite over the cells that the excess is made of."""
    effects = part.effects[scale]
    row = effects.left[place].copy()
    if scale == 0:  # the cell's own ln W moves by 1 / W, its prediction by 1 / predicted
        row[place] += math.exp(-estimate) - 1
    parts = excess(effects, part.speakers, part.relative[scale][None]).own_variance[0] * row**2
    counts = np.bincount(part.speakers.cells, minlength=len(parts))
    variance = float(parts.sum())
    if counts[place] < 2 or not variance > 0:
        return Interval()
    df = max(1.0, variance**2 / float((parts**2 / np.maximum(counts - 1, 1)).sum()))
    half = t_quantile(df, 1 - TAIL) * math.sqrt(variance)
    return Interval(estimate - half, estimate + half)


def _weights(cells: Mapping[int, SixSums], expected: Floats) -> dict[int, float]:
    """Return B of every cell with words and something expected of it."""
    keys = [key for key, cell in cells.items() if cell.words and expected[key] > 0]
    if not keys:
        return {}
    n = np.array([cells[key].n_speakers for key in keys], dtype=np.float64)
    mu = np.array([expected[key] for key in keys])
    apart = np.array([cells[key].rate for key in keys]) / mu - 1
    several = n > 1
    if not several.any():
        return dict.fromkeys(keys, 0.0)
    variance = np.array([cells[key].variance for key in keys])[several] / mu[several] ** 2
    scatter = float((n[several] - 1) @ (n[several] * variance) / (n[several] - 1).sum())  # c^2, pooled over the cells
    noise = scatter / n
    between = float(n @ (apart**2 - noise) / n.sum())
    tau_squared = max(0.0, between)
    total = tau_squared + noise
    weight = np.divide(tau_squared, total, out=np.zeros_like(total), where=total > 0)
    return dict(zip(keys, weight.tolist(), strict=True))
