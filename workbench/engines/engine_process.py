"""Engines that listen in another process: what that process does, and what stands for the engine in this one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.audio import Waveform
from workbench.engines.contract import kept
from workbench.engines.protocol import HALT, Engine, EngineFailure, Transcript, audio_goes_to, warning_of
from workbench.engines.remote import Price, price
from workbench.errors import EngineStoppedError

BATCH_SIZE = 4
"""Waveforms in a call where an engine does not say (``batch_size``) how many it likes."""

EngineLoader = Callable[..., Engine]

_loaded: dict[str, Engine] = {}


@dataclass(frozen=True, slots=True)
class Unasked:
    """In the place of an answer: the engine stopped before it had one. No row comes of it, so that the next run asks for it."""

    stopped: EngineStoppedError


@dataclass(frozen=True, slots=True)
class Described:
    """An engine that is loaded elsewhere: everything that :class:`Engine` says of itself, but it listens there."""

    engine: str
    model_id: str
    version: str
    digest: str
    options: Mapping[str, Any]
    conditions: frozenset[str] | None
    needs_audio: bool
    batch_size: int
    audio_goes_to: str = ""
    warning: str = ""
    price: Price | None = None
    halts: bool = False

    def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
        """Raise RuntimeError: the runner sends the batch to where the engine is."""
        raise RuntimeError(f"{self.model_id} is loaded in another process")


def batch_size(engine: Engine) -> int:
    """Return how many waveforms an engine likes to be given at a time."""
    return max(1, int(getattr(engine, "batch_size", BATCH_SIZE)))


def described(engine: Engine) -> Described:
    """Return what stands for a loaded engine where it is not."""
    return Described(
        engine.engine, engine.model_id, engine.version, engine.digest, dict(engine.options), engine.conditions,
        engine.needs_audio, batch_size(engine), audio_goes_to(engine), warning_of(engine), price(engine), halts(engine),
    )  # fmt: skip


def halts(engine: Engine) -> bool:
    """Tell whether an engine that is halted still answers what it has asked for: its answers are waited for."""
    return engine.halts if isinstance(engine, Described) else callable(getattr(engine, HALT, None))


def looks_up(spec: str) -> bool:
    """Tell whether an engine reads transcripts from a table: it listens to nothing, and is asked where the study is."""
    return spec.strip().startswith("imported:")


def load(loader: EngineLoader, specs: Sequence[str], base: str, language: str) -> list[Described]:
    """Load engines in this process, each once, and describe them."""
    for spec in specs:
        if spec not in _loaded:
            _loaded[spec] = loader(spec, base=Path(base), language=language)
    return [described(_loaded[spec]) for spec in specs]


def listen(spec: str, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure | Unasked]:
    """Return what becomes of a batch with an engine that was loaded in this process."""
    return outcomes(_loaded[spec], batch)


def halt() -> None:
    """Have every engine of this process that can be halted ask for nothing more; called beside :func:`listen`."""
    for engine in list(_loaded.values()):
        if halts(engine):
            getattr(engine, HALT)()


def outcomes(engine: Engine, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure | Unasked]:
    """Return the answer to each waveform, or that the engine stopped before it had one."""
    try:
        return [*answers(engine, batch)]
    except EngineStoppedError as error:
        stopped = EngineStoppedError(error.what, place=error.place, remedy=error.remedy)
        return [Unasked(stopped) if item is None else item for item in _before(error, len(batch))]


def _before(error: EngineStoppedError, n: int) -> list[Transcript | EngineFailure | None]:
    """Return the answers that came before an engine stopped, None for each of ``n`` waveforms that has none."""
    came = error.answers if len(error.answers) == n else (None,) * n
    return [None if item is None else kept(item) for item in came]


def answers(engine: Engine, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
    """Call the engine; if it breaks on the batch, find out on which waveform by asking one at a time.

    Every answer is one that can be kept: what breaks the contract is a failure with the reason.

    Raises
    ------
    EngineStoppedError : the engine says that it can transcribe nothing more; the answers before go with it
    """
    if not batch:
        return []
    try:
        result = list(engine.transcribe(batch))
        if len(result) != len(batch):
            raise ValueError(f"{len(result)} answers to {len(batch)} waveforms")
    except EngineStoppedError:
        raise
    except (Exception, SystemExit) as error:
        if len(batch) == 1:
            return [kept(EngineFailure(f"{type(error).__name__}: {error}", 0.0))]
        return _one_by_one(engine, batch)
    return [kept(answer) for answer in result]


def _one_by_one(engine: Engine, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
    sentences: list[Transcript | EngineFailure] = []
    for wave in batch:
        try:
            sentences += answers(engine, [wave])
        except EngineStoppedError as error:
            error.answers = (*sentences, *_before(error, 1), *[None] * (len(batch) - len(sentences) - 1))
            raise
    return sentences
