"""Estimate: how long a study will take and what it will cost, from a few of its utterances decoded beforehand."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from workbench.conditions import Condition
from workbench.engines import Engine, load_engine
from workbench.engines.engine_process import answers, batch_size
from workbench.engines.protocol import audio_goes_to
from workbench.runner import task_audio
from workbench.runner.inputs import EngineLoader, resolve
from workbench.runner.task_audio import Parts, Prepared, Preparer
from workbench.runner.work_list import Task, plan, remaining
from workbench.store import Store
from workbench.study import Study

PROBE_UTTERANCES = 20
_Z = 1.96


@dataclass(frozen=True, slots=True)
class EngineEstimate:
    """What one engine has still to do. Times are seconds of one process; NaN with a ``reason`` where they are not known.

    ``decode_s`` lies with about 95 % between ``low_s`` and ``high_s`` as far as the probe goes: the machine may be busier
    then. ``fee`` is what its provider charges, at the price that the engine's name gives.
    """

    model_id: str
    transcripts: int
    audio_s: float
    decode_s: float
    low_s: float
    high_s: float
    fee: float
    currency: str
    probed: int
    reason: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a study has still to do and how long that takes. ``prepare_s`` is reading and degrading in one process."""

    study: str
    transcripts: int
    reused: int
    audio_s: float
    prepare_s: float
    engines: tuple[EngineEstimate, ...]
    workers: int
    cores: int
    notes: tuple[str, ...] = ()
    """What the run's record will note: where audio would be sent, what may be charged for it, what is not evaluated."""

    @property
    def seconds(self) -> float:
        """Wall-clock seconds with ``workers`` processes that decode; NaN where an engine could not be probed."""
        return self._wall(math.fsum(engine.decode_s for engine in self.engines))

    @property
    def low_s(self) -> float:
        """Lower end of :attr:`seconds`."""
        return self._wall(math.fsum(engine.low_s for engine in self.engines))

    @property
    def high_s(self) -> float:
        """Upper end of :attr:`seconds`."""
        return self._wall(math.fsum(engine.high_s for engine in self.engines))

    @property
    def fees(self) -> dict[str, float]:
        """What providers charge, by currency; NaN where a price is not known."""
        result: dict[str, float] = {}
        for engine in self.engines:
            if engine.currency or not math.isnan(engine.fee):
                result[engine.currency] = result.get(engine.currency, 0.0) + engine.fee
        return result

    def cost(self, price_per_hour: float) -> float:
        """Return the price of this machine for the time of the run, at ``price_per_hour`` of its whole."""
        return self.seconds / 3600.0 * price_per_hour

    def _wall(self, decode_s: float) -> float:
        """Every process decodes alone; all of them, and what prepares audio, share the processors."""
        return max(decode_s / self.workers, (decode_s + self.prepare_s) / self.cores)


def estimate(
    study: Study,
    *,
    store: Store | None = None,
    workers: int = 1,
    utterances: int = PROBE_UTTERANCES,
    engine_loader: EngineLoader = load_engine,
    on_progress: Callable[[int, int], None] | None = None,
) -> Estimate:
    """Return what ``study`` has still to do, and how long that takes by ``utterances`` decoded now for each engine.

    The probe takes utterances evenly spread over what is to do, each under one condition, the conditions in turn; the
    engine is warmed up first. Nothing is kept. With a ``store``, what it holds already is not counted. An engine that
    sends audio away is not probed, so that estimating costs nothing: only its fee is given.

    Raises
    ------
    StudyError, ManifestError, EngineError : what would stop the run
    """
    inputs = resolve(study, engine_loader=engine_loader)
    every = list(plan(inputs))
    total = sum(len(task.keys) for task in every)
    keys = [key for task in every for key in task.keys]
    left = list(remaining(iter(every), store.held(keys) if store is not None else set()))
    preparer = Preparer.of(Parts.of(inputs))
    result, prepare_s = [], 0.0
    for number, engine in enumerate(inputs.engines):
        tasks = [task for task in left if task.engine == number]
        engine_estimate, prepared_s = _engine(engine, tasks, preparer, utterances)
        result.append(engine_estimate)
        prepare_s += prepared_s
        if on_progress is not None:
            on_progress(number + 1, len(inputs.engines))
    to_do = sum(len(task.keys) for task in left)
    audio_s = math.fsum(task_audio.seconds(task, study.conditions) for task in left)
    cores = os.cpu_count() or 1
    return Estimate(
        study.name,
        to_do,
        total - to_do,
        audio_s,
        prepare_s,
        tuple(result),
        max(1, min(workers, cores)),
        cores,
        inputs.notes,
    )


