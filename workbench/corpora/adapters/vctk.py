"""CSTR VCTK: 110 speakers of English with various accents, each reading about 400 sentences in a hemi-anechoic chamber.

Layout of version 0.92 (of 0.80: ``wav48/<speaker>/<utterance>.wav`` and speakers without the leading p)::

    VCTK-Corpus-0.92/
        speaker-info.txt                ID AGE GENDER ACCENTS REGION COMMENTS, columns of spaces
        txt/<speaker>/<utterance>.txt   one text per file
        wav48_silence_trimmed/<speaker>/<utterance>_mic1.flac and _mic2.flac

Speaker p315 has no texts. A second microphone is an option, not a second utterance.

Source: doi.org/10.7488/ds/2645, and the layout as other public recipes read it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from workbench.corpora.adapters.adapter import Adapter, HubColumns, Option, Options, Rows, require_folder, tree_of
from workbench.corpora.adapters.row_builder import Builder, stated
from workbench.corpora.adapters.source_tables import lines_of, text_of
from workbench.corpora.description import AttributeInfo
from workbench.errors import ManifestError
from workbench.files import contents

_COLUMNS = ("utterance_id", "path", "reference", "speaker_id", "accent", "gender", "age", "region")
_ROOTS = ("wav48_silence_trimmed", "wav48")


def _recognise(folder: Path) -> bool:
    return (folder / "txt").is_dir() and any((folder / root).is_dir() for root in _ROOTS)


def _read(folder: Path, options: Options) -> Iterator[Rows]:
    require_folder(folder, "vctk", "txt")
    root = next((name for name in _ROOTS if (folder / name).is_dir()), "")
    if not root:
        problem = f"there is no {_ROOTS[0]!r} and no {_ROOTS[1]!r}"
        raise ManifestError(problem, place=str(folder), remedy="name the folder that holds what vctk has")
    ending = f"_{options['mic']}.flac" if root == _ROOTS[0] else ".wav"
    builder = Builder(_COLUMNS)
    people = _speakers(folder, options, builder)
    speakers = sorted(path for path in (folder / "txt").iterdir() if path.is_dir())
    for done, speaker in enumerate(speakers, start=1):
        for path in sorted(speaker.glob("*.txt")):
            file = path.relative_to(folder).as_posix()
            data = contents(path, called="text", fails=ManifestError)
            text, problems = text_of(data, file, encoding=options["encoding"])
            if problems:
                builder.problems += problems[:1]
                continue
            row = {
                "utterance_id": path.stem,
                "path": f"{root}/{speaker.name}/{path.stem}{ending}",
                "reference": text.strip("\r\n"),
                "speaker_id": speaker.name,
                **people.get(speaker.name.removeprefix("p"), {}),
            }
            builder.add(file, 1, row)
        yield builder.rows(done / len(speakers))


def _speakers(folder: Path, options: Options, builder: Builder) -> dict[str, dict[str, str]]:
    """Return what speaker-info.txt states, by the speaker's id without p."""
    path = folder / "speaker-info.txt"
    if not path.is_file():
        what = "there is no speaker-info.txt: accent, gender, age and region are not stated"
        builder.note("speaker-info.txt", what, "copy it from the archive, or go on without")
        return {}
    lines, problems = lines_of(path, folder, encoding=options["encoding"], lenient=True)
    for problem in problems:
        builder.unsure(problem, "its speaker")
    people = {}
    for number, line in lines:
        fields = re.sub(r"\(.*\)", "", line).split()  # comments stand in brackets
        if not fields or fields[0] == "ID":
            continue
        if len(fields) < 4 or fields[2] not in ("F", "M"):
            what = f"no ID, AGE, GENDER and ACCENTS in {line!r}"
            builder.note("speaker-info.txt", f"line {number}: {what}", "its speaker's attributes are not stated")
            continue
        people[fields[0].removeprefix("p")] = {
            "age": fields[1],
            "gender": fields[2],
            "accent": stated(fields[3], "unknown"),
            "region": stated(" ".join(fields[4:]), "unknown"),
        }
    return people


ADAPTER = Adapter(
    name="vctk",
    title="CSTR VCTK",
    tree=tree_of(__doc__),
    licence="CC BY 4.0",
    source="https://doi.org/10.7488/ds/2645",
    citation="Yamagishi, Veaux, MacDonald (2019). CSTR VCTK Corpus, version 0.92. University of Edinburgh. doi:10.7488/ds/2645",
    attributes={
        "accent": AttributeInfo(note="ACCENTS in speaker-info.txt; how it was obtained is not documented there"),
        "gender": AttributeInfo(note="GENDER in speaker-info.txt (F or M)"),
        "age": AttributeInfo(note="AGE in speaker-info.txt, years", per="speaker"),
        "region": AttributeInfo(note="REGION in speaker-info.txt, free text"),
    },
    hub=HubColumns(signature=frozenset({"speaker_id", "text_id", "accent", "region"}), missing=("unknown", "nan", "none")),
    recognise=_recognise,
    read=_read,
    speech_style="read",
    options={"mic": Option("which microphone of version 0.92", "mic1", ("mic1", "mic2"))},
)  # fmt: skip
