"""What happens to the voice's level on its way: overdriven, far too quiet, or pumped by an automatic gain control."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Samples, Waveform, speech_level
from workbench.conditions.arrays import Floats
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.conditions.mixer import decibels, mean_square

_BLOCK_S = 0.001
_LARGEST_GAIN = 1e30
"""A gain control looks at the level a thousand times a second."""


class Clipping(Condition):
    """The loudest samples cut off flat, as by an overdriven input, so that ``clipped_percent`` of them are.

    Counted over the time in which someone speaks (ITU-T P.56), so that who pauses more is not cut deeper. Afterwards
    the active speech level is what it was: the distortion is heard, not a change of loudness. The facts report the
    share that was cut, in percent of the samples in speech.
    """

    id: Literal["clipping"] = "clipping"
    clipped_percent: float = parameter(
        5.0, 0.01, 80.0, unit="%", what="share of the samples in speech that are cut off"
    )

    family: ClassVar[str] = "levels"
    title: ClassVar[str] = "Clipping"
    hears: ClassVar[str] = "A harsh, rasping voice, as into a microphone that is set too loud."
    source: ClassVar[str] = "hard limit at a quantile of the samples in speech; speech activity by ITU-T P.56 method B"
    leading: ClassVar[str] = "clipped_percent"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple({"clipped_percent": p} for p in (1.0, 5.0, 15.0, 30.0))
    draws: ClassVar[bool] = False

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        in_speech = speech_level(wave.samples, wave.sample_rate).activity * len(wave.samples)
        wanted = round(self.clipped_percent / 100.0 * in_speech)
        sizes = np.abs(wave.samples.astype(np.float64))
        if wanted == 0:
            return wave.samples, {"clipped_percent": 0.0}
        limit = float(np.partition(sizes, len(sizes) - wanted)[len(sizes) - wanted])
        limit = limit or float(np.min(sizes[sizes > 0.0]))
        cut = np.clip(wave.samples.astype(np.float64), -limit, limit)
        samples, facts = at_the_level_of(wave, cut)
        return samples, facts | {"clipped_percent": 100.0 * float(np.sum(sizes >= limit)) / in_speech}


class LowLevel(Condition):
    """A voice far too quiet for its converter: turned down to ``level_db``, then rounded to ``bits`` without dither.

    One step is 2^(1 - bits), so 12 bits leave speech at -60 dBov about two steps; 8 bits leave silence of it.
    """

    id: Literal["low_level"] = "low_level"
    level_db: float = parameter(-46.0, -80.0, -20.0, unit="dBov", what="active speech level afterwards")
    bits: int = parameter(12, 6, 24, unit="bits", what="word length of the converter")

    family: ClassVar[str] = "levels"
    title: ClassVar[str] = "Low level"
    hears: ClassVar[str] = "A voice that is barely there, and grainy once it is turned up."
    source: ClassVar[str] = (
        "active speech level by ITU-T P.56 method B, then uniform quantisation (mid-tread, no dither)"
    )
    leading: ClassVar[str] = "level_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"level_db": level_db, "bits": 12} for level_db in (-36.0, -46.0, -54.0, -60.0)
    )
    draws: ClassVar[bool] = False

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        level = speech_level(wave.samples, wave.sample_rate)
        if level.active_db == -math.inf:
            return wave.samples, {}
        gain = 10.0 ** ((self.level_db - level.active_db) / 20.0)
        # float32 cannot hold the gain of what is hundreds of decibels too quiet
        quiet = wave.samples * gain if gain < _LARGEST_GAIN else wave.samples.astype(np.float64) * gain
        steps = 2.0 ** (self.bits - 1)
        rounded = np.round(quiet * steps) / steps
        facts = {"active_level_db": level.active_db, "activity_factor": level.activity}
        error = mean_square(rounded - quiet)
        if error > 0.0:
            facts["quantisation_snr_db"] = decibels(mean_square(quiet)) - decibels(error)
        return rounded, facts


class AgcPump(Condition):
    """An automatic gain control that is heard working: loud syllables are pressed down, pauses come up after them.

    A feed-forward compressor with a hard knee: above a threshold 20 dB below the active speech level, ``ratio`` dB
    more at the input are 1 dB more at the output. The gain falls with time constant ``attack_ms`` and rises with
    ``release_ms``. What is lost in level is made up: the active speech level is what it was. The level is looked at
    in blocks of 1 ms (root mean square), so the attack cannot be faster than that.
    """

    id: Literal["agc_pump"] = "agc_pump"
    ratio: float = parameter(4.0, 1.0, 30.0, unit=": 1", what="decibels at the input for one more at the output")
    attack_ms: float = parameter(5.0, 1.0, 200.0, unit="ms", what="time constant of the gain when it falls")
    release_ms: float = parameter(250.0, 1.0, 3000.0, unit="ms", what="time constant of the gain when it rises")

    family: ClassVar[str] = "levels"
    title: ClassVar[str] = "Gain pumping"
    hears: ClassVar[str] = "Loudness that breathes: every pause swells up, every first syllable is pushed down."
    source: ClassVar[str] = (
        "feed-forward compressor with branching smoothing of the gain, as in Giannoulis, Massberg and Reiss (2012), "
        "J. Audio Eng. Soc. 60(6); level restored by ITU-T P.56 method B"
    )
    leading: ClassVar[str] = "ratio"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"ratio": ratio, "attack_ms": 5.0, "release_ms": 250.0} for ratio in (2.0, 4.0, 6.0, 10.0)
    )
    draws: ClassVar[bool] = False

    threshold_db: ClassVar[float] = -20.0
    """Where compression starts, relative to the active speech level."""

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        level = speech_level(wave.samples, wave.sample_rate)
        if level.active_db == -math.inf:
            return wave.samples, {}
        gains_db = self.gains_db(wave.samples, wave.sample_rate, threshold_db=level.active_db + self.threshold_db)
        samples, facts = at_the_level_of(wave, wave.samples * 10.0 ** (gains_db / 20.0))
        return samples, facts | {"gain_range_db": float(np.ptp(gains_db))}

    def gains_db(self, samples: Samples, sample_rate: int, *, threshold_db: float) -> Floats:
        """Return the gain at every sample, shape (n,), 0 dB or less; ``threshold_db`` is a level in dBov."""
        size = max(1, round(_BLOCK_S * sample_rate))
        starts = np.arange(0, len(samples), size)
        energy = np.add.reduceat(np.square(samples.astype(np.float64)), starts)
        power = energy / np.diff(np.append(starts, len(samples)))
        above_db = np.maximum(10.0 * np.log10(power + 1e-30) - threshold_db, 0.0)
        wanted_db = above_db * (1.0 / self.ratio - 1.0)
        falling, rising = (math.exp(-1000.0 * size / (sample_rate * t)) for t in (self.attack_ms, self.release_ms))
        gain_db, followed = 0.0, []
        for aim_db in wanted_db.tolist():
            keep = falling if aim_db < gain_db else rising
            gain_db = keep * gain_db + (1.0 - keep) * aim_db
            followed.append(gain_db)
        gains: Floats = np.interp(np.arange(len(samples)), starts, followed)
        return gains


def at_the_level_of(wave: Waveform, changed: Floats) -> tuple[Floats, dict[str, float]]:
    """Return ``changed`` (n,) at the active speech level of ``wave``, and that level as facts; silence as it is."""
    before = speech_level(wave.samples, wave.sample_rate)
    after_db = speech_level(changed, wave.sample_rate).active_db
    if before.active_db == -math.inf or after_db == -math.inf:
        return changed, {}
    facts = {"active_level_db": before.active_db, "activity_factor": before.activity}
    return changed * 10.0 ** ((before.active_db - after_db) / 20.0), facts
