"""Proposals: the next point of a search, from those before it. A function of its arguments: a search can be taken up anywhere.

The first points fill the space: techniques in turn, each with a Latin hypercube of its own. After that a tree-structured Parzen
estimator (optuna) proposes what the best points so far have in common, with the technique as a choice and its parameters
conditional on it.

Source: McKay, Beckman & Conover 1979 (Latin hypercube); Bergstra et al. 2011 (TPE).
"""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

from workbench.adaptive.search_space import Dimension, Technique, Value


class Point(NamedTuple):
    """A technique with its values."""

    technique: str
    parameters: dict[str, Value]
    origin: str = ""


def start_length(space: Sequence[Technique], budget: int) -> int:
    """Return how many points fill the space before anything is learned: three a technique, at most half the budget."""
    singles = [technique for technique in space if not _is_combined(technique)]
    return max(1, min(budget // 2, max(3 * len(singles), 6)))


def propose(
    space: Sequence[Technique], tried: Sequence[Point], results: Sequence[float], *, start: int, seed: int
) -> Point:
    """Return the next point.

    Parameters
    ----------
    tried, results : the points before it and what each gave, higher is better; NaN where it gave nothing
    start : how many points fill the space first
    seed : of the whole search; the generator of a point is named after it and the point's number
    """
    number = len(tried)
    if number < start:
        return _spread(space, number, start, seed)
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)  # group: conditional parameters together
        sampler = optuna.samplers.TPESampler(
            seed=_seed(seed, "tpe", number), multivariate=True, group=True, n_startup_trials=0
        )
    study = optuna.create_study(direction="maximize", sampler=sampler)
    by_name = {technique.name: technique for technique in space}
    names = optuna.distributions.CategoricalDistribution(tuple(by_name))
    for point, result in zip(tried, results, strict=True):
        spans = {item.key: _distribution(item) for item in by_name[point.technique].dimensions}
        finished = not math.isnan(result)
        study.add_trial(
            optuna.trial.create_trial(
                state=optuna.trial.TrialState.COMPLETE if finished else optuna.trial.TrialState.FAIL,
                params={"technique": point.technique, **point.parameters},
                distributions={"technique": names, **spans},
                value=result if finished else None,
            )
        )
    trial = study.ask()
    technique = by_name[trial.suggest_categorical("technique", tuple(by_name))]
    return Point(technique.name, {item.key: _suggested(trial, item) for item in technique.dimensions}, "proposed")


def random_point(space: Sequence[Technique], number: int, *, seed: int) -> Point:
    """Return a point drawn evenly: what the proposals are compared with."""
    from numpy.random import default_rng

    rng = default_rng(_seed(seed, "random", number))
    technique = space[int(rng.integers(len(space)))]
    return Point(technique.name, {item.key: item.at(float(rng.random())) for item in technique.dimensions}, "random")


def _spread(space: Sequence[Technique], number: int, start: int, seed: int) -> Point:
    from scipy.stats import qmc

    singles = [technique for technique in space if not _is_combined(technique)]
    technique = singles[number % len(singles)]
    each = math.ceil(start / len(singles))
    design = qmc.LatinHypercube(len(technique.dimensions), rng=_seed(seed, technique.name, 0)).random(each)
    shares = design[number // len(singles)]
    values = {item.key: item.at(float(share)) for item, share in zip(technique.dimensions, shares, strict=True)}
    return Point(technique.name, values, "start")


def _is_combined(technique: Technique) -> bool:
    """Tell whether a technique is a chain of two searches: its dimensions then belong to both."""
    return len({item.key.partition(".")[0] for item in technique.dimensions}) > 1


def _distribution(item: Dimension) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if item.choices:
        return CategoricalDistribution(item.choices)
    if item.whole:
        return IntDistribution(int(item.low), int(item.high), log=item.log)
    return FloatDistribution(item.low, item.high, log=item.log)


def _suggested(trial: Any, item: Dimension) -> Value:
    if item.choices:
        return str(trial.suggest_categorical(item.key, item.choices))
    if item.whole:
        return int(trial.suggest_int(item.key, int(item.low), int(item.high), log=item.log))
    return item.rounded(float(trial.suggest_float(item.key, item.low, item.high, log=item.log)))


def _seed(seed: int, name: str, number: int) -> int:
    digest = hashlib.blake2b(f"proposal|{seed}|{name}|{number}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big")
