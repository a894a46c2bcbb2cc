"""CORAAL, the Corpus of Regional African American Language: sociolinguistic interviews with time-aligned transcripts.

Layout: components (ATL, DCA, DCB, DTA, LES, PRV, ROC, VLD ...) unpacked side by side or one at a time, in any depth::

    coraal/
        <COMP>_metadata_<version>.txt   tab-separated: CORAAL.Spkr, CORAAL.File, Gender, Age, Age.Group ...
        <COMP>_textfiles_<version>/
            <COMP>_<...>.txt            tab-separated: Line, Spkr, StTime, Content, EnTime
        <COMP>_audio_<part>_<version>/
            <COMP>_<...>.wav

Utterances are lines of the transcripts, read from the interview's file by start and end. Pauses are no utterances; of
interviewers the metadata states nothing, so they are read only if asked for. Transcribers' signs (brackets, slashes) stay in
the text and are declared as marks.

Source: oraal.github.io/coraal; names of columns as public recipes for it read them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from workbench.corpora.adapters.adapter import Adapter, Option, Options, Rows, tree_of
from workbench.corpora.adapters.row_builder import Builder, find_audio, stated, walk
from workbench.corpora.adapters.source_tables import small_table
from workbench.corpora.description import AttributeInfo
from workbench.errors import ManifestError

_ATTRIBUTES = {
    "gender": "Gender",
    "age": "Age",
    "age_band": "Age.Group",
    "birth_year": "Year.of.Birth",
    "education": "Education",
    "socioeconomic": "CORAAL.SEC.Group",
    "interviewer_gender": "Interviewer.Gender",
}
_COLUMNS = ("utterance_id", "path", "reference", "speaker_id", "start_s", "end_s", "region", *_ATTRIBUTES)
_LINES = ("Line", "Spkr", "StTime", "Content", "EnTime")
_METADATA = re.compile(r"(^|/)([A-Za-z]+)_metadata_[^/]*\.txt$")
_PAUSE = re.compile(r"^\(pause [^)]*\)$")


def _metadata(folder: Path) -> list[str]:
    return [path for path in walk(folder) if _METADATA.search(path)]


def _recognise(folder: Path) -> bool:
    return any(True for depth in ("", "*/", "*/*/") for _ in folder.glob(f"{depth}*_metadata_*.txt"))


def _read(folder: Path, options: Options) -> Iterator[Rows]:
    builder = Builder(_COLUMNS)
    people = _speakers(folder, options, builder)
    audio = find_audio(folder, (".wav",))
    names = {path.rsplit("/", 1)[-1].split("_", 1)[0] for path in _metadata(folder)}
    texts = [path for path in walk(folder) if path.endswith(".txt") and _is_transcript(path, names)]
    if not texts:
        raise ManifestError(
            "there is no transcript", place=str(folder), remedy="unpack <COMP>_textfiles_<version>.tar.gz"
        )
    for done, file in enumerate(texts, start=1):
        _transcript(folder, file, audio, people, options, builder)
        yield builder.rows(done / len(texts))


def _is_transcript(path: str, components: set[str]) -> bool:
    name = path.rsplit("/", 1)[-1]
    return not _METADATA.search(path) and name.count("_") >= 2 and name.split("_", 1)[0] in components


def _transcript(
    folder: Path,
    file: str,
    audio: dict[str, str],
    people: dict[tuple[str, str], dict[str, str]],
    options: Options,
    builder: Builder,
) -> None:
    """Collect the utterances of one interview."""
    table = small_table(folder / file, folder, need=_LINES, delimiter="\t", encoding=options["encoding"], quoted=False)
    builder.problems += table.problems
    interview = Path(file).stem
    pauses = others = 0
    for line, row in zip(table.lines, table.rows, strict=True):
        speaker, text = row["Spkr"].strip(), row["Content"]
        person = people.get((interview, speaker), people.get(("", speaker)))
        if _PAUSE.match(text.strip()):
            pauses += 1
        elif person is None and options["speakers"] == "interviewees":
            others += 1
        else:
            builder.add(
                file,
                line,
                {
                    "utterance_id": f"{interview}-{row['Line'].strip()}",
                    "path": audio.get(interview, f"{interview}.wav"),
                    "reference": text,
                    "speaker_id": speaker,
                    "start_s": row["StTime"].strip(),
                    "end_s": row["EnTime"].strip(),
                    "region": interview.split("_", 1)[0],
                    **(person or {}),
                },
            )
    if pauses or others:
        problem = f"{pauses} pauses and {others} lines of speakers without metadata (interviewers) are not read"
        builder.note(file, problem, "read interviewers too with --option speakers=all")


def _speakers(folder: Path, options: Options, builder: Builder) -> dict[tuple[str, str], dict[str, str]]:
    """Return what is stated of each speaker, by interview, and under "" of a speaker in any interview."""
    files = _metadata(folder)
    if not files:
        raise ManifestError(
            "there is no <COMP>_metadata_<version>.txt", place=str(folder), remedy="put it beside the transcripts"
        )
    people: dict[tuple[str, str], dict[str, str]] = {}
    for file in files:
        table = small_table(
            folder / file,
            folder,
            need=("CORAAL.Spkr", "CORAAL.File"),
            delimiter="\t",
            encoding=options["encoding"],
            quoted=False,
            lenient=True,
        )
        for problem in table.problems:
            builder.unsure(problem, "its speaker")
        for row in table.rows:
            text = {name: stated(row.get(column, ""), "na", "n/a", "unknown") for name, column in _ATTRIBUTES.items()}
            speaker, interview = row["CORAAL.Spkr"].strip(), row["CORAAL.File"].strip()
            people[interview, speaker] = text
            people.setdefault(("", speaker), text)
    return people


_GIVEN = "in the corpus's metadata"

ADAPTER = Adapter(
    name="coraal",
    title="CORAAL",
    tree=tree_of(__doc__),
    licence="CC BY-NC-SA 4.0",
    source="https://oraal.github.io/coraal",
    citation="Kendall and Farrington. The Corpus of Regional African American Language. The Online Resources for African American Language Project",
    attributes={
        "region": AttributeInfo(obtained="annotated", note="component of the corpus: the place of the interviews, by its code"),
        "gender": AttributeInfo(note=f"Gender {_GIVEN}"),
        "age": AttributeInfo(note=f"Age {_GIVEN}, years", per="utterance"),
        "age_band": AttributeInfo(note=f"Age.Group {_GIVEN}", per="utterance"),
        "birth_year": AttributeInfo(note=f"Year.of.Birth {_GIVEN}", per="speaker"),
        "education": AttributeInfo(note=f"Education {_GIVEN}", per="utterance"),
        "socioeconomic": AttributeInfo(note=f"CORAAL.SEC.Group {_GIVEN}; only some components have it", per="utterance"),
        "interviewer_gender": AttributeInfo(note=f"Interviewer.Gender {_GIVEN}", per="utterance"),
    },
    recognise=_recognise,
    read=_read,
    speech_style="interview",
    marks={
        "a name or detail that was taken out and bleeped": r"/RD-[^/]+/",
        "not understood": r"/(?:unintelligible|inaudible|[?x]+)/",
        "words that the transcriber guesses": r"/[^/]+/",
        "a sound, such as laughter": r"<[^<>]+>",
        "overlapping speech, or a sound": r"\[[^\[\]]*\]",
        "a pause or a sound": r"\([^()]*\)",
    },
    options={"speakers": Option("whose lines are read", "interviewees", ("interviewees", "all"))},
)  # fmt: skip
