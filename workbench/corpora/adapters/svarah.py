"""Svarah: English of 117 speakers of 19 Indian languages, read and spontaneous.

Layout, as in the archive::

    svarah/
        audio/<name>.wav
        svarah_manifest.json            one JSON object per line: audio_filepath, duration, text
        meta_speaker_stats.csv          audio_filepath or speaker_id, duration, text, gender, age-group, primary_language,
                                        native_place_state, native_place_district, highest_qualification, job_category,
                                        occupation_domain

The README names a speaker_id in the table; a public audit of the releases found an audio_filepath in its place. Rows are joined by
audio_filepath where the table has it, else line by line where text and duration agree; without a speaker_id every recording is
its own speaker here: who spoke is not read out of file names.

Source: github.com/AI4Bharat/Svarah, README.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from workbench.corpora.adapters.adapter import Adapter, HubColumns, Options, Rows, require_folder, tree_of
from workbench.corpora.adapters.row_builder import Builder, Tails, json_line, stated
from workbench.corpora.adapters.source_tables import SmallTable, lines_of, small_table
from workbench.corpora.description import AttributeInfo

_ATTRIBUTES = {
    "first_language": "primary_language",
    "gender": "gender",
    "age_band": "age-group",
    "region": "native_place_state",
    "district": "native_place_district",
    "education": "highest_qualification",
    "occupation": "occupation_domain",
}
_COLUMNS = ("utterance_id", "path", "reference", "speaker_id", *_ATTRIBUTES)
_MANIFEST, _TABLE = "svarah_manifest.json", "meta_speaker_stats.csv"


def _recognise(folder: Path) -> bool:
    return (folder / _MANIFEST).is_file()


def _read(folder: Path, options: Options) -> Iterator[Rows]:
    require_folder(folder, "svarah", _MANIFEST, "audio")
    builder = Builder(_COLUMNS)
    people = _People(_table(folder, options, builder))
    lines, problems = lines_of(folder / _MANIFEST, folder, encoding=options["encoding"])
    builder.problems += problems
    tails, unjoined = Tails(folder, ("", "audio")), 0
    for index, (number, line) in enumerate(lines):
        row = json_line(line, ("audio_filepath", "text"))
        if isinstance(row, str):
            builder.lost(_MANIFEST, number, line, row, "correct the line, or leave it out")
            continue
        text = people.of(index, row)
        unjoined += not text
        path = tails.find(row["audio_filepath"])
        stem = Path(path).stem
        attributes = {name: stated(text.get(column, "")) for name, column in _ATTRIBUTES.items()}
        speaker = text.get("speaker_id", "").strip() or stem
        builder.add(
            _MANIFEST,
            number,
            {"utterance_id": stem, "path": path, "reference": row["text"], "speaker_id": speaker, **attributes},
        )
    if unjoined and people.table is not None:
        problem = f"{unjoined} rows of {_MANIFEST} have no row here: their attributes are not stated"
        builder.note(_TABLE, problem, "check that both files are of one release")
    yield builder.rows()


def _table(folder: Path, options: Options, builder: Builder) -> SmallTable | None:
    if not (folder / _TABLE).is_file():
        builder.note(_TABLE, f"there is no {_TABLE}: nothing is stated of speakers", "copy it from the archive")
        return None
    table = small_table(
        folder / _TABLE, folder, need=("gender", "primary_language"), encoding=options["encoding"], lenient=True
    )
    for problem in table.problems:
        builder.unsure(problem, "its recording")
    if table.rows and "speaker_id" not in table.rows[0]:
        what = "no column 'speaker_id': every recording counts as a speaker, so intervals are too narrow"
        builder.note(_TABLE, what, "ask the authors for the table with speaker_id")
    return table


class _People:
    """The rows of the table of speakers, found by audio file or by line."""

    def __init__(self, table: SmallTable | None) -> None:
        self.table = table
        rows = table.rows if table is not None else ()
        self.by_line = rows
        self.by_name = {_name(row["audio_filepath"]): row for row in rows if row.get("audio_filepath")}

    def of(self, index: int, row: dict[str, str]) -> dict[str, str]:
        """Return the row of the table that belongs to row ``index`` of the manifest; {} if none does for certain."""
        if self.by_name:
            return self.by_name.get(_name(row["audio_filepath"]), {})
        if index >= len(self.by_line) or self.by_line[index].get("text") != row["text"]:
            return {}
        return self.by_line[index] if _same(self.by_line[index].get("duration", ""), row.get("duration", "")) else {}


def _name(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1]


def _same(first: str, second: str) -> bool:
    try:
        return abs(float(first) - float(second)) < 0.005
    except ValueError:
        return first == second


ADAPTER = Adapter(
    name="svarah",
    title="Svarah",
    tree=tree_of(__doc__),
    licence="CC BY 4.0",
    source="https://github.com/AI4Bharat/Svarah",
    citation="Javed et al. (2023). Svarah: Evaluating English ASR Systems on Indian Accents. arXiv:2305.15760",
    attributes={
        "first_language": AttributeInfo(note="primary_language in the table of speakers", per="speaker"),
        "gender": AttributeInfo(note="gender in the table of speakers"),
        "age_band": AttributeInfo(note="age-group in the table of speakers, years", per="speaker"),
        "region": AttributeInfo(note="native_place_state in the table of speakers"),
        "district": AttributeInfo(note="native_place_district in the table of speakers", per="speaker"),
        "education": AttributeInfo(note="highest_qualification in the table of speakers", per="speaker"),
        "occupation": AttributeInfo(note="occupation_domain in the table of speakers", per="speaker"),
    },
    hub=HubColumns(
        attributes=_ATTRIBUTES, signature=frozenset({"primary_language", "native_place_state"}), anonymous=True
    ),
    recognise=_recognise,
    read=_read,
    speaker_note="Where the table of speakers has no speaker_id, every recording counts as a speaker.",
)  # fmt: skip
