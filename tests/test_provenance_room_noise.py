"""The noise of a room: levels against a sine and white noise whose levels are known, and noises that are recognised as themselves."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.audio import SAMPLE_RATE, Waveform
from workbench.conditions.noise import PINK_DB, coloured
from workbench.errors import AudioError
from workbench.provenance.room_noise import level_db, octave_levels, resembles

N = 5 * SAMPLE_RATE


def of(samples: np.ndarray) -> Waveform:
    return Waveform(samples.astype(np.float32), SAMPLE_RATE)


def test_a_sine_has_its_level_in_its_octave_and_nothing_elsewhere() -> None:
    wave = of(0.1 * np.sin(2 * np.pi * 1000 * np.arange(N) / SAMPLE_RATE))
    expected = 20 * np.log10(0.1 / np.sqrt(2))
    assert level_db(wave) == pytest.approx(expected, abs=0.01)
    levels = octave_levels(wave)
    assert levels[1000] == pytest.approx(expected, abs=0.1)
    assert max(level for centre, level in levels.items() if centre != 1000) < expected - 40


def test_octaves_of_white_noise_rise_by_three_decibels(rng: np.random.Generator) -> None:
    levels = octave_levels(of(0.1 * rng.standard_normal(N)))
    assert np.diff([levels[centre] for centre in (500, 1000, 2000, 4000)]) == pytest.approx(10 * np.log10(2), abs=0.4)


def test_a_noise_resembles_itself_at_any_level(rng: np.random.Generator) -> None:
    white, pink = rng.standard_normal(N), coloured(rng, N, slope_db=PINK_DB, sample_rate=SAMPLE_RATE)
    hum = sum(np.sin(2 * np.pi * 50 * k * np.arange(N) / SAMPLE_RATE) / k for k in (1, 2, 3, 5)) + 1e-3 * white
    for samples, name in ((0.001 * white, "white_noise"), (0.2 * pink, "pink_noise"), (0.1 * hum, "hum")):
        nearest = resembles(of(samples))
        assert nearest["id"][0] == name, nearest.head()
        assert nearest["distance_db"].is_monotonic_increasing


@pytest.mark.parametrize(("samples", "words"), [(np.zeros(N), "digital silence"), (np.ones(100), "too short")])
def test_what_is_no_recording_of_a_room_is_an_error(samples: np.ndarray, words: str) -> None:
    with pytest.raises(AudioError, match=words):
        resembles(of(samples))
