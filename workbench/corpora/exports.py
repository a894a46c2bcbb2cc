"""A corpus for other tools: a Kaldi data directory, or a NeMo manifest."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from workbench.corpora.manifest import Corpus
from workbench.errors import ManifestError, choices
from workbench.files.problems import shown
from workbench.schema import NOT_STATED, UTTERANCES

_LISTED = 20


def export_manifest(corpus: Corpus, folder: Path | str, *, form: str) -> list[Path]:
    """Write the usable rows of ``corpus`` into the new folder ``folder`` as ``kaldi`` or ``nemo``; return the files.

    Audio is named by its absolute path, attributes travel along: in Kaldi as ``spk2<attribute>`` where every speaker has
    one value, in NeMo as keys. ``not stated`` is left out.

    Raises
    ------
    ManifestError : no such form, the folder is there, or values that the form cannot hold (all of them, up to 20 listed)
    """
    if form not in FORMS:
        raise ManifestError(f"there is no form {form!r}", place="--as", remedy=choices(form, FORMS))
    folder = Path(folder)
    if folder.exists():
        raise ManifestError("is there already, and is not overwritten", place=str(folder), remedy="name another")
    files = FORMS[form](corpus.utterances)
    try:
        folder.mkdir(parents=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ManifestError(
            f"cannot be written ({error.strerror})", place=str(folder), remedy="check the folder"
        ) from None
    return [folder / name for name in files]


def _kaldi(rows: pd.DataFrame) -> dict[str, str]:
    _require(
        rows,
        {
            "utterance_id": r"\s",
            "speaker_id": r"\s",
            "path": r"\s|\|$",
            "reference": r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]",
        },
    )
    rows = rows.sort_values("utterance_id", key=lambda ids: ids.map(lambda name: str(name).encode()))
    recordings = {path: f"r{number:07d}" for number, path in enumerate(rows["path"].unique())}
    ids, of = rows["utterance_id"], rows["path"].map(recordings)
    files = {
        "wav.scp": _table(list(recordings.values()), list(recordings)),
        "text": _table(ids, rows["reference"]),
        "utt2spk": _table(ids, rows["speaker_id"]),
        "segments": "".join(
            f"{name} {recording} {0.0 if math.isnan(start) else start} {-1 if math.isnan(end) else end}{_channel(number)}\n"
            for name, recording, start, end, number in zip(
                ids, of, rows["start_s"], rows["end_s"], rows["channel"], strict=True
            )
        ),
    }
    for name in UTTERANCES.attributes_of(rows):
        text = rows[rows[name] != NOT_STATED][["speaker_id", name]].drop_duplicates()
        if len(text) and text["speaker_id"].is_unique:
            files[f"spk2{name}"] = _table(text["speaker_id"], text[name])
    return files


def _table(keys: pd.Series[str] | list[str], values: pd.Series[str] | list[str]) -> str:
    return "".join(
        f"{key} {value}\n" for key, value in sorted(zip(keys, values, strict=True), key=lambda p: p[0].encode())
    )


def _channel(number: int) -> str:
    """Return the fifth field of a line of segments, where Kaldi's extract-segments takes a channel: from 0, or not there."""
    return "" if pd.isna(number) else f" {number - 1}"


def _nemo(rows: pd.DataFrame) -> dict[str, str]:
    if rows["channel"].notna().any():
        problem = (
            f"{rows['channel'].notna().sum()} rows are one channel of their file, which a NeMo manifest cannot say"
        )
        raise ManifestError(problem, remedy="export Kaldi's form, or write each channel as a file of its own")
    attributes = UTTERANCES.attributes_of(rows)
    lines = []
    for row in rows.to_dict("records"):
        part = not (math.isnan(row["start_s"]) and math.isnan(row["end_s"]))
        text = {
            "audio_filepath": row["path"],
            "duration": round(row["duration_s"], 6),
            **({"offset": 0.0 if math.isnan(row["start_s"]) else row["start_s"]} if part else {}),
            "text": row["reference"],
            "speaker": row["speaker_id"],
            "id": row["utterance_id"],
            **{name: row[name] for name in attributes if row[name] != NOT_STATED},
        }
        lines.append(json.dumps(text, ensure_ascii=False))
    return {"manifest.json": "\n".join(lines) + "\n"}


def _require(rows: pd.DataFrame, forbidden: Mapping[str, str]) -> None:
    faults = [
        f"{column} {shown(value)}"
        for column, pattern in forbidden.items()
        for value in rows[column].unique()
        if re.search(pattern, value)
    ]
    if faults:
        more = [f"... and {len(faults) - _LISTED} more"] if len(faults) > _LISTED else []
        problem = "\n".join(
            [f"{len(faults)} values hold white space or line ends that Kaldi cannot have", *faults[:_LISTED], *more]
        )
        raise ManifestError(problem, remedy="rename them, or export another form")


FORMS: Mapping[str, Callable[[pd.DataFrame], dict[str, str]]] = {"kaldi": _kaldi, "nemo": _nemo}
"""What a corpus can be written as."""
