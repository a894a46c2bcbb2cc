"""What the header of an audio file states about its coding: traces of how it was made, not its whole history."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from workbench.audio import file_facts


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
    facts = file_facts(path)
    return Header(facts.container, facts.coding, facts.sample_rate, facts.channels)
