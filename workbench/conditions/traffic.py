"""Traffic: inside a moving car, and beside a street."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform
from workbench.conditions.arrays import Floats
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.conditions.event_synthesis import events, filtered_noise, high_pass, low_pass
from workbench.conditions.mixer import mix

_ORDERS = 8
_PASS_REACH_S = 10.0
_PASS_M = 7.5
_HORN_HZ = (420.0, 510.0)
_HORN_OVERTONES = 6
_HORN_REACH_S = 1.0


class Vehicle(Condition):
    """Inside a car at a steady speed: the brown noise of the road and the tones of the engine.

    The road falls by 6 dB per octave from 30 Hz. The engine has four cylinders and four strokes: it fires rpm / 30
    times a second, with harmonics that fall by 6 dB per octave. Of speed v in km/h it turns 1000 + 18 v times a
    minute, and is as loud as the road at 30 km/h; faster, the road grows by 30 log10(v), the engine by 20 log10(rpm).
    These laws of speed are approximations; how loud all of it is beside the voice, the SNR says (unweighted).
    """

    id: Literal["vehicle"] = "vehicle"
    snr_db: float = parameter(5.0, -30.0, 60.0, unit="dB", what="active speech level minus level of road and engine")
    speed_kmh: float = parameter(50.0, 10.0, 200.0, unit="km/h", what="speed; sets the engine's tone and its share")

    family: ClassVar[str] = "traffic"
    title: ClassVar[str] = "Vehicle"
    hears: ClassVar[str] = "The cabin of a moving car: the rumble of the road and the hum of the engine."
    source: ClassVar[str] = (
        "synthetic; brown noise and firing-order tones, an approximation; SNR on active speech level, ITU-T P.56 "
        "method B"
    )
    leading: ClassVar[str] = "snr_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = (
        {"snr_db": 12.0, "speed_kmh": 30.0},
        {"snr_db": 5.0, "speed_kmh": 50.0},
        {"snr_db": 0.0, "speed_kmh": 90.0},
        {"snr_db": -5.0, "speed_kmh": 120.0},
    )

    @property
    def rpm(self) -> float:
        """Turns of the engine per minute."""
        return 1000.0 + 18.0 * self.speed_kmh

    @property
    def firing_hz(self) -> float:
        """Frequency of the engine's lowest tone: two ignitions per turn."""
        return self.rpm / 30.0

    @property
    def engine_db(self) -> float:
        """Level of the engine minus that of the road."""
        return 20.0 * math.log10(self.rpm / 1540.0) - 30.0 * math.log10(self.speed_kmh / 30.0)

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        n, rate = len(wave.samples), wave.sample_rate
        road_rng, engine_rng = rng.spawn(2)
        road = filtered_noise(road_rng, n, np.vstack([high_pass(20.0, rate), low_pass(30.0, rate)]), sample_rate=rate)
        phases = engine_rng.random(_ORDERS)
        times = np.arange(n) / rate
        engine = np.zeros(n)
        for order in range(1, _ORDERS + 1):
            engine += np.sin(2.0 * np.pi * (order * self.firing_hz * times + phases[order - 1])) / order
        power = 0.5 * sum(order**-2.0 for order in range(1, _ORDERS + 1))
        sound = road + 10.0 ** (self.engine_db / 20.0) / math.sqrt(power) * engine
        mixed, facts = mix(wave, sound, snr_db=self.snr_db)
        return mixed, facts | {"engine_hz": self.firing_hz}


