"""Subtitles: SRT and WebVTT, through webvtt-py; marks of voices become speakers, tags go."""

from __future__ import annotations

import html
import io
import re

from workbench.transcripts.formats import Format, TranscriptFile, UnreadableError
from workbench.transcripts.segments import Segment

_TAG = re.compile(r"</?[a-zA-Z][^>]*>|\{\\[^}]*\}")
_ARROW = re.compile(r"^\s*(?:\d+:)?\d+:\d\d[.,]\d+\s*-->", re.MULTILINE)


def _read(file: TranscriptFile, kind: str) -> list[Segment]:
    import webvtt

    try:
        captions = [*webvtt.from_buffer(io.StringIO(file.text), format=kind).captions]
    except (webvtt.errors.MalformedFileError, webvtt.errors.MalformedCaptionError, ValueError) as error:
        raise UnreadableError([str(error) or type(error).__name__]) from None
    times = len(_ARROW.findall(file.text))
    if times != len(captions):  # the library leaves out what it cannot read
        raise UnreadableError([f"{times} lines have times and {len(captions)} of them are captions"])
    return [
        Segment(
            file.recording, html.unescape(_TAG.sub("", caption.text)), _seconds(caption.start), _seconds(caption.end),
            speaker=caption.voice or "",
        )
        for caption in captions
    ] or [Segment(file.recording, "")]  # fmt: skip


def _seconds(written: str) -> float:
    hours, minutes, rest = written.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


FORMATS = (
    Format(
        "vtt", "WebVTT", "https://www.w3.org/TR/webvtt1/",
        lambda file: file.data.removeprefix(b"\xef\xbb\xbf").startswith(b"WEBVTT"), lambda file: _read(file, "vtt"),
    ),
    Format(
        "srt", "SubRip subtitles (SRT)", "https://www.loc.gov/preservation/digital/formats/fdd/fdd000569.shtml",
        lambda file: file.suffix == ".srt", lambda file: _read(file, "srt"),
    ),
)  # fmt: skip
