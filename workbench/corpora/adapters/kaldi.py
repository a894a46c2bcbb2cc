"""Kaldi data directories: one small table per file, keyed by utterance, recording or speaker.

Layout, as Kaldi's scripts write it::

    corpus/
        wav.scp                         <recording> <path of an audio file>
        text                            <utterance> <words>
        utt2spk                         <utterance> <speaker>
        segments                        <utterance> <recording> <start> <end> [<channel, from 0>]; optional
        spk2gender                      <speaker> <m or f>; optional
        spk2<attribute>                 <speaker> <value>, such as spk2accent; optional

The tables may lie in a folder below the corpus (``--option data=data/train``); audio is looked for below the corpus, also
where wav.scp has the path of another machine. A path that ends with ``|`` is a command: it is never run. Where it only decodes one
file (``flac -c -d FILE |``, ``sph2pipe -p -c 2 FILE |``, ``sox FILE -t wav - remix 1 |``) that file and channel are read; utterances of
other commands are left out. So are those in Kaldi's archives (``foo.ark:123``).

Source: kaldi-asr.org/doc/data_prep.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from workbench.corpora.adapters.adapter import Adapter, Option, Options, Rows, require_folder, tree_of
from workbench.corpora.adapters.decoder_commands import decoded_file
from workbench.corpora.adapters.generic_columns import attributes_of
from workbench.corpora.adapters.row_builder import Builder, Tails
from workbench.corpora.adapters.source_tables import lines_of
from workbench.corpora.description import AttributeInfo
from workbench.errors import ManifestError
from workbench.files.problems import shown

_TABLES = ("wav.scp", "text", "utt2spk")
_ARCHIVE = re.compile(r"\.ark:\d+$")
_RUN_FIRST = "run the command once, write its output as a file and name that in wav.scp"


def _recognise(folder: Path) -> bool:
    return all((folder / name).is_file() for name in _TABLES)


def _data(folder: Path, options: Options) -> Path:
    data = folder / options["data"]
    if not data.resolve().is_relative_to(folder.resolve()):
        raise ManifestError(f"data={options['data']!r} leaves the corpus", place="--option", remedy="name one below it")
    return data


def _described(data: Path) -> dict[str, Path]:
    """Return the tables of speakers by what they say of them."""
    return {path.name.removeprefix("spk2"): path for path in sorted(data.glob("spk2*")) if path.name != "spk2utt"}


def _attributes(folder: Path, options: Options) -> dict[str, AttributeInfo]:
    names = _described(_data(folder, options))
    result = attributes_of(names, without=(), note="")
    return {name: AttributeInfo(note=f"as spk2{name} states it", per="speaker") for name in result}


def _read(folder: Path, options: Options) -> Iterator[Rows]:
    data = _data(folder, options)
    require_folder(data, "kaldi", *_TABLES)
    attributes = list(_attributes(folder, options))
    builder = Builder(["utterance_id", "path", "reference", "speaker_id", "start_s", "end_s", "channel", *attributes])
    texts = _table(data / "text", folder, builder, options)
    speakers = _table(data / "utt2spk", folder, builder, options)
    recordings = _recordings(data / "wav.scp", folder, builder, options)
    segments = _table(data / "segments", folder, builder, options) if (data / "segments").is_file() else None
    tables = _described(data)
    sentence = {name: _table(tables[name], folder, builder, options) for name in attributes}
    places = segments if segments is not None else {name: (line, name) for name, (line, _) in texts.items()}
    file = (data / "text").relative_to(folder).as_posix()
    for name, (line, text) in texts.items():
        place = places.get(name, (0, ""))[1].split()
        recording = place[0] if place else ""
        source = recordings.get(recording, _Recording())
        speaker = speakers.get(name, (0, ""))[1].strip()
        fault = ""
        if segments is not None and len(place) < 3:
            fault = f"{shown(name)} has no recording, start and end in segments"
        elif source.fault or not source.path:
            fault = source.fault or f"{shown(recording)} is not in wav.scp"
        elif not speaker:
            fault = f"{shown(name)} is not in utt2spk"
        if fault:
            remedy = _RUN_FIRST if "command" in fault else "mend the tables (Kaldi: utils/fix_data_dir.sh)"
            builder.lost(file, line, name, fault, remedy)
            continue
        of = {column: table.get(speaker, (0, ""))[1].strip() for column, table in sentence.items()}
        start, end = _limits(place) if segments is not None else ("", "")
        row = {
            "utterance_id": name,
            "path": source.path,
            "reference": text,
            "speaker_id": speaker,
            "start_s": start,
            "end_s": end,
            "channel": source.channel or (_channel(place) if segments is not None else ""),
        }
        builder.add(file, line, {**row, **of})
    for name, (line, _) in speakers.items():
        if name not in texts:
            where = (data / "utt2spk").relative_to(folder).as_posix()
            builder.lost(where, line, name, f"{shown(name)} has no line in text", "add what was said, or remove it")
    yield builder.rows()


def _number(written: str) -> float | None:
    try:
        return float(written)
    except ValueError:
        return None


def _limits(place: list[str]) -> tuple[str, str]:
    """Return start and end of a segment; -1 is the end of the recording, and from 0 to there is no segment at all."""
    end = "" if _number(place[2]) == -1 else place[2]
    return ("", "") if not end and _number(place[1]) == 0 else (place[1], end)


def _channel(place: list[str]) -> str:
    """Return the channel of a segment, from 1; extract-segments counts the fifth field from 0."""
    return str(int(place[3]) + 1) if len(place) > 3 and place[3].isdecimal() else ""


def _table(path: Path, folder: Path, builder: Builder, options: Options) -> dict[str, tuple[int, str]]:
    """Return the lines of a table by key: line number and what stands behind the first white space."""
    lines, problems = lines_of(path, folder, encoding=options["encoding"])
    builder.problems += problems
    result: dict[str, tuple[int, str]] = {}
    for number, line in lines:
        key, *rest = line.split(maxsplit=1)
        if key in result:
            problem = f"{shown(key)} is already on line {result[key][0]}"
            builder.lost(path.relative_to(folder).as_posix(), number, line, problem, "remove one of the two")
        else:
            result[key] = number, rest[0].strip() if rest else ""
    return result


class _Recording(NamedTuple):
    """The path of a recording below the corpus, and its channel from 1 ("": all); or why it is no audio file."""

    path: str = ""
    channel: str = ""
    fault: str = ""


def _recordings(path: Path, folder: Path, builder: Builder, options: Options) -> dict[str, _Recording]:
    """Return where each recording lies."""
    tails = Tails(folder)
    result = {}
    for name, (line, written) in _table(path, folder, builder, options).items():
        decoded = decoded_file(written) if written.endswith("|") else None
        if decoded is not None:
            result[name] = _Recording(tails.find(decoded.path), str(decoded.channel or ""))
        elif written.endswith("|"):
            problem = f"recording {shown(name)} is the output of a command ({path.name} line {line}), not a file"
            result[name] = _Recording(fault=problem)
        elif _ARCHIVE.search(written):
            problem = f"recording {shown(name)} lies in an archive of Kaldi ({path.name} line {line})"
            result[name] = _Recording(fault=problem)
        else:
            result[name] = _Recording(tails.find(written))
    return result


ADAPTER = Adapter(
    name="kaldi",
    title="Kaldi data directory",
    tree=tree_of(__doc__),
    licence="that of the corpus",
    source="https://kaldi-asr.org/doc/data_prep.html",
    citation="Povey et al. (2011). The Kaldi Speech Recognition Toolkit. ASRU 2011.",
    attributes={},
    recognise=_recognise,
    read=_read,
    options={"data": Option("folder of the tables, below the corpus", ".")},
    generic=True,
    marks={"a sound, or a word that was not understood": r"<[^<>]+>", "a sound": r"\[[^\[\]]*\]"},
    more=_attributes,
)