class Street(Condition):
    """Beside a street: distant traffic all the time, cars that pass at 7.5 m, now and then a horn.

    Cars pass as a Poisson process. Each is a point source on a straight line: its power goes as 1 / (1 + (v t / d)^2),
    with v from 30 to 60 km/h and a peak 7 to 13 dB above the distant traffic. A horn is a pair of tones (420 and
    510 Hz, within 3 %) with harmonics, 0.25 to 0.8 s long, 6 to 12 dB above the distant traffic. Approximations:
    no Doppler shift, one spectrum for all traffic (-6 dB per octave above 400 Hz). The SNR holds over the utterance,
    with all that falls into it.
    """

    id: Literal["street"] = "street"
    snr_db: float = parameter(8.0, -30.0, 60.0, unit="dB", what="active speech level minus level of the whole street")
    cars_per_min: float = parameter(12.0, 0.0, 120.0, unit="per minute", what="cars that pass")
    horns_per_min: float = parameter(2.0, 0.0, 60.0, unit="per minute", what="horns")

    family: ClassVar[str] = "traffic"
    title: ClassVar[str] = "Street"
    hears: ClassVar[str] = "The kerb of a busy street: cars that swell and fade, at times a horn."
    source: ClassVar[str] = (
        "synthetic; passing point sources at 7.5 m, the distance of pass-by tests in ISO 362; an approximation; SNR on "
        "active speech level, ITU-T P.56 method B"
    )
    leading: ClassVar[str] = "snr_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"snr_db": snr_db, "cars_per_min": 12.0, "horns_per_min": 2.0} for snr_db in (15.0, 8.0, 3.0, -2.0)
    )

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        n, rate = len(wave.samples), wave.sample_rate
        far_rng, near_rng, cars_rng, horns_rng = rng.spawn(4)
        sections = np.vstack([high_pass(40.0, rate), low_pass(400.0, rate)])
        times = np.arange(n) / rate
        passing, cars = self._cars(cars_rng, times, until_s=n / rate)
        horn, horns = self._horns(horns_rng, times, until_s=n / rate)
        traffic = filtered_noise(far_rng, n, sections, sample_rate=rate)
        traffic += np.sqrt(passing) * filtered_noise(near_rng, n, sections, sample_rate=rate)
        mixed, facts = mix(wave, traffic + horn, snr_db=self.snr_db)
        return mixed, facts | {"cars": float(cars), "horns": float(horns)}

    def _cars(self, rng: np.random.Generator, times: Floats, *, until_s: float) -> tuple[Floats, int]:
        """Return the power of the cars that pass, shape (n,), that of the distant traffic being 1; and how many do."""
        at_s, marks = events(
            rng,
            rate_hz=self.cars_per_min / 60.0,
            first_s=-_PASS_REACH_S,
            until_s=until_s + _PASS_REACH_S,
            marks=2,
            block_s=_PASS_REACH_S,
        )
        power = np.zeros(len(times))
        for middle_s, (speed, strength) in zip(at_s, marks, strict=True):
            first, last = np.searchsorted(times, [middle_s - _PASS_REACH_S, middle_s + _PASS_REACH_S])
            near_s = _PASS_M / ((30.0 + 30.0 * speed) / 3.6)
            power[first:last] += 10.0 ** (0.7 + 0.6 * strength) * passing(times[first:last] - middle_s, near_s=near_s)
        return power, int(np.sum((at_s >= 0.0) & (at_s < until_s)))

    def _horns(self, rng: np.random.Generator, times: Floats, *, until_s: float) -> tuple[Floats, int]:
        """Return the horns, shape (n,), the level of the distant traffic being 1; and how many begin."""
        at_s, marks = events(
            rng,
            rate_hz=self.horns_per_min / 60.0,
            first_s=-_HORN_REACH_S,
            until_s=until_s,
            marks=3,
            block_s=_PASS_REACH_S,
        )
        sound = np.zeros(len(times))
        for start_s, (pitch, length, strength) in zip(at_s, marks, strict=True):
            length_s = 0.25 + 0.55 * length
            first, last = np.searchsorted(times, [start_s, start_s + length_s])
            since = times[first:last] - start_s
            ramp = np.clip(np.minimum(since, length_s - since) / 0.01, 0.0, 1.0)
            gain = 10.0 ** ((6.0 + 6.0 * strength) / 20.0)
            sound[first:last] += gain * (0.5 - 0.5 * np.cos(np.pi * ramp)) * _horn(since, bend=0.97 + 0.06 * pitch)
        return sound, int(np.sum((at_s >= 0.0) & (at_s < until_s)))


def passing(times: Floats, *, near_s: float) -> Floats:
    """Return the power of a car, 1 as it is nearest at time 0, half of it ``near_s`` later, and 0 from 10 s on."""
    power = 1.0 / (1.0 + np.square(times / near_s))
    end = 1.0 / (1.0 + (_PASS_REACH_S / near_s) ** 2)
    return np.maximum(power - end, 0.0) / (1.0 - end)


def _horn(times: Floats, *, bend: float) -> Floats:
    """Return a car's horn with mean square 1, shape (n,): two notes with harmonics that lose 3 dB each."""
    sound = np.zeros(len(times))
    for note in _HORN_HZ:
        for number in range(1, _HORN_OVERTONES + 1):
            sound += 10.0 ** (-3.0 * (number - 1) / 20.0) * np.sin(2.0 * np.pi * number * bend * note * times)
    power = len(_HORN_HZ) * 0.5 * sum(10.0 ** (-0.3 * (number - 1)) for number in range(1, _HORN_OVERTONES + 1))
    return sound / math.sqrt(power)
