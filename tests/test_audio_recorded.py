"""A recording as bytes: samples, level and rate are those that went in, and what is no WAV is an error."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from workbench.audio import SAMPLE_RATE, recorded
from workbench.errors import AudioError

SINE = 0.5 * np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000)


def wav(samples: np.ndarray, rate: int, subtype: str) -> bytes:
    sink = io.BytesIO()
    soundfile.write(sink, samples, rate, format="WAV", subtype=subtype)
    return sink.getvalue()


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT"])
def test_a_second_of_stereo_is_a_second_of_mono_at_the_same_level(subtype: str) -> None:
    wave = recorded(wav(np.stack([SINE, SINE], axis=1), 48_000, subtype))
    assert (wave.sample_rate, len(wave.samples)) == (SAMPLE_RATE, SAMPLE_RATE)
    assert np.sqrt(np.mean(wave.samples**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.01)


@pytest.mark.parametrize("data", [b"", b"not a wav", wav(SINE, 48_000, "PCM_16")[:30]])
def test_what_is_no_wav_is_an_error(data: bytes) -> None:
    with pytest.raises(AudioError):
        recorded(data)
