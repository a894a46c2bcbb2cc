"""Red team: search for the condition that widens a gap most on some speakers, and hear the best few on the others, once.

Speakers are divided before anything is heard (``runner.speaker_split``). Every trial is a run of the exploring speakers in the
store and a line of the ledger; the search may stop and go on at any trial. The confirming speakers are heard once, under the
best ``top`` conditions, a number that was fixed beforehand; Holm's method is over these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from workbench import runner
from workbench.adaptive import confirmation
from workbench.adaptive.ledger import Ledger
from workbench.adaptive.search_space import Technique, techniques
from workbench.adaptive.trials import Objective, TechniqueResult, Trial, best, by_technique, search, trial_table
from workbench.conditions import Condition, parse_condition, presets
from workbench.conditions.grammar import PRESET
from workbench.corpora import load_corpus
from workbench.engines import load_engine
from workbench.errors import StudyError, choices
from workbench.fairness.changes.declared_cell import Cell, CellTest
from workbench.fairness.group_gaps.gaps import REST
from workbench.results import load
from workbench.runner import Progress
from workbench.runner.engine_cache import loaded_once
from workbench.runner.inputs import EngineLoader
from workbench.runner.speaker_split import LEAST, Side, sides
from workbench.schema import CLEAN, CONFIRMATIONS
from workbench.store import Store
from workbench.study import Split, Study

TOP, BUDGET = 3, 40


@dataclass(frozen=True, slots=True)
class Request:
    """What a red team was asked for: fixed before it listens, and what its ledger is named after."""

    study: Study
    attribute: str
    searches: tuple[str, ...]
    group: str = ""
    """Empty: whichever group is harmed most."""
    reference: str = REST
    budget: int = BUDGET
    top: int = TOP
    seed: int = 1
    combine: bool = True
    engine: str = ""

    def to_fields(self) -> dict[str, Any]:
        """Return the request in JSON's own types; :meth:`from_fields` is the way back."""
        names = [name for name in self.__dataclass_fields__ if name != "study"]
        plain = {name: getattr(self, name) for name in names} | {"searches": list(self.searches)}
        return {"study": self.study.to_json(), "base": str(self.study.base.resolve()), **plain}

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> Request:
        """Return the request that :meth:`to_fields` wrote."""
        study = Study.from_json(fields["study"], base=Path(fields["base"]))
        rest = {name: value for name, value in fields.items() if name not in ("study", "base", "searches")}
        return cls(study, searches=tuple(fields["searches"]), **rest)


@dataclass(frozen=True, eq=False)
class RedTeam:
    """What a red team tried, found and confirmed.

    Attributes
    ----------
    trials : TRIALS, every condition tried, never only the winners
    confirmations : CONFIRMATIONS, the best ``top`` on the confirming speakers; empty while the search goes on
    techniques : a line per technique
    presets : the names under which confirmed conditions were kept, ``preset:redteam-...``
    notes : what who uses the result must know
    """

    red_team_id: str
    request: Request
    sides: tuple[Side, ...]
    trials: pd.DataFrame
    confirmations: pd.DataFrame
    techniques: tuple[TechniqueResult, ...]
    presets: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def confirmed(self) -> pd.DataFrame:
        """The rows of ``confirmations`` that were confirmed."""
        return self.confirmations[self.confirmations["verdict"] == "CONFIRMED"].reset_index(drop=True)


