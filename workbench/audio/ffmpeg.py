"""Formats that libsndfile does not read, or not safely, through PyAV, which carries its own FFmpeg."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from workbench.audio.containers import first_bytes, not_audio, read_riff, sphere_coding, why_unknown
from workbench.audio.declared_size import declared_size, states_no_length
from workbench.audio.downmix import Downmix
from workbench.audio.facts import NO_LENGTH, FileFacts, breaks_off, require_bounded, require_inside, undecodable
from workbench.extras import load_package

_SETTLE_S = 1.0
_COARSE_TIMES = ("matroska,webm",)
"""Containers that round times to milliseconds: after a seek the samples are up to 1 ms beside those of the whole file."""
_FORWARD_S = 8.0
"""A part that begins no later in such a container is found by decoding from the beginning: the same samples to the last one."""

_CONTAINERS = (
    "aac", "ac3", "eac3", "adx", "aiff", "amr", "amrnb", "amrwb", "ape", "asf", "au", "avi", "caf", "dsf", "dss", "dts",
    "dtshd", "flac", "flv", "g722", "g723_1", "g729", "gsm", "ilbc", "ircam", "loas", "matroska", "mlp", "mov", "mp3",
    "mpc", "mpc8", "mpeg", "mpegts", "mxf", "nistsphere", "nut", "ogg", "oma", "qcp", "rm", "sbc", "shn", "sln", "sox",
    "tak", "truehd", "tta", "voc", "w64", "wav", "webm", "wsd", "wtv", "wv", "xwma",
)  # fmt: skip
"""What FFmpeg may take a file for: containers that hold their own audio. Playlists, image sequences, devices and networks are
none of them, and neither is headerless PCM, whose rate it would guess from the file's name."""

_STATES_LENGTH = ("aiff", "ape", "asf", "au", "caf", "flac", "matroska,webm", "ogg", "tta", "w64", "wav", "wv")
"""Containers whose header, or whose last page, states how long the audio is; MP4 and MOV too. For the others FFmpeg divides the
size of the file by the bit rate of its first frame."""


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """Open a file as (container, audio stream).

    Only the file itself is read: a protocol or container that could lead to another file is refused by FFmpeg.
    """
    av = load_package("av")

    if (other := not_audio(first_bytes(path))) is not None:
        raise undecodable(path, *other)
    options = {"protocol_whitelist": "file", "format_whitelist": ",".join(_CONTAINERS)}
    try:
        with av.open(f"file:{path}", options=options) as container:
            if not container.streams.audio:
                raise undecodable(path, "it holds no audio stream")
            stream = container.streams.audio[0]
            if stream.codec_context is None:
                raise undecodable(path, *why_unknown(path))
            yield container, stream
    except av.FFmpegError as error:
        if "shorten" in sphere_coding(path):
            raise undecodable(path, *why_unknown(path)) from None
        raise undecodable(path, error.strerror or type(error).__name__) from None


