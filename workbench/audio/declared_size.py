"""How many bytes a file should have by its own header: libsndfile shortens a cut file to what is there and says nothing."""

from __future__ import annotations

import re
from pathlib import Path

_UNKNOWN = 0xFFFF_FFFF
_STREAMED = 0x7F00_0000
"""Bytes from which the outer length of an AIFF is a placeholder: SoX writes this, and what follows, to a pipe."""


def states_no_length(path: Path) -> bool:
    """Return whether a FLAC or AIFF file was written to a pipe, so that its header does not say how long it is.

    For WAV see :func:`workbench.audio.containers.read_riff`.

    Source: RFC 9639, section 8.2 (a total of 0 samples is an unknown one); EA IFF 85.
    """
    with open(path, "rb") as file:
        head = file.read(64)
        if head[:3] == b"ID3" and len(head) >= 10:
            a, b, c, d = head[6:10]
            file.seek(10 + (a << 21 | b << 14 | c << 7 | d))
            head = file.read(64)
    if head[:4] == b"fLaC" and len(head) >= 26:
        return (
            int.from_bytes(head[21:26], "big") & 0xF_FFFF_FFFF == 0
        )  # 36 bits, behind rate, channels and bits per sample
    return head[:4] == b"FORM" and int.from_bytes(head[4:8], "big") >= _STREAMED


def declared_size(path: Path) -> int | None:
    """Return the bytes that an AIFF, AU, CAF, RF64, SPHERE, VOC or W64 file declares; None where it declares none, or is another.

    For WAV see :func:`workbench.audio.containers.read_riff`, which also says whether its length was ever written.

    Source: EA IFF 85; Sun's audio(4) manual; Apple Core Audio Format 1.0; EBU Tech 3306 (RF64); Sony's Wave64; NIST SPHERE.
    """
    with open(path, "rb") as file:
        head = file.read(1_024)
    kind = head[:4]
    if kind == b"FORM":
        return None if states_no_length(path) else _number(head, 4, 4, "big", extra=8)
    if kind in (b".snd", b"dns."):
        order = "big" if kind == b".snd" else "little"
        size = _number(head, 8, 4, order)
        start = _number(head, 4, 4, order)
        return None if size in (None, 0, _UNKNOWN) or start is None else start + (size or 0)
    if kind == b"RF64" and head[12:16] == b"ds64":
        return _number(head, 20, 8, "little", extra=8)
    if kind == b"riff":
        return _number(head, 16, 8, "little")
    if kind == b"caff":
        return _caf(path)
    if head.startswith(b"NIST_1A"):
        return _sphere(head)
    if head.startswith(b"Creative Voice File"):
        start = _number(head, 20, 2, "little") or 26
        block = head[start : start + 4]
        return start + 4 + int.from_bytes(block[1:], "little") if len(block) == 4 and block[0] in (1, 9) else None
    return None


def _number(head: bytes, at: int, length: int, order: str, *, extra: int = 0) -> int | None:
    if len(head) < at + length:
        return None
    value = int.from_bytes(head[at : at + length], "big" if order == "big" else "little")
    return value + extra if 0 < value < 1 << 62 and value != _UNKNOWN else None


def _caf(path: Path) -> int | None:
    with open(path, "rb") as file:
        file.seek(8)
        while len(chunk := file.read(12)) == 12:
            size = int.from_bytes(chunk[4:], "big", signed=True)
            if chunk[:4] == b"data":
                return None if size < 0 else file.tell() + size
            if size < 0:
                return None
            file.seek(size, 1)
    return None


def sphere_frames(path: Path) -> int | None:
    """Return how many samples of each channel a SPHERE file states; None for anything else, and where it states none.

    libsndfile takes whatever follows the last of them for more.
    """
    with open(path, "rb") as file:
        head = file.read(1_024)
    match = (
        re.search(rb"^sample_count\s+-i\s+(\d{1,12})\s*$", head, re.MULTILINE) if head.startswith(b"NIST_1A") else None
    )
    return int(match[1]) or None if match else None


def _sphere(head: bytes) -> int | None:
    """Return the size of a SPHERE file whose samples all have as many bytes."""
    values = {
        name: int(match[1])
        for name in (b"sample_count", b"sample_n_bytes", b"channel_count")
        if (match := re.search(rb"^" + name + rb"\s+-(?:i|s\d+)\s+(\d{1,12})\s*$", head, re.MULTILINE))
    }
    start = re.match(rb"NIST_1A\s+(\d{1,7})\s", head)
    coding = re.search(rb"^sample_coding\s+-s\d+\s+(\S+)", head, re.MULTILINE)
    if len(values) < 3 or start is None or (coding is not None and b"," in coding[1]):
        return None
    n_bytes = values[b"sample_count"] * values[b"sample_n_bytes"] * values[b"channel_count"]
    return int(start[1]) + n_bytes if n_bytes else None
