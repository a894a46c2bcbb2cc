"""Bytes to text, never by guessing."""

from __future__ import annotations

import codecs

from workbench.errors import ManifestError

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)  # the UTF-32 mark begins with the UTF-16 one, so it is tried first
_LISTED = 10
_REMEDY = "save the file as UTF-8 (in a spreadsheet: 'CSV UTF-8')"


def decode_text(data: bytes, *, place: str) -> str:
    """Return the text of ``data``: UTF-8 with or without byte order mark, or UTF-16 or UTF-32 with one.

    Raises
    ------
    ManifestError : anything else, with the offset of the first byte that does not fit
    """
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8-sig")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        # utf-8-sig counts from behind its mark
        offset = error.start + (3 if encoding == "utf-8-sig" and data.startswith(codecs.BOM_UTF8) else 0)
        raise ManifestError(
            f"unknown encoding: byte {offset} (0x{data[offset]:02x}, line {_line(data, offset, encoding)})"
            f" is not {encoding.removesuffix('-sig').upper()}{_others(data) if encoding == 'utf-8-sig' else ''}",
            place=place,
            remedy=_REMEDY,
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
