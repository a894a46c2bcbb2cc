"""Distance: a microphone across the room instead of before the mouth."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform, active_level
from workbench.conditions.arrays import Floats
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.conditions.mixer import decibels, mean_square
from workbench.conditions.noise import shaped
from workbench.conditions.rooms import Room, measured_rt60_s
from workbench.conditions.sound_level import NEAR_M, NEAR_SPEECH_DBA, a_weighted_change_db, air_absorption_db_per_m

_VOLUME_M3 = 60.0
_SLOPE_DB = -5.0
_FLAT_BELOW_HZ = 62.5
_HALF = 64


class FarField(Condition):
    """A microphone ``distance_m`` away in a room of 60 m3: a weaker direct sound, the same reverberation and noise.

    The direct sound falls by 1/r from 0.5 m, where the recording is taken to have been made, and loses what the air
    absorbs (20 degrees, 50 % humidity). The reverberant tail is as strong everywhere: as strong as the direct sound at
    the critical distance r_c = 0.057 sqrt(V / RT60). So is the room's own noise of ``ambient_dba``, with a spectrum
    that falls by 5 dB per octave, against speech of 60 dBA at 1 m. Both levels are approximations: a file tells
    nothing of the sound pressure. The level is not made up for, and words keep their time.
    """

    id: Literal["far_field"] = "far_field"
    distance_m: float = parameter(1.5, 0.1, 10.0, unit="m", what="from the mouth to the microphone")
    rt60_s: float = parameter(0.5, 0.05, 5.0, unit="s", what="reverberation time of the room")
    ambient_dba: float = parameter(40.0, 0.0, 80.0, unit="dBA", what="level of the room's own noise")

    family: ClassVar[str] = "rooms"
    title: ClassVar[str] = "Far field"
    hears: ClassVar[str] = "The speaker across the room: hollow, further and further away, in the noise of the room."
    source: ClassVar[str] = (
        "1/r law and critical distance of a diffuse field; air absorption ISO 9613-1; speech of 60 dBA at 1 m ISO 9921; "
        "tail as in room; ambient noise of -5 dB per octave approximates Hoth's room noise (ITU-T P.800)"
    )
    leading: ClassVar[str] = "distance_m"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"distance_m": distance_m, "rt60_s": 0.5, "ambient_dba": 40.0} for distance_m in (0.5, 1.5, 3.0, 6.0)
    )

    def response(self, rng: np.random.Generator, *, sample_rate: int) -> tuple[Floats, Floats]:
        """Return the direct sound, shape (129,) with time zero in the middle, and the tail after time zero, shape (k,)."""
        frequencies = np.fft.rfftfreq(2 * _HALF, 1.0 / sample_rate).astype(np.float64)
        travelled_m = max(0.0, self.distance_m - NEAR_M)
        loss_db = 20.0 * math.log10(self.distance_m / NEAR_M) + travelled_m * air_absorption_db_per_m(frequencies)
        direct = np.take(np.fft.irfft(10.0 ** (-loss_db / 20.0)), np.arange(-_HALF, _HALF + 1), mode="wrap")
        direct[[0, -1]] *= 0.5
        critical_m = 0.057 * math.sqrt(_VOLUME_M3 / self.rt60_s)
        tail = Room(rt60_s=self.rt60_s, drr_db=0.0).response(rng, sample_rate=sample_rate)[1:]
        return direct, tail * (NEAR_M / critical_m)

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        from scipy.signal import oaconvolve

        n, rate = len(wave.samples), wave.sample_rate
        room_rng, noise_rng = rng.spawn(2)
        direct, tail = self.response(room_rng, sample_rate=rate)
        whole = np.zeros(max(len(direct), _HALF + 1 + len(tail)))
        whole[: len(direct)] = direct
        whole[_HALF + 1 : _HALF + 1 + len(tail)] += tail
        wet = oaconvolve(wave.samples.astype(np.float64), whole)[_HALF : _HALF + n]
        facts = {
            "rt60_s": measured_rt60_s(tail, sample_rate=rate),
            "drr_db": 10.0 * math.log10(float(np.sum(np.square(direct))) / float(np.sum(np.square(tail)))),
        }
        level = active_level(wave)
        if level.active_db == -math.inf:
            return wet, facts
        noise = self.ambient(noise_rng, n, sample_rate=rate, speech_db=level.active_db)
        facts |= {"active_level_db": level.active_db, "activity_factor": level.activity}
        direct_db = level.active_db + decibels(float(np.sum(np.square(direct))))
        facts["direct_snr_db"] = direct_db - decibels(mean_square(noise))
        return wet + noise, facts

    def ambient(self, rng: np.random.Generator, n: int, *, sample_rate: int, speech_db: float) -> Floats:
        """Return the room's noise, shape (n,), beside speech that was recorded at an active level of ``speech_db``."""
        grid = np.linspace(0.0, 0.5 * sample_rate, 4097)
        octaves = np.log2(np.maximum(grid, _FLAT_BELOW_HZ) / _FLAT_BELOW_HZ)
        amplitudes = 10.0 ** (_SLOPE_DB * octaves / 20.0)
        weighted_db = a_weighted_change_db(grid, np.square(amplitudes))
        noise: Floats = shaped(rng, n, grid, amplitudes, sample_rate=sample_rate)
        wanted_db = speech_db - NEAR_SPEECH_DBA + self.ambient_dba - weighted_db
        noise *= 10.0 ** ((wanted_db - decibels(mean_square(noise))) / 20.0)
        return noise
