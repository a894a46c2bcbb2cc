"""Columns to group by that were measured rather than declared: duration, speech rate, SNR of the original, in declared bins."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import pandas as pd

from workbench.errors import ScoringError, choices
from workbench.schema import NOT_STATED

SPEECH_RATE = "speech_rate"
"""Words of the reference per second of clean audio: what was said, not what was recognised."""


def with_speech_rate(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with the column ``speech_rate``: ref_words / duration_s, missing where either is or no time is given.

    Raises
    ------
    ScoringError : no duration_s or ref_words

    Source: words per second, the usual measure of speech rate where phones are not known.
    """
    for name in ("duration_s", "ref_words"):
        _refuse_missing(scores, name)
    seconds = pd.to_numeric(scores["duration_s"]).astype("float64")
    words = pd.to_numeric(scores["ref_words"]).astype("float64")
    return scores.assign(**{SPEECH_RATE: words / seconds.where(seconds > 0)})


def binned(
    scores: pd.DataFrame, column: str, edges: Sequence[float], *, unit: str = "", name: str | None = None
) -> pd.DataFrame:
    """Return the frame with a column of text that says in which bin ``column`` lies, to group by.

    Parameters
    ----------
    scores : any frame with the numeric column; ``speech_rate`` is made if it is not there (:func:`with_speech_rate`)
    edges : limits between bins, rising; to be declared before looking. A value on a limit is in the upper bin.
    unit : written behind the numbers
    name : of the new column; by default ``<column>_bin``

    A missing value is the level ``not stated``. The labels sort as the bins do.

    Raises
    ------
    ScoringError : no such column or one that is not of numbers; limits that do not rise; a column of the new name

    Source: pandas.cut, closed on the left.

    >>> frame = pd.DataFrame({"duration_s": [1.0, 2.0, 7.5]})
    >>> binned(frame, "duration_s", [2, 5], unit="s")["duration_s_bin"].tolist()
    ['1: below 2 s', '2: 2 to 5 s', '3: 5 s or more']
    """
    if column == SPEECH_RATE and column not in scores.columns:
        scores = with_speech_rate(scores)
    _refuse_missing(scores, column)
    new = name or f"{column}_bin"
    if new in scores.columns:
        raise ScoringError(f"there is a column {new!r} already", remedy="give the bins another name")
    limits = [float(edge) for edge in edges]
    rising = all(low < high for low, high in itertools.pairwise(limits))
    if not limits or not rising or not all(map(math.isfinite, limits)):
        raise ScoringError(
            f"{', '.join(f'{edge:g}' for edge in limits) or 'nothing'} are no limits of bins",
            place=column,
            remedy="give one rising number or more, for example 2,5,10",
        )
    try:
        values = pd.to_numeric(scores[column]).astype("float64")
    except (ValueError, TypeError) as error:
        raise ScoringError(f"not a column of numbers: {error}", place=column) from None
    labels = _labels(limits, f" {unit}" if unit else "")
    place = pd.cut(values, [-math.inf, *limits, math.inf], right=False, labels=labels)
    return scores.assign(**{new: place.astype("object").where(values.notna(), NOT_STATED).astype("str")})


def _labels(limits: Sequence[float], unit: str) -> list[str]:
    """Return the labels with the number of the bin in front, so that they sort."""
    told = [f"below {limits[0]:g}{unit}"]
    told += [f"{low:g} to {high:g}{unit}" for low, high in itertools.pairwise(limits)]
    told.append(f"{limits[-1]:g}{unit} or more")
    wide = len(str(len(told)))
    return [f"{at:0{wide}}: {item}" for at, item in enumerate(told, start=1)]


def _refuse_missing(scores: pd.DataFrame, column: str) -> None:
    if column not in scores.columns:
        numbers = [str(name) for name in scores.columns if pd.api.types.is_numeric_dtype(scores[name])]
        raise ScoringError(f"no column {column!r} to make bins of", remedy=choices(column, numbers))
