"""Transcribe: what an engine answered, as TRANSCRIPTS rows; a failure becomes a row with its reason."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from workbench.audio import Waveform
from workbench.conditions import Condition
from workbench.engines import Engine, EngineFailure, Transcript
from workbench.engines.contract import storable
from workbench.runner.task_audio import Prepared

FROM_ENGINE = "engine_"
"""Before the name of a number that the engine gave (``engine_avg_logprob``), beside what was measured on the audio."""

Rows = list[dict[str, Any]]


class Item(NamedTuple):
    """One transcript to make: a task whose audio is ready, and which of its conditions."""

    prepared: Prepared
    position: int

    @property
    def wave(self) -> Waveform | None:
        """The audio to listen to, if there is any."""
        return self.prepared.waves[self.position]

    @property
    def seconds(self) -> float:
        """Length of the utterance as its corpus has it, NaN where that is not known."""
        duration = self.prepared.task.utterance["duration_s"]
        return math.nan if duration is None else float(duration)


def items_of(prepared: Prepared) -> list[Item]:
    """Return the transcripts to make of a task."""
    return [Item(prepared, position) for position in range(len(prepared.task.conditions))]


def unheard(item: Item) -> EngineFailure:
    """Return why there is nothing to listen to."""
    return EngineFailure(item.prepared.errors[item.position], 0.0)


def row(
    item: Item, answer: Transcript | EngineFailure, *, conditions: Sequence[Condition], engine: Engine
) -> dict[str, Any]:
    """Return the TRANSCRIPTS row of an answer."""
    prepared, position = item
    facts = prepared.facts[position]
    snr = facts.get("achieved_snr_db")
    extra = {} if isinstance(answer, EngineFailure) else {FROM_ENGINE + name: n for name, n in answer.extra.items()}
    return {
        "transcript_key": prepared.task.keys[position],
        "condition_id": conditions[prepared.task.conditions[position]].condition_id,
        "model_id": engine.model_id,
        "status": "failed" if isinstance(answer, EngineFailure) else "ok",
        "error": storable(answer.error) if isinstance(answer, EngineFailure) else None,
        "hypothesis_raw": None if isinstance(answer, EngineFailure) else answer.text,
        "confidence": None if isinstance(answer, EngineFailure) else answer.confidence,
        "decode_s": answer.decode_s if math.isfinite(answer.decode_s) else None,
        "duration_s": None if math.isnan(item.seconds) else item.seconds,
        "audio_digest": prepared.digests[position],
        "achieved_snr_db": snr if snr is not None and math.isfinite(snr) else None,
        "facts": json.dumps({name: value for name, value in {**facts, **extra}.items() if math.isfinite(value)}),
    }
