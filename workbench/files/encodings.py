"""Bytes to text, never by guessing: what does not fit is named, with what it would read as."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from workbench.errors import ManifestError
from workbench.files.problems import shown

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)  # the UTF-32 mark begins with the UTF-16 one, so it is tried first
_LISTED = 10
_REMEDY = "save the file as UTF-8 (in a spreadsheet: 'CSV UTF-8')"
_BLOCK = 1 << 22
_USUAL = "windows-1252"
"""What spreadsheets on Windows write where they do not write UTF-8; suggested, never assumed."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file of text: ``data`` from behind its mark, in ``encoding``; ``bad`` says of each line that does not fit what is wrong.

    A bad line is there in :meth:`lines` too, so that quotes around it close where they did, but its letters are not those
    that were written: whoever reads it leaves its row out.
    """

    data: bytes
    encoding: str
    bad: Mapping[int, str] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """Yield the lines with their ends, decoded as they are asked for."""
        if not self.bad:
            yield from io.TextIOWrapper(io.BytesIO(self.data), encoding=self.encoding, newline="")
            return
        for line in self.data.splitlines(keepends=True):
            yield line.decode(self.encoding, errors="replace").replace("\0", "\ufffd")

    def wrong(self, first: int, last: int) -> str:
        """Return what is wrong with the lines from ``first`` to ``last``; "" if nothing is."""
        return next((self.bad[line] for line in range(first, last + 1) if line in self.bad), "") if self.bad else ""


def written(data: bytes, *, place: str, encoding: str = "", option: str = "") -> Written:
    """Return a file's text by line: UTF-8 with or without byte order mark, UTF-16 or UTF-32 with one, or ``encoding``.

    Raises
    ------
    ManifestError : nothing of it can be told apart: a first line that does not fit, or UTF-16 and UTF-32 that do not
    """
    given = encoding or next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        name = codecs.lookup(given).name
    except LookupError:
        how = "write a name such as windows-1252 or latin-1"
        raise ManifestError(f"there is no encoding {given!r}", place=place, remedy=how) from None
    if name.startswith(("utf-16", "utf-32")):
        return Written(decode_text(data, place=place, encoding=name).encode(), "utf-8")
    name = "utf-8" if name == "utf-8-sig" else name
    kept = data.removeprefix(codecs.BOM_UTF8) if name == "utf-8" else data
    if _fits(kept, name):
        return Written(kept, name)
    bad = dict(_bad_lines(kept, name))
    if _first_line(kept) in bad:
        decode_text(data, place=place, encoding="" if name == "utf-8" else name, option=option)
    return Written(kept, name, bad)


def remedy(encoding: str, option: str, wrong: str) -> str:
    """Return what to do about lines that do not fit; ``option`` is how an encoding is named (``--encoding {}``)."""
    if encoding not in ("utf-8", "utf-8-sig"):
        return f"{option.format('...') or 'name another encoding'}, or save the file as UTF-8"
    if not option:
        return _REMEDY
    fits = f"in {_USUAL}" in wrong
    named = option.format(_USUAL if fits else "...")
    return f"save the file as UTF-8, or {named}{' if that is what was written' if fits else ''}"


def _fits(data: bytes, name: str) -> bool:
    """Return whether all of ``data`` is text, without making it."""
    if b"\0" in data:
        return False
    decoder = codecs.getincrementaldecoder(name)()
    try:
        for begin in range(0, len(data), _BLOCK):
            decoder.decode(data[begin : begin + _BLOCK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _bad_lines(data: bytes, name: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(data.splitlines(), start=1):
        try:
            text = line.decode(name)
        except UnicodeDecodeError as error:
            what = f"byte {error.start + 1} of line {number} (0x{line[error.start]:02x}) is not {name.upper()}"
            yield number, f"{what}{_reading(line) if name == 'utf-8' else ''}"
        else:
            if "\0" in text:
                yield number, f"line {number} holds a NUL character"


def _reading(line: bytes) -> str:
    """Return how a line reads in the encoding that is usual where UTF-8 is not; nothing if it does not fit either."""
    try:
        return f"; in {_USUAL} the line is {shown(line.decode(_USUAL))}"
    except UnicodeDecodeError:
        return ""


def _first_line(data: bytes) -> int:
    """Return the number of the first line that is not blank."""
    return 1 + len(re.findall(rb"\r\n|\r|\n", data[: len(data) - len(data.lstrip())]))


def decode_text(data: bytes, *, place: str, encoding: str = "", option: str = "") -> str:
    """Return the text of ``data``: UTF-8 with or without byte order mark, UTF-16 or UTF-32 with one, or ``encoding``.

    Raises
    ------
    ManifestError : anything else, with the offset of the first byte that does not fit
    """
    encoding = encoding or next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8-sig")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        # utf-8-sig counts from behind its mark
        offset = error.start + (3 if encoding == "utf-8-sig" and data.startswith(codecs.BOM_UTF8) else 0)
        raise ManifestError(
            f"unknown encoding: byte {offset} (0x{data[offset]:02x}, line {_line(data, offset, encoding)})"
            f" is not {encoding.removesuffix('-sig').upper()}{_others(data) if encoding == 'utf-8-sig' else ''}",
            place=place,
            remedy=_REMEDY + (f", or {option.format(_USUAL)} if that is what was written" if option else ""),
        ) from None
    at = text.find("\0")
    if at >= 0:
        offset = data.find(b"\0") if encoding == "utf-8-sig" else at
        unit = "byte" if encoding == "utf-8-sig" else "character"
        raise ManifestError(
            f"unknown encoding: {unit} {offset} is NUL, as in UTF-16 without a byte order mark",
            place=place,
            remedy=_REMEDY,
        )
    return text


def _others(data: bytes) -> str:
    """Return the other lines that are not UTF-8."""
    bad = [number for number, line in enumerate(data.split(b"\n"), start=1) if not _is_utf8(line)][1:]
    more = f" and {len(bad) - _LISTED} more" if len(bad) > _LISTED else ""
    named = ", ".join(map(str, bad[:_LISTED]))
    return f"; nor is line {named}" if len(bad) == 1 else f"; nor are lines {named}{more}" if bad else ""


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _line(data: bytes, offset: int, encoding: str) -> int:
    wide = {"utf-16": 2, "utf-32": 4}.get(encoding)
    before = data[:offset]
    return 1 + (before.count(b"\n") if wide is None else before.decode(encoding, errors="ignore").count("\n"))
