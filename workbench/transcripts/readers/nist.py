"""NIST's scoring toolkit and who follows it: ctm (words with times), stm (segments), trn and Sphinx's match files.

Source: SCTK, doc/infmts.htm.
"""

from __future__ import annotations

import math
import re

from workbench.transcripts.formats import Format, TranscriptFile, UnreadableError
from workbench.transcripts.segments import Segment, Word

CHANNELS = {"A": 1, "B": 2, **{str(number): number for number in range(1, 100)}}
NULL_WORDS = frozenset({"@", "<eps>", "<eps>:"})
"""What stands for no word at all: NIST's null word, and that of decoders built on finite-state transducers."""
_STM = re.compile(r"^(\S+)\s+(\S+)\s+(\S+)\s+([\d.]+)\s+([\d.]+)(?:\s+<([^>]*)>)?(?:\s+(.*))?$", re.DOTALL)
_TRN = re.compile(r"(.*?)\s*\(([^()\s]+)(?:\s+(-?[\d.eE+]+))?\)")
_NOT_SCORED = ("ignore_time_segment_in_scoring", "inter_segment_gap")
_NAME = re.compile(r"(?=.*\d)(?=.*[A-Za-z_-]).{2,}")
_LISTED = 1_000


def ctm_words(file: TranscriptFile) -> list[tuple[str, int, Word]]:
    """Return recording, channel (0 where it is no channel's name) and word of every line that is one, by time.

    Raises
    ------
    UnreadableError : lines that are no word with its times, or alternatives, all of them at once
    """
    rows: list[tuple[str, int, Word]] = []
    problems: list[str] = []
    for number, line in file.lines():
        if line.startswith(";;"):
            continue
        try:
            recording, side, begin, length, text, *more = line.split()
            start, duration = float(begin), float(length)
            confidence = float(more[0]) if more and more[0] not in ("NA", "-") else None
        except ValueError:
            start = duration = math.nan
        if not math.isfinite(start + duration) or start < 0 or duration < 0:
            problems.append(f"line {number}: not <recording> <channel> <start> <duration> <word>: {line[:80]!r}")
        elif text not in NULL_WORDS:
            share = confidence if confidence is not None and 0 <= confidence <= 1 else None
            rows.append((recording, CHANNELS.get(side.upper(), 0), Word(text, start, start + duration, share)))
    if problems:
        raise UnreadableError(problems[:_LISTED])
    return sorted(rows, key=lambda row: row[2].start_s or 0.0)


def _read_ctm(file: TranscriptFile) -> list[Segment]:
    held: dict[tuple[str, int], list[Word]] = {}
    for recording, side, word in ctm_words(file):
        held.setdefault((recording, side), []).append(word)
    results = []
    for (name, channel), listed in held.items():
        words = tuple(listed)
        given = [word.confidence for word in words if word.confidence is not None]
        mean = sum(given) / len(given) if len(given) == len(words) else None
        text = " ".join(word.text for word in words)
        results.append(
            Segment(name, text, words[0].start_s, words[-1].end_s, channel or None, confidence=mean, words=words)
        )
    return results


def _is_ctm(file: TranscriptFile) -> bool:
    if file.suffix == ".ctm":
        return True
    lines = [line.split() for _, line in file.lines() if not line.startswith(";;")][:20]
    return bool(lines) and all(
        len(fields) in (5, 6, 7) and fields[1].upper() in CHANNELS and _is_number(fields[2]) and _is_number(fields[3])
        for fields in lines
    )


def _is_number(written: str) -> bool:
    return re.fullmatch(r"\d+(\.\d+)?", written) is not None


def _read_stm(file: TranscriptFile) -> list[Segment]:
    result, problems = [], []
    for number, line in file.lines():
        if line.startswith(";;"):
            continue
        match = _STM.match(line)
        if match is None:
            problems.append(f"line {number}: not <recording> <channel> <speaker> <start> <end> text: {line[:80]!r}")
            continue
        recording, channel, speaker, start, end, _, text = (part or "" for part in match.groups())
        if speaker.lower() in _NOT_SCORED or text.strip().lower() in _NOT_SCORED:
            continue
        side = CHANNELS.get(channel.upper())
        result.append(Segment(recording, text, float(start), float(end), side, speaker))
    if problems:
        raise UnreadableError(problems[:_LISTED])
    return sorted(result, key=lambda one: (one.name, one.start_s or 0.0))


def _is_stm(file: TranscriptFile) -> bool:
    lines = [line for _, line in file.lines() if not line.startswith(";;")][:20]
    return file.suffix == ".stm" or (bool(lines) and all(_STM.match(line) for line in lines) and not _is_ctm(file))


def _read_trn(file: TranscriptFile) -> list[Segment]:
    result, problems = [], []
    for number, line in file.lines():
        if line.startswith(";;"):
            continue
        match = _TRN.fullmatch(line)
        if match is None:
            problems.append(f"line {number}: no (name) at its end: {line[:80]!r}")
            continue
        name = match[2]
        # sclite's names are speaker-utterance; which hyphen parts the two, only the corpus tells
        also = tuple(name.split("-", count)[-1] for count in range(1, name.count("-") + 1))
        result.append(Segment(name, match[1], also=also))
    if problems:
        raise UnreadableError(problems[:_LISTED])
    return result


def _is_trn(file: TranscriptFile) -> bool:
    lines = [line for _, line in file.lines() if not line.startswith(";;")][:50]
    matches = [_TRN.fullmatch(line) for line in lines]
    # "hello (laughs)" is no line of a trn
    return file.suffix == ".trn" or (bool(lines) and all(match and _NAME.fullmatch(match[2]) for match in matches))


_SOURCE = "https://github.com/usnistgov/SCTK/blob/master/doc/infmts.htm"
FORMATS = (
    Format("ctm", "NIST ctm (words with times)", _SOURCE, _is_ctm, _read_ctm),
    Format("stm", "NIST stm (segments)", _SOURCE, _is_stm, _read_stm),
    Format("trn", "NIST trn, or Sphinx match", _SOURCE, _is_trn, _read_trn),
)
