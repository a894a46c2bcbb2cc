"""Audio: decoding, resampling, ITU-T P.56 level, digests; each against an independent definition."""

from __future__ import annotations

import hashlib
import math
import struct
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.io import wavfile
from scipy.signal import resample_poly

from tests.synthetic_speech import RATE, amplitude_at, level_db, speech_like, tone
from workbench.audio import (
    Waveform,
    decode,
    probe,
    resample,
    samples_digest,
    source_digest,
    speech_level,
    wav_bytes,
    write_wav,
)
from workbench.errors import AudioError

SWEEP_RATE = 44_100


def sweep() -> NDArray[np.float32]:
    """Three seconds whose every half second sounds different."""
    times = np.arange(3 * SWEEP_RATE) / SWEEP_RATE
    return (0.3 * np.sin(2.0 * np.pi * (200.0 + 300.0 * times) * times)).astype(np.float32)


def write_m4a(path: Path, samples: NDArray[np.float32], *, rate: int) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[np.newaxis, :], format="fltp", layout="mono")
        frame.sample_rate = rate
        frame.pts = 0
        cutter = av.AudioResampler(format="fltp", layout="mono", rate=rate, frame_size=1024)
        for part in [*cutter.resample(frame), *cutter.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))


def lag(found: NDArray[np.float32], expected: NDArray[np.float32]) -> int:
    n = min(len(found), len(expected))
    size = 2 * n
    correlation = np.fft.irfft(np.fft.rfft(found[:n], size) * np.conj(np.fft.rfft(expected[:n], size)))
    best = int(np.argmax(correlation))
    return best if best < n else best - size


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3", "m4a"])
def test_every_format_gives_the_sound_that_was_put_in_and_parts_equal_slices(tmp_path: Path, suffix: str) -> None:
    path, original = tmp_path / f"sweep.{suffix}", sweep()
    if suffix == "m4a":
        write_m4a(path, original, rate=SWEEP_RATE)
    else:
        soundfile.write(path, original, SWEEP_RATE)
    whole = decode(path, sample_rate=None)
    assert whole.sample_rate == SWEEP_RATE
    if suffix == "m4a":  # AAC's encoder starts 1024 samples early and fills its last frame
        assert abs(len(whole.samples) - len(original)) <= 2048
        assert 0 <= lag(whole.samples, original) <= 1024
    else:
        assert len(whole.samples) == len(original)
        error = level_db(whole.samples - original) - level_db(original)
        assert error < (-75.0 if suffix in ("wav", "flac") else -15.0)
    assert probe(path) == pytest.approx(whole.duration_s, abs=0.03)
    for start_s, end_s in ((0.5, 1.25), (1.9, 2.4), (2.25, None)):
        part = decode(path, start_s=start_s, end_s=end_s, sample_rate=None).samples
        last = None if end_s is None else round(end_s * SWEEP_RATE)
        expected = whole.samples[round(start_s * SWEEP_RATE) : last]
        assert len(part) == len(expected)
        # What an AAC decoder makes of the last, half-empty frames depends on what it decoded before them.
        np.testing.assert_allclose(part, expected, atol=0.02 if suffix == "m4a" else 1e-6)


def test_an_mp3_without_a_length_header_is_read_to_its_end(tmp_path: Path) -> None:
    samples = (sweep().repeat(4) * np.linspace(0.0, 1.0, 4 * 3 * SWEEP_RATE)).astype(np.float32)
    with_header, without = tmp_path / "with.mp3", tmp_path / "without.mp3"
    soundfile.write(with_header, samples, SWEEP_RATE, bitrate_mode="VARIABLE", compression_level=0.5)
    data = with_header.read_bytes()
    second_frame = data.index(data[:2], 100)
    without.write_bytes(data[second_frame:])
    assert decode(with_header).duration_s == pytest.approx(12.0, abs=0.001)
    assert decode(without).duration_s == pytest.approx(12.0, abs=0.06)
    assert probe(without) == pytest.approx(12.0, abs=0.06)


def test_channels_are_averaged(tmp_path: Path) -> None:
    path = tmp_path / "stereo.wav"
    left, right = tone(440.0, 0.1), tone(1000.0, 0.1)
    wavfile.write(path, RATE, np.stack([left, right], axis=1))
    np.testing.assert_allclose(decode(path).samples, (left + right) / 2.0, atol=1e-7)


