"""The same utterances twice, clean and under a condition, added up per speaker: what every change is computed from.

An utterance counts only if one model was scored on it under both: a change over different utterances would be a
difference of texts. What is left out is counted: decoding failed on either side, no partner, an empty reference.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import ScoringError, choices
from workbench.fairness.counts.cells import (
    CELL,
    group_columns,
    refuse_missing_speakers,
    refuse_mixed_normalisers,
    refuse_speakers_in_two_groups,
    speaker_columns,
)
from workbench.schema import CLEAN, NOT_STATED, PAIRS, SCORES, STOPPING_FACTOR

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
SHOWN = 5


@dataclass(frozen=True, slots=True)
class PairedSpeakers:
    """One model: speakers down, conditions other than clean across.

    Attributes
    ----------
    conditions : condition_ids, one per column
    groups : the group of each speaker
    words, clean, errors : reference words of the pairs, errors clean and errors under the condition
    missed : words wrong or missing under the condition, S + D
    squares : squared changes of the errors, over the utterances of the pairs
    n_pairs, n_failed, n_unpaired, n_empty : utterances scored under both; decoding failed on a side; without a
        partner; without reference words
    factors : the larger stopping factor of the cells of either side (``workbench.fairness.inference.stopping``); None if no run was adaptive
    """

    model_id: str
    conditions: tuple[str, ...]
    groups: NDArray[np.str_]
    words: Whole
    clean: Whole
    errors: Whole
    missed: Whole
    squares: Whole
    n_pairs: Whole
    n_failed: Whole
    n_unpaired: Whole
    n_empty: Whole
    factors: Floats | None = None

    def factor(self, members: NDArray[np.bool_], column: int) -> float:
        """Return by how much the variance of these speakers' change is enlarged under a condition."""
        if self.factors is None:
            return 1.0
        return float(self.factors[members & (self.words[:, column] > 0), column].max(initial=1.0))


def paired_speakers(scores: pd.DataFrame, attribute: str, *, clean: str = CLEAN) -> list[PairedSpeakers]:
    """Return each model's utterances that were scored both under ``clean`` and under a condition, per speaker.

    Parameters
    ----------
    scores : SCORES, or a frame with its key, speaker_id, errors and ref_words; missing errors are a failed decode. Or what
        :func:`paired_tallies` made of it, with the same result.
    attribute : a column of the speakers; a missing value is ``not stated``
    clean : the condition that the others are compared with

    Raises
    ------
    ScoringError : a column, the clean condition or a speaker_id is missing; one key twice; a speaker in two groups;
        an utterance with different references under two conditions; several normalisers
    """
    named = group_columns(scores, [attribute])
    if not named:
        raise ScoringError(f"cannot compare the groups of {attribute!r}", remedy="name an attribute of the speakers")
    if PAIRS.is_table_of(scores):
        return _of_tallies(scores, attribute)
    needed = ["utterance_id", *CELL, "speaker_id", "errors", "ref_words"]
    missing = [name for name in needed if name not in scores.columns]
    if missing:
        raise ScoringError(
            f"no column {', '.join(map(repr, missing))}",
            place=SCORES.name,
            remedy="a change is between the same utterances under two conditions",
        )
    refuse_mixed_normalisers(scores)
    refuse_missing_speakers(scores)
    if scores.empty:
        return []
    models, conditions = (pd.factorize(scores[name].astype("str"), sort=True) for name in CELL)
    names = [str(name) for name in conditions[1]]
    if clean not in names:
        raise ScoringError(
            f"no row under {clean!r}: a change needs the same utterances undegraded",
            place=SCORES.name,
            remedy=choices(clean, names),
        )
    speaker, labels = speakers_of(scores, attribute)
    utterance = pd.factorize(scores["utterance_id"])[0]
    keys = pd.DataFrame({"m": models[0], "c": conditions[0], "u": utterance})
    refuse_doubled(scores, keys.duplicated().to_numpy())
    failed = scores["errors"].isna().to_numpy(dtype=bool)
    if "status" in scores.columns:
        failed = failed | (scores["status"] == "failed").to_numpy(dtype=bool)
    rows = _Rows(
        keys["c"].to_numpy(),
        utterance,
        speaker,
        failed,
        scores["errors"].fillna(0).to_numpy(dtype=np.int64),
        scores["ref_words"].fillna(0).to_numpy(dtype=np.int64),
        _missed(scores),
    )
    results = []
    for model, model_id in enumerate(models[1]):
        own = models[0] == model
        paired = _of_model(str(model_id), rows.take(own), labels, names, clean, scores["utterance_id"][own])
        if STOPPING_FACTOR in scores.columns:
            cells = np.ones((len(labels), len(names)))  # speakers x conditions
            np.maximum.at(cells, (rows.speaker[own], rows.condition[own]), scores[STOPPING_FACTOR].fillna(1)[own])
            degraded = cells[:, [names.index(condition) for condition in paired.conditions]]
            paired = replace(paired, factors=np.maximum(degraded, cells[:, [names.index(clean)]]))
        results.append(paired)
    return results


