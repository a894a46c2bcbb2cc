"""Adaptive runs: rounds of transcription that go where the declared gaps are still uncertain.

A study with an :class:`~workbench.study.Allocation` fixes beforehand the attribute, its reference group, the half-width that
every gap's 95 % interval shall have, and the first round. Each round transcribes whole speakers under a condition, in an
order that is drawn from their names and the study's seed, the same order under every condition. What the rule costs the
intervals is measured in ``docs/allocation.md``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import pandas as pd

from workbench import runner
from workbench.adaptive.allocation import CellState, half_width, next_round
from workbench.conditions import rng_for
from workbench.engines import load_engine
from workbench.errors import StudyError, choices
from workbench.fairness.counts.cells import SixSums, refuse_speakers_in_two_groups, six_sums, speaker_sums
from workbench.fairness.inference.stopping import STOPPING
from workbench.results import Results, load
from workbench.runner import Executor, Inputs, Progress, Unit
from workbench.runner.inputs import EngineLoader
from workbench.schema import NOT_STATED
from workbench.store import RunRecord, Store
from workbench.study import Allocation, Study

CAUTION = (
    "groups have as many speakers as their gaps needed, so rates over several groups together are not those of the corpus;"
    f" intervals of rates, gaps and their changes of groups with speakers left are {math.sqrt(STOPPING):.2g} times as wide, for stopping at a width makes them too"
    " narrow (docs/allocation.md)"
)


class Saving(NamedTuple):
    """What an adaptive run transcribed of what there was, and the gaps that it settled."""

    transcriptions: int
    of: int
    gaps: int
    settled: int

    def __str__(self) -> str:
        share = self.transcriptions / self.of if self.of else 0.0
        return (
            f"{self.transcriptions} of {self.of} transcriptions ({share:.0%}) were made;"
            f" {self.settled} of {self.gaps} gaps have the half-width that was asked for"
        )


class Rounds:
    """The rounds of one adaptive run: asked with the run so far, it says what to transcribe next."""

    def __init__(self, study: Study, store: Store) -> None:
        if study.allocation is None:
            raise StudyError("it has no allocation", place=f"study {study.name!r}", remedy="give it a target_ci")
        self.study, self.store, self.rule = study, store, study.allocation
        self.made = 0

    def __call__(self, run_id: str, inputs: Inputs, chosen: frozenset[Unit]) -> frozenset[Unit]:
        """Return the units of the next round; none when every gap is certain enough, out of speakers or out of rounds.

        Raises
        ------
        StudyError : no such attribute or reference group among what the study selects
        ScoringError : a speaker in two groups
        """
        if self.made == self.rule.rounds:
            return frozenset()
        self.made += 1
        people = speakers(inputs, self.rule, seed=self.study.seed)
        result = cell_sums(load(run_id, store=self.store), self.rule.attribute) if chosen else {}
        added: set[Unit] = set()
        for condition in self.study.conditions:
            name = condition.condition_id
            waiting = {
                group: [item for item in rows.index if _unit(item, name) not in chosen]
                for group, rows in people.items()
            }
            for engine in inputs.engines:
                if condition not in inputs.conditions_for(engine):
                    continue
                cells = {
                    group: CellState(
                        result.get((engine.model_id, name, group), SixSums()),
                        len(waiting[group]),
                        float(rows.mean()),
                    )
                    for group, rows in people.items()
                }
                more = next_round(
                    cells, reference=self.rule.reference, target=self.rule.target_ci, pilot=self.rule.pilot
                )
                added |= {_unit(item, name) for group, n in more.items() for item in waiting[group][:n]}
        return frozenset(added)

    def told(self, run_id: str, inputs: Inputs) -> str:
        """Return the remark of an adaptive run: what it saved, and what must not be read from it."""
        return f"adaptive run by {self.rule.attribute}: {self.saving(run_id, inputs)}; {CAUTION}"

    def saving(self, run_id: str, inputs: Inputs) -> Saving:
        """Return what the run has transcribed, of what there was, and the gaps that it settled."""
        results = load(run_id, store=self.store)
        every = sum(len(inputs.conditions_for(engine)) for engine in inputs.engines)
        sums = cell_sums(results, self.rule.attribute)
        gaps = [
            half_width(cell, sums[model, condition, self.rule.reference])
            for (model, condition, group), cell in sums.items()
            if group != self.rule.reference and (model, condition, self.rule.reference) in sums
        ]
        return Saving(
            len(results.scores),
            every * sum(len(frame) for frame in inputs.selected),
            len(gaps),
            sum(width <= self.rule.target_ci for width in gaps),
        )


def with_target(study: Study, target_ci: float, *, by: str | None = None, reference: str | None = None) -> Study:
    """Return the study with an allocation: what is not named is the study's first attribute, and its own allocation's.

    Raises
    ------
    StudyError : no attribute or no reference group, or a half-width that is not between 0 and 1
    """
    own = study.allocation
    fields = own.model_dump() if own is not None else {"attribute": next(iter(study.attributes), "")}
    wanted = {"target_ci": target_ci, "attribute": by, "reference": reference}
    fields |= {name: value for name, value in wanted.items() if value is not None}
    return Study.create({**study.model_dump(exclude={"base"}), "allocation": fields}, base=study.base)


def rounds_of(study: Study, store: Store) -> Rounds | None:
    """Return what decides on the rounds of a study; None if it is transcribed whole."""
    return None if study.allocation is None else Rounds(study, store)


def run(
    study: Study,
    *,
    store: Store,
    workers: int = 1,
    executor: Executor | None = None,
    engine_loader: EngineLoader = load_engine,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    retry_failed: bool = False,
) -> RunRecord:
    """Run a study, in rounds if it has an allocation, and return its record: see :func:`workbench.runner.run`."""
    return runner.run(
        study, store=store, workers=workers, executor=executor, engine_loader=engine_loader, on_progress=on_progress,
        should_stop=should_stop, retry_failed=retry_failed, rounds=rounds_of(study, store),
    )  # fmt: skip


def _unit(person: tuple[str, str], condition_id: str) -> Unit:
    return Unit(person[0], person[1], condition_id)


def speakers(inputs: Inputs, rule: Allocation, *, seed: int) -> dict[str, pd.Series]:
    """Return, by group, the utterances of each speaker (corpus_id, speaker_id) in the order in which speakers come.

    Raises
    ------
    StudyError : no such attribute or reference group among what the study selects
    ScoringError : a speaker in two groups
    """
    frame = pd.concat(inputs.selected, ignore_index=True)
    place = f"study {inputs.study.name!r}"
    if rule.attribute not in frame.columns:
        raise StudyError(f"allocation: attribute {rule.attribute!r} is in no manifest", place=place)
    keys = ["corpus_id", "speaker_id"]
    frame = frame[[*keys, rule.attribute]].assign(
        **{rule.attribute: frame[rule.attribute].astype("str").fillna(NOT_STATED)}
    )
    refuse_speakers_in_two_groups(frame, rule.attribute, keys)
    counted = frame.groupby([rule.attribute, *keys], sort=True).size()
    groups = sorted(counted.index.unique(level=0))
    if rule.reference not in groups:
        raise StudyError(
            f"allocation: no group {rule.reference!r} in {rule.attribute!r}",
            place=place,
            remedy=choices(rule.reference, groups),
        )
    drawn = {key: rng_for("allocation", "/".join(key), seed=seed).random() for key in counted.droplevel(0).index}
    return {
        group: rows.loc[sorted(rows.index, key=lambda key: drawn[key])]
        for group, rows in ((group, counted.xs(group, level=0)) for group in groups)
    }


def cell_sums(results: Results, attribute: str) -> dict[tuple[str, ...], SixSums]:
    """Return the six sums of every model x condition x group that has scores."""
    scores = results.scores
    if scores.empty:
        return {}
    sums = speaker_sums(scores, [attribute], method="linearised", empty_references="separate")
    return six_sums(sums, ["model_id", "condition_id", attribute])
