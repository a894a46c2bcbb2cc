"""Matched difficulty: the value of a condition's parameter at which a named group reaches a wanted word error rate.

Two engines, or two conditions, that are compared at the same decibels are compared at different difficulties. This
finds the decibels (or seconds, or kbit/s) at which they are equally hard for one group, so that the *gap* to the other
groups can be compared at matched difficulty. Bisection with the engine in the loop: every step is a run of its own in
the store, so that nothing is ever transcribed twice. A rate need not fall as the parameter rises, and another value
draws other noise; so every step is reported, with its interval and the bracket it left.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from workbench.conditions import Condition, parse_condition
from workbench.conditions.parameters import declared, is_text
from workbench.engines import load_engine
from workbench.errors import ConditionError, StudyError, choices
from workbench.fairness import rates
from workbench.results import load
from workbench.runner import Local, Progress, run
from workbench.runner.engine_cache import loaded_once
from workbench.runner.inputs import EngineLoader
from workbench.store import RunRecord, Store
from workbench.study import Study

TOLERANCE = 0.02
MAX_STEPS = 14
DIGITS = 4
"""Significant digits of the values that are tried: a condition that can be read and pasted."""


@dataclass(frozen=True, slots=True)
class Step:
    """One value that was tried: the group's pooled rate there, its 95 % interval, and what it rests on.

    ``bracket_low`` and ``bracket_high`` are the values between which the search went on after it; NaN before both ends
    are known, and where nothing is left to search.
    """

    value: float
    condition_id: str
    wer: float
    ci_low: float
    ci_high: float
    bracket_low: float
    bracket_high: float
    n_speakers: int
    ref_words: int
    n_failed: int
    model_id: str
    run_id: str


@dataclass(frozen=True, slots=True)
class Match:
    """What the search found. ``condition_id`` is that of the step nearest to ``target``: paste it into a study.

    ``reached`` says whether that step is within ``tolerance``; ``reason`` why the search ended; ``notes`` what who uses
    the result must know: on whom it rests, that it was tuned on them, and whether the rate jumped about.
    """

    condition_id: str
    parameter: str
    value: float
    unit: str
    wer: float
    target: float
    tolerance: float
    by: str
    group: str
    model_id: str
    reached: bool
    reason: str
    notes: tuple[str, ...]
    steps: tuple[Step, ...]


def match(
    study: Study,
    condition: str,
    parameter: str,
    *,
    by: str,
    group: str,
    wer: float,
    store: Store,
    tolerance: float = TOLERANCE,
    low: float | None = None,
    high: float | None = None,
    engine: str | None = None,
    max_steps: int = MAX_STEPS,
    workers: int = 1,
    engine_loader: EngineLoader = load_engine,
    on_progress: Callable[[Progress], None] | None = None,
    on_step: Callable[[Step], None] | None = None,
) -> Match:
    """Return the value of ``parameter`` at which ``group`` of attribute ``by`` has a pooled word error rate of ``wer``.

    Corpora, seed, filter and normaliser are those of ``study``; its conditions do not matter. The other parameters of
    ``condition`` keep the values that it is written with. Both ends (``low`` and ``high``; by default those of the
    parameter's range) are tried first; the half in which the rate crosses ``wer`` is halved until a step is within
    ``tolerance``, no value with four digits is left between, or ``max_steps`` are done.

    Raises
    ------
    ConditionError : no such condition or parameter, or a value outside its range
    StudyError : a rate, tolerance or range that cannot be, an engine that is not the study's, a group without words
    """
    base = parse_condition(condition)
    problems = _problems(base, parameter, wer, tolerance, max_steps)
    ends = _ends(base, parameter, low, high)
    chosen = _engine(study, engine)
    kept = study.filter.get(by, (group,))
    problems += [] if group in kept else [f"the study's filter leaves no {by} = {group!r}"]
    if problems:
        raise StudyError("; ".join(problems), place="match", remedy="see workbench match --help")
    loader = loaded_once(engine_loader)
    executor = Local(workers, engine_loader if workers > 1 else loader)
    steps: list[Step] = []

    def tried(value: float, bracket: tuple[float, float] | None = None) -> Step:
        varied = _with(base, parameter, value)
        record = run(
            _about(study, varied, by, group, chosen),
            store=store,
            executor=executor,
            engine_loader=loader,
            on_progress=on_progress,
        )
        rate = _rate(record, store, by, group, varied)
        halves = _halved(bracket, value, rate["rate"], wer, steps) if bracket else (math.nan, math.nan)
        step = Step(
            value, varied.condition_id, float(rate["rate"]), float(rate["ci_low"]), float(rate["ci_high"]), *halves,
            int(rate["n_speakers"]), int(rate["ref_words"]), int(rate["n_failed"]), str(rate["model_id"]), record.run_id,
        )  # fmt: skip
        steps.append(step)
        if on_step is not None:
            on_step(step)
        return step

    reason = _search(tried, base, parameter, ends, wer, tolerance, max_steps)
    nearest = min(steps, key=lambda step: abs(step.wer - wer))
    return Match(
        nearest.condition_id, parameter, nearest.value, base.units[parameter], nearest.wer, wer, tolerance, by, group,
        nearest.model_id, abs(nearest.wer - wer) <= tolerance, reason, _notes(nearest, steps, by, group, parameter), tuple(steps),
    )  # fmt: skip


def _about(study: Study, condition: Condition, by: str, group: str, engine: str) -> Study:
    """Return the study of one step: one group, one condition, one engine."""
    name = f"{study.name} ({group}, {condition.condition_id})"
    wanted = {**study.filter, by: (group,)}
    return study.model_copy(
        update={
            "name": name,
            "engines": (engine,),
            "conditions": (condition,),
            "filter": wanted,
            "attributes": (by,),
            "allocation": None,
        }
    )


def _rate(record: RunRecord, store: Store, by: str, group: str, condition: Condition) -> Mapping[Hashable, Any]:
    """Return the group's row of RATES."""
    if not record.total:
        raise StudyError(
            "the engine answers only for conditions that it has transcripts of",
            place=condition.condition_id,
            remedy="name one that listens",
        )
    row = rates(load(record.run_id, store=store).scores, [by]).to_dict("records")[0]
    if math.isnan(row["rate"]):
        raise StudyError(f"{by} = {group!r} has no rate: {row['reason']}", place=condition.condition_id)
    return row


def _search(
    tried: Callable[..., Step], base: Condition, parameter: str, ends: tuple[float, float], wer: float, tolerance: float,
    max_steps: int,
) -> str:  # fmt: skip
    """Try values until one fits; return why the search ended."""
    unit = base.units[parameter]
    first, last = tried(ends[0]), tried(ends[1])
    for step in (first, last):
        if abs(step.wer - wer) <= tolerance:
            return f"{parameter} = {step.value:g} {unit}, an end of the range, is within the tolerance"
    if (first.wer - wer) * (last.wer - wer) > 0:
        return (
            f"{wer:.1%} is out of reach: the ends of the range, {first.value:g} and {last.value:g} {unit}, give "
            f"{first.wer:.1%} and {last.wer:.1%}"
        )
    bracket = (first.value, last.value)
    for _ in range(max_steps - 2):
        value = _between(*bracket, whole=_whole(base, parameter))
        if value is None:
            return f"no value with {DIGITS} digits is left between {bracket[0]:g} and {bracket[1]:g} {unit}"
        step = tried(value, bracket)
        if abs(step.wer - wer) <= tolerance:
            return f"{parameter} = {step.value:g} {unit} is within the tolerance"
        bracket = (step.bracket_low, step.bracket_high)
    return f"{max_steps} steps are done"


def _halved(
    bracket: tuple[float, float], value: float, rate: float, wer: float, steps: list[Step]
) -> tuple[float, float]:
    """Return the half of ``bracket`` across which the rate passes ``wer``: at its ends it is on different sides."""
    below = next(step.wer for step in reversed(steps) if step.value == bracket[0])
    return (bracket[0], value) if (below - wer) * (rate - wer) < 0 else (value, bracket[1])


def _between(low: float, high: float, *, whole: bool) -> float | None:
    """Return a short number in the middle of ``low`` and ``high``, or None if there is none strictly between."""
    middle = (low + high) / 2.0
    value = float(round(middle)) if whole else float(f"{middle:.{DIGITS}g}")
    return value if low < value < high else None


def _notes(nearest: Step, steps: list[Step], by: str, group: str, parameter: str) -> tuple[str, ...]:
    speakers = f"{nearest.n_speakers} speaker" + ("" if nearest.n_speakers == 1 else "s")
    interval = (
        "no interval" if math.isnan(nearest.ci_low) else f"95 % interval {nearest.ci_low:.1%} to {nearest.ci_high:.1%}"
    )
    notes = [
        f"{nearest.wer:.1%} rests on {speakers} and {nearest.ref_words} words of {by} = {group} ({interval})",
        f"tuned on these very {'speakers' if nearest.n_speakers != 1 else 'recordings'}: that {group} has this rate here is "
        "no finding; compare the other groups, and confirm on other speakers",
    ]
    by_value = sorted(steps, key=lambda step: step.value)
    turns = [b.wer - a.wer for a, b in pairwise(by_value) if b.wer != a.wer]
    if any(turn > 0 for turn in turns) and any(turn < 0 for turn in turns):
        notes.append(
            f"the rate neither rises nor falls throughout with {parameter}: other values may fit as well, see the steps"
        )
    if nearest.n_failed:
        notes.append(f"{nearest.n_failed} utterances failed and are not in the rate")
    return tuple(notes)


def _problems(base: Condition, parameter: str, wer: float, tolerance: float, max_steps: int) -> list[str]:
    if parameter not in base.units or is_text(type(base), parameter):
        numeric = [name for name in base.units if not is_text(type(base), name)]
        raise ConditionError(
            f"{base.id} has no parameter {parameter!r} that is a number",
            place="match",
            remedy=choices(parameter, numeric),
        )
    problems = (
        [] if 0.0 < wer < 1.0 else [f"an error rate of {wer:g} cannot be aimed at: give a fraction between 0 and 1"]
    )
    problems += [] if 0.0 < tolerance < 1.0 else [f"a tolerance of {tolerance:g}: give a fraction between 0 and 1"]
    return problems + ([] if max_steps >= 2 else [f"{max_steps} steps: both ends need one each"])


def _ends(base: Condition, parameter: str, low: float | None, high: float | None) -> tuple[float, float]:
    field = declared(type(base), parameter)
    first, last = (field["low"] if low is None else low), (field["high"] if high is None else high)
    for value in (first, last):
        _with(base, parameter, value)  # says which range and unit
    if not first < last:
        raise StudyError(
            f"from {first:g} to {last:g} {field['unit']} is no range", place="match", remedy="give low < high"
        )
    return float(first), float(last)


def _with(base: Condition, parameter: str, value: float) -> Condition:
    given: float | int = int(value) if _whole(base, parameter) and float(value).is_integer() else value
    return parse_condition({"id": base.id, **base.parameters, parameter: given})


def _whole(base: Condition, parameter: str) -> bool:
    return type(base).model_fields[parameter].annotation is int


def _engine(study: Study, engine: str | None) -> str:
    if engine is None and len(study.engines) == 1:
        return study.engines[0]
    if engine in study.engines:
        return str(engine)
    problem = f"engine {engine!r} is not in the study" if engine else f"the study has {len(study.engines)} engines"
    raise StudyError(problem, place="match", remedy=f"name one with --engine: {', '.join(study.engines)}")
