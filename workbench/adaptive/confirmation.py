"""Confirmation: cells that were found on the exploring speakers, tested once on the confirming ones.

The confirming speakers are heard in a run of its own, whose study says what was declared. Each such run is one use of them:
the i-th use in a store spends alpha = 5 % x 6 / (pi^2 i^2), so that all uses together, however many come, raise a false alarm
in at most 5 % of the cases where nothing is there. Cells that are declared together share one use by Holm's method.

Source: spending of alpha over a series that may go on for ever, Foster & Stine 2008, J. R. Stat. Soc. B 70: 429-444; sum of
1 / i^2 is pi^2 / 6.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence

import pandas as pd

from workbench import runner
from workbench.adaptive.kept_confirmations import keep
from workbench.engines import load_engine
from workbench.errors import ScoringError, StudyError, choices
from workbench.fairness.changes.declared_cell import Cell, CellTest, cell_test
from workbench.fairness.counts.frames import joined, typed
from workbench.fairness.group_gaps.gaps import REST
from workbench.fairness.inference.multiplicity import holm
from workbench.fairness.inference.verdicts import ALPHA, ENOUGH_SPEAKERS
from workbench.results import Results, load
from workbench.runner import Executor, Progress
from workbench.runner.inputs import EngineLoader
from workbench.schema import CLEAN, CONFIRMATIONS
from workbench.store import RunRecord, Store
from workbench.study import Study


def spent(use: int, *, alpha: float = ALPHA) -> float:
    """Return what the ``use``-th confirmation (from 1) on the same speakers may spend of ``alpha``.

    >>> [round(spent(use), 4) for use in (1, 2, 3)]
    [0.0304, 0.0076, 0.0034]
    """
    return alpha * 6.0 / (math.pi * use) ** 2


def confirm(
    run_id: str,
    condition: str,
    *,
    attribute: str,
    group: str,
    reference: str = REST,
    model: str | None = None,
    store: Store,
    workers: int = 1,
    executor: Executor | None = None,
    engine_loader: EngineLoader = load_engine,
    on_progress: Callable[[Progress], None] | None = None,
) -> pd.DataFrame:
    """Return CONFIRMATIONS of one cell of an exploring run: heard and computed on the other half of the speakers alone.

    Parameters
    ----------
    run_id : a run whose study has a split, of the half that explores
    condition : of that run; ``clean`` tests the gap itself, any other what it adds to the gap
    attribute, group, reference : whose figure it is; its sign on the exploring speakers is the direction that is tested
    model : default: the run's only one

    Raises
    ------
    StudyError : a run without a split, or of the half that confirms; several models and none named
    ScoringError : no such group or condition; too few confirming speakers are a verdict, not an error
    StoreError, EngineError : as ``workbench.run``
    """
    explored = load(run_id, store=store)
    model_id = _model(explored, model)
    cell = Cell(attribute, group, condition, reference)
    before = cell_test(explored.rows(model_id=model_id), cell, permutations=1)
    if math.isnan(before.change):
        raise ScoringError(f"no figure on the exploring speakers: {before.reason}", place=f"run {run_id}")
    spec = next(
        spec for spec, info in zip(explored.study.engines, explored.models, strict=True) if info.model_id == model_id
    )
    study = explored.study.model_copy(update={"engines": (spec,)})
    return confirm_cells(
        study, [cell], [before], store=store, executor=executor or runner.Local(workers, engine_loader),
        engine_loader=engine_loader, on_progress=on_progress,
    )  # fmt: skip


def confirm_cells(
    study: Study,
    cells: Sequence[Cell],
    explored: Sequence[CellTest],
    *,
    store: Store,
    executor: Executor,
    engine_loader: EngineLoader = load_engine,
    on_progress: Callable[[Progress], None] | None = None,
) -> pd.DataFrame:
    """Return CONFIRMATIONS of cells that were declared together: one run on the confirming speakers, one use of them.

    ``study`` is the exploring one, with a single engine; ``explored`` is what its speakers gave, cell by cell.
    """
    asked = confirming(study, cells)
    record = runner.run(
        asked, store=store, executor=executor, engine_loader=engine_loader, on_progress=on_progress
    )  # fmt: skip
    if not record.finished:
        raise StudyError(
            f"the confirming run is {record.state}", place=f"run {record.run_id}", remedy="confirm again to go on"
        )
    scores = load(record.run_id, store=store).scores
    use = use_of(record, store)
    rows = confirmations(scores, cells, explored, use=use)
    looked = looked_at_before(record, store)
    remark = (
        f"{looked} runs in this store heard confirming speakers without this split: who looked at them has seen these"
        if looked
        else ""
    )
    rows = rows.assign(run_id=record.run_id, reason=[joined([reason, remark]) for reason in rows["reason"]])
    keep(rows)
    return rows


def confirming(study: Study, cells: Sequence[Cell]) -> Study:
    """Return the study of the confirming half: the conditions of the cells, and in its split what is declared.

    Raises
    ------
    StudyError : a study without a split, or of the half that confirms already
    """
    if study.split is None or study.split.half != "explore":
        problem = "it has no split" if study.split is None else "it is of the confirming half itself"
        raise StudyError(
            problem,
            place=f"study {study.name!r}",
            remedy="explore with [split] explore = 0.5 in the study, then confirm",
        )
    wanted = {CLEAN, *(cell.condition_id for cell in cells)}
    conditions = tuple(condition for condition in study.conditions if condition.condition_id in wanted)
    split = study.split.model_copy(update={"half": "confirm", "cells": tuple(map(str, cells))})
    name = f"{study.name} (confirmation)"
    return study.model_copy(update={"name": name, "conditions": conditions, "split": split, "allocation": None})


def confirmations(
    scores: pd.DataFrame,
    cells: Sequence[Cell],
    explored: Sequence[CellTest],
    *,
    use: int = 1,
    permutations: int = 9_999,
) -> pd.DataFrame:
    """Return CONFIRMATIONS of SCORES of the confirming speakers, one model; cells that were declared together."""
    tests = [
        _tested(scores, cell, math.copysign(1.0, before.change), permutations)
        for cell, before in zip(cells, explored, strict=True)
    ]
    adjusted = holm([test.p_value for test in tests])
    alpha = spent(use)
    rows = []
    for cell, before, test, p in zip(cells, explored, tests, adjusted, strict=True):
        few = min(test.n_speakers, test.n_speakers_reference) < ENOUGH_SPEAKERS or math.isnan(p)
        rows.append(
            {
                "model_id": scores["model_id"].iloc[0],
                "condition_id": cell.condition_id,
                "attribute": cell.attribute,
                "group": cell.group,
                "reference_group": cell.reference,
                "explored": before.change,
                "explored_low": before.ci_low,
                "explored_high": before.ci_high,
                "n_speakers": test.n_speakers,
                "n_speakers_reference": test.n_speakers_reference,
                "confirmed": test.change,
                "ci_low": test.ci_low,
                "ci_high": test.ci_high,
                "p_value": test.p_value,
                "p_adjusted": p,
                "alpha": alpha,
                "use": use,
                "verdict": "TOO FEW SPEAKERS" if few else "CONFIRMED" if p <= alpha else "NOT CONFIRMED",
                "run_id": "",
                "reason": test.reason,
            }
        )
    return typed(rows, CONFIRMATIONS, CONFIRMATIONS.column_names)


def _tested(scores: pd.DataFrame, cell: Cell, direction: float, permutations: int) -> CellTest:
    """Return the test of a cell; a group of whom nobody confirms has too few speakers."""
    groups = scores[cell.attribute].astype("str")
    if cell.group not in set(groups):
        speakers = scores.loc[groups != cell.group, ["corpus_id", "speaker_id"]].drop_duplicates()
        nan = math.nan
        return CellTest(nan, nan, nan, nan, 0, len(speakers), f"{cell.group}: no confirming speaker")
    test = cell_test(scores, cell, direction=direction, permutations=permutations)
    few = min(test.n_speakers, test.n_speakers_reference) < ENOUGH_SPEAKERS
    return test._replace(p_value=math.nan) if few else test


def use_of(record: RunRecord, store: Store) -> int:
    """Return the how-manieth use of the confirming speakers of its corpora a run is, from 1.

    Every confirming run that heard a speaker counts, whatever attribute, seed or version of the corpus it was of.
    """
    names: dict[str, str] = {}

    def corpora(run: RunRecord) -> set[str]:
        for fingerprint in run.corpora:
            if fingerprint not in names:
                names[fingerprint] = store.corpus_info(fingerprint).corpus_id
        return {names[fingerprint] for fingerprint in run.corpora}

    own = corpora(record)
    earlier = store.runs()
    older = earlier[[run.run_id for run in earlier].index(record.run_id) + 1 :]
    return 1 + sum(run.done > 0 and _half_of(run) == "confirm" and bool(own & corpora(run)) for run in older)


def looked_at_before(record: RunRecord, store: Store) -> int:
    """Return how many earlier runs on the same corpora heard confirming speakers outside of any confirmation."""
    split, older = _split_of(record), False
    count = 0
    for run in store.runs():
        if older and run.done and set(run.corpora) & set(record.corpora):
            other = _split_of(run)
            same = run.seed == record.seed and all(
                other.get(name) == split.get(name) for name in ("explore", "attribute")
            )
            count += not other or (other.get("half") != "confirm" and not same)
        older |= run.run_id == record.run_id
    return count


def _split_of(run: RunRecord) -> dict[str, object]:
    split = json.loads(run.study_json).get("split")
    return dict(split) if split else {}


def _half_of(run: RunRecord) -> object:
    return _split_of(run).get("half")


def _model(results: Results, model: str | None) -> str:
    models = results.tables.models
    if model is None and len(models) == 1:
        return models[0]
    if model in models:
        return str(model)
    problem = f"no model {model!r}" if model else f"the run has {len(models)} models"
    raise StudyError(problem, place=f"run {results.run.run_id}", remedy=choices(model or "", models))
