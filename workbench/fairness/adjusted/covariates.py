"""Covariates: what may differ between groups besides the group, as numbers that a model can hold equal.

Some of them are **mediators**: a speaker's rate and hesitations may be part of what an accent is, or come from speaking a
second language. Holding them equal takes away part of the gap that people meet, so a figure that does it is labelled
:data:`NOT_A_METRIC`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import ScoringError, choices
from workbench.fairness.counts.sides import Floats, Mask, scored_rows
from workbench.schema import NOT_STATED, SCORES

NOT_A_METRIC = "not a fairness metric by itself"
FILLERS = frozenset(["ah", "eh", "er", "erm", "hm", "hmm", "mhm", "mm", "mmm", "uh", "um"])
SEPARATOR = re.compile(r"[^\w']+")
LEAST_TOLERANCE = 1e-7
"""A column is a combination of others if less than this share of it is left after them."""


def _log_duration(scores: pd.DataFrame) -> pd.Series[float]:
    """Natural logarithm of the seconds of clean audio."""
    return _log(scores["duration_s"])


def _log_speech_rate(scores: pd.DataFrame) -> pd.Series[float]:
    """Natural logarithm of reference words per second of audio, pauses included."""
    return _log(scores["ref_words"].astype("float64")) - _log(scores["duration_s"])


def _text_difficulty(scores: pd.DataFrame) -> pd.Series[float]:
    """Mean rarity of the words: bits, minus log2 of their share among all words of the references."""
    texts = scores["reference"].fillna("")
    once = [name for name in ("corpus_id", "utterance_id") if name in scores.columns]
    spoken = scores.drop_duplicates(once)["reference"].fillna("") if "utterance_id" in once else texts
    counts = Counter(word for text, times in spoken.value_counts().items() for word in str(text).split() * int(times))
    total = sum(counts.values())
    bits = {text: _mean([-np.log2(counts[word] / total) for word in text.split()]) for text in texts.unique()}
    return texts.map(bits).astype("float64")


def _disfluency(scores: pd.DataFrame) -> pd.Series[float]:
    """Fillers (um, er, mm ...) per word of the reference as supplied."""
    texts = scores["reference_raw"].fillna("")
    words = {text: [word for word in SEPARATOR.split(text.lower()) if word] for text in texts.unique()}
    return texts.map(
        {text: _mean([float(word in FILLERS) for word in result]) for text, result in words.items()}
    ).astype("float64")


def _log(values: pd.Series[Any]) -> pd.Series[float]:
    positive = values.astype("float64")
    logs: pd.Series[float] = positive.where(positive > 0).map(np.log, na_action="ignore")
    return logs


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


DERIVED: Mapping[str, tuple[Callable[[pd.DataFrame], pd.Series[float]], tuple[str, ...]]] = {
    "log_duration": (_log_duration, ("duration_s",)),
    "text_difficulty": (_text_difficulty, ("reference",)),
    "log_speech_rate": (_log_speech_rate, ("duration_s", "ref_words")),
    "disfluency": (_disfluency, ("reference_raw",)),
}
"""Covariates computed from SCORES, each with the columns that it needs."""

MEDIATORS: Mapping[str, str] = {
    "log_speech_rate": "speech rate can be part of an accent",
    "disfluency": "hesitation can come from speaking a second language",
}
"""Covariates that the group itself may cause, and why."""

_ALWAYS = ("gender", "age_band")


def available_covariates(scores: pd.DataFrame, attribute: str) -> list[str]:
    """Return the covariates that this frame allows for a comparison by ``attribute``.

    Gender and age band where the corpus has them, and those of :data:`DERIVED`: all that vary and do not follow from those
    before them.
    """
    rows = scored_rows(scores)
    columns = set(map(str, scores.columns))
    derived = [name for name, (_, needed) in DERIVED.items() if set(needed) <= columns]
    results: list[str] = []
    for name in [*(name for name in _ALWAYS if name in columns and name != attribute), *derived]:
        try:
            varied = design(with_covariates(rows, [*results, name]), [*results, name])
        except ScoringError:
            continue
        if name not in varied.constant:
            results.append(name)
    return results


def with_covariates(scores: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return ``scores`` with every covariate named as a column; those of :data:`DERIVED` are computed.

    Raises
    ------
    ScoringError : a name that is neither a column nor derived, or a column that the derivation lacks
    """
    added: dict[str, pd.Series[float]] = {}
    for name in names:
        if name in scores.columns:
            continue
        if name not in DERIVED:
            available = [*DERIVED, *SCORES.attributes_of(scores)]
            raise ScoringError(f"no covariate {name!r}", remedy=choices(name, available))
        derive, needed = DERIVED[name]
        lacking = [column for column in needed if column not in scores.columns]
        if lacking:
            raise ScoringError(f"covariate {name!r} needs the column {', '.join(map(repr, lacking))}")
        added[name] = derive(scores)
    return scores.assign(**added)


