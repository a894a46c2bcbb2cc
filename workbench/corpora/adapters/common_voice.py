"""Mozilla Common Voice: read sentences, recorded by volunteers on their own devices, in one folder per language.

Layout, as in the archive of one language::

    cv-corpus-<version>/<language>/
        clips/<name>.mp3
        validated.tsv                   and train, dev, test, other, invalidated
            client_id path sentence age gender accents|accent locale ... (tab-separated, quotes are characters)

or, Spontaneous Speech::

    sps-corpus-<version>/
        audios/<name>.mp3
        ss-corpus-<language>.tsv
            client_id audio_file transcription age gender language split ... (tab-separated)

``accent`` became ``accents`` with version 8; columns that later versions added (sentence_id, sentence_domain, variant)
are not read, except ``variant``, which is an attribute where it is there. The layout of Spontaneous Speech could not be checked
against a release; answers that nobody has transcribed are left out. Splits are an option; ``validated`` holds train,
dev and test. Speakers may change what they state between recordings: attributes are those of the recording.

Source: github.com/common-voice/cv-dataset (README and datasets/*.json), and common-voice-100, which has version 6.1's columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.corpora.adapters.adapter import Adapter, HubColumns, Option, Options, Rows, require_folder, tree_of
from workbench.corpora.adapters.chunked_tables import chunks
from workbench.corpora.description import AttributeInfo
from workbench.errors import ManifestError
from workbench.files.problems import Problem, shown

_SPLITS = ("validated", "train", "dev", "test", "other", "invalidated")
_ATTRIBUTES = {"accent": ("accents", "accent"), "gender": ("gender",), "age": ("age",), "variant": ("variant",)}


def _spontaneous(folder: Path) -> Path | None:
    """Return the table of Spontaneous Speech, if the folder has one."""
    return next(iter(sorted(folder.glob("ss-corpus-*.tsv"))), None)


def _recognise(folder: Path) -> bool:
    if _spontaneous(folder) is not None:
        return True
    for split in _SPLITS:
        path = folder / f"{split}.tsv"
        if path.is_file():
            with open(path, "rb") as file:
                return {b"client_id", b"path", b"sentence"} <= set(
                    file.readline(4_096).removeprefix(b"\xef\xbb\xbf").split(b"\t")
                )
    return False


def _read(folder: Path, options: Options) -> Iterator[Rows]:
    if (answers := _spontaneous(folder)) is not None:
        yield from _read_spontaneous(answers, folder, options)
        return
    file = f"{options['split']}.tsv"
    if not (folder / file).is_file():
        there = ", ".join(split for split in _SPLITS if (folder / f"{split}.tsv").is_file())
        remedy = f"choose another with --option split=...: {there}" if there else "name the folder of one language"
        raise ManifestError(f"there is no {file!r}", place=str(folder), remedy=remedy)
    require_folder(folder, "common-voice", "clips")
    wanted = ("client_id", "path", "sentence", "locale", *(name for names in _ATTRIBUTES.values() for name in names))
    for chunk in chunks(
        folder / file, folder, need=("client_id", "path", "sentence"), take=wanted, encoding=options["encoding"]
    ):
        table = chunk.frame
        frame = pd.DataFrame(
            {
                "utterance_id": table["path"].str.replace(r"\.[A-Za-z0-9]+$", "", regex=True),
                "path": "clips/" + table["path"],
                "reference": table["sentence"],
                "speaker_id": table["client_id"],
                **{name: _first(table, columns) for name, columns in _ATTRIBUTES.items()},
            },
        )
        elsewhere = _elsewhere(table, options["language"])
        yield _rows(frame, elsewhere, table, file, chunk.lines, chunk.problems, chunk.share, options["language"])


def _read_spontaneous(path: Path, folder: Path, options: Options) -> Iterator[Rows]:
    need = ("client_id", "audio_file", "transcription")
    for chunk in chunks(
        path, folder, need=need, take=(*need, "age", "gender", "split", "language"), encoding=options["encoding"]
    ):
        table = chunk.frame
        if options["split"] in ("train", "dev", "test") and "split" in table:
            kept = (table["split"].str.strip() == options["split"]).to_numpy()
        else:
            kept = np.ones(len(table), dtype=bool)
        untranscribed = kept & (table["transcription"].str.strip() == "").to_numpy()
        kept &= ~untranscribed
        blank = pd.Series("", index=table.index, dtype="str")
        frame = pd.DataFrame(
            {
                "utterance_id": table["audio_file"].str.replace(r"\.[A-Za-z0-9]+$", "", regex=True),
                "path": "audios/" + table["audio_file"],
                "reference": table["transcription"],
                "speaker_id": table["client_id"],
                **{name: table.get(name, blank) if name in ("age", "gender") else blank for name in _ATTRIBUTES},
            }
        )[kept]
        notes: tuple[Problem, ...] = ()
        if untranscribed.any():
            problem = f"{int(untranscribed.sum())} answers that nobody has transcribed are not read"
            notes = (Problem(0, "", "", problem, "nothing has to be done", path.name),)
        yield Rows(frame, [path.name] * len(frame), chunk.lines[kept], (*chunk.problems, *notes), chunk.share)


def _first(table: pd.DataFrame, columns: tuple[str, ...]) -> pd.Series[str]:
    result = next((table[name] for name in columns if name in table), None)
    return result if result is not None else pd.Series("", index=table.index, dtype="str")


def _elsewhere(table: pd.DataFrame, language: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return which rows say that they are of another language."""
    if "locale" not in table:
        return np.zeros(len(table), dtype=bool)
    locale = table["locale"]
    return ((locale != "") & (locale != language)).to_numpy(dtype=bool)


