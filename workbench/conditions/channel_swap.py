"""Channel swap: two groups, each heard through the recording channel of the other."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, ValidationInfo, field_validator

from workbench.audio import Waveform, speech_level
from workbench.conditions.channels import through
from workbench.conditions.condition import Condition, SpeechPool, text_parameter
from workbench.conditions.mixer import require_pool_rate


class ChannelSwap(Condition):
    """Every recording of the group ``first`` through the channel of ``second``, and the reverse; all others as they are.

    The channel of a group is its mean active speech level, its long-term average spectrum in sixths of an octave and its noise floor,
    measured over the corpus (``channels``). A difference that the channel makes goes with it: a gap that it explains shrinks, or changes
    its sign; one in the words stays. Noise, a narrower band and coding cannot be taken away: there both groups end up with the worse
    channel, and the gap vanishes. Echo and clipping are no part of it.

    Made by ``workbench swap``, which also says what cannot be given back.
    """

    id: Literal["channel_swap"] = "channel_swap"
    by: str = text_parameter(what="the attribute")
    first: str = text_parameter(what="one of its groups")
    second: str = text_parameter(what="another one")

    model_config = ConfigDict(validate_default=True)

    family: ClassVar[str] = "microphones"
    title: ClassVar[str] = "Channels swapped"
    hears: ClassVar[str] = "The same voice as if the other group's telephone or microphone had recorded it."
    source: ClassVar[str] = (
        "level by ITU-T P.56 method B; spectra smoothed over sixths of an octave; counterfactual for confounding by "
        "provenance (Li, Cohen and Pakhomov 2024, arXiv 2407.13982)"
    )
    leading: ClassVar[str] = ""
    levels: ClassVar[tuple[dict[str, float], ...]] = ()
    needs_speech_pool: ClassVar[bool] = True
    catalogued: ClassVar[bool] = False

    @field_validator("second")
    @classmethod
    def _two_groups(cls, second: str, info: ValidationInfo) -> str:
        first = info.data.get("first")
        if not (info.data.get("by") and first and second) or first == second:
            raise ValueError(
                "it takes an attribute and two of its groups: channel_swap?by=accent&first=Irish&second=Welsh"
            )
        return second

    @property
    def labels(self) -> tuple[str, ...]:
        """The attribute: who is in which group decides what is heard."""
        return (self.by,)

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        if pool is None:
            raise TypeError("apply() checks that there is a pool")
        require_pool_rate(wave)
        group = pool.group_of(wave.utterance_id, self.by)
        if group not in (self.first, self.second):
            return wave.samples, {}
        own, other = (self.first, self.second) if group == self.first else (self.second, self.first)
        before = speech_level(wave.samples, wave.sample_rate)
        samples, _ = through(wave.samples, pool.channel(own, self.by), pool.channel(other, self.by), rng)
        return samples, {"active_level_db": before.active_db, "activity_factor": before.activity}