@dataclass(frozen=True, eq=False)
class Design:
    """Columns of a model: ``matrix`` has the kept rows; ``names`` its columns; ``kept`` which rows have every value.

    ``terms`` says for each column which term it came from, ``constant`` names the terms that do not vary here.
    """

    matrix: Floats
    names: tuple[str, ...]
    terms: tuple[str, ...]
    kept: Mask
    constant: tuple[str, ...]


def design(rows: pd.DataFrame, terms: Sequence[str], *, baseline: Mapping[str, str] | None = None) -> Design:
    """Return the columns of these terms, without intercept; numbers are centred.

    Parameters
    ----------
    rows : has a column for every name in ``terms`` (``with_covariates``)
    terms : ``log_duration`` (numbers), ``gender`` (levels: one column for each but the baseline), ``accent:gender``
        (products: interactions). A row with a missing number is not kept; a missing level is ``not stated``.
    baseline : the level without a column of its own, by attribute; else the most frequent

    Raises
    ------
    ScoringError : a column that follows from others (both are named)
    """
    names = list(dict.fromkeys(name for term in terms for name in term.split(":")))
    numeric = {name: _is_numeric(rows[name]) for name in names}
    kept = np.ones(len(rows), dtype=bool)
    for name in names:
        if numeric[name]:
            kept &= np.isfinite(rows[name].to_numpy(dtype=np.float64, na_value=np.nan))
    part = rows[kept]
    single = {name: _columns(part[name], name, numeric[name], (baseline or {}).get(name)) for name in names}
    columns: dict[str, Floats] = {}
    origin: list[str] = []
    constant = []
    for term in dict.fromkeys(terms):
        built = {"": np.ones(len(part))}
        for name in term.split(":"):
            built = {
                f"{left}:{right}" if left else right: a * b
                for left, a in built.items()
                for right, b in single[name].items()
            }
        varied = {name: values for name, values in built.items() if len(values) and np.ptp(values) > 0}
        if not varied:
            constant.append(term)
        columns |= varied
        origin += [term] * len(varied)
    matrix = np.column_stack(list(columns.values())) if columns else np.zeros((len(part), 0))
    _refuse_collinear(matrix, list(columns))
    return Design(matrix, tuple(columns), tuple(origin), kept, tuple(constant))


def _is_numeric(values: pd.Series[Any]) -> bool:
    return bool(pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype))


def _columns(values: pd.Series[Any], name: str, numeric: bool, baseline: str | None) -> dict[str, Floats]:
    if numeric:
        numbers = values.to_numpy(dtype=np.float64)
        return {name: numbers - numbers.mean() if len(numbers) else numbers}
    levels = values.astype("str").fillna(NOT_STATED)
    counts = levels.value_counts()
    usual = min(counts.index, key=lambda level: (-counts[level], level)) if len(counts) else ""
    left_out = baseline if baseline in counts.index else usual
    return {
        f"{name}={level}": (levels == level).to_numpy(dtype=np.float64)
        for level in sorted(counts.index)
        if level != left_out
    }


def _refuse_collinear(matrix: Floats, names: Sequence[str]) -> None:
    """Raise if a column is a combination of the intercept and those before it."""
    basis = np.ones((len(matrix), 1)) / np.sqrt(max(len(matrix), 1))
    for at, name in enumerate(names):
        column = matrix[:, at] - matrix[:, at].mean()
        left = column - basis @ (basis.T @ column)
        left -= basis @ (basis.T @ left)
        size = np.linalg.norm(left)
        if size <= LEAST_TOLERANCE * np.linalg.norm(column):
            centred = matrix[:, :at] - matrix[:, :at].mean(axis=0)
            weights = np.linalg.lstsq(centred, column, rcond=None)[0]
            scale = np.linalg.norm(centred, axis=0) * np.abs(weights)
            others = [names[i] for i in range(at) if scale[i] > 1e-6 * np.linalg.norm(column)]
            raise ScoringError(
                f"{name!r} follows from {', '.join(map(repr, others))}: their effects cannot be told apart",
                place="covariates",
                remedy="leave one of them out",
            )
        basis = np.column_stack([basis, left / size])