def probe_of(tasks: Sequence[Task], utterances: int) -> list[Task]:
    """Return up to ``utterances`` tasks spread evenly, each with one of its conditions, in turn."""
    n = min(utterances, len(tasks))
    sample = [tasks[(2 * step + 1) * len(tasks) // (2 * n)] for step in range(n)]
    return [
        replace(task, conditions=(task.conditions[place],), keys=(task.keys[place],))
        for place, task in ((step % len(task.conditions), task) for step, task in enumerate(sample))
    ]


def _engine(engine: Engine, tasks: Sequence[Task], preparer: Preparer, utterances: int) -> tuple[EngineEstimate, float]:
    """Return the estimate of one engine, and the seconds in which its audio is prepared."""
    transcripts = sum(len(task.keys) for task in tasks)
    audio_s = math.fsum(task_audio.seconds(task, preparer.conditions) for task in tasks)
    fee, currency = _fee(engine, tasks, preparer.conditions)
    undecoded = EngineEstimate(
        engine.model_id, transcripts, audio_s, math.nan, math.nan, math.nan, fee, currency, 0, ""
    )  # fmt: skip
    if not tasks or not engine.needs_audio:
        return replace(undecoded, decode_s=0.0, low_s=0.0, high_s=0.0, reason="nothing to decode"), 0.0
    if audio_goes_to(engine):
        return replace(undecoded, reason="not probed: it sends audio to another machine, and may charge for it"), 0.0
    if not utterances:
        return replace(undecoded, reason="not probed"), 0.0
    probe = probe_of(tasks, utterances)
    began = time.perf_counter()
    prepared = [item for item in map(preparer.prepare, probe) if item.waves[0] is not None]
    prepare_s = time.perf_counter() - began
    if not prepared:
        return replace(undecoded, reason="none of the utterances tried could be read"), 0.0
    heard, spent = _decoded(engine, prepared)
    ratio, half = _ratio(spent, heard)
    return (
        replace(
            undecoded,
            decode_s=ratio * audio_s,
            low_s=max(0.0, ratio - half) * audio_s,
            high_s=(ratio + half) * audio_s,
            probed=len(prepared),
        ),
        prepare_s / math.fsum(heard) * audio_s,
    )


def _decoded(engine: Engine, prepared: Sequence[Prepared]) -> tuple[list[float], list[float]]:
    """Return per batch the seconds of audio and those of decoding; the first batch is decoded once before."""
    size = batch_size(engine)
    batches = [prepared[begin : begin + size] for begin in range(0, len(prepared), size)]
    answers(engine, [wave for item in batches[0] if (wave := item.waves[0]) is not None])
    heard, spent = [], []
    for batch in batches:
        began = time.perf_counter()
        answers(engine, [wave for item in batch if (wave := item.waves[0]) is not None])
        spent.append(time.perf_counter() - began)
        heard.append(math.fsum(wave.duration_s for item in batch if (wave := item.waves[0]) is not None))
    return heard, spent


def _ratio(spent: Sequence[float], heard: Sequence[float]) -> tuple[float, float]:
    """Return the ratio of two sums, and half of its 95 % interval (Cochran 1977, section 6.4); infinite for a single pair."""
    ratio = math.fsum(spent) / math.fsum(heard)
    n = len(spent)
    if n < 2:
        return ratio, math.inf
    residuals = np.asarray(spent) - ratio * np.asarray(heard)
    error = math.sqrt(float(np.sum(residuals**2)) / (n * (n - 1))) / (math.fsum(heard) / n)
    return ratio, _Z * error


def _fee(engine: Engine, tasks: Sequence[Task], conditions: Sequence[Condition]) -> tuple[float, str]:
    """Return what an engine's provider charges for tasks, and in which currency; nothing for one of this machine."""
    price = getattr(engine, "price", None)
    if price is None:
        return (math.nan if audio_goes_to(engine) else 0.0), ""
    durations = [
        conditions[index].heard_s(float(task.utterance["duration_s"] or math.nan))
        for task in tasks
        for index in task.conditions
    ]
    return float(price.cost(durations)), str(price.currency)


__all__ = ["PROBE_UTTERANCES", "EngineEstimate", "Estimate", "estimate", "probe_of"]
