"""Commands of wav.scp that only decode one file: which file and which channel, read from their words; nothing is run.

Understood are ``flac -c -d``, ``sph2pipe``, ``sox FILE -t wav - [remix N]``, ``ffmpeg -i FILE ... -`` and ``cat``, one after the other
too. Options that only say how the samples are written (format, rate, bits) are passed over; whatever could change the sound,
cut it or name a second file makes the command one that is not understood.

Source: manual pages of flac, sph2pipe 2.5, SoX 14.4.2 and FFmpeg; recipes of Kaldi (egs/librispeech, egs/swbd).
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

_FLAC = {
    "-c",
    "-d",
    "-s",
    "-cd",
    "-dc",
    "-cds",
    "-dcs",
    "-scd",
    "--stdout",
    "--decode",
    "--silent",
    "--totally-silent",
    "-F",
}
_SPH2PIPE = {"-p": 0, "-u": 0, "-a": 0, "-h": 1, "-f": 1, "-c": 1}
_SOX = {
    "-t": 1,
    "-r": 1,
    "-b": 1,
    "-e": 1,
    "-q": 0,
    "-V": 0,
    "-V0": 0,
    "-V1": 0,
    "-G": 0,
    "-D": 0,
    "-R": 0,
    "-1": 0,
    "-2": 0,
    "-s": 0,
}
_FFMPEG = {
    "-f": 1, "-ar": 1, "-acodec": 1, "-c:a": 1, "-codec:a": 1, "-loglevel": 1, "-v": 1, "-threads": 1, "-vn": 0, "-y": 0,
    "-nostdin": 0, "-hide_banner": 0, "-nostats": 0, "-sample_fmt": 1,
}  # fmt: skip


class DecodedFile(NamedTuple):
    """The file that a command decodes, and its channel from 1; 0 for all of them."""

    path: str
    channel: int


def decoded_file(command: str) -> DecodedFile | None:
    """Return what a command of wav.scp (with the ``|`` at its end) decodes; None if it may do more than that.

    >>> decoded_file("sph2pipe -f wav -p -c 2 /swbd/sw02001.sph |")
    DecodedFile(path='/swbd/sw02001.sph', channel=2)
    """
    try:
        words = shlex.split(command.strip().removesuffix("|"))
    except ValueError:
        return None
    steps: list[list[str]] = [[]]
    for word in words:
        if word == "|":
            steps.append([])
        else:
            steps[-1].append(word)
    result: DecodedFile | None = None
    for number, step in enumerate(steps):
        outcome = _step(step)
        if outcome is None or (number > 0 and outcome.path != "-") or (number == 0 and outcome.path in ("", "-")):
            return None
        if result is None:
            result = outcome
        elif outcome.channel:
            if result.channel:  # a channel of what is one channel already
                return None
            result = DecodedFile(result.path, outcome.channel)
    return result


def _step(words: Sequence[str]) -> DecodedFile | None:
    """Return what one program of a pipe reads ("-": what comes in), or None if it is not understood."""
    if not words or any(sign in word for word in words for sign in (";", "&", "`", "$(", "<", ">")):
        return None
    program, rest = PurePosixPath(words[0]).name, list(words[1:])
    if program == "cat" and len(rest) == 1:
        return DecodedFile(rest[0], 0)
    if program == "flac":
        files = [word for word in rest if word not in _FLAC]
        decodes = any("d" in word.lstrip("-")[:6] for word in rest if word in _FLAC)
        return DecodedFile(files[0], 0) if decodes and len(files) == 1 and _is_file(files[0]) else None
    if program == "sph2pipe":
        return _sph2pipe(rest)
    if program == "sox":
        return _sox(rest)
    return _ffmpeg(rest) if program in ("ffmpeg", "avconv") else None


def _sph2pipe(words: list[str]) -> DecodedFile | None:
    options, files = _options(words, _SPH2PIPE)
    channel = next((value for name, value in options if name == "-c"), "0")
    if files is None or not files or not channel.isdecimal():
        return None
    return DecodedFile(files[0], int(channel)) if len(files) == 1 or files[1:] == ["-"] else None


def _sox(words: list[str]) -> DecodedFile | None:
    channel = 0
    if "remix" in words:
        at = words.index("remix")
        effect, words = words[at + 1 :], words[:at]
        if len(effect) != 1 or not effect[0].isdecimal():
            return None
        channel = int(effect[0])
    elif words[-2:-1] == ["rate"] and words[-1].isdecimal():
        words = words[:-2]
    _, files = _options(words, {**_SOX, "-c": 1})
    if files is None or len(files) != 2 or files[1] not in ("-", "-p"):
        return None
    return DecodedFile(files[0], channel)


def _ffmpeg(words: list[str]) -> DecodedFile | None:
    options, files = _options(words, {**_FFMPEG, "-i": 1, "-ac": 1})
    inputs = [value for name, value in options if name == "-i"]
    if files is None or len(inputs) != 1 or len(files) != 1 or files[0] not in ("-", "pipe:1", "pipe:", "/dev/stdout"):
        return None
    return DecodedFile("-" if inputs[0] in ("-", "pipe:0", "/dev/stdin") else inputs[0], 0)


def _options(words: Sequence[str], known: dict[str, int]) -> tuple[list[tuple[str, str]], list[str] | None]:
    """Return options with their values, and the other words; None in their place where an option is not known."""
    options, others, at = [], [], 0
    while at < len(words):
        word = words[at]
        if word in known:
            options.append((word, words[at + 1] if known[word] and at + 1 < len(words) else ""))
            at += known[word]
        elif word.startswith("-") and word not in ("-", "-p"):
            return [], None
        else:
            others.append(word)
        at += 1
    return options, others


def _is_file(word: str) -> bool:
    return word == "-" or not word.startswith("-")
