"""A voice moved up or down: pitch and formants together."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform
from workbench.conditions.arrays import Floats
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.conditions.levels import at_the_level_of
from workbench.conditions.time_stretch import at_tempo

_FINENESS = 100  # largest denominator of the ratio: within 0.2 cents of any interval


@lru_cache(maxsize=64)
def _low_pass(factor: int) -> Floats:
    """Return a steep filter for resampling by ``factor``: 80 dB down from the new limit on, flat to 0.9 of it."""
    from scipy.signal import firwin, kaiserord

    taps, beta = kaiserord(80.0, 0.1 / factor)
    filtering: Floats = firwin(taps | 1, 0.95 / factor, window=("kaiser", beta))
    return filtering


class _Shift(Condition):
    """What a higher and a deeper voice share: resampled, then brought back to the old tempo.

    Every frequency is multiplied by 2^(semitones / 12): the formants move with the pitch, as on a tape that runs at
    another speed, which stands for a smaller or larger person only roughly. Downwards the top of the band stays empty.
    Words keep their times, within 10 ms (20 ms an octave up); length and active speech level are what they were. ``frequency_ratio`` is the
    ratio as it came out.
    """

    semitones: float = parameter(2.0, -12.0, 12.0, unit="semitones", what="interval; negative is deeper")

    family: ClassVar[str] = "voice"
    source: ClassVar[str] = (
        "polyphase resampling and waveform-similarity overlap-add (Verhelst and Roelands 1993, ICASSP), an approximation "
        "of another voice; level restored by ITU-T P.56 method B"
    )
    leading: ClassVar[str] = "semitones"
    draws: ClassVar[bool] = False

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        from scipy.signal import resample_poly

        n = len(wave.samples)
        ratio = Fraction(2.0 ** (self.semitones / 12.0)).limit_denominator(_FINENESS)
        filtering = _low_pass(max(ratio.numerator, ratio.denominator))
        moved = resample_poly(wave.samples.astype(np.float64), ratio.denominator, ratio.numerator, window=filtering)
        changed = at_tempo(moved, 1.0 / float(ratio), n_out=n, sample_rate=wave.sample_rate)
        samples, facts = at_the_level_of(wave, changed)
        return samples, facts | {"frequency_ratio": float(ratio)}


class Pitch(_Shift):
    """A higher voice, by 1 to 4 semitones; see :class:`LowPitch` for the other direction."""

    id: Literal["pitch"] = "pitch"

    title: ClassVar[str] = "Higher voice"
    hears: ClassVar[str] = "The same words in a higher, smaller voice."
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple({"semitones": s} for s in (1.0, 2.0, 3.0, 4.0))


class LowPitch(_Shift):
    """A deeper voice, by 1 to 4 semitones."""

    id: Literal["low_pitch"] = "low_pitch"
    semitones: float = parameter(-2.0, -12.0, 12.0, unit="semitones", what="interval; negative is deeper")

    title: ClassVar[str] = "Deeper voice"
    hears: ClassVar[str] = "The same words in a deeper, larger voice."
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple({"semitones": s} for s in (-1.0, -2.0, -3.0, -4.0))
