"""What is known of an audio file before its samples: and the limits and errors that every decoder shares."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from workbench.errors import AudioError

END_TOLERANCE_S = 0.1
"""A segment may end this much after its file (manifests are rounded); it is then cut at the end of the file."""

MOST_SAMPLES = 1 << 28
"""Samples of a file, or of a part of it, that are decoded at once: 4.6 hours at 16 kHz, 1.5 at 48 kHz, 1 GB as float32. A file of
some kilobytes can hold days of silence."""
MOST_CHANNELS = 64
NO_LENGTH = "the header does not state how long the recording is; it is read to the end of the file"


class FileFacts(NamedTuple):
    """Length (seconds), channels, sample rate (Hz), container, coding, and what should be known of how it is read."""

    duration_s: float
    channels: int
    sample_rate: int
    container: str
    coding: str
    notes: tuple[str, ...] = ()


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


def require_bounded(path: Path, n_samples: int, channels: int) -> None:
    """Raise :class:`AudioError` if so much audio is not decoded at once."""
    if n_samples > MOST_SAMPLES:
        problem = f"{n_samples} samples at once; at most {MOST_SAMPLES} are decoded"
        raise AudioError(problem, place=path.name, remedy="name its parts with start_s and end_s, one row each")
    if channels > MOST_CHANNELS:
        problem = f"{channels} channels; at most {MOST_CHANNELS} are decoded"
        raise AudioError(problem, place=path.name, remedy="export the channels that hold speech")


def breaks_off(path: Path, after_s: float, of_s: float | None) -> AudioError:
    """Return the error for a file that ends before its header says."""
    whole = "" if of_s is None else f" of {of_s:.3f}"
    return AudioError(
        f"breaks off after {after_s:.3f}{whole} s", place=path.name, remedy="copy or export the file again"
    )


def undecodable(path: Path, why: str, remedy: str = "") -> AudioError:
    """Return the error for a file that no decoder reads."""
    usual = "use wav, flac, mp3, ogg, m4a or another format that libsndfile or FFmpeg can read"
    return AudioError(f"cannot be decoded as audio ({why})", place=path.name, remedy=remedy or usual)
