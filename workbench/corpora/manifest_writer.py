"""Write a manifest and its description, so that reading them gives the same corpus."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import Literal

import pandas as pd
import tomli_w

from workbench.corpora.description import CorpusInfo, Description, ManifestDescription
from workbench.corpora.headers import COMPUTED, OPTIONAL, REQUIRED
from workbench.errors import ManifestError
from workbench.files.tables import WRITTEN
from workbench.schema import NOT_STATED


def write_manifest(frame: pd.DataFrame, path: Path, info: Description | None = None) -> Path:
    """Write ``frame`` as a manifest (the suffix of ``path`` says which kind) and ``info`` as ``<name>.toml`` beside it.

    ``frame`` has the columns of a manifest, or is a UTTERANCES frame: its absolute paths are then written relative to
    the manifest's folder or to ``info.audio_root``, and the columns that reading computes are left out. Missing values
    are written as nothing, texts exactly. The description says only what differs from the defaults.

    Raises
    ------
    ManifestError : a required column is missing, a path lies outside the folder, or the suffix is not known
    """
    path = Path(path)
    suffix = path.suffix.lower()
    missing = [name for name in REQUIRED if name not in frame.columns]
    if missing or suffix not in WRITTEN:
        problem = (
            f"a manifest needs the column {missing[0]!r}" if missing else f"a manifest does not end with {suffix!r}"
        )
        remedy = "add it" if missing else f"use {', '.join(WRITTEN)}"
        raise ManifestError(problem, place=path.name, remedy=remedy)
    root = path.parent / info.audio_root if isinstance(info, ManifestDescription) else path.parent
    leading = [name for name in ("utterance_id", "path", "reference", "speaker_id", *OPTIONAL[1:]) if name in frame]
    others = [name for name in frame.columns if name not in REQUIRED + OPTIONAL + COMPUTED]
    table = pd.DataFrame({name: [_text(value) for value in frame[name]] for name in [*leading, *others]}, dtype="str")
    if "utterance_id" in table and "corpus_id" in frame:  # reading puts the corpus before the id
        prefixed = zip(table["utterance_id"], frame["corpus_id"], strict=True)
        table["utterance_id"] = [written.removeprefix(f"{corpus}/") for written, corpus in prefixed]
    table["path"] = [_relative(value, root, path) for value in table["path"]]
    for name in others:
        table[name] = table[name].where(table[name] != NOT_STATED, "")
    table = table[[name for name in table if name in REQUIRED or name in others or (table[name] != "").any()]]
    path.write_bytes(_encoded(table, suffix))
    if info is not None:
        if isinstance(info, ManifestDescription):
            info = info.model_copy(update={"quoting": "minimal", "encoding": ""})  # that is how it was written
        path.with_suffix(".toml").write_text(describe(info, default_id=path.stem), encoding="utf-8")
    return path


def write_table(frame: pd.DataFrame, path: Path) -> Path:
    """Write columns of text as a table; the suffix of ``path`` says which kind. A missing value is absent (null), not empty.

    Raises
    ------
    ManifestError : the suffix is not known, values are absent that a CSV or TSV cannot tell from empty ones, or the file
        cannot be written
    """
    suffix = path.suffix.lower()
    if suffix not in WRITTEN:
        raise ManifestError(
            f"a table does not end with {suffix!r}", place=path.name, remedy=f"use {', '.join(WRITTEN)}"
        )
    absent = [name for name in frame.columns if frame[name].isna().any()]
    if absent and suffix in (".csv", ".tsv"):
        problem = f"{', '.join(map(repr, absent))} have values that are absent (null), which {suffix} cannot tell from empty ones"
        raise ManifestError(problem, place=path.name, remedy="write .jsonl or .parquet")
    frame = frame.astype("object").where(frame.notna(), None) if absent else frame
    try:
        path.write_bytes(_encoded(frame, suffix))
    except OSError as error:
        raise ManifestError(
            f"cannot be written ({error.strerror})", place=str(path), remedy="check the folder"
        ) from None
    return path


def describe(info: Description, *, default_id: str = "") -> str:
    """Return the text of ``<name>.toml`` for ``info``; the corpus_id is left out where it is ``default_id``."""
    given = info.model_dump(mode="json", exclude_defaults=True)
    if isinstance(info, CorpusInfo):
        given = {name: value for name, value in given.items() if name in ManifestDescription.model_fields}
    if given.get("corpus_id") == default_id:
        del given["corpus_id"]
    attributes = {name: value for name, value in given.pop("attributes", {}).items() if value}
    order = ["corpus_id", *Description.model_fields, *ManifestDescription.model_fields]
    fields = {name: given[name] for name in dict.fromkeys(order) if name in given}
    return tomli_w.dumps({**fields, **({"attributes": attributes} if attributes else {})})


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return ""
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)


def _relative(written: str, root: Path, manifest: Path) -> str:
    if not os.path.isabs(written):
        return written
    inside = os.path.relpath(written, os.path.abspath(root))
    if inside.split(os.sep, 1)[0] == "..":
        raise ManifestError(
            f"path {written!r} lies outside {str(root)!r}",
            place=manifest.name,
            remedy="write the manifest into a folder above the audio, or state audio_root in the description",
        )
    return Path(inside).as_posix()


def _encoded(table: pd.DataFrame, suffix: str) -> bytes:
    if suffix in (".parquet", ".pq"):
        buffer = io.BytesIO()
        table.to_parquet(buffer, index=False)
        return buffer.getvalue()
    rows = table.itertuples(index=False, name=None)
    text = io.StringIO(newline="")
    if suffix in (".jsonl", ".ndjson"):
        for row in rows:
            text.write(json.dumps(dict(zip(table.columns, row, strict=True)), ensure_ascii=False) + "\n")
    else:
        # a carriage return is quoted only if every field is
        quoting: Literal[0, 1] = (
            csv.QUOTE_ALL if any(table[name].str.contains("\r").any() for name in table) else csv.QUOTE_MINIMAL
        )
        writer = csv.writer(text, delimiter="\t" if suffix == ".tsv" else ",", lineterminator="\n", quoting=quoting)
        writer.writerow(table.columns)
        writer.writerows(rows)
    return text.getvalue().encode("utf-8")
