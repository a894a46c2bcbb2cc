"""Face masks: what cloth, paper and plastic before the mouth take from the voice."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform
from workbench.conditions import requirements
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.errors import ConditionError


class Mask(Condition):
    """A face mask: a shelf that takes ``loss_db`` from the high frequencies, half of it (in dB) at ``corner_hz``.

    An approximation: masks measured in laboratories differ by some decibels from one frequency to the next. About
    2 to 4 dB is what a surgical mask takes, 6 to 12 dB a respirator of class N95 or a face shield. The level is not made
    up for: little of a voice's level lies where a mask takes it.
    """

    id: Literal["mask"] = "mask"
    loss_db: float = parameter(4.0, 0.0, 30.0, unit="dB", what="loss at the highest frequencies")
    corner_hz: float = parameter(2000.0, 500.0, 6000.0, unit="Hz", what="where half of the loss, in dB, is reached")

    family: ClassVar[str] = "masks"
    title: ClassVar[str] = "Face mask"
    hears: ClassVar[str] = "A slightly to clearly muffled voice whose s and f are dull (an approximation of a mask)."
    source: ClassVar[str] = (
        "losses above 2 kHz as in Corey, Jones and Singer (2020), J. Acoust. Soc. Am. 148(4), approximated by a "
        "second-order shelf: audiomentations HighShelfFilter with fixed parameters"
    )
    leading: ClassVar[str] = "loss_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"loss_db": loss_db, "corner_hz": 2000.0} for loss_db in (2.0, 4.0, 8.0, 12.0)
    )
    draws: ClassVar[bool] = False

    @classmethod
    def unavailable(cls) -> str:
        """Return that audiomentations is missing, if it is."""
        return requirements.package("audiomentations")

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        if self.corner_hz >= 0.495 * wave.sample_rate:
            raise ConditionError(
                f"corner_hz = {self.corner_hz:g} Hz is too high for a sample rate of {wave.sample_rate} Hz",
                place=self.condition_id,
                remedy=f"use less than {0.495 * wave.sample_rate:g} Hz",
            )
        heard = _shelf(self.loss_db, self.corner_hz).apply(wave.samples, wave.sample_rate)
        return heard, {"loss_db": self.loss_db}


@lru_cache(maxsize=64)
def _shelf(loss_db: float, corner_hz: float) -> Any:
    """Return audiomentations' shelf with its parameters set by hand, so that nothing is drawn (see ``microphones``)."""
    from audiomentations import HighShelfFilter

    transform = HighShelfFilter(p=1.0)
    transform.parameters = {
        "should_apply": True,
        "center_freq": corner_hz,
        "gain_db": -loss_db,
        "q_factor": math.sqrt(0.5),
    }
    return transform
