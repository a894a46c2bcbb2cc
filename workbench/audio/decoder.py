"""Files in: decode a file or a part of it, say how long it is, digest it."""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache
from numbers import Real
from pathlib import Path
from typing import Any

import soundfile
from numpy.typing import NDArray

from workbench.audio.ffmpeg import breaks_off, channels_av, probe_av, read_av, require_inside
from workbench.audio.resampler import resample
from workbench.audio.waveform import SAMPLE_RATE, Waveform, check_samples
from workbench.errors import AudioError
from workbench.files import require_file

_EXACT_SEEK = ("WAV", "WAVEX", "RF64", "W64", "FLAC", "AIFF", "AU", "NIST", "CAF")
_RIFF = ("WAV", "WAVEX")
_STREAMED = 0x7FFF_0000  # a WAV written to a pipe declares its length as "very long"
_BLOCK = 1 << 20


def decode(
    path: Path,
    *,
    start_s: float | None = None,
    end_s: float | None = None,
    sample_rate: int | None = SAMPLE_RATE,
    channel: int | None = None,
) -> Waveform:
    """Return the file, or its part from ``start_s`` to ``end_s`` (seconds), as mono float32.

    soundfile reads what it knows (wav, flac, ogg, sph); PyAV reads mp3 (libsndfile trusts the length that an mp3 header
    guesses) and the rest (m4a, aac, webm, wma). Channels are averaged, or ``channel`` (from 0) is taken. Of a long file only the part asked for is kept.
    ``sample_rate`` None keeps the file's own rate; None or NaN as a limit means the file's own start or end.

    Raises
    ------
    AudioError : the file is missing, cannot be decoded, breaks off, is empty or holds NaN; or the part or the channel
        is not in it
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
        samples, rate = (_read_soundfile if _soundfile_knows(path) else read_av)(path, start, end, channel)
    except IndexError:
        what = f"there is no channel {(channel or 0) + 1}: the file has {channels(path)}"
        raise AudioError(what, place=place, remedy="correct the channel") from None
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
    except soundfile.LibsndfileError:
        return probe_av(path)
    return probe_av(path) if info.format == "MP3" else float(info.frames / info.samplerate)


def channels(path: Path) -> int:
    """Return how many channels the file has, from its header.

    Raises
    ------
    AudioError : the file is missing or no decoder knows it
    """
    _require_file(path)
    try:
        return int(soundfile.info(str(path)).channels)
    except soundfile.LibsndfileError:
        return channels_av(path)


def channel_of(number: Any) -> int | None:
    """Return the channel as :func:`decode` counts it, from 0, of a number as a manifest counts it, from 1; None if missing.

    >>> channel_of(2), channel_of(float("nan")), channel_of(None)
    (1, None, None)
    """
    return int(float(number)) - 1 if isinstance(number, Real) and number == number else None


def source_digest(path: Path, *, start_s: float | None = None, end_s: float | None = None) -> str:
    """Return SHA-256, as hex, over the bytes of the file, followed by the limits of the segment if it has any.

    Raises
    ------
    AudioError : no such file
    """
    path = Path(path)
    _require_file(path)
    stat = path.stat()
    whole = _file_digest(str(path), stat.st_size, stat.st_mtime_ns)
    return segment_digest(whole, start_s=start_s, end_s=end_s)


def segment_digest(
    whole: str, *, start_s: float | None = None, end_s: float | None = None, channel: int | None = None
) -> str:
    """Return the digest of a part of the file, or of one of its channels (from 0), whose own digest is ``whole``."""
    start, end = _limit(start_s), _limit(end_s)
    if start is None and end is None and channel is None:
        return whole
    alone = "" if channel is None else f" {channel}"
    return hashlib.sha256(f"{whole} {start!r} {end!r}{alone}".encode()).hexdigest()


@lru_cache(maxsize=4096)
def _file_digest(path: str, _size: int, _changed_ns: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _limit(seconds: float | None) -> float | None:
    return None if seconds is None or math.isnan(seconds) else float(seconds)


def _require_file(path: Path) -> None:
    require_file(path, called="audio file", fails=AudioError)


def _soundfile_knows(path: Path) -> bool:
    try:
        return bool(soundfile.info(str(path)).format != "MP3")
    except soundfile.LibsndfileError:
        return False


def _read_soundfile(
    path: Path, start: float | None, end: float | None, channel: int | None
) -> tuple[NDArray[Any], int]:
    with soundfile.SoundFile(str(path)) as file:
        rate, total = int(file.samplerate), int(file.frames)
        if total > 0:
            require_inside(path, start, end, total / rate)
        first = round((start or 0.0) * rate)
        last = total if end is None else min(total, round(end * rate))
        try:
            _forward(file, first)
            samples = file.read(max(0, last - first), dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise AudioError(f"cannot be decoded ({error})", place=path.name, remedy="export the file again") from None
    if len(samples) < last - first:
        raise breaks_off(path, (first + len(samples)) / rate, total / rate)
    if file.format in _RIFF:
        _require_whole_riff(path, total / rate)
    return samples.mean(axis=1) if channel is None and samples.shape[1] > 1 else samples[:, channel or 0], rate


def _forward(file: soundfile.SoundFile, first: int) -> None:
    """Go to sample ``first``: by seeking where that is exact, by decoding what comes before elsewhere (ogg)."""
    if file.format in _EXACT_SEEK:
        file.seek(first)
        return
    while first > 0 and (got := len(file.read(min(first, _BLOCK)))):
        first -= got


def _require_whole_riff(path: Path, duration_s: float) -> None:
    """libsndfile shortens a cut-off WAV to what is there and says nothing; the length in its header tells."""
    with open(path, "rb") as file:
        head = file.read(8)
    declared = int.from_bytes(head[4:8], "little") + 8
    missing = declared - path.stat().st_size
    if head[:4] == b"RIFF" and missing > 2 and declared < _STREAMED:
        raise breaks_off(path, duration_s, None)
