"""A format of transcripts: how a file of it is recognised, and read. What a file is gets said, and can be named instead."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from workbench.errors import ManifestError, ScoringError
from workbench.files.encodings import decode_text
from workbench.transcripts.segments import Segment

AUDIO = re.compile(r"\.(wav|wave|flac|mp3|m4a|mp4|ogg|opus|webm|aac|aif|aiff|sph|au|wma|amr|mov|mkv)$", re.IGNORECASE)


@dataclass(frozen=True)
class TranscriptFile:
    """A file that may hold transcripts: its name relative to what the user named, and its bytes."""

    name: str
    data: bytes = field(repr=False)
    encoding: str = ""

    @property
    def suffix(self) -> str:
        """The ending of the name, in small letters."""
        return PurePosixPath(self.name).suffix.lower()

    @property
    def recording(self) -> str:
        """The name without its ending: what a recogniser that writes one file per recording calls the recording."""
        return self.name[: -len(self.suffix)] if self.suffix else self.name

    @property
    def is_binary(self) -> bool:
        """Whether the file is no text in any encoding that a byte order mark or a user would name."""
        return b"\0" in self.data[:1000] and not self.data.startswith((b"\xff\xfe", b"\xfe\xff")) and not self.encoding

    @cached_property
    def text(self) -> str:
        """The text; raises :class:`ScoringError` where it is in an encoding that nobody named."""
        try:
            text = decode_text(self.data, place=self.name, encoding=self.encoding, option="give --encoding {}")
        except ManifestError as error:
            raise ScoringError(error.what, place=error.place, remedy=error.remedy) from None
        return text.replace("\r\n", "\n").replace("\r", "\n")

    @cached_property
    def document(self) -> Any:
        """The JSON value that the whole file is; None where it is not one."""
        if self.data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] not in (b"{", b"["):
            return None
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            return None

    @cached_property
    def documents(self) -> tuple[Any, ...]:
        """The JSON values of which the file is a row, one after the other with nothing but white space between; () if not."""
        if self.document is not None:
            return (self.document,)
        if self.data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] != b"{":
            return ()
        decoder, place, result = json.JSONDecoder(), 0, []
        text = self.text.strip()
        while place < len(text):
            try:
                value, place = decoder.raw_decode(text, place)
            except (ValueError, RecursionError):
                return ()
            result.append(value)
            place += len(text[place:]) - len(text[place:].lstrip()) if text[place : place + 1].isspace() else 0
        return tuple(result)

    def lines(self) -> Iterator[tuple[int, str]]:
        """Yield the lines that are not blank, with their numbers from 1."""
        for number, line in enumerate(self.text.split("\n"), start=1):
            if line.strip():
                yield number, line.strip()

    def has(self, *keys: str) -> bool:
        """Return whether the file is a JSON object with all of these keys."""
        return isinstance(self.document, dict) and self.document.keys() >= set(keys)

    def keys(self) -> frozenset[str]:
        """The keys of the JSON object that the file is; none where it is not one."""
        return frozenset(self.document) if isinstance(self.document, dict) else frozenset()


@dataclass(frozen=True, slots=True)
class Format:
    """A format. ``recognise`` looks at names and keys only; ``read`` raises :class:`UnreadableError` with all that is wrong.

    ``source`` is the public document of the format; ``writes`` says what writes it, in words.
    """

    name: str
    title: str
    source: str
    recognise: Callable[[TranscriptFile], bool]
    read: Callable[[TranscriptFile], list[Segment]]


class UnreadableError(Exception):
    """Everything that is wrong with a file that looked like a format."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


def seconds(value: object, *, per_second: float = 1.0) -> float | None:
    """Return a time in seconds; ``1.5``, ``"1.5"``, ``"1.500s"`` and ``"PT1.5S"`` are one, nothing is None."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        iso = re.fullmatch(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?", value)
        if iso:
            hours, minutes, rest = (float(part or 0) for part in iso.groups())
            return hours * 3600 + minutes * 60 + rest
        value = value.removesuffix("s")
    return float(value) / per_second  # type: ignore[arg-type]  # what is no number is the reader's problem


def number(value: object) -> float | None:
    """Return a confidence; None where there is none."""
    return None if value is None or value == "" else float(value)  # type: ignore[arg-type]
