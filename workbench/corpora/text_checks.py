"""What can be wrong with the text of a manifest, checked for all rows at once, before any audio is opened."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.audio import is_url
from workbench.corpora.description import AttributeInfo
from workbench.corpora.headers import OPTIONAL, REQUIRED, RESERVED
from workbench.corpora.path_lookup import PathLookup
from workbench.errors import choices
from workbench.files.problems import Findings, shown
from workbench.schema import NOT_STATED

Mask = NDArray[np.bool_]

_SUSPECT = r"^/|\.\.|^[A-Za-z]:|^\\\\|\x00"
_LETTERS = {"A": "1", "B": "2"}
"""The two sides of a telephone call as NIST writes them."""
_WINDOWS = re.compile(r"^([A-Za-z]:[\\/]|\\\\)")


def attribute_columns(
    names: list[str], declared: Mapping[str, AttributeInfo], findings: Findings, toml: str
) -> list[str]:
    """Return the columns that are attributes; note those that cannot be, and those declared that are not there."""
    kept = []
    for number, name in enumerate(names, start=1):
        if name in REQUIRED or name in OPTIONAL:
            continue
        if not name:
            findings.whole(f"column {number} has no name and is not used", remedy="name it or remove it")
        elif name in RESERVED:
            problem = f"column {name!r} is not used: the workbench's own tables have a column of that name"
            findings.whole(problem, column=name, remedy="rename it if it is an attribute, remove it if not")
        else:
            kept.append(name)
    for name in declared:
        if name not in kept:
            problem = f"attribute {name!r} is described but the manifest has no such column"
            findings.whole(problem, column=name, remedy=choices(name, kept), file=toml)
    return kept


def blank(values: pd.Series[str]) -> Mask:
    """Return which values are empty or only white space."""
    result: Mask = (values.str.strip() == "").to_numpy(dtype=bool)
    return result


def stated(values: pd.Series[str]) -> pd.Series[str]:
    """Return an attribute's levels: white space at the ends removed, ``not stated`` where nothing is left."""
    stripped = values.str.strip()
    return stripped.where(stripped != "", NOT_STATED)


def check_values(frame: pd.DataFrame, findings: Findings, *, silence: bool = False, toml: str = "") -> None:
    """Note rows without a path, text or speaker; with ``silence`` an empty text is meant. ``toml``: where that can be said."""
    remedy = "add it or drop the row"
    for column in ("path", "speaker_id"):
        findings.rows(blank(frame[column]), column, frame[column], f"no value for {column}", remedy=remedy)
    if not silence:
        meant = f'; if nobody spoke there, state reference_empty = "silence" in {toml}' if toml else ""
        findings.rows(
            blank(frame["reference"]),
            "reference",
            frame["reference"],
            "no text in reference",
            remedy=f"add what was said or drop the row{meant}",
        )


def check_paths(frame: pd.DataFrame, findings: Findings, *, folder: str, toml: str) -> Mask:
    """Note paths that are absolute or leave ``folder`` (its name in messages); return which rows have a usable path."""
    outside: dict[str, str] = {}
    for path in frame["path"][frame["path"].str.contains(_SUSPECT, regex=True)].unique():
        if is_url(path):
            continue
        if path.startswith("/") or _WINDOWS.match(path):
            outside[path] = "is absolute"
        elif posixpath.normpath(path).split("/", 1)[0] == "..":
            outside[path] = f"leaves {folder}"
        elif "\0" in path:
            outside[path] = "holds a NUL character"
    for reason in sorted(set(outside.values())):
        wrong = frame["path"].isin([path for path, why in outside.items() if why == reason]).to_numpy(dtype=bool)
        remedy = f"write it relative to {folder}, below it; or name the folder of the audio as audio_root in {toml}"
        findings.rows(wrong, "path", frame["path"], f"path {{value}} {reason}", remedy=remedy)
    usable: Mask = ~(blank(frame["path"]) | frame["path"].isin(list(outside)).to_numpy(dtype=bool))
    return usable


def check_folders(paths: pd.Series[str], root: Path, findings: Findings, *, folder: str) -> None:
    """Note each folder of ``paths`` that is not there, once: below ``root``, which messages call ``folder``."""
    if not paths.str.contains("/", regex=False).any():
        return
    lookup = PathLookup(root)
    for name, count in paths.str.rpartition("/")[0].value_counts().items():
        if name and not is_url(str(name)) and not os.path.isdir(root / str(name)) and len(lookup.find(str(name))) != 1:
            rows = "1 row names" if count == 1 else f"{count} rows name"
            problem = f"there is no folder {shown(str(name))} in {folder}: {rows} a file in it"
            findings.whole(problem, column="path", value=str(name), remedy="copy it there, or correct audio_root")


