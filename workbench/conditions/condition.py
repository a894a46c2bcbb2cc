"""What every condition is: a frozen value that describes itself and does one thing to audio.

A new condition is a subclass in a file of its own and one line in ``catalogue.py``. It declares

* ``id`` (a ``Literal``) and its parameters, each made with :func:`parameter` (or :func:`text_parameter`): default, range, unit, meaning;
* ``levels``: the parameters of severities 1 to 4 (mild, typical, hard, extreme), the second equal to the defaults;
* ``family``, ``title``, ``hears``, ``source``, ``leading``; whether it needs a speech pool, draws at random, keeps the
  length, keeps the speech; and what it lacks on this machine (``unavailable``);
* ``_apply``: samples in, samples and measured facts out.
"""

from __future__ import annotations

import hashlib
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator

from workbench.audio import Samples, Waveform
from workbench.conditions import parameters as declaring
from workbench.conditions.arrays import Floats
from workbench.conditions.channels import Channel
from workbench.conditions.parameters import parameter, text_parameter
from workbench.conditions.recordings import Recordings
from workbench.errors import ConditionError

__all__ = [
    "CODE_VERSION", "SEVERITIES", "SEVERITY_WORDS", "TYPICAL", "Condition", "Degraded", "SpeechPool", "parameter", "rng_for",
    "text_parameter",
]  # fmt: skip

CODE_VERSION = 1
"""Raised when the same parameters make other samples than before: transcripts of the old ones are then not reused."""

SEVERITIES = (1, 2, 3, 4)
"""Mild, typical, hard, extreme."""

SEVERITY_WORDS = {1: "mild", 2: "typical", 3: "hard", 4: "extreme"}

TYPICAL = 2
"""The severity whose values stand in for parameters that are not given."""

_NO_RECORDINGS: Mapping[str, str] = MappingProxyType({})


class SpeechPool(Protocol):
    """What conditions take from the whole corpus and beside it; :class:`CorpusPool` is the one that users get."""

    @property
    def digest(self) -> str:
        """Digest of everything that the pool can give."""
        ...

    def ltass(self) -> tuple[Floats, Floats]:
        """Return the long-term average spectrum of the corpus: frequencies in Hz and amplitudes, both of shape (k,)."""
        ...

    def talkers(self, rng: np.random.Generator, *, n: int, exclude_speaker: str, n_samples: int) -> list[Samples]:
        """Return the speech of ``n`` different speakers other than ``exclude_speaker``, at equal active level."""
        ...

    def recordings(self, folder: str) -> Recordings:
        """Return the recordings in a folder, relative to that of the study."""
        ...

    def crowd(self, rng: np.random.Generator, *, n: int, exclude_speaker: str, n_samples: int) -> list[Samples]:
        """As :meth:`talkers`, but where there are fewer other speakers, each speaks several times at once."""
        ...

    def group_of(self, utterance_id: str, attribute: str) -> str:
        """Return the group of the speaker of an utterance."""
        ...

    def channel(self, group: str, attribute: str) -> Channel:
        """Return how a group of the corpus was recorded."""
        ...


@dataclass(frozen=True, slots=True)
class Degraded:
    """The audio under a condition, and what was measured on it; the names of the facts carry their units.

    ``schema.FACTS`` says what each fact is. A fact that does not apply is absent.
    """

    wave: Waveform
    facts: dict[str, float]


