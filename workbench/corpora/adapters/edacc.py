"""EdAcc, the Edinburgh International Accents of English Corpus: video calls between friends, cut into utterances.

Layout, as in the archive::

    edacc_v1.0/
        data/<conversation>.wav
        dev/stm, test/stm               <conversation> 1 <speaker> <start> <end> <labels> TEXT
        linguistic_background.csv       PARTICIPANT_ID, and one column per question

Utterances are segments of the conversations. Rows of the stm whose text is IGNORE_TIME_SEGMENT_IN_SCORING are not scored by
the corpus's own scripts and are not read. The labels of the stm (gender, l1 or l2) are those of its authors, the columns of the
questionnaire are the speakers' own words.

Source: groups.inf.ed.ac.uk/edacc; names of columns as the recipes of lhotse and others read them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from workbench.corpora.adapters.adapter import Adapter, HubColumns, Option, Options, Rows, require_folder, tree_of
from workbench.corpora.adapters.row_builder import Builder, stated
from workbench.corpora.adapters.source_tables import lines_of, small_table
from workbench.corpora.description import AttributeInfo

_QUESTIONS = {
    "accent": "how would you describe your accent in english?",
    "gender": "what is your gender?",
    "ethnicity": "what's your ethnic background?",
    "education": "what is your higher level of education?",
    "birth_year": "what's your year of birth?",
}
_COLUMNS = ("utterance_id", "path", "reference", "speaker_id", "start_s", "end_s", *_QUESTIONS, "english", "split")
_LINE = re.compile(r"^(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+<([^>]*)>\s?(.*)$", re.DOTALL)
_IGNORED = "IGNORE_TIME_SEGMENT_IN_SCORING"


def _recognise(folder: Path) -> bool:
    return (folder / "linguistic_background.csv").is_file() and (folder / "data").is_dir()


def _read(folder: Path, options: Options) -> Iterator[Rows]:
    splits = ("dev", "test") if options["split"] == "all" else (options["split"],)
    require_folder(folder, "edacc", "data", *(f"{split}/stm" for split in splits))
    builder = Builder(_COLUMNS)
    people = _speakers(folder, options, builder)
    for done, split in enumerate(splits, start=1):
        file = f"{split}/stm"
        lines, problems = lines_of(folder / file, folder, encoding=options["encoding"])
        builder.problems += problems
        ignored = 0
        for number, line in lines:
            match = _LINE.match(line)
            if line.startswith(";;"):
                continue
            if match is None:
                problem = "not <recording> <channel> <speaker> <start> <end> <labels> TEXT"
                builder.lost(file, number, line, problem, "correct the line, or leave it out")
            elif match[7].strip() == _IGNORED:
                ignored += 1
            else:
                builder.add(file, number, _row(match, people, split))
        if ignored:
            problem = f"{ignored} segments are marked {_IGNORED} and are not read"
            builder.note(file, problem, "the corpus's own scripts leave them out too")
        yield builder.rows(done / len(splits))


def _row(match: re.Match[str], people: dict[str, dict[str, str]], split: str) -> dict[str, str]:
    recording, _, speaker, start, end, labels, text = match.groups()
    kinds = [label.strip().lower() for label in labels.split(",")]
    return {
        "utterance_id": f"{speaker}-{start}-{end}",
        "path": f"data/{recording}.wav",
        "reference": text,
        "speaker_id": speaker,
        "start_s": start,
        "end_s": end,
        "english": next((kind for kind in kinds if kind in ("l1", "l2")), ""),
        "split": split,
        **people.get(speaker, {}),
    }


def _speakers(folder: Path, options: Options, builder: Builder) -> dict[str, dict[str, str]]:
    """Return the speakers' answers; a column is found by how its question begins."""
    path = folder / "linguistic_background.csv"
    if not path.is_file():
        what = "there is no linguistic_background.csv: what speakers said of themselves is not stated"
        builder.note(path.name, what, "copy it from the archive, or go on without")
        return {}
    table = small_table(path, folder, need=("PARTICIPANT_ID",), encoding=options["encoding"], lenient=True)
    for problem in table.problems:
        builder.unsure(problem, "its speaker")
    names = {column: _column(tuple(table.rows[0]), question) for column, question in _QUESTIONS.items() if table.rows}
    for column, name in names.items():
        if not name:
            builder.note(table.file, f"no column {_QUESTIONS[column]!r}: {column} is not stated", "check the file")
    return {
        row["PARTICIPANT_ID"].strip(): {
            column: stated(row[name], "prefer not to say") for column, name in names.items() if name
        }
        for row in table.rows
    }


def _column(names: tuple[str, ...], question: str) -> str:
    return next((name for name in names if name.lower().replace("’", "'").strip().startswith(question)), "")


_SAID = "answer to the corpus's questionnaire, free text"

ADAPTER = Adapter(
    name="edacc",
    title="EdAcc",
    tree=tree_of(__doc__),
    licence="CC BY-SA 4.0",
    source="https://groups.inf.ed.ac.uk/edacc/",
    citation="Sanabria et al. (2023). The Edinburgh International Accents of English Corpus. ICASSP 2023. doi:10.7488/ds/3832",
    attributes={
        "accent": AttributeInfo(obtained="self-reported", note=_SAID),
        "gender": AttributeInfo(obtained="self-reported", note=_SAID),
        "ethnicity": AttributeInfo(obtained="self-reported", note=_SAID),
        "education": AttributeInfo(obtained="self-reported", note=_SAID, per="speaker"),
        "birth_year": AttributeInfo(obtained="self-reported", note="year of birth, answer to the corpus's questionnaire", per="speaker"),
        "english": AttributeInfo(obtained="annotated", note="label of the stm: English as first (l1) or second (l2) language", per="speaker"),
        "split": AttributeInfo(obtained="annotated", note="dev or test", per="utterance"),
    },
    hub=HubColumns(
        attributes={"first_language": "l1"},
        described={
            "accent": AttributeInfo(obtained="annotated", note="the speaker's answer (raw_accent), made uniform by the authors"),
            "raw_accent": AttributeInfo(obtained="self-reported", note=_SAID),
            "first_language": AttributeInfo(obtained="self-reported", note="l1 in the files of the hub"),
        },
        signature=frozenset({"raw_accent", "l1"}),
    ),
    recognise=_recognise,
    read=_read,
    speech_style="conversation",
    marks={"overlap, laughter, another sound or a foreign word": r"<[^<>]+>"},
    options={"split": Option("which split", "all", ("all", "dev", "test"))},
)  # fmt: skip
