"""Regression suite: conditions that once did harm, run again on every new model.

A suite is a TOML file: one study's corpora, seed, normaliser and margin, an attribute, and the conditions that are remembered, each
with the run that holds the transcripts to compare with. A new model fails where ``fairness.comparison.gap_checks`` says WORSE;
Holm's method is over all groups and conditions of the suite, so that a longer suite raises no more false alarms.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench import runner
from workbench.conditions import parse_condition
from workbench.engines import load_engine
from workbench.errors import StudyError, choices
from workbench.fairness.comparison.systems import gap_checks
from workbench.fairness.group_gaps.gaps import REST
from workbench.files import contents
from workbench.files.toml import toml_fields
from workbench.results import load, rescored
from workbench.runner import Progress
from workbench.runner.inputs import EngineLoader
from workbench.runner.recording_folders import look
from workbench.schema import CLEAN
from workbench.store import RunRecord, Store
from workbench.study import Study

OF_A_STUDY = ("corpus", "seed", "normaliser", "margin", "pairing", "filter", "allow_dropped", "cluster")
"""What all runs of a suite have in common: what else a study says is of its engines, conditions and halves."""


class Remembered(BaseModel):
    """One condition of a suite, and the run whose transcripts under it are compared with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    run: str
    model: str
    corpora: tuple[str, ...]
    """Fingerprints of the corpora that the run heard."""
    recordings: dict[str, str] = Field(default_factory=dict)
    """Digests of the folders of recordings that the condition plays."""
    note: str = ""


