"""Speech and music codecs, by measurement: timing, bit rate, bandwidth, noise, and the same bytes everywhere."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.synthetic_speech import RATE, level_db, speech_like, tone
from workbench.audio import Waveform, decode, resample, samples_digest
from workbench.conditions import CATALOGUE, degrade, parse_condition
from workbench.conditions.codec_round_trip import Coding, code, delay_of, encode
from workbench.errors import ConditionError

FAMILIES = ("opus", "amr_nb", "g722", "g726", "mp3_low", "aac_low")
NAMES = [f"{family}@{severity}" for family in FAMILIES for severity in (1, 2, 3, 4)]


def heard(name: str, samples: NDArray[np.float32], *, rate: int = RATE) -> NDArray[np.float32]:
    return degrade(Waveform(samples, rate), parse_condition(name), slot=0, seed=1).wave.samples


def packets_of(name: str, samples: NDArray[np.float32]) -> list[bytes]:
    """Return the packets that the encoder of a condition makes of samples at its own rate."""
    coding: Coding = CATALOGUE[name].coding  # type: ignore[attr-defined]
    return [bytes(packet) for packet in encode(samples, coding, place=name).packets]


def late_ms(before: NDArray[np.float32], after: NDArray[np.float32]) -> float:
    """Return by how much ``after`` is late, by cross-correlation at 64 kHz."""
    fine = 4 * RATE
    x, y = (resample(one, orig_sr=RATE, target_sr=fine).astype(np.float64) for one in (before, after))
    match = np.fft.irfft(np.fft.rfft(y, 2 * len(x)) * np.conj(np.fft.rfft(x, 2 * len(x))))
    late = int(np.argmax(match))
    return 1000.0 * (late if late < len(x) else late - 2 * len(x)) / fine


@pytest.mark.parametrize("name", NAMES)
def test_every_word_keeps_its_time(name: str) -> None:
    samples = speech_like(3.0, seed=4)
    # The high-pass filter of AMR (80 Hz) and the resamplers within Opus turn the phase by some 0.1 ms, not the same at
    # every frequency; the others are exact.
    allowed_ms = 0.13 if name.startswith(("amr_nb", "opus")) else 0.02
    assert abs(late_ms(samples, heard(name, samples))) <= allowed_ms


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_recorded_speech_keeps_its_time_and_about_its_level(name: str, shared_dir: Path) -> None:
    clean = decode(shared_dir / "corpora/vctk-18/clips/p225_003.wav")
    degraded = degrade(clean, CATALOGUE[name], slot=0, seed=1)
    assert abs(late_ms(clean.samples, degraded.wave.samples)) <= 0.3
    change_db = level_db(degraded.wave.samples) - level_db(clean.samples) - degraded.facts.get("gain_db", 0.0)
    assert abs(change_db) < 2.0


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("rate", [8_000, 44_100])
def test_every_sample_rate_and_odd_lengths_keep_their_length_and_time(family: str, rate: int) -> None:
    before = resample(speech_like(1.0, seed=2), orig_sr=RATE, target_sr=rate)[: rate - 37]
    after = heard(f"{family}@1", before, rate=rate)
    assert after.shape == before.shape
    x, y = (resample(one, orig_sr=rate, target_sr=RATE)[: RATE // 2] for one in (before, after))
    assert abs(late_ms(x, y)) <= 0.15


def test_the_delay_is_that_of_the_codec() -> None:
    delays = {family: delay_of(CATALOGUE[f"{family}@1"].coding, place=family) for family in FAMILIES}  # type: ignore[attr-defined]
    in_ms = {family: 1000.0 * samples / rate for family, (samples, rate) in delays.items()}
    assert in_ms["amr_nb"] == pytest.approx(5.0, abs=0.2)  # the look-ahead of the standard
    assert in_ms["g722"] == pytest.approx(22 / 16, abs=0.01)  # two quadrature mirror filters of 24 taps
    assert in_ms["g726"] == 0.0
    assert in_ms["aac_low"] == 64.0  # one frame of 1024 samples at 16 kHz


# -- rates


@pytest.mark.parametrize("name", NAMES)
def test_the_bit_rate_is_the_one_that_is_named(name: str) -> None:
    condition = CATALOGUE[name]
    coding: Coding = condition.coding  # type: ignore[attr-defined]
    samples = resample(speech_like(10.0, pause_s=0.0), orig_sr=RATE, target_sr=coding.sample_rate)
    packets = packets_of(name, samples)
    kbps = condition.parameters["kbps"]
    if name.startswith("amr_nb"):  # frames of 20 ms in storage format: a byte of header, then whole bytes
        bytes_per_frame = {12.2: 32, 7.95: 21, 5.9: 16, 4.75: 13}[kbps]
        assert {len(packet) for packet in packets} == {bytes_per_frame}
        assert len(packets) == pytest.approx(10.0 / 0.02, abs=7)
    elif name.startswith("opus"):
        assert {len(packet) for packet in packets} == {round(np.ceil(kbps * 2.5))}
    else:
        made = 64.0 if name.startswith("g722") else kbps  # G.722: the encoder makes 64, the decoder leaves bits out
        duration = 10.0 + 0.1 + 0.1  # with the silence that pushes the last sample through, more for long frames
        assert 8.0 * sum(map(len, packets)) / duration / 1000.0 == pytest.approx(made, rel=0.06)


@pytest.mark.parametrize(
    ("given", "modes"),
    [
        ("amr_nb?kbps=8", "4.75, 5.15"),
        ("g722?kbps=60", "48, 56, 64"),
        ("g726?kbps=20", "16, 24"),
        ("mp3_low?kbps=20", "8, 16"),
    ],
)
def test_a_rate_that_the_codec_does_not_have_is_refused_with_those_it_has(given: str, modes: str) -> None:
    with pytest.raises(ConditionError, match=f"is not a rate of this codec; use {modes}"):
        parse_condition(given)


@pytest.mark.parametrize(
    "name",
    [f"amr_nb?kbps={kbps}" for kbps in (4.75, 5.15, 5.9, 6.7, 7.4, 7.95, 10.2, 12.2)]
    + [f"mp3_low?kbps={kbps}" for kbps in (8, 40, 160)]
    + [f"aac_low?kbps={kbps}" for kbps in (8, 12.5, 96)]
    + [f"opus?kbps={kbps}" for kbps in (6, 12.5, 64)],
)
def test_every_rate_of_a_codec_can_be_used(name: str) -> None:
    voice = np.sum([tone(k * 160.0, 0.5, level=0.2 / k) for k in range(1, 12)], axis=0).astype(np.float32)
    assert level_db(heard(name, voice)) == pytest.approx(level_db(voice), abs=2.0)


# -- what is left of the sound


def share_above(samples: NDArray[np.float32], cutoff_hz: float) -> float:
    """Return the level above a frequency relative to all, in dB."""
    power = np.square(np.abs(np.fft.rfft(samples * np.hanning(len(samples)))))
    return float(10.0 * np.log10(np.sum(power[np.fft.rfftfreq(len(samples), 1 / RATE) > cutoff_hz]) / np.sum(power)))


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith(("amr_nb", "g726"))] + ["opus@4"])
def test_narrowband_codecs_leave_nothing_above_4_khz(name: str) -> None:
    samples = np.random.default_rng(1).uniform(-0.3, 0.3, 3 * RATE).astype(np.float32)
    degraded = degrade(Waveform(samples, RATE), CATALOGUE[name], slot=0, seed=1)
    assert degraded.facts["bandwidth_hz"] < (4250.0 if name == "opus@4" else 4050.0)  # Opus: a gentler resampler
    assert share_above(degraded.wave.samples, 4300.0) < -35.0


@pytest.mark.parametrize("name", ["opus@1", "opus@2", "g722@1", "g722@4", "mp3_low@1", "aac_low@1"])
def test_wideband_codecs_keep_what_is_above_4_khz(name: str) -> None:
    samples = np.random.default_rng(1).uniform(-0.3, 0.3, 3 * RATE).astype(np.float32)
    assert share_above(heard(name, samples), 4300.0) > share_above(samples, 4300.0) - 3.0


@pytest.mark.parametrize("family", ["mp3_low", "aac_low"])
def test_music_codecs_cut_lower_the_lower_the_rate(family: str) -> None:
    samples = np.random.default_rng(1).uniform(-0.3, 0.3, 3 * RATE).astype(np.float32)
    bands = [
        degrade(Waveform(samples, RATE), CATALOGUE[f"{family}@{severity}"], slot=0, seed=1).facts["bandwidth_hz"]
        for severity in (1, 2, 3, 4)
    ]
    assert np.all(np.diff(bands) < 0.0)


def in_band_snr_db(before: NDArray[np.float32], after: NDArray[np.float32], *, top_hz: float) -> float:
    frequencies = np.fft.rfftfreq(len(before), 1.0 / RATE)
    band = (frequencies > 300.0) & (frequencies < top_hz)
    signal, noise = (np.sum(np.square(np.abs(np.fft.rfft(one)[band]))) for one in (before, before - after))
    return float(10.0 * np.log10(signal / noise))


@pytest.mark.parametrize(("family", "steps"), [("g722", 3), ("g726", 4)])
def test_each_bit_less_costs_waveform_codecs_about_5_db(family: str, steps: int) -> None:
    samples = speech_like(4.0, pause_s=0.0, level=0.08)
    snr = [
        in_band_snr_db(samples, heard(f"{family}@{severity}", samples), top_hz=3000.0)
        for severity in range(1, steps + 1)
    ]
    assert np.all((np.diff(snr) < -3.5) & (np.diff(snr) > -7.5)), snr
    assert snr[0] > 20.0


def test_two_links_of_g722_are_noisier_than_one() -> None:
    samples = speech_like(4.0, pause_s=0.0)
    one, two = (in_band_snr_db(samples, heard(f"g722@{severity}", samples), top_hz=6000.0) for severity in (3, 4))
    assert 1.0 < one - two < 4.5  # twice the noise is 3 dB


@pytest.mark.parametrize("name", NAMES)
def test_silence_stays_silent_and_a_full_scale_tone_is_not_clipped(name: str) -> None:
    assert np.max(np.abs(heard(name, np.zeros(RATE, dtype=np.float32)))) < 1e-3
    loud = tone(700.0, 1.0, level=3.0)
    degraded = degrade(Waveform(loud, RATE), CATALOGUE[name], slot=0, seed=1)
    assert degraded.facts["gain_db"] < -9.0
    assert np.max(np.abs(degraded.wave.samples)) <= 1.0


# -- the same everywhere


def digest_of(name: str) -> str:
    coding: Coding = CATALOGUE[name].coding  # type: ignore[attr-defined]
    samples = resample(speech_like(1.5, seed=3), orig_sr=RATE, target_sr=coding.sample_rate)
    made = hashlib.sha256(b"".join(packets_of(name, samples))).hexdigest()
    return made + samples_digest(
        degrade(Waveform(speech_like(1.5, seed=3), RATE), CATALOGUE[name], slot=0, seed=1).wave
    )


@pytest.mark.long
def test_encoders_make_the_same_bytes_in_any_thread_and_process() -> None:
    here = [digest_of(name) for name in NAMES]
    jobs = NAMES * 3
    with ThreadPoolExecutor(8) as threads:
        at_once = list(threads.map(digest_of, reversed(jobs)))
    assert at_once == [here[NAMES.index(name)] for name in reversed(jobs)]
    code = (
        "from tests.test_conditions_coding import NAMES, digest_of\nfor name in reversed(NAMES): print(digest_of(name))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parent.parent, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == here[::-1]


@pytest.mark.parametrize("side", ["encoder", "decoder"])
def test_a_codec_that_ffmpeg_was_built_without_is_named_with_a_remedy(side: str) -> None:
    names: dict[str, Any] = {"encoder": "g722", "decoder": "g722", side: "libnothing"}
    coding = Coding(names["encoder"], names["decoder"], 16_000, "s16")
    with pytest.raises(ConditionError) as caught:
        code(Waveform(speech_like(0.1), RATE), coding, place="g722@1")
    assert f"has no {side} 'libnothing'" in str(caught.value)
    assert "pip install" in caught.value.remedy