def _rows(
    frame: pd.DataFrame,
    elsewhere: np.ndarray[tuple[int], np.dtype[np.bool_]],
    table: pd.DataFrame,
    file: str,
    lines: np.ndarray[tuple[int], np.dtype[np.int64]],
    problems: tuple[Problem, ...],
    share: float,
    language: str,
) -> Rows:
    if elsewhere.any():
        others = tuple(
            Problem(
                int(line),
                "locale",
                locale,
                f"locale {shown(locale)} is not {language!r}",
                "name it with --language",
                file,
            )
            for line, locale in zip(lines[elsewhere], table["locale"][elsewhere], strict=True)
        )
        frame, lines, problems = frame[~elsewhere], lines[~elsewhere], (*problems, *others)
    return Rows(frame, [file] * len(frame), lines, problems, share)


_STATED = "as the speaker stated it for the recording, by choice"

ADAPTER = Adapter(
    name="common-voice",
    title="Common Voice",
    tree=tree_of(__doc__),
    licence="CC0-1.0",
    source="https://commonvoice.mozilla.org/datasets",
    citation="Ardila et al. (2020). Common Voice: A Massively-Multilingual Speech Corpus. LREC 2020, 4211-4215",
    attributes={
        "accent": AttributeInfo(obtained="self-reported", per="utterance", note=f"{_STATED}; free text since version 8"),
        "gender": AttributeInfo(obtained="self-reported", per="utterance", note=_STATED),
        "age": AttributeInfo(obtained="self-reported", per="utterance", note=f"{_STATED}; decade of life (the corpus writes 'fourties')"),
        "variant": AttributeInfo(obtained="self-reported", per="utterance", note=f"variant of the language, {_STATED}; where the version has it"),
    },
    hub=HubColumns(signature=frozenset({"client_id", "sentence"}), attributes={"accent": "accent"}),
    recognise=_recognise,
    read=_read,
    speech_style="read",
    options={"split": Option("which .tsv", "validated", _SPLITS)},
    speaker_note="A speaker is a client_id: one account or browser, not always one person.",
)  # fmt: skip
