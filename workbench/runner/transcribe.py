"""Transcribe: one task in, TRANSCRIPTS rows out. Reads, degrades and decodes; a failure becomes a row with its reason."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench import audio
from workbench.audio import Waveform
from workbench.conditions import Condition, CorpusPool, Original, Pairing, degrade
from workbench.engines import Engine, EngineFailure, Transcript
from workbench.errors import EngineStoppedError, WorkbenchError
from workbench.runner.plan import Task

FROM_ENGINE = "engine_"
"""Before the name of a number that the engine gave (``engine_avg_logprob``), beside what was measured on the audio."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A task whose audio is ready: per condition the waveform and its facts, or why there is none."""

    task: Task
    waves: tuple[Waveform | None, ...]
    facts: tuple[dict[str, float], ...]
    errors: tuple[str, ...]


@dataclass
class Transcriber:
    """Turns tasks into TRANSCRIPTS rows with the conditions and engines of one run."""

    conditions: Sequence[Condition]
    engines: Sequence[Engine]
    corpora: Sequence[pd.DataFrame]
    seed: int
    pairing: Pairing = "slot"
    base: Path = Path()
    _pools: dict[int, CorpusPool] = field(default_factory=dict)

    def prepare(self, task: Task) -> Prepared:
        """Read the utterance and put it under each condition of the task."""
        chosen = [self.conditions[index] for index in task.conditions]
        row = task.utterance
        if not self.engines[task.engine].needs_audio:
            named = [_names_only(row, condition) for condition in chosen]
            return Prepared(task, tuple(named), ({},) * len(chosen), ("",) * len(chosen))
        try:
            clean = read(row)
        except WorkbenchError as error:
            return Prepared(task, (None,) * len(chosen), ({},) * len(chosen), (str(error),) * len(chosen))
        original = Original(clean)
        waves: list[Waveform | None] = []
        facts: list[dict[str, float]] = []
        errors: list[str] = []
        for condition in chosen:
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
            except WorkbenchError as error:
                waves.append(None)
                facts.append({})
                errors.append(str(error))
        return Prepared(task, tuple(waves), tuple(facts), tuple(errors))

    def decode(self, prepared: Prepared) -> list[dict[str, Any]]:
        """Let the engine write down what it hears; return one TRANSCRIPTS row per condition of the task."""
        engine = self.engines[prepared.task.engine]
        heard = [wave for wave in prepared.waves if wave is not None]
        answers = iter(_transcribe(engine, heard))
        rows = []
        for position, (index, key) in enumerate(zip(prepared.task.conditions, prepared.task.keys, strict=True)):
            wave = prepared.waves[position]
            answer = EngineFailure(prepared.errors[position], 0.0) if wave is None else next(answers)
            rows.append(
                _row(key, self.conditions[index], engine, prepared.task, wave, answer, prepared.facts[position])
            )
        return rows

    def pool(self, corpus: int) -> CorpusPool:
        """Return the speech of the whole corpus, for babble and speech-shaped noise, and the user's recordings."""
        if corpus not in self._pools:
            self._pools[corpus] = CorpusPool(self.corpora[corpus], base=self.base)
        return self._pools[corpus]


def read(row: Any) -> Waveform:
    """Return the clean audio of an UTTERANCES row, with its names."""
    start, end = (
        None if value is None or math.isnan(value) else float(value) for value in (row["start_s"], row["end_s"])
    )
    wave = audio.decode(Path(row["path"]), start_s=start, end_s=end)
    return Waveform(wave.samples, wave.sample_rate, str(row["utterance_id"]), str(row["speaker_id"]))


def _names_only(row: Any, condition: Condition) -> Waveform:
    """Return an empty waveform that carries only names, for an engine that looks transcripts up."""
    return Waveform(
        np.zeros(0, dtype=np.float32),
        audio.SAMPLE_RATE,
        str(row["utterance_id"]),
        str(row["speaker_id"]),
        condition.condition_id,
    )


def _transcribe(engine: Engine, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
    """Call the engine; if it breaks on the batch, find out on which utterance by asking one at a time.

    Raises
    ------
    EngineStoppedError : the engine says that it can transcribe nothing more
    """
    if not batch:
        return []
    try:
        return engine.transcribe(batch)
    except EngineStoppedError:
        raise
    except Exception as error:
        if len(batch) == 1:
            return [EngineFailure(f"{type(error).__name__}: {error}", 0.0)]
        return [answer for wave in batch for answer in _transcribe(engine, [wave])]


def _row(
    key: str, condition: Condition, engine: Engine, task: Task, wave: Waveform | None,
    answer: Transcript | EngineFailure, facts: dict[str, float],
) -> dict[str, Any]:  # fmt: skip
    failed = isinstance(answer, EngineFailure)
    snr = facts.get("achieved_snr_db")
    extra = {} if isinstance(answer, EngineFailure) else {FROM_ENGINE + name: n for name, n in answer.extra.items()}
    duration = task.utterance["duration_s"]
    return {
        "transcript_key": key,
        "condition_id": condition.condition_id,
        "model_id": engine.model_id,
        "status": "failed" if failed else "ok",
        "error": answer.error if isinstance(answer, EngineFailure) else None,
        "hypothesis_raw": None if isinstance(answer, EngineFailure) else answer.text,
        "confidence": None if isinstance(answer, EngineFailure) else answer.confidence,
        "decode_s": answer.decode_s,
        "duration_s": None if duration is None or math.isnan(duration) else float(duration),
        "audio_digest": audio.samples_digest(wave) if wave is not None and engine.needs_audio else None,
        "achieved_snr_db": snr if snr is not None and math.isfinite(snr) else None,
        "facts": json.dumps({name: value for name, value in {**facts, **extra}.items() if math.isfinite(value)}),
    }