def read(path: Path, start: float | None, end: float | None, channel: int | None = None) -> tuple[Downmix, int]:
    """Return the samples from ``start`` to ``end`` (seconds; None is the file's own limit), and the rate.

    Raises
    ------
    AudioError : not decodable, cut off, or the part lies outside the file
    IndexError : there is no such channel
    """
    av = load_package("av")

    mix = Downmix(None if channel is None else 0)
    origin_s = reached_s = 0.0
    n_decoded = 0
    with _opened(path) as (container, stream):
        rate = int(stream.codec_context.sample_rate)
        zero_s = _zero_s(path, container, stream)
        declared_s = _declared_s(path, container, stream)
        # Earlier, so that the decoder has settled. Where the container knows no times, FFmpeg would guess the place by the
        # bit rate, and the time of what it finds there.
        settled = _FORWARD_S if container.format.name in _COARSE_TIMES else _SETTLE_S
        sought = start is not None and start > settled and _knows_times(path, container, stream)
        if start is not None and sought:
            container.seek(round((start - _SETTLE_S + zero_s) / stream.time_base), stream=stream)
        to_float = av.AudioResampler(format="fltp", rate=rate)

        def keep(parts: list[Any]) -> None:
            nonlocal n_decoded
            first = 0 if start is None else max(0, round((start - origin_s) * rate))
            for part in parts:
                block = part.to_ndarray()
                length = block.shape[1] if end is None else max(0, round((end - origin_s) * rate) - n_decoded)
                block, begin = block[:, :length], max(0, first - n_decoded)
                n_decoded += part.samples
                if begin < block.shape[1]:
                    require_bounded(path, mix.n_samples + block.shape[1] - begin, len(block))
                    mix.add(block[:, begin:] if channel is None else block[channel, begin:][np.newaxis])

        for frame in container.decode(stream):
            at_s = float(frame.time or 0.0) - zero_s
            if (
                sought and not n_decoded
            ):  # else the first sample that is decoded is that of second 0, as in the whole file
                origin_s = at_s
            keep(to_float.resample(frame))
            if end is not None and at_s >= end:
                break
        else:
            keep(to_float.resample(None))
            reached_s = origin_s + n_decoded / rate
            if declared_s is not None and reached_s < declared_s - max(0.1, 0.01 * declared_s):
                raise breaks_off(path, reached_s, declared_s)
            _require_whole(path, reached_s)
    require_inside(path, start, end, origin_s + n_decoded / rate)
    return mix, rate


def _zero_s(path: Path, container: Any, stream: Any) -> float:
    """Return the time of the file's first sample: what its header says, but that of Windows Media swallows a frame, and that of
    Matroska counts what an Opus decoder throws away."""
    if container.format.name in ("asf", *_COARSE_TIMES):
        with _opened(path) as (other, first_stream):  # decoding here would change what comes after a seek
            first = next(other.decode(first_stream), None)
        if first is not None and first.time is not None:
            return float(first.time)
    return float((stream.start_time or 0) * stream.time_base)


def facts(path: Path) -> FileFacts:
    """Return what the header states, the length by decoding where the header states none.

    Raises
    ------
    AudioError : not decodable
    """
    with _opened(path) as (container, stream):
        context = stream.codec_context
        rate, n_channels = int(context.sample_rate), int(context.channels)
        name, coding = container.format.name.split(",")[0].upper(), context.codec.canonical_name.upper()
        duration_s = _declared_s(path, container, stream)
        if duration_s is None:
            duration_s = sum(frame.samples for frame in container.decode(stream)) / rate
    return FileFacts(float(duration_s), n_channels, rate, name, coding, notes(path))


def notes(path: Path) -> tuple[str, ...]:
    """Return what should be known of how a file is read."""
    return () if _finished(path) else (NO_LENGTH,)


def _declared_s(path: Path, container: Any, stream: Any) -> float | None:
    """Return the duration that the header states; None where FFmpeg only guesses it from the bit rate."""
    if not stream.duration or stream.duration < 0 or not _knows_times(path, container, stream):
        return None
    return float(stream.duration * stream.time_base)


def _knows_times(path: Path, container: Any, stream: Any) -> bool:
    """Return whether the container itself says where a second begins and where the audio ends."""
    name = container.format.name
    if name == "wav":  # only where each sample has as many bytes
        return stream.codec_context.name.startswith("pcm_") and _finished(path)
    return name in _STATES_LENGTH or name.startswith("mov,") or (name == "mp3" and _has_length_tag(path))


def _finished(path: Path) -> bool:
    riff = read_riff(path)
    return not states_no_length(path) if riff is None else riff.declared is not None


def _has_length_tag(path: Path) -> bool:
    """Return whether an mp3 starts with a frame that states its length."""
    with open(path, "rb") as file:
        head = file.read(65_536)
    return b"Xing" in head or b"Info" in head


def _require_whole(path: Path, reached_s: float) -> None:
    """Raise :class:`AudioError` if the file is shorter than its own header says, which FFmpeg does not mind."""
    riff, declared = read_riff(path), declared_size(path)
    missing = riff.declared - riff.present if riff is not None and riff.declared is not None else 0
    if missing > 2 or (declared is not None and declared - path.stat().st_size > 2):
        raise breaks_off(path, reached_s, None)
