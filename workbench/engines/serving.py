"""Engines that listen in another process: what that process does, and what stands for the engine in this one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.audio import Waveform
from workbench.engines.base import Engine, EngineFailure, Transcript, audio_goes_to, warning_of
from workbench.engines.promises import kept
from workbench.engines.remote import Price, price
from workbench.errors import EngineStoppedError

BATCH_SIZE = 4
"""Waveforms in a call where an engine does not say (``batch_size``) how many it likes."""

EngineLoader = Callable[..., Engine]

_loaded: dict[str, Engine] = {}


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
        engine.needs_audio, batch_size(engine), audio_goes_to(engine), warning_of(engine), price(engine),
    )  # fmt: skip


def looks_up(spec: str) -> bool:
    """Tell whether an engine reads transcripts from a table: it listens to nothing, and is asked where the study is."""
    return spec.strip().startswith("imported:")


def load(loader: EngineLoader, specs: Sequence[str], base: str, language: str) -> list[Described]:
    """Load engines in this process, each once, and describe them."""
    for spec in specs:
        if spec not in _loaded:
            _loaded[spec] = loader(spec, base=Path(base), language=language)
    return [described(_loaded[spec]) for spec in specs]


def listen(spec: str, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
    """Return the answers of an engine that was loaded in this process."""
    return answers(_loaded[spec], batch)


def answers(engine: Engine, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
    """Call the engine; if it breaks on the batch, find out on which waveform by asking one at a time.

    Every answer is one that can be kept: what breaks the contract is a failure with the reason.

    Raises
    ------
    EngineStoppedError : the engine says that it can transcribe nothing more
    """
    if not batch:
        return []
    try:
        found = list(engine.transcribe(batch))
        if len(found) != len(batch):
            raise ValueError(f"{len(found)} answers to {len(batch)} waveforms")
    except EngineStoppedError:
        raise
    except (Exception, SystemExit) as error:
        if len(batch) == 1:
            return [kept(EngineFailure(f"{type(error).__name__}: {error}", 0.0))]
        return [answer for wave in batch for answer in answers(engine, [wave])]
    return [kept(answer) for answer in found]
