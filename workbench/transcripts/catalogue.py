"""Every format of transcripts that is read, in the order in which a file is tried."""

from __future__ import annotations

from workbench.errors import ScoringError, choices
from workbench.transcripts.formats import Format, TranscriptFile
from workbench.transcripts.readers import (
    amazon,
    assemblyai,
    azure,
    deepgram,
    google,
    json_rows,
    line_texts,
    nist,
    rev,
    speechmatics,
    subtitles,
    textgrid,
    vosk,
    watson,
    whisper,
    whisper_cpp,
)

_MAKERS = (
    json_rows, whisper_cpp, whisper, azure, rev, assemblyai, deepgram, amazon, speechmatics, watson, google, vosk,
    subtitles, textgrid, nist, line_texts,
)  # fmt: skip
FORMATS: dict[str, Format] = {item.name: item for maker in _MAKERS for item in maker.FORMATS}


def recognised(file: TranscriptFile) -> Format | None:
    """Return the first format that ``file`` looks like; None if it looks like none."""
    return next((item for item in FORMATS.values() if item.recognise(file)), None)


def get_format(name: str) -> Format:
    """Return the format called ``name``.

    Raises
    ------
    ScoringError : there is none
    """
    if name not in FORMATS:
        raise ScoringError(f"there is no format {name!r}", place="--format", remedy=choices(name, FORMATS))
    return FORMATS[name]