IN_COLUMNS = {
    "words": "pair_words", "clean": "pair_clean_errors", "errors": "pair_errors", "missed": "pair_missed", "squares": "pair_squares", "n_pairs": "n_pairs", "n_failed": "n_failed",
    "n_unpaired": "n_unpaired", "n_empty": "n_empty",
}  # fmt: skip
"""The arrays of :class:`PairedSpeakers` as columns of :func:`paired_tallies`."""


def paired_tallies(scores: pd.DataFrame, *, clean: str = CLEAN) -> pd.DataFrame:
    """Return PAIRS, added up once for every attribute: a row per model, condition other than ``clean``, and speaker.

    Columns: those, each attribute that gives every speaker one group, and the counts. :func:`paired_speakers` of it, by one of
    its attributes or their intersection, is what it is of ``scores``.

    Raises
    ------
    ScoringError : as :func:`paired_speakers`
    """
    columns = speaker_columns(scores)
    attributes = [name for name in SCORES.attributes_of(scores) if name not in columns]
    texts = {name: scores[name].astype("str") for name in columns}
    labels = pd.DataFrame(texts | {name: scores[name].astype("str").fillna(NOT_STATED) for name in attributes})
    people = labels.drop_duplicates().sort_values(columns, kind="stable")
    speakers = people.drop_duplicates(columns).reset_index(drop=True)
    several = [name for name in attributes if len(people.drop_duplicates([*columns, name])) > len(speakers)]
    speakers = speakers.drop(columns=several)
    parts = [
        speakers.assign(
            model_id=item.model_id, condition_id=condition,
            **{column: getattr(item, name)[:, place] for name, column in IN_COLUMNS.items()},
            **({} if item.factors is None else {STOPPING_FACTOR: item.factors[:, place]}),
        )
        for item in paired_speakers(scores, "speaker_id", clean=clean)
        for place, condition in enumerate(item.conditions)
    ]  # fmt: skip
    names = [*CELL, *speakers.columns, *IN_COLUMNS.values(), *scores.columns.intersection([STOPPING_FACTOR])]
    return PAIRS.marked(pd.concat(parts, ignore_index=True)[names] if parts else pd.DataFrame(columns=names))


