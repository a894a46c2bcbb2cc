"""A raised voice, as people speak in noise (the Lombard effect): an approximation."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform
from workbench.conditions.arrays import Floats
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.conditions.levels import at_the_level_of
from workbench.conditions.time_stretch import at_tempo

_TAPS = 513
_PIVOT_HZ = 1000.0
_TILTED_HZ = (200.0, 6000.0)


class Lombard(Condition):
    """A voice made brighter, longer and louder: three of the things that happen to speech in noise. An approximation.

    Between 200 Hz and 6 kHz the spectrum is tilted by ``tilt_db`` per octave, about 1 kHz; all sounds become
    ``longer_percent`` longer at the same pitch; the active speech level rises by ``louder_db`` (less, if samples would
    then lie outside [-1, 1]: see ``gain_db``). What it leaves out: real Lombard speech also raises the pitch, opens the
    mouth (first formant) and articulates more; vowels change more than consonants, and people differ. So it says what a
    recogniser makes of such a spectrum, not how it does on people who shout.
    """

    id: Literal["lombard"] = "lombard"
    tilt_db: float = parameter(3.0, -12.0, 12.0, unit="dB/octave", what="how much brighter; negative is duller")
    longer_percent: float = parameter(7.0, 0.0, 50.0, unit="%", what="how much longer all sounds become")
    louder_db: float = parameter(4.0, -20.0, 20.0, unit="dB", what="rise of the active speech level")

    family: ClassVar[str] = "voice"
    title: ClassVar[str] = "Raised voice (approximation)"
    hears: ClassVar[str] = "A brighter, slightly slower and louder voice, as over noise (an approximation)."
    source: ClassVar[str] = (
        "direction of the changes as in Summers et al. (1988), J. Acoust. Soc. Am. 84(3), and Junqua (1993), J. Acoust. "
        "Soc. Am. 93(1); the amounts are an approximation"
    )
    leading: ClassVar[str] = "tilt_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"tilt_db": tilt, "longer_percent": longer, "louder_db": louder}
        for tilt, longer, louder in ((1.5, 5.0, 2.0), (3.0, 7.0, 4.0), (4.5, 8.5, 6.0), (6.0, 10.0, 8.0))
    )
    draws: ClassVar[bool] = False
    keeps_length: ClassVar[bool] = False

    def heard_s(self, clean_s: float) -> float:
        """Return the length of the drawn-out sounds."""
        return clean_s * (1.0 + self.longer_percent / 100.0)

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        from scipy.signal import oaconvolve

        tempo = 1.0 / (1.0 + self.longer_percent / 100.0)
        n_out = max(1, round(len(wave.samples) / tempo))
        bright = oaconvolve(wave.samples.astype(np.float64), self.taps(wave.sample_rate), mode="same")
        if len(wave.samples) < _TAPS:
            bright = np.convolve(wave.samples.astype(np.float64), self.taps(wave.sample_rate))
            bright = bright[_TAPS // 2 :][: len(wave.samples)]
        changed = at_tempo(bright, tempo, n_out=n_out, sample_rate=wave.sample_rate)
        samples, facts = at_the_level_of(wave, changed)
        return samples * 10.0 ** (self.louder_db / 20.0), facts | {"tempo": len(wave.samples) / n_out}

    def taps(self, sample_rate: int) -> Floats:
        """Return the impulse response of the tilt, shape (513,), symmetric: no sound is delayed."""
        frequencies = np.fft.rfftfreq(_TAPS - 1, 1.0 / sample_rate)
        octaves = np.log2(np.clip(frequencies, *_TILTED_HZ) / _PIVOT_HZ)
        response = np.fft.irfft(10.0 ** (self.tilt_db * octaves / 20.0))
        half = (_TAPS - 1) // 2
        return np.asarray(np.take(response, np.arange(-half, half + 1), mode="wrap") * np.hanning(_TAPS))
