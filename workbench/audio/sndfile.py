"""Formats that libsndfile reads, block by block."""

from __future__ import annotations

from pathlib import Path

import soundfile

from workbench.audio.containers import first_bytes, is_mpeg, not_audio, read_riff
from workbench.audio.declared_size import declared_size, sphere_frames, states_no_length
from workbench.audio.downmix import Downmix
from workbench.audio.facts import NO_LENGTH, FileFacts, breaks_off, require_bounded, require_inside
from workbench.errors import AudioError

_EXACT_SEEK = ("WAV", "WAVEX", "RF64", "W64", "FLAC", "AIFF", "AU", "NIST", "CAF")
_EXACT_CODINGS = ("PCM_S8", "PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW")
"""Codings whose sample n is found by arithmetic. GSM, G.72x and the other ADPCM remember what came before: libsndfile refuses
to seek in some of them, and what it finds in others is its own affair."""
_RIFF = ("WAV", "WAVEX")
_BLOCK = 1 << 18


class _Forward(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no types
    """A file that is only read forwards: soundfile asks for the position after each read, which some codings do not have."""

    def seekable(self) -> bool:
        return False


def facts(path: Path) -> FileFacts | None:
    """Return what libsndfile says of a file; None where it does not know it, or is not to be trusted with it.

    It trusts the length that an MPEG header guesses, in a WAV too, takes a WAV that was never finished for empty, and a FLAC that
    was written to a pipe for endless.
    """
    head = first_bytes(path)
    if not_audio(head) is not None or is_mpeg(path, head):
        return None
    try:
        info = soundfile.info(str(path))
    except (soundfile.LibsndfileError, TypeError):
        return None
    streamed = states_no_length(path)
    if info.subtype.startswith("MPEG") or info.samplerate <= 0 or (streamed and info.format == "FLAC"):
        return None
    notes: tuple[str, ...] = (NO_LENGTH,) if streamed else ()
    riff = read_riff(path) if info.format in _RIFF else None
    if riff is not None and riff.declared is None:
        if info.frames == 0 and riff.present > 0:
            return None
        notes = (NO_LENGTH,)
    coding = f"{info.format} {info.subtype}"
    return FileFacts(
        float(_frames(path, info.format, int(info.frames)) / info.samplerate),
        int(info.channels),
        int(info.samplerate),
        info.format,
        coding,
        notes,
    )


def _frames(path: Path, container: str, frames: int) -> int:
    """Return the samples of each channel: those that libsndfile counts, but no more than a SPHERE header states."""
    return min(frames, sphere_frames(path) or frames) if container == "NIST" else frames


def read(path: Path, start: float | None, end: float | None, channel: int | None) -> tuple[Downmix, int]:
    """Return the samples from ``start`` to ``end`` (seconds; None is the file's own limit), and the rate.

    Raises
    ------
    AudioError : not decodable, cut off, or the part lies outside the file
    """
    with _Forward(str(path)) as file:
        rate, container = int(file.samplerate), file.format
        total = _frames(path, container, int(file.frames))
        if total > 0:
            require_inside(path, start, end, total / rate)
        first = round((start or 0.0) * rate)
        last = total if end is None else min(total, round(end * rate))
        require_bounded(path, last - first, int(file.channels))
        mix, at = Downmix(channel), 0
        try:
            if file.format in _EXACT_SEEK and file.subtype in _EXACT_CODINGS and first:
                at = file.seek(first)
            while at < last:
                block = file.read(min(_BLOCK, (first if at < first else last) - at), dtype="float32", always_2d=True)
                if not len(block):
                    break
                if at >= first:
                    mix.add(block.T)
                at += len(block)
        except soundfile.LibsndfileError as error:
            raise AudioError(f"cannot be decoded ({error})", place=path.name, remedy="export the file again") from None
    if at < last:
        raise breaks_off(path, at / rate, total / rate)
    riff = read_riff(path) if container in _RIFF else None  # libsndfile shortens a cut-off WAV and says nothing
    if riff is not None and riff.declared is not None and riff.declared - riff.present > 2:
        raise breaks_off(path, total / rate, total / rate * riff.declared / max(1, riff.present))
    size, declared = path.stat().st_size, declared_size(path)
    if declared is not None and declared - size > 2:
        raise breaks_off(path, total / rate, total / rate * declared / max(1, size))
    return mix, rate
