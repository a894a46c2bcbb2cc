"""GSM full rate, by measurement: bandwidth, timing, quantisation, against sox's coder, and where the codec is missing."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from scipy.signal import correlate

from tests.conftest import require
from tests.sound_measures import voiced
from tests.synthetic_speech import RATE, level_db, speech_like
from workbench.audio import Waveform, resample
from workbench.conditions import CATALOGUE, degrade, describe, gsm, parse_condition
from workbench.conditions.gsm import GsmFr, full_rate
from workbench.errors import ConditionError

VOICE = (voiced(130.0, 4.0) * np.tile(np.hanning(4000), 16)).astype(np.float32)


def narrow(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    return resample(samples, orig_sr=RATE, target_sr=8000)


@pytest.mark.parametrize("severity", [1, 4])
def test_nothing_is_left_above_4_khz_and_most_below_3_4(severity: int) -> None:
    degraded = degrade(Waveform(speech_like(4.0), RATE), CATALOGUE[f"gsm_fr@{severity}"], slot=0, seed=1)
    power = np.square(np.abs(np.fft.rfft(degraded.wave.samples.astype(np.float64))))
    frequencies = np.fft.rfftfreq(len(degraded.wave.samples), 1.0 / RATE)
    assert np.sum(power[frequencies > 4100.0]) < 1e-5 * np.sum(power)
    assert degraded.facts["bandwidth_hz"] < 4000.0


@pytest.mark.parametrize("passes", [1, 2, 5])
def test_every_word_keeps_its_time(passes: int) -> None:
    degraded = degrade(Waveform(VOICE, RATE), GsmFr(passes=passes), slot=0, seed=1)
    match = correlate(degraded.wave.samples.astype(np.float64), VOICE.astype(np.float64), mode="full", method="fft")
    assert int(np.argmax(match)) == len(VOICE) - 1


def test_more_links_leave_more_noise_at_the_same_level() -> None:
    band = resample(narrow(VOICE), orig_sr=8000, target_sr=RATE)[: len(VOICE)]
    noise = []
    for passes in (1, 2, 3, 4):
        heard = degrade(Waveform(VOICE, RATE), GsmFr(passes=passes), slot=0, seed=1).wave.samples
        noise.append(level_db(heard - band) - level_db(band))
        assert level_db(heard) == pytest.approx(level_db(band), abs=1.5)
    assert np.all(np.diff(noise) > 0.0)
    assert -25.0 < noise[0] < -8.0


@pytest.mark.parametrize("n", [1, 159, 160, 161, 1000])
def test_any_number_of_samples_comes_back(n: int) -> None:
    assert full_rate(narrow(VOICE)[:n]).shape == (n,)


def test_another_coder_makes_13_kbit_a_second_and_the_very_same_samples() -> None:
    """sox codes with a GSM library of its own, through pipes: raw 16-bit in, GSM frames, raw out."""
    sox = shutil.which("sox")
    require(sox, "sox is not installed (apt-get install sox)")
    samples = np.round(narrow(VOICE) * 32768.0).astype("<i2")
    raw = ["-t", "raw", "-r", "8000", "-e", "signed", "-b", "16", "-c", "1"]
    frames = subprocess.run(
        [str(sox), "-D", *raw, "-", "-t", "gsm", "-"],
        input=samples.tobytes(),
        capture_output=True,
        check=True,
        timeout=20,
    ).stdout
    assert len(frames) == 33 * (len(samples) // 160)
    decoded = subprocess.run(
        [str(sox), "-D", "-t", "gsm", "-r", "8000", "-", *raw, "-"],
        input=frames,
        capture_output=True,
        check=True,
        timeout=20,
    ).stdout
    other = np.frombuffer(decoded, dtype="<i2")[: len(samples)] / 32768.0
    ours = full_rate(samples.astype(np.float32) / np.float32(32768.0))
    np.testing.assert_array_equal(ours, other.astype(np.float32))  # the standard lays down every bit


@pytest.fixture
def without_gsm(monkeypatch: pytest.MonkeyPatch) -> None:
    gsm._lacking_subtype.cache_clear()
    monkeypatch.setattr(soundfile, "available_subtypes", lambda format=None: {"PCM_16": "16 bit"})


def test_it_is_there_with_what_the_requirements_install() -> None:
    assert GsmFr.unavailable() == ""


@pytest.mark.usefixtures("without_gsm")
def test_without_the_codec_it_says_what_is_missing_and_what_to_do() -> None:
    try:
        assert "no GSM 06.10: pip install" in GsmFr.unavailable()
        with pytest.raises(ConditionError, match="cannot be made on this machine") as caught:
            degrade(Waveform(VOICE, RATE), parse_condition("gsm_fr@2"), slot=0, seed=1)
        assert "libsndfile" in str(caught.value)
        rows = [row for row in describe() if row["id"].startswith("gsm_fr")]
        assert len(rows) == 4
        assert not any(row["available"] for row in rows)
    finally:
        gsm._lacking_subtype.cache_clear()
