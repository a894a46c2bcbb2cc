"""Verify a bundle with nothing but the bundle: its bytes, its counts, and every value of its card."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.cards.builder import build
from workbench.cards.bundle import CARD, FACTS, FILES, FORMAT, MANIFEST, PAGE, PRINT, REDACTED, ROWS, RUN, zipped
from workbench.cards.formats import HTML, PDF
from workbench.cards.verification import (
    Difference,
    Verification,
    changed,
    compare,
    count_values,
    read_card,
    version_notes,
)
from workbench.corpora import CorpusInfo
from workbench.engines import ModelInfo
from workbench.errors import CardError, WorkbenchError
from workbench.files import contents
from workbench.results import Results
from workbench.results.scored_rows import MEASURED, LoadedRows
from workbench.schema import SCORES
from workbench.store import RunRecord
from workbench.study import Study
from workbench.text import add_scores, get_normaliser

COUNTS = ("hits", "substitutions", "deletions", "insertions", "ref_words", "errors")
KEY = ["utterance_id", "condition_id", "model_id"]
MOST_ROWS = 20
"""So many rows whose counts are wrong are named."""


def is_bundle(path: Path) -> bool:
    """Return whether the file begins as a zip does."""
    try:
        with path.open("rb") as file:
            return file.read(2) == b"PK"
    except OSError:
        return False


def verify_bundle(path: Path | str) -> Verification:
    """Return what in a bundle is not what its transcripts give; no store is read, and nothing is written.

    Raises
    ------
    CardError : the file is no bundle, or one that cannot be computed here
    """
    path = Path(path)
    whole = contents(path, called="bundle", fails=CardError)
    files = _files(whole, path)
    differences = list(_changed_files(files, whole))
    try:
        results, redacted = _results(files, path)
        told, card = read_card(files[CARD].decode("utf-8"), path)
        asked = {name: getattr(card.choices, name) for name in type(card.choices).model_fields if name != "normaliser"}
        wanted = build(results, **asked).model_dump(mode="json")
    except (WorkbenchError, ValueError, KeyError, TypeError, OSError) as error:
        if not differences:
            raise CardError(
                f"the bundle cannot be computed: {error}", place=str(path), remedy="ask for the bundle again"
            ) from None
        return Verification("", "", 0, tuple(differences), ("its card cannot be computed from what is left",))
    counted, notes = _recounted(results, redacted)
    differences += [*counted, *changed(told, card), *compare(told, wanted)]
    if not differences:
        for name, carrier in ((PRINT, PDF), (PAGE, HTML)):
            differences += [
                Difference(f"{name}, {place}", *texts) for place, *texts in carrier.misprints(files[name], card)
            ]
    seal = hashlib.sha256(files[MANIFEST]).hexdigest()
    notes = (*version_notes(card), *notes, f"seal sha256:{seal}")
    return Verification(card.run.run_id, card.reproduction.run_hash, count_values(wanted), tuple(differences), notes)


def bundled_card(path: Path | str) -> dict[str, Any]:
    """Return the card of a bundle as JSON has it.

    Raises
    ------
    CardError : the file is no bundle
    """
    path = Path(path)
    card: dict[str, Any] = json.loads(_files(contents(path, called="bundle", fails=CardError), path)[CARD])
    return card


def _files(whole: bytes, path: Path) -> dict[str, bytes]:
    """Return the files of a bundle: those that it has to have, stored and not compressed, so that nothing can swell.

    Raises
    ------
    CardError : names everything that keeps the zip from being a bundle
    """
    try:
        with zipfile.ZipFile(io.BytesIO(whole)) as archive:
            entries = archive.infolist()
            names = [entry.filename for entry in entries]
            faults = [f"no {name}" for name in (MANIFEST, *FILES) if name not in names]
            faults += [f"{name!r} does not belong there" for name in names if name not in (MANIFEST, *FILES)]
            faults += [f"{name!r} is there twice" for name in sorted(set(names)) if names.count(name) > 1]
            faults += [
                f"{entry.filename!r} is compressed or encrypted"
                for entry in entries
                if entry.compress_type or entry.flag_bits & 1
            ]
            if faults:
                raise CardError(
                    f"not a bundle: {'; '.join(faults[:MOST_ROWS])}",
                    place=str(path),
                    remedy="name a zip that `bundle` wrote",
                )
            return {entry.filename: _stored(whole, entry) for entry in entries}
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError, OverflowError) as error:
        raise CardError(
            f"the zip cannot be read: {error}", place=str(path), remedy="ask for the bundle again"
        ) from None


def _stored(whole: bytes, entry: zipfile.ZipInfo) -> bytes:
    """Return the bytes of an entry as they stand: its checksum is not asked, for the manifest's is stronger and names the file."""
    header = whole[entry.header_offset : entry.header_offset + 30]
    if len(header) < 30:
        raise zipfile.BadZipFile(f"{entry.filename} lies outside of the file")
    start = entry.header_offset + 30 + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    return whole[start : start + entry.file_size]