def red_team(
    study: Study,
    searches: Sequence[str],
    *,
    attribute: str,
    group: str = "",
    reference: str = REST,
    budget: int = BUDGET,
    top: int = TOP,
    seed: int = 1,
    combine: bool = True,
    engine: str = "",
    store: Store,
    workers: int = 1,
    engine_loader: EngineLoader = load_engine,
    on_progress: Callable[[Progress], None] | None = None,
    on_trial: Callable[[Trial], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> RedTeam:
    """Return what the search for a harmful condition found on half of the speakers, and what the others confirm of it.

    Parameters
    ----------
    study : corpora, seed, filter and normaliser are its; its conditions do not matter. Its split, or an even one by ``attribute``
    searches : conditions with ranges, ``equip_pulse?frequency_hz=200..6000/log`` (``adaptive.search_space``)
    attribute, group, reference : whose gap is to be widened; without a group whichever is harmed most
    budget, top : conditions that are tried, and how many of the best the confirming speakers hear
    seed : of the proposals; that of the halves and of the noise is the study's
    combine : also try chains of two searches
    engine : which of the study's engines, if it has several
    should_stop : asked between batches; a search that was stopped goes on where it was when it is asked for again

    Raises
    ------
    StudyError : a group with fewer than ten speakers (five a side), a budget under ``top``, an engine or attribute that is not the
        study's, all at once where possible
    ConditionError : every search that cannot be read, or has a single point
    """
    request = Request(study, attribute, tuple(searches), group, reference, budget, top, seed, combine, engine)
    return carry_out(
        request, store=store, workers=workers, engine_loader=engine_loader, on_progress=on_progress, on_trial=on_trial,
        should_stop=should_stop,
    )  # fmt: skip


def carry_out(
    request: Request,
    *,
    store: Store,
    workers: int = 1,
    engine_loader: EngineLoader = load_engine,
    on_progress: Callable[[Progress], None] | None = None,
    on_trial: Callable[[Trial], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> RedTeam:
    """Carry out a request, from where its ledger ends: see :func:`red_team`."""
    space, study, objective, halves = checked(request)
    ledger = Ledger.of(request.to_fields(), study)
    ledger.begin(request.to_fields(), halves)
    loader = loaded_once(engine_loader)
    executor = runner.Local(workers, engine_loader if workers > 1 else loader)
    trials = ledger.trials()

    def stopped() -> bool:
        return ledger.stop_requested or (should_stop is not None and should_stop())

    def hear(condition: Condition) -> tuple[pd.DataFrame, str]:
        record = runner.run(
            _about(study, (condition,)), store=store, executor=executor, engine_loader=loader, on_progress=on_progress,
            should_stop=stopped,
        )  # fmt: skip
        if not record.finished:
            raise _StoppedError
        return load(record.run_id, store=store).scores, record.run_id

    try:
        for trial in search(space, hear, objective, budget=request.budget, seed=request.seed, before=trials):
            ledger.add(trial)
            trials.append(trial)
            if on_trial is not None:
                on_trial(trial)
            if stopped():
                raise _StoppedError
    except _StoppedError:
        return _result(
            ledger, request, halves, trials, CONFIRMATIONS.empty(), ("stopped; ask again to go on from here",)
        )
    candidates = best(trials, request.top)
    if not candidates:
        notes = (f"no trial had a figure: {trials[0].reason}",)
        return _result(ledger, request, halves, trials, CONFIRMATIONS.empty(), notes)
    cells = [Cell(request.attribute, trial.group, trial.condition_id, request.reference) for trial in candidates]
    explored = [
        CellTest(t.change, t.ci_low, t.ci_high, float("nan"), t.n_speakers, t.n_speakers_reference, "")
        for t in candidates
    ]
    rows = confirmation.confirm_cells(
        _about(study, [parse_condition(trial.condition_id) for trial in candidates]), cells, explored, store=store,
        executor=executor, engine_loader=loader, on_progress=on_progress,
    )  # fmt: skip
    ledger.conclude(rows)
    for name, row in _confirmed(ledger.red_team_id, rows):
        note = (
            f"red team {ledger.red_team_id}: widens the gap of {row['attribute']} = {row['group']} by {100 * row['confirmed']:.1f} "
            "points on speakers who were not searched on"
        )
        presets.save(name, parse_condition(row["condition_id"]), note=note)
    return _result(ledger, request, halves, trials, rows, ())


def read(red_team_id: str) -> RedTeam:
    """Return a red team as its ledger has it, finished or not.

    Raises
    ------
    StudyError : there is none of this id
    """
    ledger = Ledger.named(red_team_id)
    request, trials = Request.from_fields(ledger.request()), ledger.trials()
    rows = ledger.confirmations()
    halves = [Side(*side) for side in ledger.sides()]
    return _result(ledger, request, halves, trials, CONFIRMATIONS.empty() if rows is None else rows, ())


def checked(request: Request) -> tuple[tuple[Technique, ...], Study, Objective, list[Side]]:
    """Return the space, the exploring study, whose gap is widened and the halves; refuse what cannot be searched.

    Raises
    ------
    StudyError, ConditionError, ManifestError : as :func:`red_team`
    """
    space = techniques(request.searches, combine=request.combine)
    study = request.study
    problems = [] if request.top >= 1 else [f"the best {request.top} trials are nothing to confirm"]
    if request.budget < max(request.top, 1):
        problems.append(f"a budget of {request.budget} trials has no best {request.top}")
    engine = request.engine or study.engines[0]
    if not request.engine and len(study.engines) > 1:
        problems.append(f"the study has {len(study.engines)} engines: name one of {', '.join(study.engines)}")
    elif engine not in study.engines:
        problems.append(f"engine {engine!r} is not in the study, {choices(engine, study.engines)}")
    split = study.split or Split(attribute=request.attribute)
    if split.half != "explore":
        problems.append("its split is of the confirming half")
    study = study.model_copy(
        update={"split": split, "engines": (engine,), "attributes": (request.attribute,), "allocation": None}
    )
    utterances = [load_corpus(path, allow_dropped=study.allow_dropped).utterances for path in study.manifests]
    if not any(request.attribute in frame.columns for frame in utterances):
        problems.append(f"attribute {request.attribute!r} is in no manifest")
        _refuse(request, problems)
    by = study.model_copy(
        update={"split": split.model_copy(update={"attribute": split.attribute or request.attribute})}
    )
    if by.split_attribute != request.attribute:
        problems.append(f"the study's split is by {by.split_attribute!r}, not by {request.attribute!r}")
    halves = sides(by, utterances)
    enough = [side.group for side in halves if min(side.explore, side.confirm) >= LEAST]
    groups = [side.group for side in halves]
    for name in filter(None, (request.group, request.reference if request.reference != REST else "")):
        if name not in groups:
            problems.append(f"no group {name!r} in {request.attribute!r}, {choices(name, groups)}")
        elif name not in enough:
            side = halves[groups.index(name)]
            problems.append(
                f"{name!r} has {side.explore + side.confirm} speakers, {side.explore} to explore and {side.confirm} to "
                f"confirm: {LEAST} a side are needed, {2 * LEAST} in all"
            )
    if not enough:
        listing = ", ".join(f"{side.group} {side.explore + side.confirm}" for side in halves)
        problems.append(f"no group has {2 * LEAST} speakers, {LEAST} a side ({listing})")
    _refuse(request, problems)
    wanted = (request.group,) if request.group else tuple(name for name in enough if name != request.reference)
    return space, by, Objective(request.attribute, wanted, request.reference), halves


def _refuse(request: Request, problems: Sequence[str]) -> None:
    if problems:
        raise StudyError(
            "; ".join(problems), place=f"red team of study {request.study.name!r}", remedy="see docs/red-team.md"
        )


def _about(study: Study, conditions: Sequence[Condition]) -> Study:
    """Return the exploring study of some conditions, and clean."""
    heard = (parse_condition(CLEAN), *conditions)
    name = f"{study.name} (red team: {', '.join(condition.condition_id for condition in conditions)})"
    return study.model_copy(update={"name": name[:200], "conditions": heard})


def _result(
    ledger: Ledger,
    request: Request,
    halves: Sequence[Side],
    trials: Sequence[Trial],
    rows: pd.DataFrame,
    notes: Sequence[str],
) -> RedTeam:
    names = [f"{PRESET}{name}" for name, _ in _confirmed(ledger.red_team_id, rows)]
    few = [side.group for side in halves if min(side.explore, side.confirm) < LEAST]
    sentences = [f"too few speakers to be searched for: {', '.join(few)}"] if few else []
    if len(rows) and int(rows["use"].iloc[0]) > 1:
        sentences.append(
            f"use {int(rows['use'].iloc[0])} of these confirming speakers in this store: it may spend p <= {rows['alpha'].iloc[0]:.4f}"
        )
    return RedTeam(
        ledger.red_team_id, request, tuple(halves), trial_table(trials), rows, tuple(by_technique(trials, rows)), tuple(names),
        (*notes, *sentences),
    )  # fmt: skip


def _confirmed(red_team_id: str, rows: pd.DataFrame) -> list[tuple[str, dict[str, Any]]]:
    """Return the confirmed cells, each with the name of the preset that keeps its condition."""
    kept: list[dict[str, Any]] = rows[rows["verdict"] == "CONFIRMED"].to_dict("records")  # type: ignore[assignment]
    return [(f"redteam-{red_team_id}-{number}", row) for number, row in enumerate(kept, start=1)]


class _StoppedError(Exception):
    """Somebody asked for the search to stop."""