def seconds(frame: pd.DataFrame, findings: Findings) -> tuple[NDArray[np.float64], NDArray[np.float64], Mask]:
    """Return start_s and end_s (NaN where not given) and which rows have usable ones; note the others."""
    limits = {}
    usable = np.ones(len(frame), dtype=bool)
    for column in ("start_s", "end_s"):
        if column not in frame.columns:
            limits[column] = np.full(len(frame), np.nan)
            continue
        given = frame[column].str.strip()
        number = pd.to_numeric(given, errors="coerce").to_numpy(dtype=np.float64)
        number = np.where(np.isfinite(number), number, np.nan)
        unreadable = np.isnan(number) & (given != "").to_numpy(dtype=bool)
        problem = f"{column} = {{value}} is not a number of seconds"
        findings.rows(
            unreadable, column, frame[column], problem, remedy="write seconds with a decimal point, such as 12.5"
        )
        negative = number < 0
        findings.rows(
            negative, column, frame[column], f"{column} = {{value}} is negative", remedy="count from the file's start"
        )
        usable &= ~(unreadable | negative)
        limits[column] = number
    start, end = limits["start_s"], limits["end_s"]
    backwards = usable & (np.nan_to_num(start) >= end)
    for index in np.flatnonzero(backwards):
        problem = f"the segment starts at {np.nan_to_num(start[index]):g} s and ends at {end[index]:g} s"
        findings.row(
            int(index), "end_s", frame["end_s"].iloc[index], problem, remedy="end_s must be larger than start_s"
        )
    return start, end, usable & ~backwards


def channels(frame: pd.DataFrame, findings: Findings) -> tuple[NDArray[np.int64], Mask]:
    """Return the channel of each row, from 1 (0 where none is given), and which rows have a usable one; note the others."""
    if "channel" not in frame.columns:
        return np.zeros(len(frame), dtype=np.int64), np.ones(len(frame), dtype=bool)
    given = frame["channel"].str.strip()
    numbers = given.where(~given.str.upper().isin(list(_LETTERS)), given.str.upper().map(_LETTERS))
    good = ((numbers == "") | numbers.str.fullmatch(r"[1-9][0-9]{0,2}")).to_numpy(dtype=bool)
    problem = "channel = {value} is not the number of a channel"
    remedy = (
        "write 1 (left, or A), 2 (right, or B) and so on, or nothing for all; rename the column if it is an attribute"
    )
    findings.rows(~good, "channel", frame["channel"], problem, remedy=remedy)
    result = pd.to_numeric(numbers.where(good & (numbers != ""), "0")).to_numpy(dtype=np.int64)
    return result, good


def _written(seconds: NDArray[np.float64], index: pd.Index[Any]) -> pd.Series[str]:
    """Return times as they stand in ids, nothing where there is none; equal ones are written once."""
    codes, unique = pd.factorize(seconds, use_na_sentinel=False)
    texts = pd.array(["" if np.isnan(time) else f"{time:.12g}" for time in unique.tolist()], dtype="str")
    return pd.Series(texts.take(codes), index=index)


def source_ids(
    frame: pd.DataFrame, start: NDArray[np.float64], end: NDArray[np.float64], channel: NDArray[np.int64]
) -> pd.Series[str]:
    """Return every row's own id; where none is given the path, with ``#start-end`` if the row is a part of a file.

    And with ``#ch2`` before it if the row is one channel of it.

    A row with neither has ``""``.
    """
    made = frame["path"].mask(blank(frame["path"]), "")
    alone = (channel > 0) & (made != "").to_numpy(dtype=bool)
    if alone.any():
        made.loc[alone] = made.loc[alone] + [f"#ch{number}" for number in channel[alone].tolist()]
    part = ~(np.isnan(start) & np.isnan(end)) & (made != "").to_numpy(dtype=bool)
    if part.any():
        made = made.where(~part, made + "#" + _written(start, frame.index) + "-" + _written(end, frame.index))
    if "utterance_id" not in frame.columns:
        return made
    given = frame["utterance_id"].str.strip()
    return given.where(given != "", made)


def check_unique(ids: pd.Series[str], findings: Findings, *, given: bool) -> None:
    """Note every row but the first of those that share an id (``given`` in the manifest or made from the path)."""
    if ids.is_unique:
        return
    again = ids.duplicated().to_numpy(dtype=bool) & (ids != "").to_numpy(dtype=bool)
    if not again.any():
        return
    first = pd.Series(findings.lines).groupby(ids.to_numpy()).transform("first").to_numpy()
    source = "" if given else ", made from its path,"
    for index in np.flatnonzero(again):
        value = ids.iloc[index]
        problem = f"utterance_id {shown(value)}{source} is already on {findings.unit} {first[index]}"
        findings.row(int(index), "utterance_id", value, problem, remedy="give every row its own utterance_id")


def check_speakers(frame: pd.DataFrame, constant: list[str], findings: Findings) -> None:
    """Note every row of a speaker with two stated values of an attribute in ``constant``, with a line for each value."""
    speaker = frame["speaker_id"].str.strip()
    named = (speaker != "").to_numpy(dtype=bool)
    for column in constant:
        level = frame[column].str.strip()
        pairs = pd.DataFrame({"speaker": speaker, "level": level, "line": findings.lines})
        pairs = pairs[named & (level != "").to_numpy(dtype=bool)].drop_duplicates(["speaker", "level"])
        twice = pairs[pairs["speaker"].duplicated(keep=False)]
        text = {
            name: " and ".join(f"{shown(str(row.level))} ({findings.unit} {row.line})" for row in group.itertuples())
            for name, group in twice.groupby("speaker")
        }
        values = twice["speaker"].value_counts()
        for index in np.flatnonzero(speaker.isin(list(text)).to_numpy(dtype=bool)):
            name = speaker.iloc[index]
            problem = f"speaker {shown(str(name))} has {values[name]} values of {column}: {text[name]}"
            remedy = (
                f"give the speaker one {column}, give the speakers two ids,"
                f' or state per = "utterance" for {column} in the manifest\'s .toml'
            )
            findings.row(int(index), column, frame[column].iloc[index], problem, remedy=remedy)