@pytest.mark.parametrize("cut", ["wav", "flac", "mp3", "m4a"])
def test_a_file_that_was_cut_off_is_an_error_and_not_a_shorter_utterance(tmp_path: Path, cut: str) -> None:
    whole, half = tmp_path / f"whole.{cut}", tmp_path / f"half.{cut}"
    if cut == "m4a":
        write_m4a(whole, sweep(), rate=SWEEP_RATE)
    else:
        soundfile.write(whole, sweep(), SWEEP_RATE)
    data = whole.read_bytes()
    half.write_bytes(data[: len(data) // 2])
    with pytest.raises(AudioError, match="half"):
        decode(half)


def test_what_is_not_audio_is_named_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("not audio at all " * 40)
    (tmp_path / "nothing.wav").write_bytes(b"")
    wavfile.write(tmp_path / "empty.wav", RATE, np.zeros(0, dtype=np.int16))
    broken = np.ones(100, dtype=np.float32)
    broken[40:42] = np.nan
    wavfile.write(tmp_path / "nan.wav", RATE, broken)
    for name, message in (
        ("text.wav", "text.wav: cannot be decoded as audio"),
        ("nothing.wav", "nothing.wav: cannot be decoded as audio"),
        ("empty.wav", "empty.wav: the audio holds no samples"),
        ("nan.wav", "nan.wav: 2 of 100 samples are NaN or infinite, the first is sample 40"),
        ("missing.wav", "there is no such audio file; check the path"),
        (".", "is a folder, not an audio file"),
    ):
        with pytest.raises(AudioError) as caught:
            decode(tmp_path / name)
        assert message in str(caught.value)
        assert caught.value.remedy
    for name in ("text.wav", "missing.wav"):
        with pytest.raises(AudioError):
            probe(tmp_path / name)


@pytest.mark.parametrize(
    ("start_s", "end_s", "message"),
    [
        (-0.5, None, "no audio from start_s=-0.5"),
        (1.0, 0.5, "no audio from start_s=1 to end_s=0.5"),
        (3.0, None, "the segment reaches to 3 s but the file is 3.000 s long"),
        (0.0, 3.2, "the segment reaches to 3.2 s but the file is 3.000 s long"),
    ],
)
def test_a_part_outside_the_file_is_an_error(tmp_path: Path, start_s: float, end_s: float | None, message: str) -> None:
    path = tmp_path / "sweep.wav"
    soundfile.write(path, sweep(), SWEEP_RATE)
    with pytest.raises(AudioError, match=message):
        decode(path, start_s=start_s, end_s=end_s)


def test_a_rounded_end_and_nan_limits_are_accepted(tmp_path: Path) -> None:
    path = tmp_path / "sweep.wav"
    soundfile.write(path, sweep(), SWEEP_RATE)
    assert decode(path, end_s=3.05).duration_s == pytest.approx(3.0)
    assert decode(path, start_s=math.nan, end_s=math.nan).duration_s == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("orig", "target"), [(8000, 16000), (16000, 8000), (48000, 16000), (44100, 16000), (22050, 16000)]
)
def test_resampling_keeps_length_frequency_level_and_timing(orig: int, target: int) -> None:
    low = min(orig, target)
    sine = tone(0.4 * low, 1.0, rate=orig)
    found = resample(sine, orig_sr=orig, target_sr=target)
    assert len(found) == math.ceil(len(sine) * target / orig)
    inner = slice(target // 10, -target // 10)
    ideal = tone(0.4 * low, 1.0, rate=target)
    assert np.max(np.abs(found[inner] - ideal[inner])) < 0.005  # same amplitude, frequency and phase
    other = resample_poly(sine, target // math.gcd(orig, target), orig // math.gcd(orig, target))
    assert amplitude_at(found[inner], 0.4 * low, rate=target) == pytest.approx(
        amplitude_at(other[inner], 0.4 * low, rate=target), rel=0.01
    )


def test_resampling_leaves_no_image_and_no_alias() -> None:
    up = resample(tone(3600.0, 1.0, rate=8000), orig_sr=8000, target_sr=16000)[800:-800]
    assert amplitude_at(up, 4400.0) < 1e-4 * amplitude_at(up, 3600.0)
    down = resample(tone(9000.0, 1.0, rate=48000), orig_sr=48000, target_sr=16000)[800:-800]
    assert level_db(down) < -90.0


def test_resampling_between_rates_without_a_common_ratio_works(rng: np.random.Generator) -> None:
    found = resample(tone(1000.0, 0.5, rate=16001), orig_sr=16001, target_sr=16000)
    assert np.max(np.abs(found[500:7500] - tone(1000.0, 0.5)[500:7500])) < 0.01


def test_resampling_one_sample_and_refusing_a_senseless_rate() -> None:
    assert len(resample(np.ones(1), orig_sr=8000, target_sr=16000)) == 2
    with pytest.raises(AudioError, match="a sample rate of 10 Hz; use 1000 to 384000 Hz"):
        resample(np.ones(5), orig_sr=10, target_sr=16000)


def p56_by_the_letter(samples: NDArray[np.float32], rate: int) -> float:
    """ITU-T P.56 method B, sample by sample with counters for activity and hangover, as the recommendation is written."""
    pole = math.exp(-1.0 / (rate * 0.03))
    thresholds = [2.0**-k for k in range(15, 0, -1)]
    hangover = math.ceil(0.2 * rate)
    active, hanging = [0] * 15, [hangover] * 15
    first = second = energy = 0.0
    for value in samples.astype(float):
        first = pole * first + (1.0 - pole) * abs(value)
        second = pole * second + (1.0 - pole) * first
        energy += value * value
        for j, threshold in enumerate(thresholds):
            if second >= threshold:
                active[j], hanging[j] = active[j] + 1, 0
            elif hanging[j] < hangover:
                active[j], hanging[j] = active[j] + 1, hanging[j] + 1
    levels = [10.0 * math.log10(energy / count) for count in active if count]
    excess = [level - 20.0 * math.log10(c) - 15.9 for level, c in zip(levels, thresholds, strict=False)]
    j = next(j for j, value in enumerate(excess) if value <= 0.0)
    return levels[j - 1] + (levels[j] - levels[j - 1]) * excess[j - 1] / (excess[j - 1] - excess[j])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_speech_level_is_that_of_p56_computed_sample_by_sample(seed: int) -> None:
    samples = speech_like(1.0, seed=seed, level=0.05 * seed)
    assert speech_level(samples, RATE).active_db == pytest.approx(p56_by_the_letter(samples, RATE), abs=1e-6)


@pytest.mark.parametrize("silence", [0.2, 0.4, 0.6, 0.8])
def test_appended_silence_moves_the_active_level_by_less_than_three_tenths_of_a_decibel(silence: float) -> None:
    samples = speech_like(4.0)
    longer = np.append(samples, np.zeros(round(len(samples) * silence / (1.0 - silence)), dtype=np.float32))
    before, after = speech_level(samples, RATE), speech_level(longer, RATE)
    assert after.active_db == pytest.approx(before.active_db, abs=0.05)
    assert before.rms_db - after.rms_db == pytest.approx(-10.0 * math.log10(1.0 - silence), abs=1e-3)
    assert after.activity == pytest.approx(before.activity * (1.0 - silence), rel=0.01)


def test_appended_silence_moves_the_active_level_of_recorded_speech_by_less_than_three_tenths(shared_dir: Path) -> None:
    for path in [shared_dir / "corpora/fixtures/jfk.flac", *sorted(shared_dir.glob("corpora/vctk-18/clips/*.wav"))[:6]]:
        samples = decode(path).samples
        for silence in (0.2, 0.8):
            longer = np.append(samples, np.zeros(round(len(samples) * silence / (1.0 - silence)), dtype=np.float32))
            moved = speech_level(longer, RATE).active_db - speech_level(samples, RATE).active_db
            assert abs(moved) <= 0.3, path.name


def test_a_steady_tone_is_active_throughout_at_its_rms_level() -> None:
    level = speech_level(tone(1000.0, 10.0, level=0.5), RATE)
    assert level.active_db == pytest.approx(20.0 * math.log10(0.5 / math.sqrt(2.0)), abs=0.02)
    assert level.activity == pytest.approx(1.0, abs=0.005)


def test_silence_and_very_short_sounds_have_a_defined_level() -> None:
    silent = speech_level(np.zeros(RATE, dtype=np.float32), RATE)
    assert (silent.active_db, silent.rms_db, silent.activity) == (-math.inf, -math.inf, 0.0)
    for n in (1, 100, 320, 3199):
        short = speech_level(tone(1000.0, 1.0)[1 : n + 1], RATE)
        assert short.active_db == short.rms_db
        assert short.activity == 1.0


@settings(deadline=None, max_examples=30)
@given(gain_db=st.floats(-60.0, 10.0), seed=st.integers(1, 50), seconds=st.floats(0.5, 2.0))
def test_the_active_level_follows_the_gain_and_is_never_below_the_rms(
    gain_db: float, seed: int, seconds: float
) -> None:
    samples = speech_like(seconds, seed=seed, level=0.05)
    plain = speech_level(samples, RATE)
    scaled = speech_level(samples * np.float32(10.0 ** (gain_db / 20.0)), RATE)
    assert scaled.active_db >= scaled.rms_db - 1e-9
    assert 0.0 < scaled.activity <= 1.0
    # Thresholds are a factor of 2 apart and interpolated between: scaling is exact to about a tenth of a decibel.
    assert scaled.active_db - plain.active_db == pytest.approx(gain_db, abs=0.3)


def test_digests_are_sha256_of_samples_with_rate_and_of_file_with_limits(tmp_path: Path) -> None:
    wave = Waveform(tone(440.0, 0.1), RATE)
    by_hand = hashlib.sha256(struct.pack(f"<{len(wave.samples)}f", *wave.samples) + struct.pack("<I", RATE))
    assert samples_digest(wave) == by_hand.hexdigest()
    assert samples_digest(Waveform(wave.samples, 8000)) != samples_digest(wave)
    path = tmp_path / "a.wav"
    write_wav(path, wave)
    whole = source_digest(path)
    assert whole == hashlib.sha256(path.read_bytes()).hexdigest() == source_digest(path, start_s=math.nan)
    assert len({whole, source_digest(path, start_s=0.01), source_digest(path, end_s=0.01)}) == 3
    write_wav(path, Waveform(wave.samples * np.float32(0.5), RATE))
    assert source_digest(path) != whole
    with pytest.raises(AudioError, match="no such audio file"):
        source_digest(tmp_path / "b.wav")


def test_a_written_file_holds_exactly_the_samples_and_equal_waves_make_equal_files(tmp_path: Path) -> None:
    wave = Waveform((1.5 * speech_like(0.5)).astype(np.float32), RATE)
    one, two = tmp_path / "one.wav", tmp_path / "two.wav"
    write_wav(one, wave)
    write_wav(two, wave)
    assert one.read_bytes() == two.read_bytes()
    assert samples_digest(decode(one)) == samples_digest(wave)
    with pytest.raises(AudioError, match="cannot be written"):
        write_wav(tmp_path / "no folder" / "x.wav", wave)


def test_the_players_bytes_are_16_bit_pcm_and_limited(tmp_path: Path) -> None:
    path = tmp_path / "player.wav"
    path.write_bytes(wav_bytes(Waveform(np.array([0.0, 0.5, -0.5, 2.0, -2.0], dtype=np.float32), RATE)))
    rate, values = wavfile.read(path)
    assert rate == RATE
    assert values.tolist() == [0, 16384, -16384, 32767, -32767]


def test_real_recordings_decode_to_16_khz_mono(shared_dir: Path, tmp_path: Path) -> None:
    clip = shared_dir / "corpora/vctk-18/clips/p225_001.wav"
    wave = decode(clip)
    assert wave.sample_rate == RATE
    assert wave.duration_s == pytest.approx(probe(clip), abs=1e-3)
    native, rate = soundfile.read(clip, dtype="float32")
    assert rate == 48_000
    other = resample_poly(native, 1, 3)
    assert (
        level_db(wave.samples[: len(other)] - other[: len(wave.samples)]) < level_db(other) - 25.0
    )  # they differ above 7 kHz
    soundfile.write(tmp_path / "clip.mp3", native, rate)
    assert lag(decode(tmp_path / "clip.mp3").samples, wave.samples) == 0
    assert decode(shared_dir / "corpora/fixtures/jfk.flac").duration_s == pytest.approx(11.0, abs=1e-3)