def _changed_files(files: Mapping[str, bytes], whole: bytes) -> Iterator[Difference]:
    """Yield every file that is not what the manifest says, and the zip itself if it is not made of just these files."""
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        told, checksum = archive.getinfo(MANIFEST).CRC, zlib.crc32(files[MANIFEST])
    if told != checksum:
        yield Difference(MANIFEST, f"checksum {told:08x} (zip)", f"{checksum:08x}")
    try:
        manifest = json.loads(files[MANIFEST])
        listed: Mapping[str, str] = manifest["files"]
        if manifest["format"] != FORMAT:
            yield Difference(MANIFEST, str(manifest["format"]), FORMAT)
    except (ValueError, KeyError, TypeError):
        yield Difference(MANIFEST, "unreadable", "a JSON object with the SHA-256 of every file")
        return
    for name in FILES:
        if (digest := hashlib.sha256(files[name]).hexdigest()) != listed.get(name):
            yield Difference(name, f"SHA-256 {listed.get(name)} (manifest)", digest)
    canonical = (json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8")
    if canonical != files[MANIFEST]:
        yield Difference(MANIFEST, "written otherwise", "as `bundle` writes it")
    if zipped(files) != whole:
        yield Difference("the zip itself", "bytes outside of its files were changed", "as `bundle` writes it")


def _results(files: Mapping[str, bytes], path: Path) -> tuple[Results, pd.Series[bool]]:
    """Return the results that the bundle describes, and which rows have blanked texts."""
    told = json.loads(files[RUN])
    models = tuple(ModelInfo(**model) for model in told["models"])
    run_fields = {**told["run"], "notes": tuple(told["run"]["notes"]), "corpora": tuple(told["run"]["corpora"])}
    run = RunRecord(**run_fields, models=models)
    study = Study.from_json(run.study_json).model_copy(update={"normaliser": told["normaliser"]})
    frame = pd.read_parquet(io.BytesIO(files[ROWS]))
    scores = SCORES.validate(frame.drop(columns=[REDACTED, FACTS]))
    return (
        Results(
            run=run,
            study=study,
            corpora=tuple(CorpusInfo.model_validate(info) for info in told["corpora"]),
            models=models,
            rows_of_run=LoadedRows(scores, frame[MEASURED]),
            normaliser_id=told["normaliser_id"],
        ),
        frame[REDACTED].astype(bool),
    )


def _recounted(results: Results, redacted: pd.Series[bool]) -> tuple[list[Difference], tuple[str, ...]]:
    """Return where the counts are not those of the texts, and what could not be counted again."""
    scores = results.scores
    whole = scores[~redacted.to_numpy()]
    notes = []
    if redacted.any():
        notes.append(
            f"{int(redacted.sum()):,} of {len(scores):,} transcripts have blanked words: their counts are taken as they stand"
        )
    try:
        normaliser = get_normaliser(results.study.normaliser)
    except WorkbenchError as error:
        return [], (*notes, f"counts are taken as they stand: the normaliser is not here ({error.what})")
    if normaliser.id != results.normaliser_id:
        return [], (
            *notes,
            f"counts are taken as they stand: made under {results.normaliser_id}, here is {normaliser.id}",
        )
    if whole.empty:
        return [], tuple(notes)
    again = add_scores(
        whole.drop(columns=[name for name in (*COUNTS, "hyp_words", "char_errors", "ref_chars") if name in whole]),
        normaliser,
    )
    differences = []
    for name in COUNTS:
        told, wanted = whole[name].astype("Float64").fillna(-1), again[name].astype("Float64").fillna(-1)
        for at in [place for place in whole.index if told.loc[place] != wanted.loc[place]][:MOST_ROWS]:
            row = ", ".join(str(scores.loc[at, key]) for key in KEY)
            differences.append(Difference(f"{ROWS}[{row}].{name}", f"{told.loc[at]:g}", f"{wanted.loc[at]:g}"))
    return differences[:MOST_ROWS], tuple(notes)
