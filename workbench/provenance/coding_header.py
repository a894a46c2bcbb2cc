"""What the header of an audio file states about its coding: traces of how it was made, not its whole history."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import soundfile

from workbench.errors import AudioError


class Header(NamedTuple):
    """Container, codec, sample rate (Hz) and channels, as stated. A WAV made from an MP3 says WAV."""

    container: str
    codec: str
    sample_rate_hz: int
    channels: int


def read_header(path: Path) -> Header:
    """Return the header of an audio file.

    Raises
    ------
    AudioError : no decoder knows the file
    """
    try:
        info = soundfile.info(str(path))
    except soundfile.LibsndfileError:
        return _of_av(path)
    coding = info.format if info.subtype.startswith("MPEG") else f"{info.format} {info.subtype}"
    return Header(info.format, coding, int(info.samplerate), int(info.channels))


def _of_av(path: Path) -> Header:
    import av

    try:
        with av.open(str(path)) as file:
            stream = file.streams.audio[0]
            context = stream.codec_context
            container = file.format.name.split(",")[0]
            return Header(container, context.name, int(context.sample_rate), int(context.channels))
    except (av.FFmpegError, IndexError) as error:
        raise AudioError(f"the header cannot be read ({error})", place=path.name, remedy="export it again") from None
