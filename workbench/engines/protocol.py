"""The protocol of an engine: a batch of waveforms in, one transcript or one failure per waveform out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from workbench.audio import Waveform


@dataclass(frozen=True, slots=True)
class Transcript:
    """What an engine wrote: ``text`` as it came, without white space at its ends; ``""`` means nothing was recognised.

    ``decode_s`` is the wall-clock time of the call in seconds. ``confidence`` is the engine's own, between 0 and 1, or
    None where it has none; each adapter says what it is. ``extra`` holds further finite numbers of the engine.
    """

    text: str
    decode_s: float
    confidence: float | None = None
    extra: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EngineFailure:
    """Why there is no transcript of an utterance, and the wall-clock seconds that went into trying."""

    error: str
    decode_s: float


AUDIO_GOES_TO = "audio_goes_to"
"""Attribute of an engine, and option of its description: where it sends the audio; without it, or empty, nowhere."""


HALT = "halt"
"""Method of an engine whose answers are waited for when a run is stopped; most have none."""


class Engine(Protocol):
    """What transcribes, with exactly which weights and decoding options.

    The transcript of a waveform depends on that waveform alone: not on the rest of the batch, nor on what was
    transcribed before it. ``engine`` is the adapter's name, ``model_id`` the name of this model with these options,
    ``version`` that of the software, ``digest`` SHA-256 over weights, version and options, ``options`` every decoding
    option as JSON values. ``conditions`` are the condition_ids it can serve; None means any. An engine that does not
    listen (``needs_audio`` is false) looks only at the names of a waveform.

    An engine that sends audio to another machine has one attribute more, ``audio_goes_to``: where to, without secrets. One
    whose results need a caution may say it in ``warning``: it stands in the run's notes.
    It is not run unless the study says ``audio_leaves_this_machine = true``.

    An engine whose answers are worth waiting for when a run is stopped, such as those that are paid for, has a method
    ``halt()``. It is called from another thread, once; the call of ``transcribe`` under way, and any later one, then asks
    for nothing more and raises EngineStoppedError with the answers to what was asked for.
    """

    @property
    def engine(self) -> str: ...
    @property
    def model_id(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def options(self) -> Mapping[str, Any]: ...
    @property
    def conditions(self) -> frozenset[str] | None: ...
    @property
    def needs_audio(self) -> bool: ...

    def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
        """Return one answer per waveform, in the order of the batch.

        What concerns one utterance is an EngineFailure in its place. Raise :class:`workbench.errors.EngineStoppedError` only
        where no utterance could be transcribed any more, such as keys that are refused: it ends the run. What was answered
        before goes with it.
        """
        ...


@dataclass(frozen=True)
class ModelInfo:
    """An engine described in values that turn into JSON and back: what the store keeps and the card prints."""

    model_id: str
    engine: str
    version: str
    digest: str
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether an engine can be used here (``ready``), the reason in a sentence, and what would bring what is missing."""

    ready: bool
    reason: str
    install: str = ""


def describe_engine(engine: Engine) -> ModelInfo:
    """Return what identifies an engine, without the engine; where its audio goes is among the options."""
    options = dict(engine.options) | ({AUDIO_GOES_TO: to} if (to := audio_goes_to(engine)) else {})
    return ModelInfo(engine.model_id, engine.engine, engine.version, engine.digest, options)


def audio_goes_to(engine: Engine) -> str:
    """Return where an engine sends the audio, ``""`` if it stays on this machine."""
    return str(getattr(engine, AUDIO_GOES_TO, ""))


def warning_of(engine: Engine) -> str:
    """Return what a reader of an engine's results must know (its attribute ``warning``); ``""`` if there is nothing."""
    return str(getattr(engine, "warning", ""))


def content_digest(content: Mapping[str, Any]) -> str:
    """Return SHA-256, as hex, over ``content`` written as JSON with sorted keys; the order of keys does not matter."""
    written = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(written.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Return SHA-256, as hex, of a file's bytes; remembered until its size or time of change differs."""
    state = path.stat()
    return _file_digest(str(path.resolve()), state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=256)
def _file_digest(path: str, _changed_ns: int, _size: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
