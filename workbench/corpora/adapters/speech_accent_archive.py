"""Speech Accent Archive: one paragraph, read by speakers of English from all over the world, in its packed release.

Layout, as in the packed release of 2017 (recordings may lie one folder deeper, as its own archive unpacks)::

    speech-accent-archive/
        speakers_all.csv                age, age_onset, birthplace, filename, native_language, sex, speakerid, country, file_missing?
        reading-passage.txt             the paragraph that everybody reads
        recordings/<filename>.mp3

Rows that the table itself marks as missing their recording are not read.

Source: accent.gmu.edu; names of columns as public scripts for the packed release read them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from workbench.corpora.adapters.adapter import Adapter, Options, Rows, require_folder, tree_of
from workbench.corpora.adapters.row_builder import Builder, find_audio, stated
from workbench.corpora.adapters.source_tables import small_table, text_of
from workbench.corpora.description import AttributeInfo
from workbench.errors import ManifestError
from workbench.files import contents

_ATTRIBUTES = {
    "first_language": "native_language",
    "gender": "sex",
    "age": "age",
    "country": "country",
    "birthplace": "birthplace",
    "age_onset": "age_onset",
}
_COLUMNS = ("utterance_id", "path", "reference", "speaker_id", *_ATTRIBUTES)
_TABLE, _PASSAGE = "speakers_all.csv", "reading-passage.txt"


def _recognise(folder: Path) -> bool:
    return (folder / _TABLE).is_file() and (folder / "recordings").is_dir()


def _read(folder: Path, options: Options) -> Iterator[Rows]:
    require_folder(folder, "speech-accent-archive", _TABLE, _PASSAGE, "recordings")
    table = small_table(folder / _TABLE, folder, need=("filename", "native_language"), encoding=options["encoding"])
    passage = _passage(folder, options)
    builder = Builder(_COLUMNS)
    builder.problems += table.problems
    audio = find_audio(folder / "recordings")
    absent = 0
    for line, row in zip(table.lines, table.rows, strict=True):
        name = row["filename"].strip()
        if row.get("file_missing?", "").strip().lower() == "true":
            absent += 1
            continue
        builder.add(
            table.file,
            line,
            {
                "utterance_id": name,
                "path": f"recordings/{audio.get(name, f'{name}.mp3')}",
                "reference": passage,
                "speaker_id": row.get("speakerid", "").strip() or name,
                **{column: stated(row.get(theirs, "")) for column, theirs in _ATTRIBUTES.items()},
            },
        )
    if absent:
        builder.note(table.file, f"{absent} rows are marked file_missing? and are not read", "they have no recording")
    yield builder.rows()


def _passage(folder: Path, options: Options) -> str:
    data = contents(folder / _PASSAGE, called="passage", fails=ManifestError)
    text, problems = text_of(data, _PASSAGE, encoding=options["encoding"])
    words = " ".join(text.split())
    if problems or not words:
        problem = problems[0].what if problems else "the passage is empty"
        raise ManifestError(problem, place=_PASSAGE, remedy="copy it from the release again")
    return words


_STATED = "as the speaker stated it"

ADAPTER = Adapter(
    name="speech-accent-archive",
    title="Speech Accent Archive",
    tree=tree_of(__doc__),
    licence="CC BY-NC-SA 2.0",
    source="https://accent.gmu.edu",
    citation="Weinberger, S. (2015). Speech Accent Archive. George Mason University. https://accent.gmu.edu",
    attributes={
        "first_language": AttributeInfo(obtained="self-reported", note=f"native_language, {_STATED}"),
        "gender": AttributeInfo(obtained="self-reported", note=f"sex, {_STATED}"),
        "age": AttributeInfo(obtained="self-reported", note=f"years, {_STATED}"),
        "country": AttributeInfo(obtained="self-reported", note=f"country of birth, {_STATED}"),
        "birthplace": AttributeInfo(obtained="self-reported", note=f"place of birth, {_STATED}"),
        "age_onset": AttributeInfo(obtained="self-reported", note=f"age at which English was learned, {_STATED}"),
    },
    recognise=_recognise,
    read=_read,
    speech_style="read",
    speaker_note="One recording per speaker, all of one paragraph, on whatever equipment was there.",
)  # fmt: skip
