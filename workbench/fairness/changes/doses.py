"""Levels of one condition as doses: the same utterances at each of them, added up per speaker."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import ScoringError, choices
from workbench.fairness.counts.cells import CELL, group_columns, refuse_missing_speakers, refuse_mixed_normalisers
from workbench.fairness.counts.clean_pairs import refuse_doubled, speakers_of
from workbench.fairness.inference.grid_permutation import Floats, Whole
from workbench.schema import CLEAN, SCORES

Over = Literal["severity", "level"]
SEVERITY = "severity"


@dataclass(frozen=True, slots=True)
class Doses:
    """One model and one series: speakers down, doses across, by rising dose.

    Attributes
    ----------
    series : what the condition is called without its level, ``white_noise``
    over : ``severity``, or the unit of the level
    groups : the group of each speaker
    words : reference words of the speaker's utterances that were scored at every dose
    errors : (speakers x doses)
    left_out : utterances of each speaker that were not scored at every dose
    """

    model_id: str
    series: str
    over: str
    condition_ids: tuple[str, ...]
    dose: Floats
    groups: NDArray[np.str_]
    words: Whole
    errors: Whole
    left_out: Whole


def doses(scores: pd.DataFrame, attribute: str, *, over: Over = "severity", clean: str = CLEAN) -> list[Doses]:
    """Return every series of two or more doses, of each model.

    Over ``severity`` clean is dose 0; over ``level``, whose unit clean has none of, it is left out. Conditions without
    a severity (chains, free parameters) are no doses of severity; conditions with several parameters set by hand none
    of level, for they differ in more than it.

    Raises
    ------
    ScoringError : a column or speaker_id is missing, one key twice, a speaker in two groups, several normalisers, an
        utterance with different references, no such ``over``
    """
    if over not in get_args(Over):
        raise ScoringError(f"{over!r} is no dose", place="over", remedy=choices(over, get_args(Over)))
    if not group_columns(scores, [attribute]):
        raise ScoringError(f"cannot compare the groups of {attribute!r}", remedy="name an attribute of the speakers")
    needed = ["utterance_id", *CELL, "speaker_id", "errors", "ref_words", "severity", "level", "level_unit"]
    missing = [name for name in needed if name not in scores.columns]
    if missing:
        raise ScoringError(
            f"no column {', '.join(map(repr, missing))}",
            place=SCORES.name,
            remedy="doses are levels of conditions on the same utterances",
        )
    refuse_mixed_normalisers(scores)
    refuse_missing_speakers(scores)
    if scores.empty:
        return []
    models, conditions = (pd.factorize(scores[name].astype("str"), sort=True) for name in CELL)
    speaker, labels = speakers_of(scores, attribute)
    utterance = pd.factorize(scores["utterance_id"])[0]
    keys = pd.DataFrame({"m": models[0], "c": conditions[0], "u": utterance})
    refuse_doubled(scores, keys.duplicated().to_numpy())
    failed = scores["errors"].isna().to_numpy(dtype=bool)
    if "status" in scores.columns:
        failed = failed | (scores["status"] == "failed").to_numpy(dtype=bool)
    words = scores["ref_words"].fillna(0).to_numpy(dtype=np.int64)
    rows = _Rows(
        conditions[0],
        utterance,
        speaker,
        ~failed & (words > 0),
        scores["errors"].fillna(0).to_numpy(dtype=np.int64),
        words,
    )
    levels = scores.iloc[np.unique(conditions[0], return_index=True)[1]]
    results = []
    for model, model_id in enumerate(models[1]):
        own = rows.take(models[0] == model)
        present = set(np.unique(own.condition).tolist())
        for (series, unit), members in _series(levels, over, clean).items():
            used = [(code, dose) for code, dose in members if code in present]
            if len(used) > 1 and (over == "level" or any(dose for _, dose in used)):
                results.append(_crossed(str(model_id), series, unit, used, own, labels, levels))
    return results


@dataclass(frozen=True, slots=True)
class _Rows:
    """The columns of some rows as codes and whole numbers."""

    condition: Whole
    utterance: Whole
    speaker: Whole
    scored: NDArray[np.bool_]
    errors: Whole
    words: Whole

    def take(self, chosen: NDArray[np.bool_]) -> _Rows:
        return _Rows(*(getattr(self, name)[chosen] for name in self.__slots__))


def _series(levels: pd.DataFrame, over: Over, clean: str) -> dict[tuple[str, str], list[tuple[int, float]]]:
    """Return by series and unit its conditions, as places in ``levels`` with their dose, by rising dose."""
    result: dict[tuple[str, str], list[tuple[int, float]]] = {}
    values = levels[over].astype("float64").tolist()
    units = [SEVERITY] * len(levels) if over == "severity" else levels["level_unit"].astype(str).tolist()
    names = levels["condition_id"].astype(str).tolist()
    for place, (condition, value, unit) in enumerate(zip(names, values, units, strict=True)):
        mixed = over == "level" and (">" in condition or "&" in condition)
        if condition == clean or mixed or math.isnan(value) or (over == "severity" and not value):
            continue
        result.setdefault((re.split(r"[@?]", condition)[0], unit), []).append((place, value))
    if over == "severity" and clean in names:
        for members in result.values():
            members.append((names.index(clean), 0.0))
    return {key: sorted(members, key=lambda member: (member[1], member[0])) for key, members in sorted(result.items())}


def _crossed(
    model_id: str,
    series: str,
    unit: str,
    used: Sequence[tuple[int, float]],
    rows: _Rows,
    labels: NDArray[np.str_],
    levels: pd.DataFrame,
) -> Doses:
    codes = [code for code, _ in used]
    own = rows.take(np.isin(rows.condition, codes))
    size = int(own.utterance.max()) + 1
    complete = np.bincount(own.utterance[own.scored], minlength=size) == len(codes)
    there = np.unique(own.utterance, return_index=True)
    n_speakers = len(labels)
    lost = np.bincount(own.speaker[there[1]][~complete[there[0]]], minlength=n_speakers)
    kept = own.take(complete[own.utterance])
    column = np.searchsorted(np.sort(codes), kept.condition)
    position = np.argsort(codes).argsort()  # where each code lies among the sorted ones
    errors = np.zeros((n_speakers, len(codes)), dtype=np.int64)
    words = np.zeros((n_speakers, len(codes)), dtype=np.int64)
    np.add.at(errors, (kept.speaker, column), kept.errors)
    np.add.at(words, (kept.speaker, column), kept.words)
    if (words != words[:, :1]).any():
        raise ScoringError(
            f"utterances under {series!r} have different references at different levels",
            place=SCORES.name,
            remedy="score every condition against the same text",
        )
    return Doses(
        model_id,
        series,
        unit,
        tuple(str(levels["condition_id"].iloc[code]) for code in codes),
        np.array([dose for _, dose in used]),
        labels,
        words[:, 0],
        errors[:, position],
        lost.astype(np.int64),
    )
