"""Audio in: decode, resample, measure the level (ITU-T P.56), digest, write.

Everything downstream sees one shape: a :class:`Waveform`, mono float32, nominally within [-1, 1], at 16 kHz unless
said otherwise. Levels are in dBov: decibels relative to the overload point, an RMS value of 1.0.
"""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from workbench.errors import AudioError

SAMPLE_RATE = 16_000
"""Hz; the rate at which conditions are applied and engines listen."""

Samples = NDArray[np.float32]

END_TOLERANCE_S = 0.1
"""A segment may end this much after its file (manifests are rounded); it is then cut at the end of the file."""

_RATES = (1_000, 384_000)
_KERNEL_LIMIT = 4_000_000
_THRESHOLDS = 2.0 ** np.arange(-24, 0)
_TIME_CONSTANT_S = 0.03
_HANGOVER_S = 0.2
_MARGIN_DB = 15.9


@dataclass(frozen=True, slots=True, eq=False)
class Waveform:
    """Mono audio with the names it needs: who spoke, which utterance, under which condition.

    ``samples`` is float32 of shape (n,), finite, nominally within [-1, 1].
    """

    samples: Samples
    sample_rate: int
    utterance_id: str = ""
    speaker_id: str = ""
    condition_id: str = "clean"

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate


@dataclass(frozen=True, slots=True)
class SpeechLevel:
    """Level of speech: ``active_db`` while speaking, ``rms_db`` over everything (dBov), ``activity`` 0..1."""

    active_db: float
    rms_db: float
    activity: float


def check_samples(samples: NDArray[Any], *, place: str = "") -> Samples:
    """Return ``samples`` as contiguous float32 of shape (n,), n >= 1, all finite.

    Raises
    ------
    AudioError : not one-dimensional, empty, or with NaN or infinity in it (how many, and where the first is)
    """
    if samples.ndim != 1:
        raise AudioError(f"audio has shape {samples.shape}", place=place, remedy="give mono samples of shape (n,)")
    if len(samples) == 0:
        raise AudioError("the audio holds no samples", place=place, remedy="drop the row or replace the file")
    kept: Samples = np.ascontiguousarray(samples, dtype=np.float32)
    if not math.isfinite(float(np.sum(kept, dtype=np.float64))):
        bad = np.flatnonzero(~np.isfinite(kept))
        if len(bad):
            raise AudioError(
                f"{len(bad)} of {len(kept)} samples are NaN or infinite, the first is sample {bad[0]}",
                place=place,
                remedy="export the file again",
            )
    return kept


def decode(
    path: Path, *, start_s: float | None = None, end_s: float | None = None, sample_rate: int | None = SAMPLE_RATE
) -> Waveform:
    """Return the file, or its part from ``start_s`` to ``end_s`` (seconds), as mono float32.

    soundfile reads what it knows (wav, flac, mp3, ogg, sph); PyAV reads the rest (m4a, aac, webm, wma). Channels are
    averaged. Of a long file only the part asked for is read. ``sample_rate`` None keeps the file's own rate; None or
    NaN as a limit means the file's own start or end.

    Raises
    ------
    AudioError : the file is missing, cannot be decoded, breaks off, is empty or holds NaN; or the part lies outside it
    """
    path = Path(path)
    start, end = _limit(start_s), _limit(end_s)
    place = path.name
    _require_file(path)
    if (start is not None and start < 0) or (end is not None and end <= (start or 0.0)):
        raise AudioError(
            f"no audio from start_s={start or 0.0:g} to end_s={end if end is not None else 'the end'}",
            place=place,
            remedy="start_s must be 0 or more and end_s larger than start_s (seconds)",
        )
    try:
        samples, rate = _read_soundfile(path, start, end)
    except soundfile.LibsndfileError:
        samples, rate = _read_av(path, start, end)
    samples = check_samples(samples, place=place)
    if sample_rate is not None:
        samples = resample(samples, orig_sr=rate, target_sr=sample_rate)
        rate = sample_rate
    return Waveform(samples, rate)


def probe(path: Path) -> float:
    """Return the duration of the file in seconds, from its header where it has one.

    Raises
    ------
    AudioError : the file is missing or no decoder knows it
    """
    path = Path(path)
    _require_file(path)
    try:
        info = soundfile.info(str(path))
        return float(info.frames / info.samplerate)
    except soundfile.LibsndfileError:
        return _probe_av(path)


