"""LibriSpeech: chapters of audiobooks, read by volunteers of LibriVox, cut into utterances.

Layout, as in the archives (any of the subsets)::

    LibriSpeech/
        SPEAKERS.TXT                    ID | SEX | SUBSET | MINUTES | NAME, comments begin with ;
        <subset>/<reader>/<chapter>/
            <reader>-<chapter>.trans.txt    <utterance> <TEXT>, one per line
            <reader>-<chapter>-<number>.flac

Source: openslr.org/12 and the README.TXT of the archives.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from workbench.corpora.adapters.base import Adapter, Options, Rows, tree_of
from workbench.corpora.adapters.building import Builder
from workbench.corpora.adapters.tables import lines_of
from workbench.corpora.description import AttributeInfo
from workbench.errors import ManifestError

_COLUMNS = ("utterance_id", "path", "reference", "speaker_id", "gender", "subset")


def _transcripts(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*/*/*.trans.txt"))


def _recognise(folder: Path) -> bool:
    return next(folder.glob("*/*/*/*.trans.txt"), None) is not None


def _read(folder: Path, options: Options) -> Iterator[Rows]:
    transcripts = _transcripts(folder)
    if not transcripts:
        what = "there is no <subset>/<reader>/<chapter>/*.trans.txt"
        raise ManifestError(what, place=str(folder), remedy="name the folder LibriSpeech")
    builder = Builder(_COLUMNS)
    sexes = _speakers(folder, options, builder)
    for done, path in enumerate(transcripts, start=1):
        chapter, reader, subset = path.parent, path.parent.parent.name, path.parent.parent.parent.name
        file = path.relative_to(folder).as_posix()
        lines, problems = lines_of(path, folder, encoding=options["encoding"])
        builder.problems += problems
        for number, line in lines:
            utterance, _, text = line.partition(" ")
            builder.add(
                file,
                number,
                {
                    "utterance_id": utterance,
                    "path": (chapter / f"{utterance}.flac").relative_to(folder).as_posix(),
                    "reference": text,
                    "speaker_id": reader,
                    "gender": sexes.get(reader, ""),
                    "subset": subset,
                },
            )
        if done % 200 == 0 or done == len(transcripts):
            yield builder.rows(done / len(transcripts))


def _speakers(folder: Path, options: Options, builder: Builder) -> dict[str, str]:
    """Return the sex of each reader as SPEAKERS.TXT has it."""
    if not (folder / "SPEAKERS.TXT").is_file():
        builder.note("SPEAKERS.TXT", "there is no SPEAKERS.TXT: gender is not stated", "copy it from the archive")
        return {}
    lines, problems = lines_of(folder / "SPEAKERS.TXT", folder, encoding=options["encoding"])
    builder.problems += problems
    fields = [[part.strip() for part in line.split("|", 4)] for _, line in lines if not line.startswith(";")]
    return {part[0]: part[1] for part in fields if len(part) > 1}


ADAPTER = Adapter(
    name="librispeech",
    title="LibriSpeech",
    tree=tree_of(__doc__),
    licence="CC BY 4.0",
    source="https://www.openslr.org/12",
    citation="Panayotov et al. (2015). Librispeech: An ASR corpus based on public domain audio books. ICASSP 2015",
    attributes={
        "gender": AttributeInfo(note="SEX in SPEAKERS.TXT (F or M); how it was obtained is not documented there", per="speaker"),
        "subset": AttributeInfo(obtained="annotated", note="subset of the corpus; clean or other by the error rate of a recogniser", per="speaker"),
    },
    recognise=_recognise,
    read=_read,
    speech_style="read",
)  # fmt: skip
