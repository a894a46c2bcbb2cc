"""A call centre: a room full of colleagues on the telephone, and their keyboards."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform
from workbench.conditions.arrays import Floats
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.conditions.crowd_scenes import happenings, murmur, place
from workbench.conditions.event_synthesis import high_pass, low_pass
from workbench.conditions.mixer import mix

_FROM_HZ = 200.0
_TYPING_S = (1.5, 5.0)
_KEYS_HZ = 5.0
_RELEASE_S = 0.08
_CLICK_S = 0.012


class CallCentre(Condition):
    """Sixteen voices, dulled by distance and partitions, and someone who types.

    The voices lose 6 dB per octave above ``band_hz`` and what is below 200 Hz. Typing comes in bouts of 1.5 to 5 s, as a
    Poisson process; in a bout keys follow each other 5 times a second on average, no two at the same interval. A key is
    two clicks above 1.5 kHz, when it is pressed and, 6 dB softer, when it is let go 60 to 100 ms later. In a corpus
    with fewer than seventeen speakers some voices are heard several times, at different places. The SNR holds over the
    utterance, with all that falls into it. An approximation of no particular office.
    """

    id: Literal["call_centre"] = "call_centre"
    snr_db: float = parameter(12.0, -30.0, 60.0, unit="dB", what="active speech level minus level of the whole room")
    talkers: int = parameter(16, 1, 64, unit="talkers", what="how many others speak at once")
    band_hz: float = parameter(1500.0, 500.0, 8000.0, unit="Hz", what="above it the voices are dulled")
    bouts_per_min: float = parameter(12.0, 0.0, 60.0, unit="per minute", what="bouts of typing")
    click_db: float = parameter(
        9.0, -60.0, 40.0, unit="dB", what="peak of a key that is pressed, above the level of the voices"
    )

    family: ClassVar[str] = "crowds"
    title: ClassVar[str] = "Call centre"
    hears: ClassVar[str] = "A large office: the dull murmur of many calls behind partitions, and a keyboard nearby."
    source: ClassVar[str] = (
        "voices of the corpus and synthetic clicks, an approximation; SNR on active speech level, ITU-T P.56 method B"
    )
    leading: ClassVar[str] = "snr_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"snr_db": snr_db, "talkers": 16, "band_hz": 1500.0, "bouts_per_min": 12.0, "click_db": 9.0}
        for snr_db in (20.0, 12.0, 6.0, 2.0)
    )
    needs_speech_pool: ClassVar[bool] = True

    @property
    def voices_needed(self) -> int:
        """One other, who may be heard several times."""
        return 1

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        from scipy.signal import sosfilt

        n, rate = len(wave.samples), wave.sample_rate
        voices_rng, keys_rng = rng.spawn(2)
        sections = np.vstack([high_pass(_FROM_HZ, rate), low_pass(self.band_hz, rate)])
        voices = sosfilt(sections, murmur(pool, voices_rng, wave, talkers=self.talkers))
        typing, keys = self.typing(keys_rng, n, rate)
        mixed, facts = mix(wave, voices + typing, snr_db=self.snr_db)
        return mixed, facts | {"keys": float(keys)}

    def typing(self, rng: np.random.Generator, n: int, sample_rate: int) -> tuple[Floats, int]:
        """Return the keyboard alone, shape (n,), the level of the voices being 1; and how many keys are pressed."""
        from scipy.signal import sosfilt

        click_rng, bout_rng = rng.spawn(2)
        m = round(_CLICK_S * sample_rate)
        decay = 10.0 ** (-3.0 * np.arange(m) / m)
        click = sosfilt(high_pass(1500.0, sample_rate), click_rng.standard_normal(m) * decay)
        click *= 10.0 ** (self.click_db / 20.0) / np.max(np.abs(click))
        sound, pressed = np.zeros(n), 0
        at_s, marks = happenings(
            bout_rng, per_min=self.bouts_per_min, until_s=n / sample_rate, reach_s=_TYPING_S[1], marks=2
        )
        for begin_s, (length, seed) in zip(at_s, marks, strict=True):
            length_s = _TYPING_S[0] + (_TYPING_S[1] - _TYPING_S[0]) * length
            key_rng = np.random.default_rng(int(seed * 2**53))
            since_s = 0.0
            while since_s < length_s:
                hardness, release, gap = key_rng.random(3)
                gain = 0.5 + 0.5 * hardness
                place(sound, begin_s + since_s, gain * click, sample_rate=sample_rate)
                let_go_s = begin_s + since_s + _RELEASE_S * (0.75 + 0.5 * release)
                place(sound, let_go_s, 0.5 * gain * click, sample_rate=sample_rate)
                pressed += 0.0 <= begin_s + since_s < n / sample_rate
                since_s += (0.5 + gap) / _KEYS_HZ
        return sound, pressed
