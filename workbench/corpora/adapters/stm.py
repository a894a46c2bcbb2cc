"""STM references of NIST's scoring toolkit: segments of long recordings, with speaker, times and text.

Layout, in one folder or below it::

    corpus/
        <any>.stm                       <recording> <channel> <speaker> <start> <end> [<labels>] words
        <recording>.wav                 or .flac, .sph, .mp3 ...

Lines that begin with ``;;`` are comments. Segments marked IGNORE_TIME_SEGMENT_IN_SCORING and those of inter_segment_gap are not
scored by sclite and are not read. The labels between < and > become the attribute ``labels``, as they are written: what they mean
stands in the comments of the file. ``{ a / b }`` in a text are alternatives and stay as they are.

Source: SCTK, doc/infmts.htm ("stm - segment time mark").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from workbench.corpora.adapters.base import Adapter, Options, Rows, tree_of
from workbench.corpora.adapters.building import Builder, find_audio
from workbench.corpora.adapters.tables import lines_of
from workbench.corpora.description import AttributeInfo
from workbench.corpora.problems import shown
from workbench.errors import ManifestError

_LINE = re.compile(r"^(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)(?:\s+<([^>]*)>)?(?:\s+(.*))?$", re.DOTALL)
_IGNORED = "ignore_time_segment_in_scoring"
_GAP = "inter_segment_gap"
_FIRST = ("1", "a")


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".stm")


def _recognise(folder: Path) -> bool:
    return bool(_files(folder))


def _read(folder: Path, options: Options) -> Iterator[Rows]:
    files = _files(folder)
    if not files:
        raise ManifestError("there is no .stm", place=str(folder), remedy="name the folder that holds it")
    audio = find_audio(folder)
    builder = Builder(["utterance_id", "path", "reference", "speaker_id", "start_s", "end_s", "labels"])
    for done, path in enumerate(files, start=1):
        file, ignored, channels = path.relative_to(folder).as_posix(), 0, set()
        lines, problems = lines_of(path, folder, encoding=options["encoding"])
        builder.problems += problems
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
            if channel.lower() not in _FIRST:
                channels.add(channel)
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
                    "labels": labels.strip(),
                },
            )
        if ignored:
            builder.note(file, f"{ignored} segments are not scored and are not read", "sclite leaves them out too")
        if channels:
            what = f"segments of channel {', '.join(sorted(channels))}: all channels of a recording are averaged"
            builder.note(file, what, "write each channel as a file of its own where speakers have one each")
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
)