def resample(samples: NDArray[Any], *, orig_sr: int, target_sr: int) -> Samples:
    """Return ``samples`` of shape (n,) at ``target_sr``: ceil(n * target_sr / orig_sr) samples, same level and timing.

    Windowed-sinc interpolation (Kaiser, 32 zero crossings): flat within 0.1 dB up to 0.85 of the lower Nyquist
    frequency, images and aliases more than 90 dB down. The filters are kept between calls.

    Source: torchaudio.transforms.Resample; for rates without a small common ratio scipy.signal.resample_poly.

    Raises
    ------
    AudioError : a rate outside 1000 to 384000 Hz
    """
    for rate in (orig_sr, target_sr):
        if not _RATES[0] <= rate <= _RATES[1]:
            raise AudioError(f"a sample rate of {rate} Hz", remedy=f"use {_RATES[0]} to {_RATES[1]} Hz")
    if orig_sr == target_sr:
        return np.ascontiguousarray(samples, dtype=np.float32)
    common = math.gcd(orig_sr, target_sr)
    if (orig_sr // common) * (target_sr // common) > _KERNEL_LIMIT:
        from scipy.signal import resample_poly

        return np.asarray(resample_poly(samples, target_sr // common, orig_sr // common), dtype=np.float32)
    return _resampler(orig_sr // common, target_sr // common)(np.ascontiguousarray(samples, dtype=np.float32))


@lru_cache(maxsize=32)
def _resampler(orig: int, target: int) -> Callable[[Samples], Samples]:
    from workbench._torchaudio import load_torchaudio

    torchaudio = load_torchaudio()
    import torch

    transform = torchaudio.transforms.Resample(
        orig, target, resampling_method="sinc_interp_kaiser", lowpass_filter_width=32, rolloff=0.95, beta=10.0
    )

    def run(samples: Samples) -> Samples:
        with torch.inference_mode():
            return np.asarray(transform(torch.from_numpy(samples)).numpy(), dtype=np.float32)

    return run


def speech_level(samples: NDArray[Any], sample_rate: int) -> SpeechLevel:
    """Return the active speech level of ``samples`` (n,): the level while someone speaks, pauses left out.

    ITU-T P.56 method B: an envelope by two one-pole filters in series (T = 0.03 s) is compared with thresholds a
    factor of 2 apart; each crossing counts as active for a further 0.2 s; the active level is where level and
    threshold are 15.9 dB apart, interpolated in dB. Thresholds reach from 2^-1 down to 2^-24 (P.56 names 2^-15 for
    16-bit audio; the added ones measure quieter float audio and change nothing else).

    What to expect: digital silence has ``active_db`` -inf and ``activity`` 0. A sound too short for the envelope to
    rise (some tens of milliseconds) counts as active throughout: ``active_db`` equals ``rms_db``. The 0.2 s hangover
    belongs to the standard: a clip cut off in mid-speech measures up to 10 log10(1 + 0.2 / seconds) dB higher than the
    same clip followed by silence, 0.3 dB for 3 s of speech and 1.8 dB for a single word of 0.4 s.

    Source: ITU-T Recommendation P.56 (12/2011), method B.
    """
    from scipy.ndimage import maximum_filter1d
    from scipy.signal import lfilter

    signal = np.asarray(samples, dtype=np.float64)
    energy = float(np.sum(np.square(signal)))
    if energy == 0.0:
        return SpeechLevel(-math.inf, -math.inf, 0.0)
    rms_db = 10.0 * math.log10(energy / len(signal))
    pole = math.exp(-1.0 / (sample_rate * _TIME_CONSTANT_S))
    envelope = lfilter([(1.0 - pole) ** 2], [1.0, -2.0 * pole, pole * pole], np.abs(signal))
    hangover = math.ceil(_HANGOVER_S * sample_rate)
    held = maximum_filter1d(envelope, hangover + 1, mode="constant", cval=0.0, origin=hangover // 2)
    active = len(held) - np.searchsorted(np.sort(held), _THRESHOLDS)
    reached = active > 0
    levels_db = 10.0 * np.log10(energy / active[reached])
    excess_db = levels_db - 20.0 * np.log10(_THRESHOLDS[reached]) - _MARGIN_DB
    below = np.flatnonzero(excess_db <= 0.0)
    if len(below) == 0 or below[0] == 0:
        return SpeechLevel(rms_db, rms_db, 1.0)
    high = int(below[0])
    share = excess_db[high - 1] / (excess_db[high - 1] - excess_db[high])
    active_db = float(levels_db[high - 1] + share * (levels_db[high] - levels_db[high - 1]))
    return SpeechLevel(active_db, rms_db, min(1.0, 10.0 ** ((rms_db - active_db) / 10.0)))


def samples_digest(wave: Waveform) -> str:
    """Return SHA-256, as hex, over the samples (float32, little-endian) and the sample rate (4 bytes, little-endian)."""
    digest = hashlib.sha256(np.ascontiguousarray(wave.samples, dtype="<f4").data)
    digest.update(int(wave.sample_rate).to_bytes(4, "little"))
    return digest.hexdigest()


def source_digest(path: Path, *, start_s: float | None = None, end_s: float | None = None) -> str:
    """Return SHA-256, as hex, over the bytes of the file, followed by the limits of the segment if it has any.

    Raises
    ------
    AudioError : no such file
    """
    path = Path(path)
    _require_file(path)
    start, end = _limit(start_s), _limit(end_s)
    stat = path.stat()
    whole = _file_digest(str(path), stat.st_size, stat.st_mtime_ns)
    if start is None and end is None:
        return whole
    return hashlib.sha256(f"{whole} {start!r} {end!r}".encode()).hexdigest()


@lru_cache(maxsize=4096)
def _file_digest(path: str, _size: int, _changed_ns: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_wav(path: Path, wave: Waveform) -> None:
    """Write a 32-bit float WAV: exactly the samples of ``wave``; equal waves make equal files.

    Raises
    ------
    AudioError : the file cannot be written
    """
    from scipy.io import wavfile

    try:
        wavfile.write(path, wave.sample_rate, np.ascontiguousarray(wave.samples, dtype=np.float32))
    except OSError as error:
        raise AudioError(f"cannot be written ({error.strerror})", place=str(path)) from None


def wav_bytes(wave: Waveform) -> bytes:
    """Return a 16-bit PCM WAV for a player; samples beyond [-1, 1] are limited."""
    from scipy.io import wavfile

    buffer = io.BytesIO()
    limited = np.clip(wave.samples, -1.0, 1.0)
    wavfile.write(buffer, wave.sample_rate, np.round(limited * 32767.0).astype("<i2"))
    return buffer.getvalue()


def _limit(seconds: float | None) -> float | None:
    return None if seconds is None or math.isnan(seconds) else float(seconds)


def _require_file(path: Path) -> None:
    if not path.is_file():
        what = "is a folder, not an audio file" if path.is_dir() else "there is no such file"
        raise AudioError(what, place=str(path), remedy="correct the path")


def _require_inside(path: Path, start: float | None, end: float | None, duration_s: float) -> None:
    late = start if start is not None and start >= duration_s else None
    late = end if end is not None and end > duration_s + END_TOLERANCE_S else late
    if late is not None:
        raise AudioError(
            f"the segment reaches to {late:g} s but the file is {duration_s:.3f} s long",
            place=path.name,
            remedy="correct start_s and end_s",
        )


def _read_soundfile(path: Path, start: float | None, end: float | None) -> tuple[NDArray[Any], int]:
    with soundfile.SoundFile(str(path)) as file:
        rate, total = int(file.samplerate), int(file.frames)
        if total > 0:
            _require_inside(path, start, end, total / rate)
        first = round((start or 0.0) * rate)
        last = total if end is None else min(total, round(end * rate))
        try:
            if first:
                file.seek(first)
            samples = file.read(max(0, last - first), dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise AudioError(f"cannot be decoded ({error})", place=path.name, remedy="export the file again") from None
    if len(samples) < last - first:
        raise AudioError(
            f"breaks off after {(first + len(samples)) / rate:.3f} of {total / rate:.3f} s",
            place=path.name,
            remedy="copy or export the file again",
        )
    return samples.mean(axis=1) if samples.shape[1] > 1 else samples[:, 0], rate


def _undecodable(path: Path, why: str) -> AudioError:
    remedy = "use wav, flac, mp3, ogg, m4a or another format that libsndfile or FFmpeg can read"
    return AudioError(f"cannot be decoded as audio ({why})", place=path.name, remedy=remedy)


def _read_av(path: Path, start: float | None, end: float | None) -> tuple[NDArray[Any], int]:
    import av

    blocks: list[NDArray[Any]] = []
    origin: float | None = None
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise _undecodable(path, "it holds no audio stream")
            stream = container.streams.audio[0]
            rate = int(stream.codec_context.sample_rate)
            if start is not None and start > 1.0:
                container.seek(int((start - 1.0) * av.time_base))  # earlier, so that the decoder has settled
            to_float = av.AudioResampler(format="fltp", rate=rate)
            for frame in container.decode(stream):
                begin = float(frame.time or 0.0)
                origin = begin if origin is None else origin
                blocks += [part.to_ndarray().mean(axis=0) for part in to_float.resample(frame)]
                if end is not None and begin >= end:
                    break
            else:
                blocks += [part.to_ndarray().mean(axis=0) for part in to_float.resample(None)]
    except av.FFmpegError as error:
        raise _undecodable(path, error.strerror or type(error).__name__) from None
    samples = np.concatenate(blocks) if blocks else np.empty(0, dtype=np.float32)
    if start is None and end is None:
        return samples, rate
    offset = origin or 0.0
    _require_inside(path, start, end, offset + len(samples) / rate)
    first = max(0, round(((start or 0.0) - offset) * rate))
    last = len(samples) if end is None else round((end - offset) * rate)
    return samples[first:last], rate


def _probe_av(path: Path) -> float:
    import av

    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise _undecodable(path, "it holds no audio stream")
            stream = container.streams.audio[0]
            if stream.duration is not None and stream.time_base is not None:
                return float(stream.duration * stream.time_base)
            if container.duration is not None:
                return float(container.duration / av.time_base)
    except av.FFmpegError as error:
        raise _undecodable(path, error.strerror or type(error).__name__) from None
    return decode(path, sample_rate=None).duration_s
