"""What microphones and handsets do to the sound before it is coded."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from workbench.audio import Waveform
from workbench.conditions.base import Condition, SpeechPool, parameter
from workbench.errors import ConditionError


class HandsetBand(Condition):
    """The band of a telephone handset: a Butterworth band-pass, 3 dB down at both edges, 0 dB between them."""

    id: Literal["handset_band"] = "handset_band"
    order: int = parameter(4, 1, 8, unit="order", what="order of the filter at each edge: 6 dB per octave each")
    low_hz: float = parameter(300.0, 20.0, 2000.0, unit="Hz", what="lower edge")
    high_hz: float = parameter(3400.0, 500.0, 7900.0, unit="Hz", what="upper edge")

    family: ClassVar[str] = "microphones"
    title: ClassVar[str] = "Handset band"
    hears: ClassVar[str] = "The thin sound of a telephone handset, without bass and brilliance."
    source: ClassVar[str] = "300 to 3400 Hz as in ITU-T G.712; audiomentations BandPassFilter with fixed parameters"
    leading: ClassVar[str] = "order"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"order": order, "low_hz": 300.0, "high_hz": 3400.0} for order in (2, 4, 6, 8)
    )
    draws: ClassVar[bool] = False

    @model_validator(mode="after")
    def _edges_in_order(self) -> Self:
        if self.low_hz >= self.high_hz:
            raise ConditionError(
                f"low_hz = {self.low_hz:g} Hz is not below high_hz = {self.high_hz:g} Hz",
                place=self.id,
                remedy="swap them",
            )
        return self

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        if self.high_hz >= 0.495 * wave.sample_rate:
            raise ConditionError(
                f"high_hz = {self.high_hz:g} Hz is too high for a sample rate of {wave.sample_rate} Hz",
                place=self.condition_id,
                remedy=f"use less than {0.495 * wave.sample_rate:g} Hz",
            )
        transform = _band_pass(self.order, self.low_hz, self.high_hz)
        return transform.apply(wave.samples, wave.sample_rate), {"low_hz": self.low_hz, "high_hz": self.high_hz}


@lru_cache(maxsize=64)
def _band_pass(order: int, low_hz: float, high_hz: float) -> Any:
    """Return audiomentations' band-pass with its parameters set by hand.

    Called as usual it would draw from the process-wide generators (and so disturb those of others) and write its
    parameters on every call. ``apply`` only reads them: the same in every order and thread.
    """
    from audiomentations import BandPassFilter

    centre, width = (low_hz + high_hz) / 2.0, high_hz - low_hz
    transform = BandPassFilter(
        min_center_freq=centre,
        max_center_freq=centre,
        min_bandwidth_fraction=width / centre,
        max_bandwidth_fraction=width / centre,
        min_rolloff=6 * order,
        max_rolloff=6 * order,
        p=1.0,
    )
    transform.parameters = {"should_apply": True, "center_freq": centre, "bandwidth": width, "rolloff": 6 * order}
    return transform
