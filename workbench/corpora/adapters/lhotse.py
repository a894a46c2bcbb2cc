"""lhotse manifests: recordings with supervisions, or cuts, as JSON lines.

Layout, as lhotse's recipes write it::

    corpus/
        <name>_recordings_<part>.jsonl.gz       {"id", "sources": [{"type": "file", "source"}], "duration", ...}
        <name>_supervisions_<part>.jsonl.gz     {"id", "recording_id", "start", "duration", "text", "speaker", "gender", ...}
    or
        <name>_cuts_<part>.jsonl.gz             {"id", "start", "recording": {...}, "supervisions": [...], "type": "MonoCut"}

With or without ``.gz``. Every supervision is an utterance; in a cut its start counts from the start of the cut. ``gender`` and
what a supervision holds under ``custom`` become attributes. Audio that is a command, an address or an array is left out, and so
are cuts that mix or pad, and recordings that lhotse would change (speed, tempo, volume, reverberation): their times and sound are
not those of the file. A recording that is only resampled is read from its file.

Source: lhotse.readthedocs.io, "Cuts", "Supervisions", "Recordings"; github.com/lhotse-speech/lhotse.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from workbench.corpora.adapters.adapter import Adapter, Option, Options, Rows, tree_of
from workbench.corpora.adapters.generic_columns import attributes_of, ends_at, json_lines, scalars, text_value
from workbench.corpora.adapters.row_builder import Builder, Tails
from workbench.corpora.description import AttributeInfo
from workbench.errors import ManifestError
from workbench.files.problems import Problem, shown

_KINDS = ("recordings", "supervisions", "cuts")


def _files(folder: Path, kind: str, part: str = "") -> list[Path]:
    result = sorted(
        path for path in folder.glob("*") if path.name.endswith((".jsonl", ".jsonl.gz")) and kind in path.name
    )
    return [path for path in result if part in path.name]


def _recognise(folder: Path) -> bool:
    return bool(_files(folder, "cuts") or (_files(folder, "supervisions") and _files(folder, "recordings")))


def _sources(folder: Path, options: Options) -> list[Path]:
    """Return the files that hold supervisions."""
    part = options["part"]
    cuts, results = _files(folder, "cuts", part), _files(folder, "supervisions", part)
    if results and not _files(folder, "recordings", part):
        results = []
    if not (results or cuts):
        problem = f"no cuts, and no recordings with supervisions{f' of {part!r}' if part else ''}"
        raise ManifestError(problem, place=str(folder), remedy="name the folder of the .jsonl or .jsonl.gz files")
    return results or cuts


def _supervisions(
    path: Path, folder: Path, options: Options
) -> Iterator[tuple[int, dict[str, Any], dict[str, Any] | None, str] | Problem]:
    """Yield (line, supervision, recording if it is a cut's, start of the cut), or a problem."""
    file = path.relative_to(folder).as_posix()
    for line, row in json_lines(path, folder, encoding=options["encoding"]):
        if isinstance(row, Problem):
            yield row
        elif "tracks" in row or row.get("type", "MonoCut") not in ("MonoCut", "Cut", "MultiCut"):
            kind = row.get("type") or "MixedCut"
            problem = f"{shown(str(row.get('id', '')))} is a {kind}, not a part of one file"
            yield Problem(line, "", str(row.get("id", "")), problem, "export the cuts as audio files first", file)
        elif "supervisions" not in row:
            yield line, row, None, "0"
        elif not row.get("recording"):
            problem = f"{shown(str(row.get('id', '')))} is a cut without a recording, not a part of one file"
            yield Problem(line, "", str(row.get("id", "")), problem, "export the cuts as audio files first", file)
        else:
            for supervision in row["supervisions"]:
                yield line, supervision, row["recording"], text_value(row.get("start", 0))


def _said(supervision: Mapping[str, Any]) -> dict[str, str]:
    custom = supervision.get("custom") or {}
    return {"gender": text_value(supervision.get("gender")), **scalars(custom)}


def _attributes(folder: Path, options: Options) -> dict[str, AttributeInfo]:
    names: dict[str, None] = {}
    for path in _sources(folder, options):
        for item in _supervisions(path, folder, options):
            if not isinstance(item, Problem):
                names |= dict.fromkeys(_said(item[1]))
    return attributes_of(names, without=(), note="as the supervisions state it")


def _read(folder: Path, options: Options) -> Iterator[Rows]:
    attributes = list(_attributes(folder, options))
    builder = Builder(["utterance_id", "path", "reference", "speaker_id", "start_s", "end_s", "channel", *attributes])
    recordings = _recordings(folder, options, builder)
    tails = Tails(folder)
    sources = _sources(folder, options)
    for done, path in enumerate(sources, start=1):
        file = path.relative_to(folder).as_posix()
        for item in _supervisions(path, folder, options):
            if isinstance(item, Problem):
                builder.problems.append(item)
                continue
            line, supervision, own, cut_start = item
            name = text_value(supervision.get("id"))
            recording = own or recordings.get(text_value(supervision.get("recording_id")), {})
            audio, fault = _audio(recording, text_value(supervision.get("recording_id")))
            if fault:
                builder.lost(
                    file, line, name, fault, "write the audio as files, one source each (lhotse: CutSet.save_audios)"
                )
                continue
            start = ends_at(cut_start, text_value(supervision.get("start", 0)))
            whole = start in ("0", "0.0") and supervision.get("duration") == recording.get("duration")
            builder.add(
                file,
                line,
                {
                    **_said(supervision),
                    "utterance_id": name,
                    "path": tails.find(audio),
                    "reference": text_value(supervision.get("text")),
                    "speaker_id": text_value(supervision.get("speaker")),
                    "start_s": "" if whole else start,
                    "end_s": "" if whole else ends_at(start, text_value(supervision.get("duration"))),
                    "channel": _channel(supervision, recording),
                },
            )
        yield builder.rows(done / len(sources))


def _recordings(folder: Path, options: Options, builder: Builder) -> dict[str, dict[str, Any]]:
    result = {}
    for path in _files(folder, "recordings", options["part"]):
        for _, row in json_lines(path, folder, encoding=options["encoding"]):
            if isinstance(row, Problem):
                builder.problems.append(row)
            else:
                result[text_value(row.get("id"))] = row
    return result


def _audio(recording: Mapping[str, Any], name: str) -> tuple[str, str]:
    """Return the file of a recording, or "" and why it has none."""
    if not recording:
        return "", f"there is no recording {shown(name)}"
    sources = recording.get("sources") or []
    if len(sources) != 1:
        return "", f"recording {shown(text_value(recording.get('id')))} has {len(sources)} sources"
    kind = sources[0].get("type")
    if kind != "file":
        return "", f"recording {shown(text_value(recording.get('id')))} is a {kind}, not a file"
    changed = [item for item in map(_transform, recording.get("transforms") or []) if item]
    if changed:
        return (
            "",
            f"recording {shown(text_value(recording.get('id')))} is changed by {', '.join(changed)} when lhotse reads it",
        )
    return text_value(sources[0].get("source")), ""


def _transform(transform: Any) -> str:
    """Return what a transform of a recording does to its sound, in words; "" for another sample rate, which changes no time."""
    described = transform if isinstance(transform, dict) else {}
    name = text_value(described.get("name") or described.get("type")) or "a transform"
    values = described.get("kwargs") or {key: value for key, value in described.items() if key not in ("name", "type")}
    if name == "Resample":
        return ""
    listed = ", ".join(
        f"{key}={text_value(value)}" for key, value in values.items() if not isinstance(value, dict | list)
    )
    return f"{name}({listed})"


def _channel(supervision: Mapping[str, Any], recording: Mapping[str, Any]) -> str:
    """Return the channel of a supervision, from 1 (lhotse counts from 0); "" for all of them, or where there is only one."""
    there = (recording.get("sources") or [{}])[0].get("channels") or []
    channel = supervision.get("channel")
    channel = channel[0] if isinstance(channel, list) and len(channel) == 1 else channel
    return str(channel + 1) if len(there) > 1 and isinstance(channel, int) else ""


ADAPTER = Adapter(
    name="lhotse",
    title="lhotse manifests",
    tree=tree_of(__doc__),
    licence="that of the corpus",
    source="https://github.com/lhotse-speech/lhotse",
    citation="Żelasko et al. (2021). Lhotse: a speech data representation library. arXiv:2110.12561.",
    attributes={},
    recognise=_recognise,
    read=_read,
    options={"part": Option("only files with this in their name, such as dev")},
    generic=True,
    more=_attributes,
)
