"""Prepare: one task in, its audio out: read, put under each condition, measured. Pure, in any process or thread."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench import audio
from workbench.audio import Waveform
from workbench.conditions import Condition, CorpusPool, Original, Pairing, degrade
from workbench.errors import WorkbenchError
from workbench.runner.inputs import Inputs
from workbench.runner.work_list import Task
from workbench.study import Study

PIECE_S = 120.0
"""Seconds of degraded audio that are made of an utterance at a time: more conditions come later."""

UNKNOWN_S = 30.0
"""Taken for the length of an utterance whose length is not known."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A task whose audio is ready: per condition the waveform and its facts, or why there is none; and its digest."""

    task: Task
    waves: tuple[Waveform | None, ...]
    facts: tuple[dict[str, float], ...]
    errors: tuple[str, ...]
    digests: tuple[str | None, ...]

    @classmethod
    def failed(cls, task: Task, error: str) -> Prepared:
        """Return a task of which nothing can be heard."""
        n = len(task.conditions)
        return cls(task, (None,) * n, ({},) * n, (error,) * n, (None,) * n)


@dataclass(frozen=True, slots=True)
class Parts:
    """What preparing needs to know of the inputs of a run; small enough to send to another process."""

    study_json: str
    base: str
    corpora: tuple[pd.DataFrame, ...]
    listens: tuple[bool, ...]

    @classmethod
    def of(cls, inputs: Inputs) -> Parts:
        """Return the parts of these inputs."""
        frames = tuple(corpus.utterances for corpus in inputs.corpora)
        listens = tuple(engine.needs_audio for engine in inputs.engines)
        return cls(inputs.study.to_json(), str(inputs.study.base), frames, listens)


@dataclass
class Preparer:
    """Reads utterances and puts them under conditions. Safe to share by threads."""

    conditions: Sequence[Condition]
    corpora: Sequence[pd.DataFrame]
    listens: Sequence[bool]
    seed: int
    pairing: Pairing = "slot"
    base: Path = Path()
    _pools: dict[int, CorpusPool] = field(default_factory=dict)

    @classmethod
    def of(cls, parts: Parts) -> Preparer:
        """Return the preparer of a run."""
        study = Study.from_json(parts.study_json)
        return cls(study.conditions, parts.corpora, parts.listens, study.seed, study.pairing, Path(parts.base))

    def prepare(self, task: Task) -> Prepared:
        """Read the utterance and put it under each condition of the task."""
        conditions = [self.conditions[index] for index in task.conditions]
        row = task.utterance
        if not self.listens[task.engine]:
            n = len(conditions)
            named = tuple(_names_only(row, condition) for condition in conditions)
            return Prepared(task, named, ({},) * n, ("",) * n, (None,) * n)
        try:
            clean = read(row)
        except (WorkbenchError, MemoryError) as error:
            return Prepared.failed(task, _said(error))
        original = Original(clean)
        waves: list[Waveform | None] = []
        facts: list[dict[str, float]] = []
        errors: list[str] = []
        for condition in conditions:
            try:
                pool = self.pool(task.corpus) if condition.needs_speech_pool or condition.folders else None
                degraded = degrade(
                    clean,
                    condition,
                    slot=int(row["slot"]),
                    seed=self.seed,
                    pairing=self.pairing,
                    pool=pool,
                    original=original,
                )
                waves.append(degraded.wave)
                facts.append(dict(degraded.facts))
                errors.append("")
            except (WorkbenchError, MemoryError) as error:
                waves.append(None)
                facts.append({})
                errors.append(_said(error))
        digests = tuple(None if wave is None else audio.samples_digest(wave) for wave in waves)
        return Prepared(task, tuple(waves), tuple(facts), tuple(errors), digests)

    def pool(self, corpus: int) -> CorpusPool:
        """Return the speech of the whole corpus, for babble and speech-shaped noise, and the user's recordings."""
        if corpus not in self._pools:
            self._pools[corpus] = CorpusPool(self.corpora[corpus], base=self.base)
        return self._pools[corpus]


_here: Preparer | None = None


def start(parts: Parts) -> None:
    """Make this process ready to prepare the tasks of a run."""
    global _here
    _here = Preparer.of(parts)


def prepare_all(tasks: Sequence[Task]) -> list[Prepared]:
    """Prepare tasks in a process that was made ready."""
    if _here is None:
        raise RuntimeError("the process was not made ready to prepare audio")
    return [_here.prepare(task) for task in tasks]


def seconds(task: Task, conditions: Sequence[Condition]) -> float:
    """Return how much audio an engine is to hear of a task, about: the length of the utterance under each of its conditions."""
    clean_s = _length(task.utterance)
    return math.fsum(conditions[index].heard_s(clean_s) for index in task.conditions)


def pieces(task: Task) -> Iterator[Task]:
    """Yield a task in pieces of :data:`PIECE_S` or of one condition, so that an hour under 40 conditions fits into memory."""
    step = max(1, int(PIECE_S / max(_length(task.utterance), 0.001)))
    for begin in range(0, len(task.conditions), step):
        part = slice(begin, begin + step)
        yield replace(task, conditions=task.conditions[part], keys=task.keys[part])


def read(row: Any) -> Waveform:
    """Return the clean audio of an UTTERANCES row, with its names."""
    start_s, end_s = (
        None if value is None or math.isnan(value) else float(value) for value in (row["start_s"], row["end_s"])
    )
    channel = audio.channel_of(row["channel"])
    wave = audio.decode(audio.on_this_machine(str(row["path"])), start_s=start_s, end_s=end_s, channel=channel)
    return replace(wave, utterance_id=str(row["utterance_id"]), speaker_id=str(row["speaker_id"]))


def _said(error: Exception) -> str:
    return (
        str(error)
        if isinstance(error, WorkbenchError)
        else ": ".join(filter(None, ["memory did not suffice for it", str(error)]))
    )


def _length(row: Any) -> float:
    duration = row["duration_s"]
    return UNKNOWN_S if duration is None or math.isnan(duration) else float(duration)


def _names_only(row: Any, condition: Condition) -> Waveform:
    """Return an empty waveform that carries only names, for an engine that looks transcripts up."""
    return Waveform(
        np.zeros(0, dtype=np.float32),
        audio.SAMPLE_RATE,
        str(row["utterance_id"]),
        str(row["speaker_id"]),
        condition.condition_id,
    )
