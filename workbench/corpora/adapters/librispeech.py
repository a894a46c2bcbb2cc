"""LibriSpeech: chapters of audiobooks, read by volunteers of LibriVox, cut into utterances.

Layout, as in the archives (any of the subsets)::

    LibriSpeech/
        SPEAKERS.TXT                    ID | SEX | SUBSET | MINUTES | NAME, comments begin with ;
        <subset>/<reader>/<chapter>/
            <reader>-<chapter>.trans.txt    <utterance> <TEXT>, one per line
            <reader>-<chapter>-<number>.flac

Source: openslr.org/12 and the README.TXT of the archives; the SHA-256 of each archive is that of torchaudio 2
(torchaudio/datasets/librispeech.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from workbench.corpora.adapters.adapter import Adapter, Download, HubColumns, Options, Rows, tree_of
from workbench.corpora.adapters.row_builder import Builder
from workbench.corpora.adapters.source_tables import lines_of
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
        problem = "there is no <subset>/<reader>/<chapter>/*.trans.txt"
        raise ManifestError(problem, place=str(folder), remedy="name the folder LibriSpeech")
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


_ARCHIVES = {
    "test-clean": "39fde525e59672dc6d1551919b1478f724438a95aa55f874b576be21967e6c23",
    "test-other": "d09c181bba5cf717b3dee7d4d592af11a3ee3a09e08ae025c5506f6ebe961c29",
    "dev-clean": "76f87d090650617fca0cac8f88b9416e0ebf80350acb97b343a85fa903728ab3",
    "dev-other": "12661c48e8c3fe1de2c1caa4c3e135193bfb1811584f11f569dd12645aa84365",
    "train-clean-100": "d4ddd1d5a6ab303066f14971d768ee43278a5f2a0aa43dc716b0e64ecbbbf6e2",
    "train-clean-360": "146a56496217e96c14334a160df97fffedd6e0a04e66b9c5af0d40be3c792ecf",
    "train-other-500": "ddb22f27f96ec163645d53215559df6aa36515f26e01dd70798188350adcb6d2",
}

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
    hub=HubColumns(signature=frozenset({"speaker_id", "chapter_id"})),
    recognise=_recognise,
    read=_read,
    speech_style="read",
    downloads={
        subset: Download(f"https://www.openslr.org/resources/12/{subset}.tar.gz", sha256)
        for subset, sha256 in _ARCHIVES.items()
    },
)  # fmt: skip
