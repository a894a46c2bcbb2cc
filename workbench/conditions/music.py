"""Background music: chords and a drum loop that nobody has written, made up by seed."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform
from workbench.conditions.arrays import Floats
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.conditions.event_synthesis import high_pass
from workbench.conditions.mixer import mix
from workbench.conditions.tones import harmonic_tone, raised_cosine

BEATS_PER_CHORD = 4
CHORDS = 4
_LOWEST_HZ = 92.4986  # F sharp, an octave and a half below middle C
_OVERTONES_DB = np.array([0.0, -6.0, -12.0, -15.0, -20.0, -24.0])
_DECAY_S = 3.0
_ATTACK_S = 0.005
_TRIADS = ((0, 4, 7), (2, 5, 9), (4, 7, 11), (5, 9, 12), (7, 11, 14), (9, 12, 16))
"""The six major and minor triads of a major key, in semitones above its first note."""

_KICK_DB, _SNARE_DB, _HAT_DB = 3.0, -9.0, -18.0
_HIT_S = 0.35


class Music(Condition):
    """Four chords of a major key, struck anew on every second beat, and a drum kit: again and again.

    Key, chords and where in the loop it begins are drawn by slot. A chord lasts four beats: its bass note and its three
    notes above, six harmonics each, that die away by 60 dB in 3 s and end with the next strike. The drums play a bass
    drum on beats 1 and 3, a snare on 2 and 4, a hi-hat on every half beat. An approximation of no music in particular: it has harmony, beat and
    transients, and neither melody nor singing. The SNR holds over the utterance.
    """

    id: Literal["music"] = "music"
    snr_db: float = parameter(10.0, -30.0, 60.0, unit="dB", what="active speech level minus level of the music")
    beats_per_min: float = parameter(100.0, 40.0, 240.0, unit="per minute", what="beats")
    drums_db: float = parameter(
        0.0, -60.0, 30.0, unit="dB", what="how much louder the drums are than they are beside the chords by default"
    )

    family: ClassVar[str] = "noise"
    title: ClassVar[str] = "Background music"
    hears: ClassVar[str] = "A radio in the room: soft chords that change every few seconds, over a plain drum beat."
    source: ClassVar[str] = (
        "synthetic; triads of a major key in equal temperament and a drum loop, an approximation; SNR on active speech "
        "level, ITU-T P.56 method B"
    )
    leading: ClassVar[str] = "snr_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"snr_db": snr_db, "beats_per_min": 100.0, "drums_db": 0.0} for snr_db in (20.0, 10.0, 5.0, 0.0)
    )

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        n, rate = len(wave.samples), wave.sample_rate
        score_rng, drum_rng = rng.spawn(2)
        chords, begin = self.score(score_rng)
        drums = 10.0 ** (self.drums_db / 20.0) * self._drums(drum_rng, n, rate, begin=begin)
        mixed, facts = mix(wave, self._harmony(chords, n, rate, begin=begin) + drums, snr_db=self.snr_db)
        return mixed, facts | {"lowest_note_hz": float(chords.min())}

    def score(self, rng: np.random.Generator) -> tuple[Floats, float]:
        """Return the notes of the four chords in Hz, shape (4, 4), bass first, and the beat with which the music begins."""
        key = rng.integers(12)
        triads = np.array(_TRIADS)[rng.permutation(len(_TRIADS))[:CHORDS]]
        triads[0] = _TRIADS[0]  # a loop has a home to come back to
        notes = key + np.column_stack([triads[:, :1], 12 + triads])
        return _LOWEST_HZ * 2.0 ** (notes / 12.0), float(rng.random() * CHORDS * BEATS_PER_CHORD)

    def _harmony(self, chords: Floats, n: int, rate: int, *, begin: float) -> Floats:
        """Return the chords alone, shape (n,)."""
        beat_s = 60.0 / self.beats_per_min
        sound = np.zeros(n)
        for strike in range(int(begin // 2.0), int((begin + n / rate / beat_s) // 2.0) + 1):
            start_s, end_s = ((2.0 * beat - begin) * beat_s for beat in (strike, strike + 1))
            low, high = (int(np.clip(np.ceil(at_s * rate), 0, n)) for at_s in (start_s, end_s))
            times = np.arange(low, high) / rate
            since = times - start_s
            loudness = 10.0 ** (-3.0 * since / _DECAY_S) * raised_cosine(np.minimum(since, end_s - times), _ATTACK_S)
            for note in chords[2 * strike // BEATS_PER_CHORD % CHORDS]:
                audible = note * np.arange(1.0, 1.0 + len(_OVERTONES_DB)) < 0.495 * rate
                amplitudes = np.where(audible, 10.0 ** (_OVERTONES_DB / 20.0), 0.0)
                sound[low:high] += loudness * harmonic_tone(note * since, amplitudes, np.zeros(len(amplitudes)))
        return sound

    def _drums(self, rng: np.random.Generator, n: int, rate: int, *, begin: float) -> Floats:
        """Return the drums alone, shape (n,); a loud chord at its loudest has an amplitude of about 4."""
        from scipy.signal import sosfilt

        times = np.arange(round(_HIT_S * rate)) / rate
        noise = rng.standard_normal((2, len(times)))
        kick = np.sin(2.0 * np.pi * (50.0 * times + 3.0 * (1.0 - np.exp(-times / 0.03)))) * np.exp(-times / 0.09)
        snare = sosfilt(high_pass(800.0, rate), noise[0]) * np.exp(-times / 0.05)
        snare += np.sin(2.0 * np.pi * 185.0 * times) * np.exp(-times / 0.04)
        hat = sosfilt(high_pass(min(6000.0, 0.3 * rate), rate, order=4), noise[1]) * np.exp(-times / 0.02)
        hits = [
            10.0 ** (gain_db / 20.0) * hit
            for gain_db, hit in zip((_KICK_DB, _SNARE_DB, _HAT_DB), (kick, snare, hat), strict=True)
        ]
        beat_s = 60.0 / self.beats_per_min
        sound = np.zeros(n + len(times))
        first, last = int(np.floor(2.0 * begin)) - 8, int(np.floor(2.0 * (begin + n / rate / beat_s)))
        for half in range(first, last + 1):
            at = round((half / 2.0 - begin) * beat_s * rate)
            struck = [2] if half % 2 else [2, half // 2 % 2]
            for drum in struck:
                low, high = max(at, 0), min(at + len(times), len(sound))
                if low < high:
                    sound[low:high] += hits[drum][low - at : high - at]
        return sound[:n]
