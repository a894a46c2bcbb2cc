"""L2-ARCTIC: 24 speakers of English as a second language, six first languages, reading the CMU ARCTIC sentences.

Layout, as in the archive once the speakers' own archives in it are unpacked::

    l2arctic_release_v5.0/
        README.md                       table: |Speaker|Gender|Native Language|...
        <SPEAKER>/                      or <SPEAKER>/<SPEAKER>/
            wav/arctic_*.wav
            transcript/arctic_*.txt
        suitcase_corpus/                spontaneous: a story retold
            wav/<speaker>.wav
            transcript/<speaker>.txt

Source: psi.engr.tamu.edu/l2-arctic-corpus and its README as other public recipes read it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from workbench.corpora.adapters.adapter import Adapter, HubColumns, Option, Options, Rows, tree_of
from workbench.corpora.adapters.row_builder import Builder
from workbench.corpora.adapters.source_tables import lines_of, text_of
from workbench.corpora.description import AttributeInfo
from workbench.errors import ManifestError
from workbench.files import contents

_COLUMNS = ("utterance_id", "path", "reference", "speaker_id", "first_language", "gender", "speech_style")
_SPEAKER = re.compile(r"^\s*\|\s*([A-Z]{2,6})\s*\|\s*([FM])\s*\|\s*([^|]+?)\s*\|")
_SUITCASE = "suitcase_corpus"


def _transcripts(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("**/transcript/*.txt")) if path.parent.parent != folder]


def _recognise(folder: Path) -> bool:
    return any(True for _ in folder.glob("*/transcript/arctic_*.txt")) or any(
        True for _ in folder.glob("*/*/transcript/arctic_*.txt")
    )


def _read(folder: Path, options: Options) -> Iterator[Rows]:
    transcripts = _transcripts(folder)
    if not transcripts:
        remedy = "unpack the speakers' archives and name the folder that holds them"
        raise ManifestError("there is no <SPEAKER>/transcript/*.txt", place=str(folder), remedy=remedy)
    builder = Builder(_COLUMNS)
    people = _speakers(folder, options, builder)
    for done, path in enumerate(transcripts, start=1):
        owner, file = path.parent.parent.name, path.relative_to(folder).as_posix()
        told = owner == _SUITCASE
        if options["part"] == "all" or told == (options["part"] == "spontaneous"):
            speaker = path.stem.upper() if told else owner
            data = contents(path, called="transcript", fails=ManifestError)
            text, problems = text_of(data, file, encoding=options["encoding"])
            builder.problems += problems[:1]
            row = {
                "utterance_id": f"{speaker}-{'suitcase' if told else path.stem}",
                "path": (path.parent.parent / "wav" / f"{path.stem}.wav").relative_to(folder).as_posix(),
                "reference": text.strip("\r\n"),
                "speaker_id": speaker,
                "speech_style": "spontaneous" if told else "read",
                **people.get(speaker, {}),
            }
            if not problems:
                builder.add(file, 1, row)
        if done % 1_000 == 0 or done == len(transcripts):
            yield builder.rows(done / len(transcripts))


def _speakers(folder: Path, options: Options, builder: Builder) -> dict[str, dict[str, str]]:
    """Return what the README's table of speakers states."""
    if not (folder / "README.md").is_file():
        problem = "there is no README.md: first language and gender are not stated"
        builder.note("README.md", problem, "copy it from the archive, or go on without")
        return {}
    lines, problems = lines_of(folder / "README.md", folder, encoding=options["encoding"])
    builder.problems += problems
    matches = [match for _, line in lines if (match := _SPEAKER.match(line))]
    if not matches:
        builder.note("README.md", "no table of speakers: first language and gender are not stated", "copy it again")
    return {match[1]: {"gender": match[2], "first_language": match[3]} for match in matches}


ADAPTER = Adapter(
    name="l2-arctic",
    title="L2-ARCTIC",
    tree=tree_of(__doc__),
    licence="CC BY-NC 4.0",
    source="https://psi.engr.tamu.edu/l2-arctic-corpus/",
    citation="Zhao et al. (2018). L2-ARCTIC: A Non-native English Speech Corpus. Interspeech 2018, 2783-2787",
    attributes={
        "first_language": AttributeInfo(note="Native Language in the README; speakers were recruited by it"),
        "gender": AttributeInfo(note="Gender in the README (F or M)"),
        "speech_style": AttributeInfo(obtained="annotated", per="utterance", note="read sentences, or a story retold (suitcase_corpus)"),
    },
    hub=HubColumns(
        speaker=("speaker_code", "speaker_id", "speaker"),
        attributes={"first_language": "speaker_native_language", "gender": "speaker_gender"},
        signature=frozenset({"speaker_code", "speaker_native_language"}),
    ),
    recognise=_recognise,
    read=_read,
    options={"part": Option("which part", "all", ("all", "read", "spontaneous"))},
    speaker_note="Four speakers per first language: a difference of groups rests on four people each.",
)  # fmt: skip