class Condition(BaseModel, ABC):
    """What the last mile does to the audio. Frozen; its JSON is its provenance and turns back into an equal value.

    Parameters that are not given take the values of ``severity``, or without one those of severity 2.

    Raises
    ------
    ConditionError : a parameter outside its range (value, range, unit), an unknown one, or one that contradicts the
        severity; every problem at once
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    id: str
    severity: int | None = None

    family: ClassVar[str]
    title: ClassVar[str]
    hears: ClassVar[str]
    source: ClassVar[str]
    leading: ClassVar[str]
    levels: ClassVar[tuple[Mapping[str, float], ...]]
    units: ClassVar[Mapping[str, str]] = {}
    needs_speech_pool: ClassVar[bool] = False
    draws: ClassVar[bool] = True
    """Whether the seed and the slot change what is heard."""
    needs_folder: ClassVar[bool] = False
    """Whether it is made from recordings of the user, so that no severity of it is there without a folder."""
    catalogued: ClassVar[bool] = True
    """Whether a name and a severity are enough for it."""
    superseded_by: ClassVar[str] = ""
    """Name of the version that took its place. Who names the older one still gets it, so that old studies and runs stay what they were."""
    takes_settings: ClassVar[bool] = False
    """Whether it takes settings beside its declared parameters, which it checks itself."""
    keeps_length: ClassVar[bool] = True
    """Whether there are as many samples afterwards; if not, :func:`degrade` reports ``duration_s``."""
    keeps_speech: ClassVar[bool] = True
    """Whether the speech is still there; if not, results are scored against an empty reference."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Read the units from the declared parameters."""
        super().__pydantic_init_subclass__(**kwargs)
        cls.units = {name: declaring.declared(cls, name)["unit"] for name in declaring.names(cls)}

    @model_validator(mode="wrap")
    @classmethod
    def _complete(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(given, Mapping):
            return handler(given)
        fields = {name: value for name, value in given.items() if name != "severity" or value is not None}
        severity = fields.get("severity")
        if isinstance(severity, float) and severity.is_integer():
            severity = fields["severity"] = int(severity)
        problems = cls._severity_problems(severity)
        if not problems:
            preset = cls._preset(severity)
            problems = [
                f"severity {severity} of {cls.name()} has {name} = {preset[name]:g} {cls.units[name]}, not {fields[name]!r}"
                for name in preset
                if severity is not None and name in fields and fields[name] != preset[name]
            ]
            fields = {**preset, **fields}
        problems += [f"{name} = {value} is not a number" for name, value in fields.items() if isinstance(value, bool)]
        if not problems:
            try:
                return handler(fields)
            except ValidationError as error:
                problems = [declaring.in_words(cls, cls.units, problem) for problem in error.errors()]
        raise ConditionError("; ".join(problems), place=cls.name(), remedy=cls._remedy())

    @classmethod
    def name(cls) -> str:
        """Return the id that all severities share, e.g. ``white_noise``."""
        return str(cls.model_fields["id"].default)

    @classmethod
    def _severity_problems(cls, severity: Any) -> list[str]:
        severities = tuple(range(1, len(cls.levels) + 1)) or (0,)
        if severity is None or (severity in severities and not isinstance(severity, bool)):
            return []
        return [f"there is no severity {severity!r}; choose {', '.join(map(str, severities))}"]

    @classmethod
    def _preset(cls, severity: int | None) -> dict[str, float]:
        return dict(cls.levels[(severity or TYPICAL) - 1]) if cls.levels else {}

    @classmethod
    def _remedy(cls) -> str:
        spans = [f"{n} {declaring.span(cls, n)}" for n in cls.units]
        return f"{cls.name()} takes " + (", ".join(spans) if spans else "no parameters")

    @classmethod
    def unavailable(cls) -> str:
        """Return why this machine cannot make it, and what to do about it, in one sentence; "" if it can."""
        return ""

    @property
    def steps(self) -> tuple[Condition, ...]:
        """The single conditions that this one is made of, in order: itself, unless it is a chain."""
        return (self,)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is unusual about it and worth a second look: the order of a chain; no error."""
        return ()

    @property
    def voices_needed(self) -> int:
        """How many speakers besides the one heard it must find in the corpus."""
        return 0

    @property
    def missing(self) -> tuple[str, ...]:
        """What this machine lacks for it, one sentence for each step that cannot be made."""
        lacking = {step.id: step.unavailable() for step in self.steps}
        return tuple(f"{name}: {reason}" for name, reason in lacking.items() if reason)

    @property
    def parameters(self) -> dict[str, float | str]:
        """Every parameter with its value, sorted by name; units are in :attr:`units`."""
        return {name: getattr(self, name) for name in sorted(self.units)}

    @property
    def level(self) -> float:
        """Value of the leading parameter; NaN for a condition without one."""
        return float(self.parameters.get(self.leading, math.nan))

    @property
    def level_unit(self) -> str:
        """Unit of :attr:`level`."""
        return self.units.get(self.leading, "")

    @property
    def values_id(self) -> str:
        """The condition by its values, whatever its label: ``white_noise?snr_db=10`` for ``white_noise@2``."""
        kind = type(self)
        values = {name: value for name, value in self.parameters.items() if not declaring.unwritten(kind, name, value)}
        return _with_query(self.id, values)

    @property
    def condition_id(self) -> str:
        """The condition as written: ``clean``, ``white_noise@2``, or its values where the parameters are free.

        A severity decides no text: one that is given stands behind it, ``user_noise@2?folder=ward``.
        """
        if not self.severity:
            return self.values_id
        texts = {name: value for name, value in self.parameters.items() if isinstance(value, str) and value}
        return _with_query(f"{self.id}@{self.severity}", texts)

    @property
    def draw_name(self) -> str:
        """What the generator is named after: :attr:`values_id`, unless a value is no part of the draw."""
        return self.values_id

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders of recordings that it is made from, as written."""
        return ()

    def heard_s(self, clean_s: float) -> float:
        """Return the length in seconds of what is heard of a recording of ``clean_s`` seconds, about: another one where the
        condition changes it. What came out is measured (``duration_s`` of the facts)."""
        return clean_s

    @property
    def labels(self) -> tuple[str, ...]:
        """The attributes whose labels decide what is done to a recording; as a rule none."""
        return ()

    @property
    def response_folders(self) -> tuple[str, ...]:
        """Those of them from which room responses are drawn."""
        return ()

    def content_id(self, recordings: Mapping[str, str]) -> str:
        """Return :attr:`values_id` with the digests of recordings, by folder, in place of the folders' names."""
        return self.values_id

    def realisation(
        self, *, slot: int | str, seed: int, pool_digest: str = "", recordings: Mapping[str, str] = _NO_RECORDINGS
    ) -> str:
        """Return a digest of all that decides what is done to the audio: equal digests, equal samples.

        ``recordings`` has the digests of the :attr:`folders`, by their names. ``slot`` is what the draw belongs to, see :func:`workbench.conditions.draw_key`. The severity's label is not part
        of it: ``equip_pulse@3`` and the same values given freely share transcripts.
        """
        parts = [self.content_id(recordings), str(CODE_VERSION)]
        if self.draws:
            parts += [str(slot), str(seed)]
        if self.needs_speech_pool:
            parts.append(pool_digest)
        return hashlib.blake2b("|".join(parts).encode(), digest_size=16).hexdigest()

    def require(self, pool: SpeechPool | None) -> None:
        """Raise :class:`ConditionError` if this machine lacks a part, or a pool is needed and there is none."""
        if self.missing:
            raise ConditionError(
                "cannot be made on this machine", place=self.condition_id, remedy="; ".join(self.missing)
            )
        if self.needs_speech_pool and pool is None:
            raise ConditionError(
                f"{self.id} is made from the voices of a corpus and there is none here",
                place=self.condition_id,
                remedy="use it in a study, or give a pool",
            )

    def realise(
        self, wave: Waveform, draw: Callable[[str], np.random.Generator], *, pool: SpeechPool | None = None
    ) -> Degraded:
        """Return ``wave`` under this condition; ``draw`` gives the generator of a name, that of its values."""
        return self.apply(wave, draw(self.draw_name), pool=pool)

    def apply(self, wave: Waveform, rng: np.random.Generator, *, pool: SpeechPool | None = None) -> Degraded:
        """Return ``wave`` under this condition: finite samples within [-1, 1], and what was measured.

        There are as many samples as before, unless the condition does not keep the length.

        Raises
        ------
        AudioError : speech that has no level (silence) under a condition that is defined by an SNR
        ConditionError : a pool is needed and missing, or has too few speakers; or this machine lacks a part
        """
        self.require(pool)
        samples, facts = self._apply(wave, rng, pool)
        samples, scaled_db = _within_range(samples)
        if scaled_db:
            facts = {**facts, "gain_db": facts.get("gain_db", 0.0) + scaled_db}
        return Degraded(self._named(wave, samples), facts)

    def _named(self, wave: Waveform, samples: Samples) -> Waveform:
        return Waveform(samples, wave.sample_rate, wave.utterance_id, wave.speaker_id, self.condition_id)

    @abstractmethod
    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        """Return the changed samples, shape (n,), and the facts that only this condition knows."""


def rng_for(name: str, slot: int | str, *, seed: int) -> np.random.Generator:
    """Return the generator of ``name`` in ``slot``: the same in every process, thread and order of calls.

    ``name`` is a condition's :attr:`Condition.values_id`, ``slot`` what the draw belongs to: as a rule the rank of the
    utterance within its speaker, so that slot 7 of every speaker hears the same noise and comparisons are paired.
    """
    digest = hashlib.blake2b(f"{name}|{slot}|{seed}".encode(), digest_size=8).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))


def _with_query(name: str, values: Mapping[str, float | str]) -> str:
    return f"{name}?{declaring.written(values.items())}" if values else name


def _within_range(samples: NDArray[Any]) -> tuple[Samples, float]:
    """Return the samples, turned down if any lies outside [-1, 1], and by how many decibels (0 or less)."""
    peak = float(np.max(np.abs(samples)))
    if peak <= 1.0:
        return np.asarray(samples, dtype=np.float32), 0.0
    return np.asarray(samples / peak, dtype=np.float32), -20.0 * math.log10(peak)
