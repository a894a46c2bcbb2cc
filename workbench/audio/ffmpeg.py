"""Formats that libsndfile does not read, or not safely, through PyAV, which carries its own FFmpeg."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench import extras
from workbench.errors import AudioError

END_TOLERANCE_S = 0.1
"""A segment may end this much after its file (manifests are rounded); it is then cut at the end of the file."""

_SETTLE_S = 1.0


def read_av(path: Path, start: float | None, end: float | None, channel: int | None = None) -> tuple[NDArray[Any], int]:
    """Return the samples from ``start`` to ``end`` (seconds; None is the file's own limit), and the rate.

    Channels are averaged, or ``channel`` (from 0) is taken.

    Raises
    ------
    AudioError : not decodable, cut off, or the part lies outside the file
    """
    av = extras.load("av")

    blocks: list[NDArray[Any]] = []
    origin_s = 0.0
    try:
        with av.open(str(path)) as container:
            stream = _audio_stream(path, container)
            rate = int(stream.codec_context.sample_rate)
            zero_s = _zero_s(path, container, stream)
            if start is not None and start > _SETTLE_S:  # earlier, so that the decoder has settled
                container.seek(round((start - _SETTLE_S + zero_s) / stream.time_base), stream=stream)
            to_float = av.AudioResampler(format="fltp", rate=rate)
            for frame in container.decode(stream):
                at_s = float(frame.time or 0.0) - zero_s
                origin_s = origin_s if blocks else at_s
                blocks += [_mono(part.to_ndarray(), channel) for part in to_float.resample(frame)]
                if end is not None and at_s >= end:
                    break
            else:
                blocks += [_mono(part.to_ndarray(), channel) for part in to_float.resample(None)]
                reached_s = origin_s + sum(map(len, blocks)) / rate
                _require_whole(path, reached_s, _declared_s(path, container))
    except av.FFmpegError as error:
        raise _undecodable(path, error.strerror or type(error).__name__) from None
    samples = np.concatenate(blocks) if blocks else np.empty(0, dtype=np.float32)
    if start is None and end is None:
        return samples, rate
    require_inside(path, start, end, origin_s + len(samples) / rate)
    first = max(0, round(((start or 0.0) - origin_s) * rate))
    last = len(samples) if end is None else round((end - origin_s) * rate)
    return samples[first:last], rate


def _zero_s(path: Path, container: Any, stream: Any) -> float:
    """Return the time of the file's first sample: what its header says, but that of Windows Media swallows a frame."""
    av = extras.load("av")

    if container.format.name == "asf":
        with av.open(str(path)) as other:  # decoding here would change what comes after a seek
            first = next(other.decode(_audio_stream(path, other)), None)
        if first is not None and first.time is not None:
            return float(first.time)
    return float((stream.start_time or 0) * stream.time_base)


def _mono(part: NDArray[Any], channel: int | None) -> NDArray[Any]:
    return np.asarray(part.mean(axis=0) if channel is None else part[channel])


def probe_av(path: Path) -> float:
    """Return the duration in seconds from the header, or by decoding where the header only guesses.

    Raises
    ------
    AudioError : not decodable
    """
    av = extras.load("av")

    try:
        with av.open(str(path)) as container:
            stream = _audio_stream(path, container)
            declared_s = _declared_s(path, container)
            if declared_s is not None:
                return declared_s
            return float(sum(frame.samples for frame in container.decode(stream)) / stream.codec_context.sample_rate)
    except av.FFmpegError as error:
        raise _undecodable(path, error.strerror or type(error).__name__) from None


def channels_av(path: Path) -> int:
    """Return how many channels the header states.

    Raises
    ------
    AudioError : not decodable
    """
    av = extras.load("av")

    try:
        with av.open(str(path)) as container:
            return int(_audio_stream(path, container).codec_context.channels)
    except av.FFmpegError as error:
        raise _undecodable(path, error.strerror or type(error).__name__) from None


def require_inside(path: Path, start: float | None, end: float | None, duration_s: float) -> None:
    """Raise :class:`AudioError` if the part from ``start`` to ``end`` lies outside a file of ``duration_s`` seconds."""
    late = start if start is not None and start >= duration_s else None
    late = end if end is not None and end > duration_s + END_TOLERANCE_S else late
    if late is not None:
        raise AudioError(
            f"the segment reaches to {late:g} s but the file is {duration_s:.3f} s long",
            place=path.name,
            remedy="correct start_s and end_s",
        )


def breaks_off(path: Path, after_s: float, of_s: float | None) -> AudioError:
    """Return the error for a file that ends before its header says."""
    whole = "" if of_s is None else f" of {of_s:.3f}"
    return AudioError(
        f"breaks off after {after_s:.3f}{whole} s", place=path.name, remedy="copy or export the file again"
    )


def _audio_stream(path: Path, container: Any) -> Any:
    if not container.streams.audio:
        raise _undecodable(path, "it holds no audio stream")
    return container.streams.audio[0]


def _declared_s(path: Path, container: Any) -> float | None:
    """Return the duration that the header states; None where FFmpeg only guesses it from the bit rate."""
    stream = container.streams.audio[0]
    guessed = container.format.name in ("aac", "mp3") and not _has_length_tag(path)
    if guessed or stream.duration is None:
        return None
    return float(stream.duration * stream.time_base)


def _has_length_tag(path: Path) -> bool:
    """Return whether an mp3 starts with a frame that states its length."""
    with open(path, "rb") as file:
        head = file.read(65_536)
    return b"Xing" in head or b"Info" in head


def _require_whole(path: Path, reached_s: float, declared_s: float | None) -> None:
    if declared_s is not None and reached_s < declared_s - max(0.1, 0.01 * declared_s):
        raise breaks_off(path, reached_s, declared_s)


def _undecodable(path: Path, why: str) -> AudioError:
    remedy = "use wav, flac, mp3, ogg, m4a or another format that libsndfile or FFmpeg can read"
    return AudioError(f"cannot be decoded as audio ({why})", place=path.name, remedy=remedy)
