"""A trial: one recording under some conditions, transcribed by some engines at once; nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workbench.audio import Waveform
from workbench.conditions import Condition, Degraded, SpeechPool, degrade
from workbench.engines import Engine, EngineFailure
from workbench.engines.engine_process import answers
from workbench.errors import AudioError, ConditionError


@dataclass(frozen=True, slots=True)
class Trial:
    """What one engine wrote under one condition. ``text`` is None, and ``reason`` says why, where there is no transcript."""

    model_id: str
    condition_id: str
    degraded: Degraded | None
    text: str | None
    reason: str = ""


def trials(
    wave: Waveform,
    conditions: Sequence[Condition],
    engines: Sequence[Engine],
    *,
    seed: int,
    pool: SpeechPool | None = None,
) -> Iterator[Trial]:
    """Yield what each of ``engines`` writes of ``wave`` under each of ``conditions``, engine by engine; nothing is kept.

    A condition that cannot be applied to this recording, or an engine that fails on it, is a trial with its reason.
    """
    heard: list[tuple[Condition, Degraded | None, str]] = []
    for condition in conditions:
        try:
            heard.append((condition, degrade(wave, condition, slot=0, seed=seed, pool=pool), ""))
        except (AudioError, ConditionError) as error:
            heard.append((condition, None, str(error)))
    for engine in engines:
        for condition, degraded, reason in heard:
            text: str | None = None
            if degraded is not None:
                (answer,) = answers(engine, [degraded.wave])
                text, reason = (None, answer.error) if isinstance(answer, EngineFailure) else (answer.text, "")
            yield Trial(engine.model_id, condition.condition_id, degraded, text, reason)