def _of_tallies(tallies: pd.DataFrame, attribute: str) -> list[PairedSpeakers]:
    results = []
    for model, own in tallies.groupby("model_id", sort=True):
        conditions = [str(name) for name in own["condition_id"].unique()]
        labels: NDArray[np.str_] = own[attribute].to_numpy(dtype=str)[: len(own) // len(conditions)]
        counts: dict[str, Whole] = {
            name: np.ascontiguousarray(own[column].to_numpy(dtype=np.int64).reshape(len(conditions), -1).T)
            for name, column in IN_COLUMNS.items()
        }
        factors = own[STOPPING_FACTOR].to_numpy().reshape(len(conditions), -1).T if STOPPING_FACTOR in own else None
        results.append(PairedSpeakers(str(model), tuple(conditions), labels, **counts, factors=factors))
    return results


@dataclass(frozen=True, slots=True)
class _Rows:
    """The columns of some rows as codes and whole numbers."""

    condition: Whole
    utterance: Whole
    speaker: Whole
    failed: NDArray[np.bool_]
    errors: Whole
    words: Whole
    missed: Whole

    def take(self, chosen: NDArray[np.bool_] | Whole) -> _Rows:
        return _Rows(*(getattr(self, name)[chosen] for name in self.__slots__))


def _of_model(
    model_id: str, rows: _Rows, labels: NDArray[np.str_], names: list[str], clean: str, ids: pd.Series[str]
) -> PairedSpeakers:
    base = names.index(clean)
    undegraded = rows.condition == base
    if not undegraded.any():
        raise ScoringError(
            f"no row of {model_id!r} under {clean!r}: a change needs the same utterances undegraded",
            place=SCORES.name,
            remedy="run that model on the clean recordings, or leave it out",
        )
    others = [code for code in np.unique(rows.condition).tolist() if code != base]
    clean_rows = rows.take(undegraded)
    at = np.full(int(rows.utterance.max()) + 1, -1)
    at[clean_rows.utterance] = np.arange(len(clean_rows.utterance))
    noisy = rows.take(~undegraded)
    partner = at[noisy.utterance]
    alone = partner < 0
    met = noisy.take(~alone)
    before = clean_rows.take(partner[~alone])
    failed = met.failed | before.failed
    empty = ~failed & ((met.words == 0) | (before.words == 0))
    scored = ~failed & ~empty
    _refuse_other_references(scored & (met.words != before.words), met, before, ids.to_numpy()[~undegraded][~alone])

    column = {code: place for place, code in enumerate(others)}
    shape = (len(labels), len(others))
    lookup = np.array([column.get(code, 0) for code in range(len(names))])

    def summed(some: _Rows, values: Whole | NDArray[np.bool_]) -> Whole:
        cell = some.speaker * shape[1] + lookup[some.condition]
        counted = np.bincount(cell, weights=values.astype(np.float64), minlength=shape[0] * shape[1])
        return counted.astype(np.int64).reshape(shape)

    n_clean = np.bincount(clean_rows.speaker, minlength=shape[0])[:, None]
    n_met = summed(met, np.ones(len(met.speaker), dtype=np.int64))
    without_clean = summed(noisy, alone)
    return PairedSpeakers(
        model_id,
        tuple(names[code] for code in others),
        labels,
        words=summed(met, np.where(scored, met.words, 0)),
        clean=summed(met, np.where(scored, before.errors, 0)),
        errors=summed(met, np.where(scored, met.errors, 0)),
        missed=summed(met, np.where(scored, met.missed, 0)),
        squares=summed(met, np.where(scored, (met.errors - before.errors) ** 2, 0)),
        n_pairs=summed(met, scored),
        n_failed=summed(met, failed),
        n_unpaired=n_clean - n_met + without_clean,
        n_empty=summed(met, empty),
    )


def _missed(scores: pd.DataFrame) -> Whole:
    """Return S + D of each row; of a frame that does not tell the errors apart, as many words as there are errors."""
    kinds = ["substitutions", "deletions"]
    if set(kinds) <= set(scores.columns):
        first, second = (scores[name].fillna(0).to_numpy(dtype=np.int64) for name in kinds)
        return np.asarray(first + second, dtype=np.int64)
    errors, words = (scores[name].fillna(0).to_numpy(dtype=np.int64) for name in ("errors", "ref_words"))
    return np.asarray(np.minimum(errors, words), dtype=np.int64)


def speakers_of(scores: pd.DataFrame, attribute: str) -> tuple[Whole, NDArray[np.str_]]:
    """Return each row's speaker as a code, speakers in the order of their names, and each speaker's group."""
    columns = speaker_columns(scores)
    group = scores[attribute].astype("str").fillna(NOT_STATED)
    people = pd.DataFrame({name: scores[name].astype("str").array for name in columns} | {"group": group.array})
    code = people.groupby([*columns], sort=True, dropna=False).ngroup().to_numpy()
    each = people.assign(code=code).drop_duplicates(["code", "group"]).sort_values("code")
    if attribute not in columns:
        refuse_speakers_in_two_groups(each.rename(columns={"group": attribute}), attribute, columns)
    labels: NDArray[np.str_] = each.drop_duplicates("code")["group"].to_numpy(dtype=str)
    return code.astype(np.int64), labels


def refuse_doubled(scores: pd.DataFrame, doubled: NDArray[np.bool_]) -> None:
    if doubled.any():
        first = scores[doubled].iloc[0]
        raise ScoringError(
            f"{int(doubled.sum())} rows repeat an utterance under the same condition and model "
            f"(the first: {first['utterance_id']!r} under {first['condition_id']!r})",
            place=SCORES.name,
            remedy="keep one row of each",
        )


def _refuse_other_references(wrong: NDArray[np.bool_], met: _Rows, before: _Rows, ids: NDArray[np.object_]) -> None:
    if wrong.any():
        places = np.flatnonzero(wrong)[:SHOWN]
        listing = ", ".join(f"{ids[i]!r} ({before.words[i]} words clean, {met.words[i]} degraded)" for i in places)
        raise ScoringError(
            f"{int(wrong.sum())} utterances have different references under two conditions: {listing}",
            place=SCORES.name,
            remedy="score every condition against the same text",
        )