class Suite(BaseModel):
    """A regression suite as its file has it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    attribute: str
    reference: str = REST
    study: dict[str, Any]
    condition: tuple[Remembered, ...] = ()


@dataclass(frozen=True, eq=False)
class SuiteResult:
    """What a new model did under the conditions of a suite: GAP_CHECKS against the remembered runs, and its own run."""

    checks: pd.DataFrame
    run_id: str
    notes: tuple[str, ...]

    @property
    def worse(self) -> pd.DataFrame:
        """The gaps that got worse: any of them fails the suite."""
        return self.checks[self.checks["verdict"] == "WORSE"].reset_index(drop=True)


def read(path: Path) -> Suite:
    """Return the suite of a file.

    Raises
    ------
    StudyError : no file, no TOML, or fields that are not those of a suite
    """
    try:
        fields = toml_fields(contents(path, called="suite", fails=StudyError))
        return Suite.model_validate(fields)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f"not a TOML file: {error}", place=str(path)) from None
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
        raise StudyError("; ".join(lines), place=str(path), remedy="make it with: workbench suite add") from None


def add(
    path: Path,
    run_id: str,
    condition: str,
    *,
    attribute: str = "",
    reference: str = REST,
    model: str = "",
    note: str = "",
    store: Store,
) -> Suite:
    """Remember a condition of a run in a suite, which is made if it is not there, and return the suite.

    Parameters
    ----------
    attribute, reference : whose gaps are checked; only of a new suite. Default: the study's first attribute
    model : which of the run's models is remembered, if there are several

    Raises
    ------
    StudyError : a run of another corpus, seed or normaliser than the suite's; a condition or model that the run does not have, or
        that is in the suite already
    """
    results = load(run_id, store=store)
    study, record = results.study, results.run
    shared = _shared(study, path)
    wanted = attribute or next(iter(results.attributes), "")
    suite = read(path) if path.exists() else Suite(attribute=wanted, reference=reference, study=shared)
    problems = []
    if condition not in results.conditions:
        problems.append(f"the run has no condition {condition!r}, {choices(condition, results.conditions)}")
    if wanted not in results.declared and attribute:
        problems.append(f"no attribute {attribute!r} in the run, {choices(attribute, results.declared)}")
    if attribute and suite.attribute != attribute:
        problems.append(f"the suite checks gaps by {suite.attribute!r}: begin another for {attribute!r}")
    if condition in {item.id for item in suite.condition}:
        problems.append(f"{condition} is in the suite already")
    for name in OF_A_STUDY:
        if suite.study.get(name) != shared.get(name):
            problems.append(f"{name} is {shared.get(name)!r}, the suite's is {suite.study.get(name)!r}")
    models = results.tables.models
    if (model or models[0]) not in models or (not model and len(models) > 1):
        problems.append(f"name one of the run's models: {', '.join(models)}")
    if problems:
        raise StudyError("; ".join(problems), place=f"{path}, run {record.run_id}", remedy="a suite is of one study")
    remembered = Remembered(
        id=condition, run=record.run_id, model=model or models[0], corpora=record.corpora,
        recordings=dict(look(study, [parse_condition(condition)]).digests), note=note,
    )  # fmt: skip
    suite = suite.model_copy(update={"condition": (*suite.condition, remembered)})
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(tomli_w.dumps(suite.model_dump(mode="json", exclude_defaults=True)), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise StudyError(f"cannot be written: {error.strerror}", place=str(path)) from None
    return suite


def remember(path: Path, confirmations: pd.DataFrame, *, store: Store) -> int:
    """Remember every confirmed condition of CONFIRMATIONS that the suite does not have; return how many were added.

    Raises
    ------
    StudyError : as :func:`add`
    """
    kept_ids = {item.id for item in read(path).condition} if path.exists() else set()
    rows = confirmations[confirmations["verdict"] == "CONFIRMED"].drop_duplicates("condition_id").to_dict("records")
    new = [row for row in rows if row["condition_id"] not in kept_ids]
    for row in new:
        add(
            path, str(row["run_id"]), str(row["condition_id"]), attribute=str(row["attribute"]),
            reference=str(row["reference_group"]), model=str(row["model_id"]), store=store,
            note=f"red team: {100 * float(row['confirmed']):+.1f} points for {row['group']} on other speakers",
        )  # fmt: skip
    return len(new)


def run_suite(
    path: Path,
    engine: str,
    *,
    store: Store,
    workers: int = 1,
    engine_loader: EngineLoader = load_engine,
    on_progress: Callable[[Progress], None] | None = None,
) -> SuiteResult:
    """Run every remembered condition on a new engine and compare its gaps with the remembered ones.

    Raises
    ------
    StudyError : an empty suite; corpora or recordings that have changed since, each named; a run that has gone
    """
    suite = read(path)
    if not suite.condition:
        raise StudyError(
            "no condition is remembered", place=str(path), remedy="workbench suite add SUITE RUN CONDITION"
        )
    study = _study(suite, path, engine)
    recordings = look(study, list(study.conditions)).digests
    changed = [
        f"{item.id}: the recordings in {folder} have changed"
        for item in suite.condition
        for folder, digest in item.recordings.items()
        if recordings.get(folder) != digest
    ]
    record = _finished(runner.run(
        study, store=store, executor=runner.Local(workers, engine_loader), engine_loader=engine_loader,
        on_progress=on_progress,
    ))  # fmt: skip
    changed += [
        f"{item.id}: the corpus has changed since run {item.run}"
        for item in suite.condition
        if set(item.corpora) != set(record.corpora)
    ]
    if changed:
        raise StudyError(
            "; ".join(changed),
            place=str(path),
            remedy="remember the conditions anew: nothing old can be compared with it",
        )
    new = load(record.run_id, store=store)
    parts = []
    for item in suite.condition:
        old = load(item.run, store=store)
        if old.normaliser_id != new.normaliser_id:
            old = rescored(old, new.normaliser_id)
        # One name for the old side: conditions may have been remembered from different models.
        parts.append(old.rows(model_id=item.model, condition_id=item.id).assign(model_id="remembered"))
    rows = new.scores[new.scores["condition_id"].isin([item.id for item in suite.condition])]
    checks = gap_checks(
        pd.concat(parts, ignore_index=True), rows, [suite.attribute], reference=suite.reference, margin=study.margin,
        system="remembered", versus=new.tables.models[0],
    )  # fmt: skip
    models = sorted({item.model for item in suite.condition})
    notes = (f"remembered of {', '.join(models)}; Holm over {len(checks)} comparisons of the suite",)
    return SuiteResult(checks, record.run_id, notes)


def _finished(record: RunRecord) -> RunRecord:
    if not record.finished:
        raise StudyError(f"the run of the suite is {record.state}", place=f"run {record.run_id}", remedy="run it again")
    return record


def _shared(study: Study, path: Path) -> dict[str, Any]:
    """Return what a suite keeps of a study, in JSON's own types; paths of manifests relative to the suite."""
    fields = {name: value for name, value in json.loads(study.to_json()).items() if name in OF_A_STUDY}
    here = path.resolve().parent
    return fields | {"corpus": [os.path.relpath(manifest.resolve(), here) for manifest in study.manifests]}


def _study(suite: Suite, path: Path, engine: str) -> Study:
    ids = [item.id for item in suite.condition]
    conditions = ids if CLEAN in ids else [CLEAN, *ids]
    fields = {
        **suite.study, "name": f"{path.stem} on {engine}", "engines": [engine], "conditions": conditions,
        "attributes": [suite.attribute],
    }  # fmt: skip
    return Study.create(fields, base=path.resolve().parent, place=str(path))
