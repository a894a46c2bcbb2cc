"""STM references of NIST's scoring toolkit: segments of long recordings, with speaker, times and text.

Layout, in one folder or below it::

    corpus/
        <any>.stm                       <recording> <channel> <speaker> <start> <end> [<labels>] words
        <recording>.wav                 or .flac, .sph, .mp3 ...

Lines that begin with ``;;`` are comments. Segments marked IGNORE_TIME_SEGMENT_IN_SCORING and those of inter_segment_gap are not
scored by sclite and are not read. The labels between < and > become the attribute ``labels``, as they are written: what they mean
stands in the comments of the file. ``{ a / b }`` in a text are alternatives and stay as they are. Where a recording has segments of
several channels (1 and 2, or A and B), only that of the segment is heard; of one channel alone, all are averaged.

Source: SCTK, doc/infmts.htm ("stm - segment time mark").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from workbench.corpora.adapters.adapter import Adapter, Options, Rows, tree_of
from workbench.corpora.adapters.row_builder import Builder, find_audio
from workbench.corpora.adapters.source_tables import lines_of
from workbench.corpora.description import AttributeInfo
from workbench.errors import ManifestError
from workbench.files.problems import shown

_LINE = re.compile(r"^(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)(?:\s+<([^>]*)>)?(?:\s+(.*))?$", re.DOTALL)
_IGNORED = "ignore_time_segment_in_scoring"
_GAP = "inter_segment_gap"
_SIDE = re.compile(r"[1-9][0-9]?|[ABab]")


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".stm")


def _recognise(folder: Path) -> bool:
    return bool(_files(folder))


def _sides(lines: Sequence[tuple[int, str]]) -> dict[str, set[str]]:
    """Return the channels that are named for each recording."""
    result: dict[str, set[str]] = {}
    for _, line in lines:
        if (match := _LINE.match(line.strip())) and not line.lstrip().startswith(";;"):
            result.setdefault(match[1], set()).add(match[2])
    return result


def _apart(sides: set[str]) -> bool:
    """Return whether these are channels to be heard one by one."""
    return len(sides) > 1 and all(map(_SIDE.fullmatch, sides))


def _read(folder: Path, options: Options) -> Iterator[Rows]:
    files = _files(folder)
    if not files:
        raise ManifestError("there is no .stm", place=str(folder), remedy="name the folder that holds it")
    audio = find_audio(folder)
    builder = Builder(["utterance_id", "path", "reference", "speaker_id", "start_s", "end_s", "channel", "labels"])
    for done, path in enumerate(files, start=1):
        file, ignored = path.relative_to(folder).as_posix(), 0
        lines, problems = lines_of(path, folder, encoding=options["encoding"])
        builder.problems += problems
        sides = _sides(lines)
        if odd := [f"{name} ({', '.join(sorted(of))})" for name, of in sides.items() if not _apart(of) and len(of) > 1]:
            problem = (
                f"channels that are no numbers, of {', '.join(odd[:5])}: all channels of these recordings are averaged"
            )
            builder.note(file, problem, "write 1 and 2, or A and B, where speakers have a channel each")
        for number, line in lines:
            if line.lstrip().startswith(";;"):
                continue
            match = _LINE.match(line.strip())
            if match is None:
                builder.lost(file, number, line, f"not a segment: {shown(line)}", "correct the line, or leave it out")
                continue
            recording, channel, speaker, start, end, labels, text = (part or "" for part in match.groups())
            if text.strip().lower() == _IGNORED or speaker.lower() == _GAP:
                ignored += 1
                continue
            builder.add(
                file,
                number,
                {
                    "utterance_id": f"{recording}-{channel}-{speaker}-{start}-{end}",
                    "path": audio.get(recording, recording),
                    "reference": text,
                    "speaker_id": speaker,
                    "start_s": start,
                    "end_s": end,
                    "channel": channel if _apart(sides[recording]) else "",
                    "labels": labels.strip(),
                },
            )
        if ignored:
            builder.note(file, f"{ignored} segments are not scored and are not read", "sclite leaves them out too")
        yield builder.rows(done / len(files))


ADAPTER = Adapter(
    name="stm",
    title="STM references",
    tree=tree_of(__doc__),
    licence="that of the corpus",
    source="https://github.com/usnistgov/SCTK",
    citation="NIST Speech Recognition Scoring Toolkit (SCTK), format stm.",
    attributes={"labels": AttributeInfo(note="labels of the segment as the stm writes them", per="utterance")},
    recognise=_recognise,
    read=_read,
    generic=True,
    marks={
        "a sound": r"<[^<>]+>",
        "words that may be said or not": r"\([^()]*\)",
        "a filled pause": r"%hesitation\b",
        "alternatives, or a sound": r"\{[^{}]*\}",
    },
)
