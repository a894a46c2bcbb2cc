"""Trials: the loop of a red team over whatever listens, and what each trial found. Nothing here knows of runs or files."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd

from workbench.adaptive.proposals import Point, propose, random_point, start_length
from workbench.adaptive.search_space import Technique, Value
from workbench.conditions import Condition
from workbench.errors import ConditionError
from workbench.fairness import gap_changes
from workbench.fairness.counts.frames import typed
from workbench.fairness.inference.verdicts import ENOUGH_SPEAKERS
from workbench.schema import TRIALS

TOLERABLE = 0.6
"""Word error rate of the side that fails less, above which the excess counts against a trial: where nobody is understood, a gap says
little about the group, and little room is left for one."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One condition that was tried on the exploring speakers: the group whose gap it widens most, and by how much.

    ``score`` is what the search raises: the lower limit of the gap change, which a lucky small group does not raise far, less what
    ``lower_rate``, the word error rate of the side that fails less, has above 60 %. ``parameters`` are those of the technique;
    ``run_id`` is empty and ``reason`` says why where nothing could be heard.
    """

    number: int
    technique: str
    origin: str
    parameters: Mapping[str, Value]
    condition_id: str = ""
    group: str = ""
    change: float = math.nan
    ci_low: float = math.nan
    ci_high: float = math.nan
    n_speakers: int = 0
    n_speakers_reference: int = 0
    run_id: str = ""
    reason: str = ""
    lower_rate: float = math.nan

    @property
    def score(self) -> float:
        """The lower limit of the gap change less the excess of :attr:`lower_rate`; NaN where there is no limit."""
        return self.ci_low - _excess(self.lower_rate)

    def to_fields(self) -> dict[str, Any]:
        """Return the trial in JSON's own types; :meth:`from_fields` is the way back."""
        return {name: None if isinstance(v, float) and math.isnan(v) else v for name, v in asdict(self).items()}

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Trial:
        """Return the trial that :meth:`to_fields` wrote."""
        given: dict[str, Any] = {name: math.nan if v is None else v for name, v in fields.items()}
        return cls(**given)


@dataclass(frozen=True, slots=True)
class Objective:
    """Whose gap is to be widened: one group, or the worst of several, of an attribute against a reference."""

    attribute: str
    groups: tuple[str, ...]
    reference: str = "rest"

    def worst(self, scores: pd.DataFrame, condition_id: str) -> dict[str, Any]:
        """Return the fields of a trial: the group with the highest score (:class:`Trial`) in SCORES of one model."""
        changes = gap_changes(scores, self.attribute, reference=self.reference, permutations=1)
        rows = changes[(changes["condition_id"] == condition_id) & changes["group"].isin(self.groups)]
        few = rows[["n_speakers", "n_speakers_reference"]].min(axis=1) < ENOUGH_SPEAKERS
        rows = rows[~few & rows["ci_low"].notna()]
        if rows.empty:
            return {"reason": f"no group with {ENOUGH_SPEAKERS} speakers on both sides and an interval"}
        lower = rows[["rate", "reference_rate"]].min(axis=1)
        place = int((rows["ci_low"] - lower.map(_excess)).argmax())
        row = rows.iloc[place]
        numbers = {name: float(row[name]) for name in ("change", "ci_low", "ci_high")}
        counts = {name: int(row[name]) for name in ("n_speakers", "n_speakers_reference")}
        return {"group": str(row["group"]), **numbers, **counts, "lower_rate": float(lower.iloc[place])}


def _excess(lower_rate: float) -> float:
    """Return how far a rate is above what is tolerable; 0 for one that is not known (trials of an older ledger)."""
    return max(0.0, lower_rate - TOLERABLE) if lower_rate == lower_rate else 0.0


Heard = tuple[pd.DataFrame, str]
"""SCORES of the exploring speakers, clean and under the condition, and the run that they are of."""


def search(
    space: Sequence[Technique],
    hear: Callable[[Condition], Heard],
    objective: Objective,
    *,
    budget: int,
    seed: int,
    before: Sequence[Trial] = (),
    at_random: bool = False,
) -> Iterator[Trial]:
    """Yield trial after trial until ``budget`` are made, those of ``before`` among them.

    Parameters
    ----------
    hear : lets the exploring speakers be heard under a condition
    at_random : draw every point evenly, to compare with

    A point that was tried before is heard again for nothing (the store knows it) and stays in the count; values that do not go
    together are a trial without a result.
    """
    by_name = {technique.name: technique for technique in space}
    trials = list(before)
    start = start_length(space, budget)
    while len(trials) < budget:
        number = len(trials)
        if at_random:
            point = random_point(space, number, seed=seed)
        else:
            tried = [Point(trial.technique, dict(trial.parameters), trial.origin) for trial in trials]
            point = propose(space, tried, [trial.score for trial in trials], start=start, seed=seed)
        base: dict[str, Any] = {
            "number": number,
            "technique": point.technique,
            "origin": point.origin,
            "parameters": point.parameters,
        }
        try:
            condition = by_name[point.technique].condition(point.parameters)
        except ConditionError as error:
            trial = Trial(**base, reason=error.what)
        else:
            scores, run_id = hear(condition)
            fields = objective.worst(scores, condition.condition_id)
            trial = Trial(**base, condition_id=condition.condition_id, run_id=run_id, **fields)
        trials.append(trial)
        yield trial


def best(trials: Sequence[Trial], top: int) -> list[Trial]:
    """Return the ``top`` trials with the highest scores, each condition once."""
    ordered = sorted((trial for trial in trials if not math.isnan(trial.score)), key=lambda trial: -trial.score)
    once: dict[str, Trial] = {}
    for trial in ordered:
        once.setdefault(trial.condition_id, trial)
    return list(once.values())[:top]


def trial_table(trials: Sequence[Trial]) -> pd.DataFrame:
    """Return TRIALS: every trial, never only the winners, in the order in which they were made."""
    names = TRIALS.column_names
    rows = [{name: getattr(trial, name) for name in names if name != "condition_id"} for trial in trials]
    for row, trial in zip(rows, trials, strict=True):
        row["condition_id"] = trial.condition_id
    return typed(rows, TRIALS, names)


@dataclass(frozen=True, slots=True)
class TechniqueResult:
    """What a technique gave: how often it was tried, and its best trial."""

    technique: str
    trials: int
    condition_id: str = ""
    group: str = ""
    change: float = field(default=math.nan)
    ci_low: float = field(default=math.nan)
    verdict: str = ""


def by_technique(trials: Sequence[Trial], confirmations: pd.DataFrame) -> list[TechniqueResult]:
    """Return a line per technique, the one with the best trial first; with what became of that trial on other speakers."""
    verdicts = dict(zip(confirmations["condition_id"], confirmations["verdict"], strict=True))
    rows: list[tuple[float, TechniqueResult]] = []
    for name in dict.fromkeys(trial.technique for trial in trials):
        own = [trial for trial in trials if trial.technique == name]
        first = next(iter(best(own, 1)), None)
        if first is None:
            rows.append((-math.inf, TechniqueResult(name, len(own))))
            continue
        verdict = verdicts.get(first.condition_id, "not heard by other speakers")
        row = TechniqueResult(name, len(own), first.condition_id, first.group, first.change, first.ci_low, verdict)
        rows.append((first.score, row))
    return [row for _, row in sorted(rows, key=lambda item: -item[0])]
