"""What the first bytes of a file say about it, before any decoder sees them: length and coding of a WAV, coding of a SPHERE file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

STREAMED = 0x7FFF_0000
"""Bytes from which a length in a WAV is a placeholder: who writes to a pipe does not know how long it will be."""

_PLAYLISTS = (b"#EXTM3U", b"ffconcat", b"[playlist]", b"<?xml", b"<asx", b"<MPD", b"RTSPtext", b"v=0")
_TAGS = {
    0x0002: "MS ADPCM", 0x0003: "float", 0x0006: "A-law", 0x0007: "mu-law", 0x0011: "IMA ADPCM", 0x0022: "TrueSpeech",
    0x0031: "GSM 6.10", 0x0032: "MSN audio", 0x0038: "NMS ADPCM", 0x0040: "G.721", 0x0042: "G.723.1", 0x0045: "G.726",
    0x0050: "MPEG", 0x0055: "MP3", 0x0064: "G.726", 0x0065: "G.722", 0x0083: "G.729", 0x0130: "Sipro ACELP.net",
    0x0131: "Sipro ACELP 4800", 0x0132: "Sipro ACELP 8V3", 0x0133: "Sipro G.729", 0x0134: "Sipro G.729A",
    0x0160: "Windows Media Audio 1", 0x0161: "Windows Media Audio 2", 0x0200: "Creative ADPCM", 0x674F: "Ogg Vorbis 1",
    0x6750: "Ogg Vorbis 2", 0xA109: "Speex",
}  # fmt: skip


class Riff(NamedTuple):
    """A WAV by its own chunks: its format tag, the bytes of samples that it declares, and those that are there.

    ``declared`` is None where the header states none: it was written to a pipe, or its recorder never finished it.
    """

    tag: int
    declared: int | None
    present: int

    @property
    def coding(self) -> str:
        """The coding in words: "MP3", or "WAV format tag 0x1234" where the tag is not registered here."""
        named = _TAGS.get(self.tag)
        return f"{named} (WAV format tag 0x{self.tag:04x})" if named else f"WAV format tag 0x{self.tag:04x}"


def read_riff(path: Path) -> Riff | None:
    """Return the chunks of a WAV (RIFF, little-endian); None for anything else, and where there is no data chunk.

    A length of 0 with samples behind it is that of a recording that was never finished, unless the outer length of the
    file agrees with it: then the file is empty, and other chunks follow.

    Source: Multimedia Programming Interface and Data Specifications 1.0 (IBM and Microsoft, 1991); format tags: mmreg.h.
    """
    size = path.stat().st_size
    with open(path, "rb") as file:
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
            return None
        outer = int.from_bytes(head[4:8], "little") + 8
        tag = 0
        while len(chunk := file.read(8)) == 8:
            length = int.from_bytes(chunk[4:8], "little")
            if chunk[:4] == b"data":
                present = size - file.tell()
                unknown = length >= STREAMED or (length == 0 and not 0 <= outer - size <= 1)
                return Riff(tag, None if unknown else length, present if unknown else min(present, length))
            if chunk[:4] == b"fmt ":
                body = file.read(min(length, 40))
                tag = int.from_bytes(body[:2], "little")
                if tag == 0xFFFE and len(body) >= 26:  # extensible: the tag is the start of the sub-format
                    tag = int.from_bytes(body[24:26], "little")
                length -= len(body)
            file.seek(length + length % 2, 1)
    return None


def sphere_coding(path: Path) -> str:
    """Return ``sample_coding`` of a NIST SPHERE header ("ulaw,embedded-shorten-v2.00"); "" for anything else.

    Source: NIST SPeech HEader REsources (SPHERE), file header.
    """
    with open(path, "rb") as file:
        head = file.read(4_096)
    if not head.startswith(b"NIST_1A"):
        return ""
    match = re.search(rb"^sample_coding\s+-s\d+\s+(\S+)", head, re.MULTILINE)
    return match[1].decode("ascii", errors="replace") if match else "pcm"


def first_bytes(path: Path) -> bytes:
    """Return the first 64 bytes of a file."""
    with open(path, "rb") as file:
        return file.read(64)


def is_mpeg(path: Path, head: bytes) -> bool:
    """Return whether a file that starts with ``head`` is MPEG audio, behind a tag or not: its header only guesses its length."""
    if head[:3] == b"ID3" and len(head) >= 10:
        a, b, c, d = head[6:10]
        with open(path, "rb") as file:
            file.seek(10 + (a << 21 | b << 14 | c << 7 | d))
            return file.read(4) != b"fLaC"
    return len(head) >= 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0


def is_playlist(head: bytes) -> bool:
    """Return whether a file that starts with ``head`` is a text that names other files to play, which are never read."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_PLAYLISTS)


def not_audio(head: bytes) -> tuple[str, str] | None:
    """Return what a file that starts with ``head`` is instead of audio, and what to do about it; None if it may be audio."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        return "the file is empty, 0 bytes", "copy or download it again"
    if text.startswith(b"version https://git-lfs"):
        return "it is a Git LFS pointer, not the audio itself", "fetch the audio with: git lfs pull"
    if text.startswith((b"<!doctype html", b"<html")):
        return "it is a web page, perhaps the error message of a download", "download it again"
    if is_playlist(head):
        return "it is a list that names other files, which are not read", "name those files in the manifest"
    return None


def why_unknown(path: Path) -> tuple[str, str]:
    """Return why no decoder here knows the coding of a file, with the coding named, and what to do about it."""
    sphere, riff = sphere_coding(path), read_riff(path)
    if "shorten" in sphere:
        return (
            f"its samples are compressed with shorten ({sphere}), which cannot be decoded here",
            "convert it with NIST's sph2pipe: sph2pipe -f wav IN.sph OUT.wav",
        )
    coding = f"SPHERE {sphere}" if sphere else riff.coding if riff is not None else "an unknown coding"
    return f"no decoder here knows its coding, {coding}", "convert it to PCM WAV with the program that wrote it"
