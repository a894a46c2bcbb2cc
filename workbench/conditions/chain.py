"""Chains: conditions one after the other, as sound meets them on its way: ``room@2>babble@2>opus@2``."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, SerializeAsAny, model_validator

from workbench.audio import SpeechLevel, Waveform
from workbench.conditions.condition import Condition, Degraded, SpeechPool, rng_for
from workbench.conditions.grammar import ARROW, CHAIN_FORMS
from workbench.errors import AudioError, ConditionError
from workbench.schema import CLEAN

_STAGES = ("speaker", "room", "noise", "microphone", "level", "codec", "network")
_STAGE_OF = {
    "voice": 0, "masks": 0, "rooms": 1, "microphones": 3, "levels": 4, "bandwidth": 5, "codecs": 5, "networks": 6,
}  # fmt: skip
"""Family -> place in ``_STAGES``, the usual way of sound; whatever is set by an SNR is a noise."""


class Composed(Condition):
    """What is made of parts, in order. Its parts decide what it needs, what it keeps, and what is heard."""

    @property
    @abstractmethod
    def steps(self) -> tuple[Condition, ...]:
        """The parts, none of them a chain itself."""

    @property
    def needs_speech_pool(self) -> bool:  # type: ignore[override]
        """Whether any part is made from the voices of a corpus."""
        return any(step.needs_speech_pool for step in self.steps)

    @property
    def draws(self) -> bool:  # type: ignore[override]
        """Whether any part draws at random."""
        return any(step.draws for step in self.steps)

    @property
    def keeps_length(self) -> bool:  # type: ignore[override]
        """Whether all parts keep the length."""
        return all(step.keeps_length for step in self.steps)

    def heard_s(self, clean_s: float) -> float:
        """Return the length after all parts."""
        for step in self.steps:
            clean_s = step.heard_s(clean_s)
        return clean_s

    @property
    def keeps_speech(self) -> bool:  # type: ignore[override]
        """Whether all parts leave the speech there."""
        return all(step.keeps_speech for step in self.steps)

    @property
    def voices_needed(self) -> int:
        """As many as the part that needs most."""
        return max(step.voices_needed for step in self.steps)

    @property
    def values_id(self) -> str:
        """The parts by their values, in order."""
        return ARROW.join(step.values_id for step in self.steps)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is unusual about the order: no error, as it is done as written, but worth a second look."""
        return tuple(_unusual(self.steps))

    @property
    def draw_name(self) -> str:
        """The parts by what their generators are named after."""
        return ARROW.join(step.draw_name for step in self.steps)

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders of all parts, each once."""
        return tuple(dict.fromkeys(folder for step in self.steps for folder in step.folders))

    @property
    def labels(self) -> tuple[str, ...]:
        """The attributes of all parts, each once."""
        return tuple(dict.fromkeys(name for step in self.steps for name in step.labels))

    @property
    def response_folders(self) -> tuple[str, ...]:
        """Those of all parts from which room responses are drawn, each once."""
        return tuple(dict.fromkeys(folder for step in self.steps for folder in step.response_folders))

    def content_id(self, recordings: Mapping[str, str]) -> str:
        """Return the parts by their values and what their folders hold."""
        return ARROW.join(step.content_id(recordings) for step in self.steps)

    def with_part(self, new: Condition, *, at: int | None = None) -> Composed:
        """Return the chain with ``new`` in place of its part of the same id, or of the one at position ``at`` from 0.

        Raises
        ------
        ConditionError : there is no such part, or more than one of that id; or ``new`` is text or a table
        """
        if not isinstance(new, Condition):
            raise ConditionError(
                f"{new!r} is no condition yet", place=self.condition_id, remedy="use with_part(parse_condition(...))"
            )
        places = range(len(self.steps))
        replaced = [k for k in places if (self.steps[k].id == new.id if at is None else k == at)]
        if len(replaced) != 1:
            count = f"{len(replaced) or 'no'} parts {new.id!r}" if at is None else f"no part {at}"
            raise ConditionError(
                f"has {count}",
                place=self.condition_id,
                remedy=f"its parts are {', '.join(f'{k}: {self.steps[k].condition_id}' for k in places)}",
            )
        changed = list(self.steps)
        changed[replaced[0]] = new
        return Chain(parts=tuple(changed))

    def realise(
        self, wave: Waveform, draw: Callable[[str], np.random.Generator], *, pool: SpeechPool | None = None
    ) -> Degraded:
        """Return ``wave`` after all parts, each drawing from the generator of its own name.

        A part hears the same draw as the condition alone, so that ``babble@2`` and ``babble@2>opus@2`` are paired; the
        second of two equal parts draws anew. See :func:`_merged` for the facts.
        """
        self.require(pool)
        seen: Counter[str] = Counter()
        told: list[dict[str, float]] = []
        before = wave
        for step in self.steps:
            name = step.draw_name
            seen[name] += 1
            rng = draw(name if seen[name] == 1 else f"{name}#{seen[name]}")
            try:
                done = step.apply(before, rng, pool=pool)
            except AudioError as error:
                where = f"at {step.condition_id} in {self.condition_id}: {error.what}"
                raise AudioError(where, place=error.place, remedy=error.remedy) from None
            told.append(done.facts)
            before = replace(done.wave, level=_level_of_speech(done.facts))
        final = replace(before, condition_id=self.condition_id, level=None)
        return Degraded(final, _merged([step.id for step in self.steps], told))

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        seed = int(rng.integers(2**63))
        done = self.realise(wave, lambda name: rng_for(name, 0, seed=seed), pool=pool)
        return done.wave.samples, done.facts


class Chain(Composed):
    """Conditions one after the other, in the order written: each is applied to the output of the previous one.

    The usual order is room, noise, microphone, level (gain control, clipping), codec, network; another one is done as
    written, and noted. A noise is set against the speech as it stands where the noise comes in, after the room for
    instance: noises in a row all against the same speech, a noise after any other part against what that part gave
    out. A chain within a chain gives its parts.

    Raises
    ------
    ConditionError : fewer than two parts or more than 16; clean among them; something before a part that leaves no
        speech, or a noise set by an SNR after it
    """

    id: Literal["chain"] = "chain"
    parts: Annotated[tuple[SerializeAsAny[Condition], ...], BeforeValidator(lambda given: _flat(given))] = ()

    family: ClassVar[str] = "chains"
    leading: ClassVar[str] = ""
    levels: ClassVar[tuple[dict[str, float], ...]] = ()
    most: ClassVar[int] = 16
    """A longer chain is a mistake rather than a way that sound takes."""

    @property
    def steps(self) -> tuple[Condition, ...]:
        """The parts."""
        return self.parts

    @property
    def title(self) -> str:  # type: ignore[override]
        """The titles of the parts, in order."""
        return " > ".join(step.title for step in self.parts)

    @property
    def hears(self) -> str:  # type: ignore[override]
        """What the parts sound like, in order."""
        return " Then: ".join(step.hears for step in self.parts)

    @property
    def source(self) -> str:  # type: ignore[override]
        """The sources of the parts."""
        return "; ".join(dict.fromkeys(f"{step.id}: {step.source}" for step in self.parts))

    @property
    def condition_id(self) -> str:
        """The parts as written, in order: ``room@2>babble@2>opus@2``."""
        return ARROW.join(step.condition_id for step in self.parts)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        problems = list(_nonsense(self.parts))
        if problems:
            raise ConditionError(
                "; ".join(problems), place=f"chain {self.condition_id or '(empty)'}", remedy=CHAIN_FORMS
            )
        return self

    @classmethod
    def _severity_problems(cls, severity: Any) -> list[str]:
        return [] if severity is None else ["a chain has no severity of its own, its parts have"]

    @classmethod
    def _remedy(cls) -> str:
        return CHAIN_FORMS


def _flat(given: object) -> tuple[Condition, ...]:
    if not isinstance(given, Sequence) or not all(isinstance(part, Condition) for part in given):
        raise ConditionError(
            f"parts = {given!r} are not conditions", place="chain", remedy="give each part to parse_condition first"
        )
    return tuple(step for part in given for step in part.steps)


def _nonsense(parts: Sequence[Condition]) -> Iterator[str]:
    """Yield why these parts make no chain."""
    if not 2 <= len(parts) <= Chain.most:
        yield f"{len(parts)} parts, where 2 to {Chain.most} make a chain"
    if any(part.id == CLEAN for part in parts):
        yield "clean does nothing in a chain: leave it out"
    for position, part in enumerate(parts):
        before, after = parts[:position], parts[position + 1 :]
        if part.keeps_speech:
            continue
        if before:
            yield f"nothing is left of {', '.join(item.condition_id for item in before)} after {part.condition_id}: put it first"
        noises = [item.condition_id for item in after if _is_noise(item)]
        if noises:
            yield f"{part.condition_id} leaves no speech that the SNR of {', '.join(noises)} could be set against"


def _is_noise(condition: Condition) -> bool:
    return bool({"snr_db", "sir_db"} & condition.parameters.keys())


def _stage(condition: Condition) -> int | None:
    return 2 if _is_noise(condition) else _STAGE_OF.get(condition.family)


def _unusual(parts: Sequence[Condition]) -> Iterator[str]:
    """Yield each part that stands right after one that sound usually meets later."""
    staged = [(stage, part) for part in parts if (stage := _stage(part)) is not None]
    for (early, earlier), (late, other) in pairwise(staged):
        if late < early:
            yield (
                f"{earlier.condition_id} comes before {other.condition_id}, though sound usually meets a {_STAGES[late]} "
                f"before a {_STAGES[early]}: done in the order written"
            )


def _level_of_speech(facts: Mapping[str, float]) -> SpeechLevel | None:
    """Return the level of the speech that a noise was just added to; None after any other part: it is measured anew."""
    if not {"achieved_snr_db", "active_level_db", "activity_factor"} <= facts.keys():
        return None
    active_db, activity = facts["active_level_db"] + facts.get("gain_db", 0.0), facts["activity_factor"]
    return SpeechLevel(active_db, active_db + 10.0 * math.log10(activity), activity)


def _merged(ids: Sequence[str], told: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the facts of all parts: a fact of one part by its own name, one of several as ``babble.achieved_snr_db``.

    The level of the speech before the chain keeps its name, and ``gain_db`` is the sum. The second of two parts of one
    id is ``babble_2``.
    """
    times = Counter(name for facts in told for name in facts)
    seen: Counter[str] = Counter()
    merged: dict[str, float] = {}
    for position, (name, facts) in enumerate(zip(ids, told, strict=True)):
        seen[name] += 1
        label = name if seen[name] == 1 else f"{name}_{seen[name]}"
        for fact, value in facts.items():
            own = position == 0 if fact in _OF_THE_SPEECH else times[fact] == 1
            merged[fact if own else f"{label}.{fact}"] = value
    gains = [facts["gain_db"] for facts in told if "gain_db" in facts]
    return merged | {"gain_db": sum(gains)} if gains else merged


_OF_THE_SPEECH = ("active_level_db", "activity_factor")
