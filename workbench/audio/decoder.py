"""Files in: decode a file or a part of it, say how long it is, digest it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from numbers import Real
from pathlib import Path
from typing import Any

from workbench.audio import ffmpeg
from workbench.audio.facts import FileFacts, undecodable
from workbench.audio.resampler import resample
from workbench.audio.waveform import SAMPLE_RATE, Waveform, check_samples
from workbench.errors import AudioError, WorkbenchError
from workbench.files import require_file

_A_HEADER = 8_192
"""Bytes that the header of a file without samples may take."""


def decode(
    path: Path,
    *,
    start_s: float | None = None,
    end_s: float | None = None,
    sample_rate: int | None = SAMPLE_RATE,
    channel: int | None = None,
) -> Waveform:
    """Return the file, or its part from ``start_s`` to ``end_s`` (seconds), as mono float32.

    soundfile reads what it knows (wav, flac, ogg, sph); PyAV reads MPEG audio (libsndfile trusts the length that its header
    guesses) and the rest (m4a, aac, webm, wma, amr). Channels are averaged, or ``channel`` (from 0) is taken; where they cancel
    each other in the average, the strongest is taken, and ``notes`` say so. Of a long file only the part asked for is kept.
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
    from workbench.audio import sndfile  # its package comes with an extra; levels and conditions need it not

    with _guarded(path):
        facts = sndfile.facts(path)
        read = ffmpeg.read if facts is None else sndfile.read
        if channel is not None and not 0 <= channel < (there := channels(path)):
            problem = f"there is no channel {channel + 1}: the file has {there}"
            raise AudioError(problem, place=place, remedy="correct the channel")
        mix, rate = read(path, start, end, channel)
        notes = ffmpeg.notes(path) if facts is None else facts.notes
        if (stronger := mix.stronger()) is not None:
            mix, rate = read(path, start, end, stronger[0])
            notes = (*notes, stronger[1])
        taken = None if stronger is None else stronger[0]
        if not mix.n_samples and start is None and end is None and (size := path.stat().st_size) > _A_HEADER:
            raise AudioError(
                f"its header says that it holds no samples, where the file has {size} bytes: it was never finished",
                place=place,
                remedy="write it to a file, not to a pipe, or export it again",
            )
        samples = check_samples(mix.samples(), place=place)
        if sample_rate is not None:
            samples = resample(samples, orig_sr=rate, target_sr=sample_rate)
            rate = sample_rate
    return Waveform(samples, rate, notes=notes, taken_channel=taken)


def file_facts(path: Path) -> FileFacts:
    """Return length, channels, rate, container and coding of a file: from its header, the length by decoding where it states none.

    Raises
    ------
    AudioError : the file is missing or no decoder knows it
    """
    path = Path(path)
    _require_file(path)
    from workbench.audio import sndfile

    with _guarded(path):
        return sndfile.facts(path) or ffmpeg.facts(path)


def probe(path: Path) -> float:
    """Return the duration of the file in seconds, as :func:`file_facts` does."""
    return file_facts(path).duration_s


def channels(path: Path) -> int:
    """Return how many channels the file has, as :func:`file_facts` does."""
    return file_facts(path).channels


@contextmanager
def _guarded(path: Path) -> Iterator[None]:
    """Turn whatever a decoder raises into an :class:`AudioError`: no file takes the others down with it."""
    try:
        yield
    except WorkbenchError:
        raise
    except OSError as error:
        problem = f"cannot be read ({error.strerror or error})"
        raise AudioError(problem, place=path.name, remedy="check the file, and that you may read it") from None
    except MemoryError:
        remedy = "name its parts with start_s and end_s, or free memory"
        raise AudioError("memory did not suffice to decode it", place=path.name, remedy=remedy) from None
    except Exception as error:
        reason = str(error).splitlines()[0][:200] if str(error) else ""
        why = f"{type(error).__name__}: {reason}".rstrip(": ")
        raise undecodable(path, why, "export it again, as PCM WAV or FLAC") from error


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
