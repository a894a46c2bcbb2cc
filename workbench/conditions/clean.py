"""The recording as it is: what every other condition is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform
from workbench.conditions.condition import Condition, Degraded, SpeechPool


class Clean(Condition):
    """The audio of the corpus, untouched."""

    id: Literal["clean"] = "clean"
    severity: int | None = 0

    family: ClassVar[str] = "clean"
    title: ClassVar[str] = "Clean"
    hears: ClassVar[str] = "The recording as it is."
    source: ClassVar[str] = "the corpus"
    leading: ClassVar[str] = ""
    levels: ClassVar[tuple[dict[str, float], ...]] = ()
    draws: ClassVar[bool] = False

    def realisation(
        self, *, slot: int | str, seed: int, pool_digest: str = "", recordings: Mapping[str, str] = MappingProxyType({})
    ) -> str:
        """Return ``clean``: nothing is drawn, and nothing a new version of the code could change."""
        return "clean"

    def apply(self, wave: Waveform, rng: np.random.Generator, *, pool: SpeechPool | None = None) -> Degraded:
        """Return the very samples of ``wave``, also where a decoder overshot [-1, 1]."""
        return Degraded(self._named(wave, wave.samples), {})

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        return wave.samples, {}
