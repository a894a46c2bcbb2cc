"""Codecs: what a telephone network's coding leaves of the voice."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform, resample
from workbench.conditions import requirements
from workbench.conditions.arrays import Floats
from workbench.conditions.condition import Condition, SpeechPool, parameter

_RATE = 8_000
_LINK_GAIN = 10.0 ** (-1.0 / 20.0)


class G711(Condition):
    """Telephone quality: mu-law at 8 kHz, 64 kbit/s, once or several times in a row.

    Each pass is a link of its own, from analogue to digital and back: down to 8 kHz, mu-law, up again. (Passing the
    code itself on would change nothing after the first pass.) Two links never meet the same quantiser twice: each
    loses 1 dB, made up for at the end, and its clock runs half a sample beside that of the link before. So the
    quantisation noise of n links is n times that of one, 10 log10(n) dB more.
    """

    id: Literal["g711"] = "g711"
    passes: int = parameter(2, 1, 16, unit="passes", what="how many mu-law links in a row (tandem)")

    family: ClassVar[str] = "codecs"
    title: ClassVar[str] = "G.711 mu-law"
    hears: ClassVar[str] = "A fixed-line telephone call with its faint, grainy noise."
    source: ClassVar[str] = "ITU-T G.711 mu-law as coded by FFmpeg's pcm_mulaw through PyAV"
    leading: ClassVar[str] = "passes"
    levels: ClassVar[tuple[dict[str, float], ...]] = ({"passes": 1}, {"passes": 2}, {"passes": 3}, {"passes": 4})
    draws: ClassVar[bool] = False

    @classmethod
    def unavailable(cls) -> str:
        """Return which coder of FFmpeg is missing, if any."""
        return requirements.codec("pcm_mulaw", "pcm_mulaw")

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        n, rate = len(wave.samples), wave.sample_rate
        samples, gain = wave.samples, 1.0
        for link in range(self.passes):
            late = link % 2
            analogue = np.pad(samples, (late, 0)) * np.float32(_LINK_GAIN)
            narrow = resample(analogue, orig_sr=rate, target_sr=_RATE)
            overload = max(1.0, float(np.max(np.abs(narrow))))
            gain /= overload
            samples = resample(_mu_law(narrow / overload), orig_sr=_RATE, target_sr=rate)[late : late + n]
        samples = samples / _LINK_GAIN**self.passes
        facts = {"bandwidth_hz": bandwidth_hz(samples, sample_rate=rate)}
        return samples, facts if gain == 1.0 else facts | {"gain_db": 20.0 * math.log10(gain)}


def _mu_law(samples: NDArray[Any]) -> NDArray[np.float32]:
    integers = np.clip(np.round(samples * 32768.0), -32768, 32767).astype(np.int32)
    return mu_law_table()[integers + 32768]


@lru_cache(maxsize=1)
def mu_law_table() -> NDArray[np.float32]:
    """Return what each of the 65,536 values of 16-bit audio becomes after mu-law, as float32 within [-1, 1].

    G.711 has no memory, so one pass of every value through the codec is the whole codec.
    """
    import av

    every = np.arange(-32768, 32768).astype(np.int16)
    encoder = av.CodecContext.create("pcm_mulaw", "w")
    decoder = av.CodecContext.create("pcm_mulaw", "r")
    for context in (encoder, decoder):
        context.sample_rate = _RATE
        context.layout = "mono"
        context.format = "s16"
    frame = av.AudioFrame.from_ndarray(every[np.newaxis, :], format="s16", layout="mono")
    frame.sample_rate = _RATE
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    heard = [part.to_ndarray()[0] for packet in packets for part in decoder.decode(packet)]
    return np.concatenate(heard).astype(np.float32) / np.float32(32768.0)


def bandwidth_hz(samples: NDArray[Any], *, sample_rate: int, share: float = 0.999) -> float:
    """Return the frequency below which ``share`` of the energy of ``samples`` (n,) lies; 0 for silence."""
    power: Floats = np.square(np.abs(np.fft.rfft(np.asarray(samples, dtype=np.float64))))
    below = np.cumsum(power)
    if below[-1] == 0.0:
        return 0.0
    return float(np.fft.rfftfreq(len(samples), 1.0 / sample_rate)[np.searchsorted(below, share * below[-1])])
