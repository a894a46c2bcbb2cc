"""Fair-Speech: short commands, recorded by paid participants in the United States who stated who they are.

Layout, as in the archive::

    fair-speech/
        <any>.tsv                       hash_name transcription age gender first_language socioeconomic_bkgd ethnicity
        <folder>/<hash_name>.wav        in whatever folder the audio was unpacked

The corpus names no speakers: every recording is its own speaker here, so that intervals are too narrow if many
recordings are of one person.

Source: ai.meta.com/datasets/speech-fairness-dataset; names of columns as public recipes for it read them. That quotes in the
table are characters like any other could not be checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from workbench.corpora.adapters.adapter import Adapter, Options, Rows, tree_of
from workbench.corpora.adapters.chunked_tables import chunks
from workbench.corpora.adapters.row_builder import find_audio
from workbench.corpora.description import AttributeInfo
from workbench.errors import ManifestError

_ATTRIBUTES = {
    "age": "age",
    "gender": "gender",
    "first_language": "first_language",
    "socioeconomic": "socioeconomic_bkgd",
    "ethnicity": "ethnicity",
}


def _table(folder: Path) -> Path | None:
    """Return the table: whatever .tsv in the folder has the columns; the archive has had several names for it."""
    for path in sorted(folder.glob("*.tsv"), key=lambda path: (path.name != "metadata.tsv", path.name)):
        with open(path, "rb") as file:
            head = file.readline(4_096)
        if b"hash_name" in head and b"transcription" in head and not path.name.startswith("."):
            return path
    return None


def _recognise(folder: Path) -> bool:
    return _table(folder) is not None


def _read(folder: Path, options: Options) -> Iterator[Rows]:
    path = _table(folder)
    if path is None:
        problem = "there is no table (.tsv) with hash_name and transcription"
        raise ManifestError(problem, place=str(folder), remedy="name the folder that holds it, unpacked")
    audio = find_audio(folder, (".wav",))
    need = ("hash_name", "transcription")
    take = (*need, *_ATTRIBUTES.values())
    for chunk in chunks(path, folder, need=need, take=take, encoding=options["encoding"]):
        table = chunk.frame
        blank = pd.Series("", index=table.index, dtype="str")
        names = table["hash_name"]
        frame = pd.DataFrame(
            {
                "utterance_id": names,
                "path": [audio.get(name, f"{name}.wav") for name in names],
                "reference": table["transcription"],
                "speaker_id": names,
                **{name: table.get(column, blank) for name, column in _ATTRIBUTES.items()},
            },
            dtype="str",
        )
        yield Rows(frame, [path.name] * len(frame), chunk.lines, chunk.problems, chunk.share)


_STATED = "as the participant stated it"

ADAPTER = Adapter(
    name="fair-speech",
    title="Fair-Speech",
    tree=tree_of(__doc__),
    licence="Meta's own licence for the data set",
    source="https://ai.meta.com/datasets/speech-fairness-dataset/",
    citation="Veliche et al. (2024). Towards measuring fairness in speech recognition: Fair-Speech dataset. Interspeech 2024",
    attributes={
        "age": AttributeInfo(obtained="self-reported", note=f"band of years, {_STATED}"),
        "gender": AttributeInfo(obtained="self-reported", note=_STATED),
        "first_language": AttributeInfo(obtained="self-reported", note=_STATED),
        "socioeconomic": AttributeInfo(obtained="self-reported", note=f"socioeconomic background, {_STATED}"),
        "ethnicity": AttributeInfo(obtained="self-reported", note=_STATED),
    },
    recognise=_recognise,
    read=_read,
    speaker_note="The corpus names no speakers: every recording counts as one, so intervals are too narrow.",
)  # fmt: skip
