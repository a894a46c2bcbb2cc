"""Fair-Speech: short commands, recorded by paid participants in the United States who stated who they are.

Layout, as in the archive::

    fair-speech/
        metadata.tsv                    hash_name transcription age gender first_language socioeconomic_bkgd ethnicity
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

from workbench.corpora.adapters.adapter import Adapter, Options, Rows, require_folder, tree_of
from workbench.corpora.adapters.chunked_tables import chunks
from workbench.corpora.adapters.row_builder import find_audio
from workbench.corpora.description import AttributeInfo

_ATTRIBUTES = {
    "age": "age",
    "gender": "gender",
    "first_language": "first_language",
    "socioeconomic": "socioeconomic_bkgd",
    "ethnicity": "ethnicity",
}


def _recognise(folder: Path) -> bool:
    path = folder / "metadata.tsv"
    if not path.is_file():
        return False
    with open(path, "rb") as file:
        return b"hash_name" in file.readline(4_096)


def _read(folder: Path, options: Options) -> Iterator[Rows]:
    require_folder(folder, "fair-speech", "metadata.tsv")
    audio = find_audio(folder, (".wav",))
    need = ("hash_name", "transcription")
    take = (*need, *_ATTRIBUTES.values())
    for chunk in chunks(folder / "metadata.tsv", folder, need=need, take=take, encoding=options["encoding"]):
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
        yield Rows(frame, ["metadata.tsv"] * len(frame), chunk.lines, chunk.problems, chunk.share)


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
