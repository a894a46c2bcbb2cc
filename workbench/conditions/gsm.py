"""GSM full rate: the codec of the first digital mobile telephones, still that of many voice mails."""

from __future__ import annotations

import io
import math
from functools import lru_cache
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform, resample
from workbench.conditions import requirements
from workbench.conditions.codecs import bandwidth_hz
from workbench.conditions.condition import Condition, SpeechPool, parameter

_RATE = 8_000
_FRAME = 160
_LINK_GAIN = 10.0 ** (-1.0 / 20.0)


class GsmFr(Condition):
    """GSM 06.10 full rate, 13 kbit/s at 8 kHz, once or several times in a row (tandem), without transmission errors.

    Frames of 20 ms; the last is filled up with silence. The codec delays nothing, so every word keeps its time. Links in
    a row do not run in step: each gets the sound 1 dB lower than the one before (made up for after it), and every other
    one is a sample late. What lies outside [-1, 1] is turned down first (``gain_db``).
    """

    id: Literal["gsm_fr"] = "gsm_fr"
    passes: int = parameter(2, 1, 16, unit="passes", what="how many links in a row (tandem)")

    family: ClassVar[str] = "codecs"
    title: ClassVar[str] = "GSM full rate"
    hears: ClassVar[str] = "An early mobile telephone: narrow, nasal and a little hoarse, more with every link."
    source: ClassVar[str] = "ETSI GSM 06.10 (EN 300 961) full rate, RPE-LTP, as coded by the libsndfile of soundfile"
    leading: ClassVar[str] = "passes"
    levels: ClassVar[tuple[dict[str, float], ...]] = ({"passes": 1}, {"passes": 2}, {"passes": 3}, {"passes": 4})
    draws: ClassVar[bool] = False

    @classmethod
    def unavailable(cls) -> str:
        """Return why the codec is missing, if it is."""
        return requirements.package("soundfile") or _lacking_subtype()

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        n, rate = len(wave.samples), wave.sample_rate
        samples, gain = np.asarray(wave.samples, dtype=np.float32), 1.0
        for link in range(self.passes):
            late, level = link % 2, np.float32(_LINK_GAIN**link)
            narrow = resample(np.pad(samples, (late, 0)) * level, orig_sr=rate, target_sr=_RATE)
            overload = max(1.0, float(np.max(np.abs(narrow))))
            gain /= overload
            back = resample(full_rate(narrow / np.float32(overload)), orig_sr=_RATE, target_sr=rate)[late : late + n]
            samples = np.pad(back, (0, n - len(back))) / level
        facts = {"bandwidth_hz": bandwidth_hz(samples, sample_rate=rate)}
        return samples, facts if gain == 1.0 else facts | {"gain_db": 20.0 * math.log10(gain)}


def full_rate(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return ``samples`` (n,), 8 kHz, within [-1, 1], after the codec: shape (n,)."""
    import soundfile

    filled = np.pad(samples, (0, -len(samples) % _FRAME))
    integers = np.clip(np.round(filled * 32768.0), -32768, 32767).astype(np.int16)
    coded = io.BytesIO()
    soundfile.write(coded, integers, _RATE, format="RAW", subtype="GSM610")
    coded.seek(0)
    heard, _ = soundfile.read(
        coded, dtype="int16", format="RAW", subtype="GSM610", samplerate=_RATE, channels=1, always_2d=False
    )
    return np.asarray(heard[: len(samples)] / np.float32(32768.0), dtype=np.float32)


@lru_cache(maxsize=1)
def _lacking_subtype() -> str:
    import soundfile

    if "GSM610" in soundfile.available_subtypes("RAW"):
        return ""
    return "the libsndfile of soundfile has no GSM 06.10: pip install --force-reinstall soundfile, whose wheels for Linux, macOS and Windows have it"
