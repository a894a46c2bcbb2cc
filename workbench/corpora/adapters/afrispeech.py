"""AfriSpeech-200: read sentences, clinical and general, by speakers with some 120 African accents.

Layout: the transcripts as the repository has them, the archives of audio unpacked below the same folder::

    afrispeech-200/
        transcripts/<accent>/<split>.csv    or <split>.csv anywhere below; what stands in both is read once
            audio_paths, transcript, user_ids, accent, gender, age_group, country, domain, split ...
        audio/...                       wav files in any depth

A path in the table is that of the authors' machine (``/AfriSpeech-100/test/<id>/<id>.wav``): the longest tail of it that
is below the folder, or below ``audio``, is taken.

Source: the data card of tobiolatunji/afrispeech-200 and github.com/intron-innovation/AfriSpeech-Dataset-Paper. Names of columns are
those of the authors' scripts; a table of an older release without age_group or country leaves them not stated. Where the
unpacked archives put the audio could not be checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from workbench.corpora.adapters.adapter import Adapter, HubColumns, Option, Options, Rows, tree_of
from workbench.corpora.adapters.row_builder import Builder, Tails, find_audio, stated, walk
from workbench.corpora.adapters.source_tables import small_table
from workbench.corpora.description import AttributeInfo
from workbench.errors import ManifestError

_ATTRIBUTES = ("accent", "gender", "age_group", "country", "domain")
_COLUMNS = ("utterance_id", "path", "reference", "speaker_id", *_ATTRIBUTES, "split")
_NEED = ("transcript", "accent")
_PATHS, _SPEAKERS = ("audio_paths", "path"), ("user_ids", "speaker_id")


def _tables(folder: Path) -> list[str]:
    results = []
    for path in walk(folder):
        if path.endswith(".csv"):
            with open(folder / path, "rb") as file:
                head = file.readline(4_096)
            if b"transcript" in head and any(name.encode() in head for name in _PATHS):
                results.append(path)
    return results


def _recognise(folder: Path) -> bool:
    for path in (*folder.glob("*.csv"), *folder.glob("transcripts/*.csv"), *folder.glob("transcripts/*/*.csv")):
        with open(path, "rb") as file:
            head = file.readline(4_096)
        if b"audio_paths" in head and b"user_ids" in head:
            return True
    return False


def _read(folder: Path, options: Options) -> Iterator[Rows]:
    tables = [path for path in _tables(folder) if options["split"] in ("all", Path(path).stem) or "/" not in path]
    if not tables:
        problem = "there is no table with audio_paths and transcript"
        raise ManifestError(problem, place=str(folder), remedy="name the folder that holds transcripts/ and audio/")
    builder = Builder(_COLUMNS)
    tails, by_name = Tails(folder, ("", "audio")), find_audio(folder)
    table_of: dict[str, str] = {}
    again = 0
    for done, file in enumerate(tables, start=1):
        table = small_table(folder / file, folder, need=_NEED, encoding=options["encoding"])
        builder.problems += table.problems
        for line, row in zip(table.lines, table.rows, strict=True):
            split = row.get("split", "") or Path(file).stem
            if options["split"] not in ("all", split):
                continue
            written = next((row[name] for name in _PATHS if row.get(name)), "")
            if table_of.setdefault(written, file) != file:
                again += 1
                continue
            path = tails.find(written)
            if not (folder / path).is_file():
                path = by_name.get(Path(path).stem, path)
            speaker = next((row[name] for name in _SPEAKERS if row.get(name)), "")
            builder.add(
                file,
                line,
                {
                    "utterance_id": "/".join(Path(path).with_suffix("").parts[-2:]),
                    "path": path,
                    "reference": row["transcript"],
                    "speaker_id": speaker,
                    "split": split,
                    **{name: stated(row.get(name, ""), "nan", "unknown") for name in _ATTRIBUTES},
                },
            )
        yield builder.rows(done / len(tables))
    if again:
        problem = f"{again} utterances stand in a table of their accent and in one of all accents; each is read once"
        builder.note("transcripts", problem, "nothing has to be done")
        yield builder.rows()


_STATED = "as the contributor stated it"

ADAPTER = Adapter(
    name="afrispeech-200",
    title="AfriSpeech-200",
    tree=tree_of(__doc__),
    licence="CC BY-NC-SA 4.0",
    source="https://huggingface.co/datasets/tobiolatunji/afrispeech-200",
    citation="Olatunji et al. (2023). AfriSpeech-200: Pan-African Accented Speech Dataset for Clinical and General Domain ASR. TACL 11",
    attributes={
        "accent": AttributeInfo(obtained="self-reported", note=f"accent, {_STATED}"),
        "gender": AttributeInfo(obtained="self-reported", note=f"gender, {_STATED}"),
        "age_group": AttributeInfo(obtained="self-reported", note=f"band of years, {_STATED}", per="speaker"),
        "country": AttributeInfo(obtained="self-reported", note=f"country, {_STATED}"),
        "domain": AttributeInfo(obtained="annotated", note="clinical or general: where the sentence is from", per="utterance"),
        "split": AttributeInfo(obtained="annotated", note="train, dev or test", per="utterance"),
    },
    hub=HubColumns(signature=frozenset({"transcript", "accent", "domain", "country"})),
    recognise=_recognise,
    read=_read,
    speech_style="read",
    options={"split": Option("which split", "all", ("all", "train", "dev", "test"))},
)  # fmt: skip
