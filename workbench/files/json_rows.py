"""Rows of JSON: one object per line (JSON Lines, and NeMo's manifests, whatever their name ends with), or a list of objects."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import ManifestError
from workbench.files.encodings import Written, remedy
from workbench.files.problems import Problem, shown
from workbench.files.rows import RawRows

_CHUNK = 50_000
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_SPACE = re.compile(r"[\s,]*")


class _BadRowError(Exception):
    def __init__(self, what: str, remedy: str, *, column: str = "", value: str = "") -> None:
        self.what, self.remedy, self.column, self.value = what, remedy, column, value
        super().__init__(what)


def read_json(text: Written, file: str, *, option: str, texts: Collection[str] | None) -> RawRows:
    """Return the objects of ``text`` as rows; a key that an object lacks is null, as is one whose value is null.

    Parameters as of :func:`workbench.files.tables.read_table`.

    Raises
    ------
    ManifestError : a list that is no JSON, or one object over several lines that is no table
    """
    problems: list[Problem] = []
    rows: list[dict[str, str | None]] = []
    lines: list[int] = []
    done: list[pd.DataFrame] = []
    for line, sentence in _objects(text, file):
        if wrong := text.wrong(line, line):
            problems.append(Problem(line, "", "", wrong, remedy(text.encoding, option, wrong), file))
            continue
        try:
            rows.append(_row(sentence, texts))
        except _BadRowError as error:
            problems.append(Problem(line, error.column, error.value, error.what, error.remedy, file))
            continue
        lines.append(line)
        if len(rows) == _CHUNK:
            done.append(pd.DataFrame(rows, dtype="str"))
            rows = []
    if rows or not done:
        done.append(pd.DataFrame(rows, dtype="str"))
    frame = pd.concat(done, ignore_index=True)
    nulls = {str(name): frame[name].isna().to_numpy(dtype=bool) for name in frame}
    return RawRows(frame.fillna(""), np.array(lines, dtype=np.int64), problems, nulls=nulls, blank_rows_possible=False)


def _objects(text: Written, file: str) -> Iterator[tuple[int, str]]:
    """Yield the line on which each object begins, and the object as it is written."""
    lines = text.lines()
    first = next(line for line in lines if line.strip())
    if not first.lstrip().startswith("[") or _is_whole(first):
        if not text.bad and not _is_whole(first) and _is_whole(whole := "".join(text.lines())):
            keys = json.loads(whole)
            named = f" with the keys {', '.join(map(repr, list(keys)[:8]))}" if isinstance(keys, dict) else ""
            what = f"one JSON object{named}, not a table"
            how = "write one object per line, or a list of objects; a recogniser's own file is read by 'transcripts'"
            raise ManifestError(what, place=file, remedy=how)
        for line, item in enumerate(text.lines(), start=1):
            if item.strip():
                yield line, item.rstrip("\r\n")
        return
    if text.bad:
        line, wrong = min(text.bad.items())
        raise ManifestError(wrong, place=f"{file} line {line}", remedy="save the file as UTF-8, as JSON has it")
    yield from _listed("".join(text.lines()), file)


def _is_whole(said: str) -> bool:
    """Return whether ``said`` is one JSON value; a list of objects on one line is a list of rows, any other list is a row."""
    try:
        value = json.loads(said)
    except (ValueError, RecursionError):
        return False
    return not (isinstance(value, list) and value and all(isinstance(item, dict) for item in value))


def _listed(whole: str, file: str) -> Iterator[tuple[int, str]]:
    """Yield the items of one list, each with the line on which it begins."""
    decoder = json.JSONDecoder()
    place = whole.index("[") + 1
    line, counted = 1, 0
    while True:
        place = _SPACE.match(whole, place).end()  # type: ignore[union-attr]  # it matches nothing, too
        line, counted = line + whole.count("\n", counted, place), place
        if whole[place : place + 1] == "]":
            return
        try:
            _, end = decoder.raw_decode(whole, place)
        except (ValueError, RecursionError) as error:
            reason = (
                error.msg
                if isinstance(error, json.JSONDecodeError)
                else "nested too deeply, or a number of too many digits"
            )
            what = f"the list ends in what is not JSON ({reason}): {shown(whole[place : place + 60])}"
            raise ManifestError(what, place=f"{file} line {line}", remedy="write the file again") from None
        yield line, whole[place:end]
        place = end


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _BadRowError(f"the key {twice!r} occurs twice", "keep one of them", column=twice)
    return row


def _no_constant(name: str) -> Any:
    raise _BadRowError(f"{name} is not JSON", "write null or leave the key out", value=name)


_load = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_no_constant).decode


def _row(written: str, wanted: Collection[str] | None) -> dict[str, str | None]:
    """Return one object as texts: null is None, true is "true", a number keeps its digits."""
    try:
        row = _load(written)
    except (ValueError, RecursionError) as error:
        sentence = (
            f"{error.msg} at character {error.pos + 1}"
            if isinstance(error, json.JSONDecodeError)
            else "nested too deeply, or a number of too many digits"
        )
        raise _BadRowError(
            f"not valid JSON ({sentence}): {shown(written)}", "write one JSON object per line", value=written
        ) from None
    if not isinstance(row, dict):
        raise _BadRowError(
            f"not a JSON object: {shown(written)}", "write one object with a key per column", value=written
        )
    texts: dict[str, str | None] = {}
    for name, value in row.items():
        if isinstance(value, list | dict):
            kind = "a list" if isinstance(value, list) else "an object"
            if wanted is None or name.strip() in wanted:
                raise _BadRowError(
                    f"{name} is {kind}, not a text or number", "write one value", column=name, value=json.dumps(value)
                )
            value = json.dumps(value, ensure_ascii=False)
        if isinstance(value, bool):
            value = "true" if value else "false"
        texts[name] = None if value is None else str(value)
    if _SURROGATE.search(written) or "\\u0000" in written:
        for name, text in texts.items():
            if text and ("\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text)):
                what = f"{name} holds an escape that is no character: {shown(text)}"
                raise _BadRowError(what, "write the character itself", column=name)
    return texts
