"""Which utterances a table of transcripts has of each system: each once, and for a comparison those that all have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import pandas as pd

from workbench.errors import ScoringError

Duplicates = Literal["refuse", "first", "last"]
Utterances = Literal["common", "all"]
_SHOWN = 10


def one_row_each(
    frame: pd.DataFrame, *, utterance: str, system: str | None, duplicates: str, place: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the table with one row per utterance and system, and a note on the rows left out.

    Raises
    ------
    ScoringError : an utterance stands twice and ``duplicates`` is ``refuse``, or is no way to choose
    """
    if duplicates not in get_args(Duplicates):
        raise ScoringError(f"no way to choose {duplicates!r}", remedy=f"use one of: {', '.join(get_args(Duplicates))}")
    keys = [utterance, *([] if system is None else [system])]
    named = frame[frame[utterance].notna()]
    twice = named[named.duplicated(keys, keep=False)]
    if twice.empty:
        return frame, ()
    groups = twice.groupby(keys, sort=False)
    listing = []
    for key, rows in groups:
        name, *of = map(str, key if isinstance(key, tuple) else (key,))
        listing.append(f"{name}{f' of {of[0]}' if of else ''} (rows {', '.join(str(row + 1) for row in rows.index)})")
    shown = _listed(listing, "; ")
    if duplicates == "refuse":
        raise ScoringError(
            f"{len(listing)} utterances stand more than once in column {utterance!r}: {shown}",
            place=place,
            remedy="keep one row each, choose with --duplicates first or last, or take one condition or take with --where",
        )
    extra = named.duplicated(keys, keep=duplicates)  # type: ignore[arg-type]
    kept = frame.drop(index=named.index[extra])
    return kept, (f"{int(extra.sum())} rows left out: the {duplicates} of several rows counts for {shown}",)


def common_utterances(
    frame: pd.DataFrame, *, utterance: str, system: str, utterances: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the rows of the utterances that every system has (or all of them, if asked for), and a note where they differ.

    Raises
    ------
    ScoringError : ``utterances`` is no way to choose, or the systems have no utterance in common
    """
    if utterances not in get_args(Utterances):
        raise ScoringError(f"no way to choose {utterances!r}", remedy=f"use one of: {', '.join(get_args(Utterances))}")
    of = {str(name): set(rows) for name, rows in frame.groupby(system, sort=False)[utterance]}
    if len(of) < 2:
        return frame, ()
    common = set.intersection(*of.values())
    extra = {name: sorted(map(str, rows - common)) for name, rows in of.items() if rows - common}
    if not extra:
        return frame, ()
    listing = "; ".join(f"{name} has {len(names)} more ({_listed(names, ', ')})" for name, names in extra.items())
    if utterances == "all":
        sizes = ", ".join(f"{name} {len(rows)}" for name, rows in of.items())
        return frame, (
            f"the systems were scored on different utterances ({sizes}): {listing}; their rates cannot be compared",
        )
    if not common:
        raise ScoringError(
            f"the systems have no utterance in common: {listing}",
            remedy="score each by itself, or use --utterances all",
        )
    return frame[frame[utterance].isin(common)], (
        f"scored on the {len(common)} utterances that every system has; left out: {listing}",
    )


def _listed(names: Sequence[str], between: str) -> str:
    more = f"{between}and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return between.join(names[:_SHOWN]) + more
