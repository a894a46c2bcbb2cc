"""A whispered voice: breath in place of the voice's tone, in the same mouth. An approximation."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform
from workbench.conditions.arrays import Floats
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.conditions.levels import at_the_level_of

_FRAME_S = 0.032
_LIFTER_S = 0.0018
"""Shorter than a period of any voice up to 550 Hz: what the cepstrum holds below it is the mouth, not the tone."""
_FLOOR_DB = -120.0


class Whispered(Condition):
    """A voice whose tone is replaced by breath noise in the same spectral envelope. An approximation.

    In frames of 32 ms the sound is split into its envelope (cepstrum below 1.8 ms) and the rest. ``breath_percent`` of
    the power of every frame is white noise shaped by that envelope, what remains is the recording; so words keep their
    times, each frame its power, and from 100 % on nothing of the voice's pitch is left. Then the active speech level
    falls by ``quieter_db``. What it leaves out: in real whispers the vowels' first formants lie higher, the low
    frequencies are weaker, sounds last longer, and people differ. So it says what a recogniser makes of speech without
    a tone, not how it does on people who whisper.
    """

    id: Literal["whispered"] = "whispered"
    breath_percent: float = parameter(75.0, 0.0, 100.0, unit="%", what="share of the power that is breath, not tone")
    quieter_db: float = parameter(10.0, 0.0, 40.0, unit="dB", what="fall of the active speech level")

    family: ClassVar[str] = "voice"
    title: ClassVar[str] = "Whispered voice (approximation)"
    hears: ClassVar[str] = (
        "The same words breathed, with less and less of the voice's tone, and softer (an approximation)."
    )
    source: ClassVar[str] = (
        "that whispers have the envelope without the tone: Tartter (1989), J. Acoust. Soc. Am. 86(5); cepstral envelope: "
        "Oppenheim and Schafer (1968), IEEE Trans. Audio Electroacoust. 16(2); the amounts are an approximation"
    )
    leading: ClassVar[str] = "breath_percent"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"breath_percent": share, "quieter_db": down}
        for share, down in ((50.0, 5.0), (75.0, 10.0), (95.0, 15.0), (100.0, 20.0))
    )

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        samples = wave.samples.astype(np.float64)
        breath = breathed(samples, rng.standard_normal(len(samples)), sample_rate=wave.sample_rate)
        share = self.breath_percent / 100.0
        mixed = np.sqrt(1.0 - share) * samples + np.sqrt(share) * breath
        changed, facts = at_the_level_of(wave, mixed)
        return changed * 10.0 ** (-self.quieter_db / 20.0), facts


def breathed(samples: Floats, noise: Floats, *, sample_rate: int) -> Floats:
    """Return ``noise`` (n,) with, frame by frame, the spectral envelope and the power of ``samples`` (n,).

    The envelope is exp of the log magnitudes with all of their cepstrum beyond 1.8 ms left out.
    """
    from scipy.signal import ShortTimeFFT
    from scipy.signal.windows import hann

    frame = 4 * max(8, round(_FRAME_S * sample_rate / 4))
    split = ShortTimeFFT(hann(frame, sym=False), frame // 4, float(sample_rate), scale_to="magnitude")
    n = len(samples)
    short = max(0, frame - n)
    spoken = split.stft(np.pad(samples, (0, short)))
    carrier = split.stft(np.pad(noise, (0, short)))
    power = np.square(np.abs(spoken))
    floor = np.max(power) * 10.0 ** (_FLOOR_DB / 10.0) + 1e-30
    cepstrum = np.fft.irfft(0.5 * np.log(power + floor), axis=0)
    kept = np.minimum(np.arange(frame), frame - np.arange(frame)) <= _LIFTER_S * sample_rate
    envelope = np.exp(np.fft.rfft(cepstrum * kept[:, np.newaxis], axis=0).real)
    shaped = carrier * envelope
    before, after = np.sum(power, axis=0), np.sum(np.square(np.abs(shaped)), axis=0)
    result: Floats = split.istft(shaped * np.sqrt(before / (after + 1e-30)), k1=n + short)[:n]
    power_out = float(np.sum(np.square(result)))  # frames that overlap cancel a little of each other
    return result * np.sqrt(float(np.sum(np.square(samples))) / power_out) if power_out else result
